//! The `Authorization` header: written by the signer, read by the verifier.

use std::ops::Range;

use crate::canonical::{CanonicalHeaders, Room, Sink};
use crate::error::{Error, ErrorKind};
use crate::signature::Algorithm;

/// What every algorithm name of the family begins with.
pub(crate) const FAMILY: &str = "AWS4-";

/// The parts of an `Authorization` header of the AWS4 family.
///
/// ```
/// use sigv4_core::request::Authorization;
///
/// let header = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, \
///               SignedHeaders=host;x-amz-date, Signature=5d672d79";
/// let parts = Authorization::parse(header)?;
/// assert_eq!((parts.access_key_id, parts.signature), ("AKID", "5d672d79"));
/// assert_eq!(parts.to_string(), header);
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// `AWS4-HMAC-SHA256`, or another of the family.
    pub algorithm: &'a str,
    /// Who signed.
    pub access_key_id: &'a str,
    /// The rest of `Credential`: what the signature is good for, as written.
    pub scope: &'a str,
    /// Names of the signed headers, joined by semicolons.
    pub signed_headers: &'a str,
    /// The signature, in hex.
    pub signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Whether a value of `Authorization` belongs to the AWS4 family.
    pub(crate) fn is_ours(value: &[u8]) -> bool {
        value.starts_with(FAMILY.as_bytes())
    }

    /// Reads a header's value. An error of kind `Verification` names the part that is missing; it never repeats
    /// the header.
    pub fn parse(value: &'a str) -> Result<Self, Error> {
        let wrong = |what: &'static str| Error::new(ErrorKind::Verification, what);
        let (algorithm, rest) = value
            .trim()
            .split_once(' ')
            .ok_or_else(|| wrong("Authorization has an algorithm and nothing else"))?;
        if !algorithm.starts_with(FAMILY) {
            return Err(wrong("Authorization does not begin with AWS4-HMAC-SHA256"));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("Authorization holds a part that is not a key=value pair"))?;
            let slot = match key {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => {
                    return Err(wrong(
                        "Authorization holds a part that is not Credential, SignedHeaders or Signature",
                    ));
                }
            };
            if slot.replace(value).is_some() {
                return Err(wrong("Authorization holds Credential, SignedHeaders or Signature twice"));
            }
        }
        let credential = credential.ok_or_else(|| wrong("Authorization has no Credential"))?;
        let (access_key_id, scope) =
            credential.split_once('/').ok_or_else(|| wrong("Credential in Authorization has no scope"))?;
        Ok(Self {
            algorithm,
            access_key_id,
            scope,
            signed_headers: signed_headers.ok_or_else(|| wrong("Authorization has no SignedHeaders"))?,
            signature: signature.ok_or_else(|| wrong("Authorization has no Signature"))?,
        })
    }

    /// Whether `name`, in lower case, is among the signed headers.
    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}

impl std::fmt::Display for Authorization<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { algorithm, access_key_id, scope, signed_headers, signature } = self;
        write!(
            f,
            "{algorithm}{CREDENTIAL}{access_key_id}/{scope}{SIGNED_HEADERS}{signed_headers}{SIGNATURE}{signature}"
        )
    }
}

const CREDENTIAL: &str = " Credential=";
const SIGNED_HEADERS: &str = ", SignedHeaders=";
const SIGNATURE: &str = ", Signature=";

/// The header while it is made: all but the signature, in one buffer of exactly the size that it will have.
///
/// The list of signed headers stands in what is signed too: it is written once, here.
#[derive(Default)]
pub(crate) struct Draft {
    text: Vec<u8>,
    signed_headers: Range<usize>,
    signature_at: usize,
}

impl Draft {
    /// Everything before the signature, and room for one.
    #[expect(
        clippy::slow_vector_initialization,
        reason = "malloc keeps small blocks at hand, calloc does not"
    )]
    pub(crate) fn new(
        algorithm: Algorithm<'_>,
        access_key_id: &str,
        scope: &str,
        headers: &CanonicalHeaders<'_>,
    ) -> Self {
        let start = [algorithm.name(), CREDENTIAL, access_key_id].map(str::as_bytes);
        let middle = ["/", scope, SIGNED_HEADERS].map(str::as_bytes);
        let names_at = start.iter().chain(&middle).map(|piece| piece.len()).sum();
        let names_end = names_at + headers.names_len();
        let signature_at = names_end + SIGNATURE.len();
        let len = signature_at + algorithm.signature_len();
        let mut text = Vec::with_capacity(len);
        text.resize(len, 0);
        let mut room = Room(&mut text);
        room.put_all(start);
        room.put_all(middle);
        headers.put_names(&mut room);
        room.put(SIGNATURE.as_bytes());
        Self { text, signed_headers: names_at..names_end, signature_at }
    }

    /// The names of the signed headers, joined by semicolons.
    pub(crate) fn signed_headers(&self) -> &[u8] {
        &self.text[self.signed_headers.clone()]
    }

    /// The header's text, which ends with the signature.
    pub(crate) fn finish(&mut self, signature: &[u8]) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.signature_at + signature.len());
        Room(&mut text[self.signature_at..]).put(signature);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing_and_repeats_nothing() {
        for (value, word) in [
            ("AWS4-HMAC-SHA256", "nothing else"),
            ("Basic c2VjcmV0OnNlY3JldA==", "does not begin"),
            ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host", "no Signature"),
            ("AWS4-HMAC-SHA256 Credential=a/b, Signature=1", "no SignedHeaders"),
            ("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=1", "no Credential"),
            ("AWS4-HMAC-SHA256 Credential=secret, SignedHeaders=host, Signature=1", "no scope"),
            ("AWS4-HMAC-SHA256 Credential=a/b, Credential=a/b", "twice"),
            ("AWS4-HMAC-SHA256 Credential=a/b, secret", "key=value"),
            ("AWS4-HMAC-SHA256 secret=a/b", "not Credential"),
        ] {
            let message = Authorization::parse(value).unwrap_err().to_string();
            assert!(message.contains(word), "{value}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn takes_the_spacing_of_other_signers() {
        let value = "AWS4-HMAC-SHA256 Credential=AK/20150830/r/s/aws4_request,SignedHeaders=a;b,Signature=0f";
        let parts = Authorization::parse(value).unwrap();
        assert_eq!(parts.scope, "20150830/r/s/aws4_request");
        assert!(parts.signs("b") && !parts.signs("c"));
    }
}
