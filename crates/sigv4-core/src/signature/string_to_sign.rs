//! Step 2 of the specification: the string to sign.

use super::CredentialScope;
use super::crypto::Hex;
use crate::canonical::{Room, Sink};
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

impl StringToSign<'_> {
    /// The bytes to sign.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        Self::write(self.algorithm, self.date, &self.scope.to_string(), &self.digest, &mut [], &mut bytes);
        bytes
    }

    /// The bytes to sign, with a scope that is written already: in `room` where that is long enough, else in `long`.
    #[inline]
    pub(crate) fn write<'r>(
        algorithm: &str,
        date: &AmzDate,
        scope: &str,
        digest: &[u8; 32],
        room: &'r mut [u8],
        long: &'r mut Vec<u8>,
    ) -> &'r [u8] {
        let digest = Hex::of(digest);
        let head = [algorithm.as_bytes(), b"\n", date.as_bytes(), b"\n"];
        let tail = [scope.as_bytes(), b"\n", digest.as_bytes()];
        let len = head.iter().chain(&tail).map(|piece| piece.len()).sum();
        let Some(room) = room.get_mut(..len) else {
            long.put_all(head);
            long.put_all(tail);
            return long;
        };
        let mut rest = Room(room);
        rest.put_all(head);
        rest.put_all(tail);
        room
    }

    /// The string to sign as text.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}
