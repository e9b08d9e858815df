//! What a signature says about the body.

use http::HeaderValue;
use sha2::Sha256;
use sha2::digest::block_api::EagerHash;

use crate::blocks;
use crate::error::{Error, ErrorKind};
use crate::signature::{EMPTY_SHA256, Hex};

/// The literal that says that a body is not covered by the signature.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The body of a request, as far as its signature is concerned.
///
/// ```
/// use sigv4_core::Payload;
///
/// let whole = Payload::bytes(b"hello");
/// let known = Payload::precomputed(sigv4_core::signature::sha256(b"hello"));
/// assert_eq!(whole.hash()?.as_str(), known.hash()?.as_str());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a>(Kind<'a>);

#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Empty,
    Bytes(&'a [u8]),
    Precomputed([u8; 32]),
    Literal(&'a str),
}

impl<'a> Payload<'a> {
    /// No body.
    pub const EMPTY: Self = Self(Kind::Empty);

    /// A body that is not covered by the signature: `UNSIGNED-PAYLOAD`. Not every service takes it.
    pub const UNSIGNED: Self = Self(Kind::Literal(UNSIGNED_PAYLOAD));

    /// A body in memory: it is hashed.
    pub fn bytes(body: &'a [u8]) -> Self {
        Self(if body.is_empty() { Kind::Empty } else { Kind::Bytes(body) })
    }

    /// A body whose SHA-256 is known: the raw 32 bytes, not their hex.
    pub fn precomputed(sha256: [u8; 32]) -> Self {
        Self(Kind::Precomputed(sha256))
    }

    /// A body whose SHA-256 is known in hex. An error of kind `Payload` unless it is 64 hex digits.
    pub fn precomputed_hex(sha256: &str) -> Result<Self, Error> {
        decode_sha256(sha256).map(Self::precomputed)
    }

    /// A payload hash taken as it is: a value of `x-amz-content-sha256` such as
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, or a hash in hex.
    pub fn literal(value: &'a str) -> Self {
        Self(Kind::Literal(value))
    }

    /// Whether the body is told by its own hash, so that a server that hashes what it receives knows the value
    /// without being told in a header.
    #[cfg(feature = "verify")]
    pub(crate) fn is_plain_hash(&self) -> bool {
        !matches!(self.0, Kind::Literal(_))
    }

    /// The last line of the canonical request. An error of kind `Payload` when a literal holds white space or bytes
    /// that no header can carry.
    pub fn hash(&self) -> Result<PayloadHash<'a>, Error> {
        let mut hash = PayloadHash::default();
        self.hash_to(&mut hash, &mut self.begin())?;
        Ok(hash)
    }

    /// Begins to hash a body in memory.
    #[inline]
    pub(crate) fn begin(&self) -> Hashing<'a> {
        Hashing { hash: Default::default(), rest: if let Kind::Bytes(body) = self.0 { body } else { &[] } }
    }

    /// As [`hash`](Self::hash), made where it stays, since to move it takes a while: of a body that was begun to be hashed.
    pub(crate) fn hash_to(&self, hash: &mut PayloadHash<'a>, begun: &mut Hashing<'a>) -> Result<(), Error> {
        hash.0 = match self.0 {
            Kind::Empty => Hash::Empty,
            Kind::Bytes(_) => Hash::Computed(Hex::of(&blocks::finish(&mut begun.hash, begun.rest).into())),
            Kind::Precomputed(digest) => Hash::Computed(Hex::of(&digest)),
            Kind::Literal(value) if !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic()) => {
                Hash::Literal(value)
            }
            Kind::Literal(_) => {
                return Err(Error::new(
                    ErrorKind::Payload,
                    "the payload hash (x-amz-content-sha256) is empty or holds white space or a byte outside ASCII",
                ));
            }
        };
        Ok(())
    }
}

/// A body that is being hashed, and what is left of it.
pub(crate) struct Hashing<'a> {
    hash: <Sha256 as EagerHash>::Core,
    rest: &'a [u8],
}

