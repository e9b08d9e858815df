//! A request's signature, and the key that it is checked with, by algorithm.

use super::rejection::Reason;
use crate::credentials::Credentials;
#[cfg(feature = "sigv4a")]
use crate::signature::ALGORITHM_V4A;
#[cfg(feature = "sigv4a")]
use crate::signature::sigv4a::PublicKey;
use crate::signature::{ALGORITHM, Hex, SigningKey};

/// A signature, as it was sent.
pub(super) enum Proof {
    /// Of SigV4: an HMAC, raw.
    V4([u8; 32]),
    /// Of SigV4a: DER in hex.
    #[cfg(feature = "sigv4a")]
    V4a(String),
}

impl Proof {
    /// 64 lower-case hex digits: one signature of SigV4 is written one way. Anything else is a wrong signature.
    pub(super) fn v4(text: &str) -> Result<Self, Reason> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if Hex::of(&bytes).as_str() == text => Ok(Self::V4(bytes)),
            _ => Err(Reason::SignatureForm),
        }
    }

    /// Lower-case hex; whether it is DER shows when it is verified.
    #[cfg(feature = "sigv4a")]
    pub(super) fn v4a(text: &str) -> Result<Self, Reason> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.is_empty() || !text.bytes().all(is_hex) {
            return Err(Reason::SignatureForm);
        }
        Ok(Self::V4a(text.to_owned()))
    }

    /// The first line of the string to sign.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::V4(_) => ALGORITHM,
            #[cfg(feature = "sigv4a")]
            Self::V4a(_) => ALGORITHM_V4A,
        }
    }

    /// Whether the scope names a region.
    pub(super) fn has_region(&self) -> bool {
        matches!(self, Self::V4(_))
    }

    /// As it was sent.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::V4(bytes) => Hex::of(bytes).as_str().to_owned(),
            #[cfg(feature = "sigv4a")]
            Self::V4a(signature) => signature.clone(),
        }
    }
}

/// What a signature is checked with.
pub(super) enum Key {
    V4(SigningKey),
    #[cfg(feature = "sigv4a")]
    V4a(PublicKey),
}

impl Key {
    /// The key for a signature of this kind. `signing` is that of SigV4.
    pub(super) fn of(
        proof: &Proof,
        #[cfg_attr(not(feature = "sigv4a"), allow(unused_variables))] credentials: &Credentials,
        signing: SigningKey,
    ) -> Result<Self, Reason> {
        match proof {
            Proof::V4(_) => Ok(Self::V4(signing)),
            #[cfg(feature = "sigv4a")]
            Proof::V4a(_) => {
                credentials.key_pair().map(|pair| Self::V4a(pair.public_key())).map_err(Reason::Internal)
            }
        }
    }

    /// Whether the signature is that of the string to sign. Takes the same time wherever an HMAC differs.
    pub(super) fn verify(&self, string_to_sign: &[u8], proof: &Proof) -> bool {
        match (self, proof) {
            (Self::V4(key), Proof::V4(signature)) => key.verify(string_to_sign, signature),
            #[cfg(feature = "sigv4a")]
            (Self::V4a(key), Proof::V4a(signature)) => key.verify(string_to_sign, signature).is_ok(),
            #[cfg(feature = "sigv4a")]
            _ => false,
        }
    }
}
