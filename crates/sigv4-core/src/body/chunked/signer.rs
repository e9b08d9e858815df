//! The signatures over the chunks of one body.

use std::fmt;

use super::chain::Chain;
use crate::error::Error;
use crate::request::SigningParams;
#[cfg(feature = "sigv4a")]
use crate::signature::sigv4a;
use crate::signature::{Algorithm, Hex, SigningKey};

/// Signs chunk after chunk: each signature covers the one before it, the first covers the request's own.
///
/// ```
/// use sigv4_core::Credentials;
/// use sigv4_core::body::chunked::ChunkSigner;
/// use sigv4_core::clock::AmzDate;
/// use sigv4_core::request::SigningParams;
/// use sigv4_core::signature::sha256;
///
/// let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
/// let date = AmzDate::parse("20130524T000000Z")?;
/// let params = SigningParams::new(&credentials, &date, "us-east-1", "s3");
/// let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
/// let mut signer = ChunkSigner::new(&params, seed)?;
/// assert!(signer.sign_chunk(&sha256(&[b'a'; 65536])).starts_with("ad80c730a21e5b8d"));
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ChunkSigner {
    key: Key,
    chain: Chain,
    /// The last signature, as it goes on the wire.
    signature: String,
}

#[derive(Clone)]
enum Key {
    V4(Box<SigningKey>),
    #[cfg(feature = "sigv4a")]
    V4a(Box<sigv4a::KeyPair>),
}

impl ChunkSigner {
    /// A chain that begins at `seed`, the request's signature in hex, made with the same parameters. Errors as
    /// [`sign`](crate::request::sign) with those parameters.
    pub fn new(params: &SigningParams<'_>, seed: &str) -> Result<Self, Error> {
        params.check()?;
        let key = match params.algorithm {
            #[cfg(feature = "sigv4a")]
            Algorithm::V4a { .. } => Key::V4a(Box::new(params.credentials.key_pair()?.clone())),
            // Without the feature, `check` has refused any other.
            _ => {
                let secret = params.credentials.secret_access_key();
                let key = params.credentials.keys().get(secret, params.date, params.region, params.service);
                Key::V4(Box::new(key.clone()))
            }
        };
        let chain = Chain::new(params.algorithm.name(), params.date, params.scope(), seed);
        Ok(Self { key, chain, signature: String::new() })
    }

    /// The signature of the next chunk as it goes on the wire (of SigV4a: padded with `*`), given the SHA-256 of the
    /// chunk's data, raw.
    pub fn sign_chunk(&mut self, sha256: &[u8; 32]) -> &str {
        let signature = self.key.sign(self.chain.chunk(sha256));
        self.went_on(signature)
    }

    /// The signature of the trailers, after that of the last chunk (the empty one). Given is the SHA-256 of their
    /// canonical form, raw: lines `name:value`, each ended by a line feed, sorted by name.
    pub fn sign_trailer(&mut self, sha256: &[u8; 32]) -> &str {
        let signature = self.key.sign(self.chain.trailer(sha256));
        self.went_on(signature)
    }

    fn went_on(&mut self, signature: Signed) -> &str {
        self.signature.clear();
        match signature {
            Signed::V4(hex) => {
                self.chain.follow(hex.as_str());
                self.signature.push_str(hex.as_str());
            }
            #[cfg(feature = "sigv4a")]
            Signed::V4a(signature) => {
                self.chain.follow(&signature);
                self.signature = sigv4a::padded(signature);
            }
        }
        &self.signature
    }
}

enum Signed {
    V4(Hex),
    #[cfg(feature = "sigv4a")]
    V4a(String),
}

impl Key {
    fn sign(&self, text: &[u8]) -> Signed {
        match self {
            Self::V4(key) => Signed::V4(Hex::of(&key.sign(text))),
            #[cfg(feature = "sigv4a")]
            Self::V4a(key) => Signed::V4a(key.sign(text)),
        }
    }
}

/// The length of a signature of a chunk or a trailer on the wire, in bytes.
pub(super) fn wire_len(algorithm: Algorithm<'_>) -> u64 {
    match algorithm {
        Algorithm::V4 => 64,
        #[cfg(feature = "sigv4a")]
        Algorithm::V4a { .. } => sigv4a::PADDED_LEN as u64,
        // Nothing can be signed with it: `ChunkSigner::new` is an error.
        #[cfg(not(feature = "sigv4a"))]
        Algorithm::V4a { .. } => 0,
    }
}

impl fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkSigner(<redacted>)")
    }
}
