//! SigV4a: the key pair derived from a secret access key, its signatures, and how they are verified.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>; the derivation is the
//! counter-mode KDF of NIST SP 800-108 with one block, as the AWS SDKs do it.

use std::fmt;

use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{self, DerSignature};
use p256::elliptic_curve::bigint::{ArrayEncoding, U256};
use zeroize::Zeroizing;

use super::hmac::HmacKey;
use super::{ALGORITHM_V4A, Hex};
use crate::error::{Error, ErrorKind};

/// The length of a signature of a chunk or a trailer, in bytes: the longest that DER can be, in hex.
pub const PADDED_LEN: usize = 144;

/// What fills a shorter signature of a chunk up to [`PADDED_LEN`].
const PADDING: char = '*';

/// The ECDSA P-256 key pair of one access key. Wiped from memory when dropped.
///
/// ```
/// use sigv4_core::signature::sigv4a::KeyPair;
///
/// let key = KeyPair::derive("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
/// let signature = key.sign(b"AWS4-ECDSA-P256-SHA256\n...");
/// key.public_key().verify(b"AWS4-ECDSA-P256-SHA256\n...", &signature)?;
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct KeyPair(ecdsa::SigningKey);

impl KeyPair {
    /// Derives the key pair. It is good for every date, region and service.
    ///
    /// An error of kind `Credentials` when none of 254 tries gives a key, which no secret is known to do.
    pub fn derive(access_key_id: &str, secret_access_key: &str) -> Result<Self, Error> {
        let mut secret = Zeroizing::new(Vec::with_capacity(5 + secret_access_key.len()));
        secret.extend_from_slice(b"AWS4A");
        secret.extend_from_slice(secret_access_key.as_bytes());
        (1..=254).find_map(|counter| Self::candidate(&secret, access_key_id, counter)).ok_or_else(|| {
            Error::new(ErrorKind::Credentials, "no SigV4a key can be derived from this access key")
        })
    }

    /// The key of one counter: what the HMAC gives, plus one, if it is below the order of the curve and not zero.
    fn candidate(secret: &[u8], access_key_id: &str, counter: u8) -> Option<Self> {
        let message = [
            &1u32.to_be_bytes()[..],
            ALGORITHM_V4A.as_bytes(),
            &[0],
            access_key_id.as_bytes(),
            &[counter],
            &256u32.to_be_bytes(),
        ];
        let output = Zeroizing::new(HmacKey::new(secret).mac(&message.concat()));
        // The specification asks for an output of at most n - 2. Plus one, that is a scalar from 1 to n - 1, all of
        // which and nothing else the curve takes; 2^256 - 1 wraps round to zero, which it refuses.
        let scalar = Zeroizing::new(U256::from_be_slice(&output[..]).wrapping_add(&U256::ONE));
        let scalar = Zeroizing::new(scalar.to_be_byte_array());
        ecdsa::SigningKey::from_bytes(&scalar).ok().map(Self)
    }

    /// Signs the string to sign: ECDSA over its SHA-256, in DER, in lower-case hex. Deterministic (RFC 6979).
    pub fn sign(&self, string_to_sign: &[u8]) -> String {
        let signature: DerSignature = self.0.sign(string_to_sign);
        hex::encode(signature.as_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(<redacted>)")
    }
}

/// The public half of a [`KeyPair`]: verifies, and gives nothing away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ecdsa::VerifyingKey);

impl PublicKey {
    /// The key with these coordinates, raw, big-endian. An error of kind `Verification` when there is no such point
    /// on the curve.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, Error> {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(x);
        point[33..].copy_from_slice(y);
        ecdsa::VerifyingKey::from_sec1_bytes(&point).map(Self).map_err(|_| {
            Error::new(ErrorKind::Verification, "the public key is not a point on the curve P-256")
        })
    }

    /// The coordinates x and y.
    pub fn coordinates(&self) -> (Hex, Hex) {
        let point = self.0.to_sec1_point(false);
        let coordinate =
            |bytes: Option<&p256::FieldBytes>| Hex::of(&bytes.map_or([0; 32], |bytes| (*bytes).into()));
        (coordinate(point.x()), coordinate(point.y()))
    }

