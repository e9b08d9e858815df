//! Digests and their hex.

use std::fmt;

use sha2::Sha256;
use sha2::digest::block_api::EagerHash;

use crate::blocks;

/// The SHA-256 of no bytes, in hex.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A 32-byte digest written as 64 lower-case hex digits. A type of its own, so that none is encoded twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex([u8; 64]);

impl Hex {
    /// Encodes a raw digest.
    pub fn of(digest: &[u8; 32]) -> Self {
        // Without a table, so that the compiler takes sixteen digits at a time.
        let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(digest) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        Self(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The signature of a request, in hex.
#[derive(Debug, Clone)]
pub(crate) enum Signature {
    /// An HMAC.
    V4(Hex),
    /// An ECDSA signature in DER, whose length varies.
    #[cfg(feature = "sigv4a")]
    V4a(Box<str>),
}

impl Signature {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::V4(hex) => hex.as_str(),
            #[cfg(feature = "sigv4a")]
            Self::V4a(hex) => hex,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::V4(hex) => hex.as_bytes(),
            #[cfg(feature = "sigv4a")]
            Self::V4a(hex) => hex.as_bytes(),
        }
    }
}

/// SHA-256, raw.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    blocks::finish(&mut <Sha256 as EagerHash>::Core::default(), bytes).into()
}
