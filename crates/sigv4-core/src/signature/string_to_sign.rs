//! Step 2 of the specification: the string to sign.

use super::CredentialScope;
use super::crypto::Hex;
use crate::canonical::{Sink, Text};
use crate::clock::AmzDate;

/// The name of SigV4's algorithm, the first line of its string to sign.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Algorithm, time, scope and the digest of the canonical request, in four lines.
#[derive(Debug, Clone, Copy)]
pub struct StringToSign<'a> {
    /// [`ALGORITHM`], or another of the family.
    pub algorithm: &'a str,
    /// The time of the signature.
    pub date: &'a AmzDate,
    /// The credential scope.
    pub scope: CredentialScope<'a>,
    /// SHA-256 of the canonical request, raw. Written in hex here, once.
    pub digest: [u8; 32],
}

/// Long enough for the strings to sign of real scopes.
pub(crate) type Bytes = Text<256>;

impl StringToSign<'_> {
    /// The bytes to sign.
    pub(crate) fn bytes(&self) -> Bytes {
        Self::write(self.algorithm, self.date, &self.digest, |sink| {
            self.scope.write(|part| sink.put(part.as_bytes()));
        })
    }

    /// The bytes to sign, with a scope that is written already.
    pub(crate) fn write_with(algorithm: &str, date: &AmzDate, scope: &str, digest: &[u8; 32]) -> Bytes {
        Self::write(algorithm, date, digest, |sink| sink.put(scope.as_bytes()))
    }

    #[inline]
    fn write(
        algorithm: &str,
        date: &AmzDate,
        digest: &[u8; 32],
        put_scope: impl FnOnce(&mut Bytes),
    ) -> Bytes {
        let mut bytes = Bytes::new();
        bytes.put_all([algorithm.as_bytes(), b"\n", date.as_bytes(), b"\n"]);
        put_scope(&mut bytes);
        bytes.put_all([b"\n", Hex::of(digest).as_bytes()]);
        bytes
    }

    /// The string to sign as text.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(self.bytes().as_bytes()).into_owned()
    }
}