    /// Whether `signature`, DER in hex, is that of the string to sign. The padding of a chunk's signature is
    /// taken off. An error of kind `Verification` says whether the form or the signature is wrong.
    pub fn verify(&self, string_to_sign: &[u8], signature: &str) -> Result<(), Error> {
        let malformed = || Error::new(ErrorKind::Verification, "the SigV4a signature is not DER in hex");
        let signature = unpadded(signature);
        let mut der = [0; PADDED_LEN / 2];
        let der = der.get_mut(..signature.len() / 2).ok_or_else(malformed)?;
        hex::decode_to_slice(signature, der).map_err(|_| malformed())?;
        let signature = DerSignature::from_bytes(der).map_err(|_| malformed())?;
        self.0
            .verify(string_to_sign, &signature)
            .map_err(|_| Error::new(ErrorKind::Verification, "the SigV4a signature does not verify"))
    }
}

/// A signature of a chunk or a trailer as it goes on the wire: filled up with `*`, so that the length of the encoded
/// body is known beforehand. (The next chunk's string to sign holds the signature without them.)
pub fn padded(mut signature: String) -> String {
    while signature.len() < PADDED_LEN {
        signature.push(PADDING);
    }
    signature
}

/// The same without its padding.
pub fn unpadded(signature: &str) -> &str {
    signature.trim_end_matches(PADDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn derives_the_published_key() {
        let key = KeyPair::derive("AKIDEXAMPLE", SECRET).unwrap();
        assert_eq!(
            hex::encode(key.0.to_bytes()),
            "7efc8c0e65a324242818c5a50c891c6060b6a00717b7ba3cbe3c5d765be9259c"
        );
        let (x, y) = key.public_key().coordinates();
        assert_eq!(x.as_str(), "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1");
        assert_eq!(y.as_str(), "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518");
        assert_eq!(format!("{key:?}"), "KeyPair(<redacted>)");
    }

    #[test]
    fn signs_the_same_bytes_the_same_way_and_verifies_them() {
        let key = KeyPair::derive("AKIDEXAMPLE", SECRET).unwrap();
        let public = key.public_key();
        let lengths: Vec<usize> = (0..50)
            .map(|n: u32| {
                let message = n.to_string().repeat(9);
                let signature = key.sign(message.as_bytes());
                assert_eq!(signature, key.sign(message.as_bytes()));
                public.verify(message.as_bytes(), &signature).unwrap();
                let padded = padded(signature.clone());
                assert_eq!((padded.len(), unpadded(&padded)), (PADDED_LEN, &*signature));
                public.verify(message.as_bytes(), &padded).unwrap();
                signature.len()
            })
            .collect();
        assert!(lengths.iter().any(|len| *len < PADDED_LEN), "{lengths:?}");
    }

    #[test]
    fn refuses_other_keys_messages_and_forms() {
        let key = KeyPair::derive("AKIDEXAMPLE", SECRET).unwrap();
        let signature = key.sign(b"message");
        let other = KeyPair::derive("AKIDEXAMPLF", SECRET).unwrap().public_key();
        for (key, message, signature, word) in [
            (key.public_key(), &b"massage"[..], &*signature, "does not verify"),
            (other, b"message", &*signature, "does not verify"),
            (key.public_key(), b"message", "", "not DER"),
            (key.public_key(), b"message", &signature[1..], "not DER"),
            (key.public_key(), b"message", &signature[..signature.len() - 2], "not DER"),
            (key.public_key(), b"message", &"30".repeat(400), "not DER"),
            (key.public_key(), b"message", &"é".repeat(72), "not DER"),
        ] {
            let error = key.verify(message, signature).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Verification);
            assert!(error.to_string().contains(word), "{signature}: {error}");
        }
        let error = PublicKey::from_coordinates(&[1; 32], &[2; 32]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verification);
    }
}
