//! The receiving side of the chain of signatures.

use std::fmt;

use super::ChunkFault;
use super::chain::Chain;
use crate::clock::AmzDate;
use crate::error::Error;
use crate::signature::{ALGORITHM, CredentialScope, SigningKey};
#[cfg(feature = "sigv4a")]
use crate::signature::{ALGORITHM_V4A, sigv4a};

/// Verifies the signature of chunk after chunk.
///
/// ```
/// use sigv4_core::body::chunked::ChunkVerifier;
/// use sigv4_core::clock::AmzDate;
/// use sigv4_core::signature::{CredentialScope, SigningKey};
///
/// let date = AmzDate::parse("20130524T000000Z")?;
/// let scope = CredentialScope::new(&date, "us-east-1", "s3");
/// let key = SigningKey::derive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", date.date(), "us-east-1", "s3");
/// let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
/// let mut verifier = ChunkVerifier::new(key, &date, scope, seed);
///
/// let digest = sigv4_core::signature::sha256(&[b'a'; 65536]);
/// let signature = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
/// verifier.verify_chunk(&digest, signature)?;
/// assert!(verifier.verify_chunk(&digest, signature).is_err());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ChunkVerifier {
    key: Key,
    chain: Chain,
}

#[derive(Clone)]
enum Key {
    V4(Box<SigningKey>),
    #[cfg(feature = "sigv4a")]
    V4a(sigv4a::PublicKey),
}

impl ChunkVerifier {
    /// A chain that begins at `seed`, the verified signature of the request in hex, with the request's date and scope.
    pub fn new(key: SigningKey, date: &AmzDate, scope: CredentialScope<'_>, seed: &str) -> Self {
        Self { key: Key::V4(Box::new(key)), chain: Chain::new(ALGORITHM, date, scope, seed) }
    }

    /// The same of SigV4a; the scope has no region.
    #[cfg(feature = "sigv4a")]
    pub fn with_public_key(
        key: sigv4a::PublicKey,
        date: &AmzDate,
        scope: CredentialScope<'_>,
        seed: &str,
    ) -> Self {
        Self { key: Key::V4a(key), chain: Chain::new(ALGORITHM_V4A, date, scope, seed) }
    }

    /// Checks the next chunk's signature as it came on the wire, given the SHA-256 of the chunk's data (raw). An error
    /// of kind `Verification`.
    pub fn verify_chunk(&mut self, sha256: &[u8; 32], signature: &str) -> Result<(), Error> {
        let right = self.key.verify(self.chain.chunk(sha256), signature);
        self.went_on(right, signature, "the signature of a chunk does not match its data")
    }

    /// Checks the signature of the trailers, given the SHA-256 of their canonical form (raw). Errors as
    /// [`verify_chunk`](Self::verify_chunk).
    pub fn verify_trailer(&mut self, sha256: &[u8; 32], signature: &str) -> Result<(), Error> {
        let right = self.key.verify(self.chain.trailer(sha256), signature);
        self.went_on(right, signature, "the signature of the trailers does not match them")
    }

    /// How many characters a signature has on the wire.
    pub(super) fn signature_len(&self) -> usize {
        match self.key {
            Key::V4(_) => 64,
            #[cfg(feature = "sigv4a")]
            Key::V4a(_) => sigv4a::PADDED_LEN,
        }
    }

    fn went_on(&mut self, right: bool, signature: &str, problem: &'static str) -> Result<(), Error> {
        if !right {
            return Err(ChunkFault::Signature.error(problem));
        }
        match self.key {
            Key::V4(_) => self.chain.follow(signature),
            #[cfg(feature = "sigv4a")]
            Key::V4a(_) => self.chain.follow(sigv4a::unpadded(signature)),
        }
        Ok(())
    }
}

impl Key {
    fn verify(&self, text: &[u8], signature: &str) -> bool {
        match self {
            Self::V4(key) => {
                let mut raw = [0; 32];
                let is_lower = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
                is_lower && hex::decode_to_slice(signature, &mut raw).is_ok() && key.verify(text, &raw)
            }
            #[cfg(feature = "sigv4a")]
            Self::V4a(key) => key.verify(text, signature).is_ok(),
        }
    }
}

impl fmt::Debug for ChunkVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkVerifier(<redacted>)")
    }
}
