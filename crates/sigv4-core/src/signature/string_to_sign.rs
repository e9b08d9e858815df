//! Step 2 of the specification: the string to sign.

use smallvec::SmallVec;

use super::CredentialScope;
use super::crypto::Hex;
use crate::canonical::Sink;
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
pub(crate) type Bytes = SmallVec<[u8; 256]>;

impl StringToSign<'_> {
    /// The bytes to sign.
    pub(crate) fn bytes(&self) -> Bytes {
        let mut out = Bytes::new();
        self.put(&mut out);
        out
    }

    /// Puts the bytes to sign.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        self.put_with(sink, |sink| self.scope.write(|part| sink.put(part.as_bytes())));
    }

    /// As [`put`](Self::put), with a scope that somebody wrote already.
    pub(crate) fn put_with<S: Sink>(&self, sink: &mut S, put_scope: impl FnOnce(&mut S)) {
        sink.put(self.algorithm.as_bytes());
        sink.put(b"\n");
        sink.put(self.date.as_bytes());
        sink.put(b"\n");
        put_scope(sink);
        sink.put(b"\n");
        sink.put(Hex::of(&self.digest).as_bytes());
    }

    /// The string to sign as text.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}