impl Hashing<'_> {
    /// Hashes the next block, if there is a whole one. Other work beside it costs nothing: each round of a hash waits for the one before.
    #[inline]
    pub(crate) fn step(&mut self) {
        if let Some((block, rest)) = self.rest.split_at_checked(64) {
            blocks::take_blocks(&mut self.hash, block);
            self.rest = rest;
        }
    }
}

/// A payload that was signed, borrowing nothing.
#[cfg(feature = "refusals")]
#[derive(Debug)]
pub(crate) enum SignedPayload {
    Known(Payload<'static>),
    Literal(Box<str>),
}

#[cfg(feature = "refusals")]
impl SignedPayload {
    pub(crate) fn as_payload(&self) -> Payload<'_> {
        match self {
            Self::Known(payload) => *payload,
            Self::Literal(value) => Payload::literal(value),
        }
    }
}

#[cfg(feature = "refusals")]
impl Payload<'_> {
    /// The same, with its hash in the place of a body.
    pub(crate) fn hashed(self) -> Self {
        match self.0 {
            Kind::Bytes(body) => Self::precomputed(crate::signature::sha256(body)),
            _ => self,
        }
    }

    pub(crate) fn to_signed(self) -> SignedPayload {
        SignedPayload::Known(match self.hashed().0 {
            Kind::Precomputed(digest) => Payload::precomputed(digest),
            Kind::Literal(UNSIGNED_PAYLOAD) => Payload::UNSIGNED,
            Kind::Literal(value) => return SignedPayload::Literal(value.into()),
            Kind::Empty | Kind::Bytes(_) => Payload::EMPTY,
        })
    }
}

/// Reads 64 hex digits.
pub(crate) fn decode_sha256(hex: &str) -> Result<[u8; 32], Error> {
    let mut digest = [0; 32];
    hex::decode_to_slice(hex, &mut digest).map(|()| digest).map_err(|_| {
        Error::new(ErrorKind::Payload, "a precomputed payload hash is not a SHA-256 in hex: 64 digits")
    })
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(body: &'a [u8]) -> Self {
        Self::bytes(body)
    }
}

/// The last line of a canonical request, and the value of `x-amz-content-sha256`. Unless it is made otherwise, that of no body.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayloadHash<'a>(Hash<'a>);

#[derive(Debug, Clone, Copy, Default)]
enum Hash<'a> {
    #[default]
    Empty,
    Literal(&'a str),
    Computed(Hex),
}

impl PayloadHash<'_> {
    /// The text: 64 hex digits, or a literal.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Hash::Empty => EMPTY_SHA256,
            Hash::Literal(text) => text,
            Hash::Computed(hex) => hex.as_str(),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Hash::Empty => EMPTY_SHA256.as_bytes(),
            Hash::Literal(text) => text.as_bytes(),
            Hash::Computed(hex) => hex.as_bytes(),
        }
    }

    /// As [`Payload::is_plain_hash`].
    pub(crate) fn is_plain(&self) -> bool {
        !matches!(self.0, Hash::Literal(_))
    }

    /// As a header value; the literals that signers use often take no allocation.
    pub(crate) fn header_value(&self) -> Result<HeaderValue, Error> {
        // Made while compiling, so that their bytes are not looked at again for each request.
        static UNSIGNED: HeaderValue = HeaderValue::from_static(UNSIGNED_PAYLOAD);
        static EMPTY: HeaderValue = HeaderValue::from_static(EMPTY_SHA256);
        match &self.0 {
            Hash::Empty => Ok(EMPTY.clone()),
            Hash::Literal(UNSIGNED_PAYLOAD) => Ok(UNSIGNED.clone()),
            _ => HeaderValue::from_bytes(self.as_bytes()).map_err(|_| {
                Error::new(ErrorKind::Payload, "the payload hash holds a byte that no header can carry")
            }),
        }
    }
}
