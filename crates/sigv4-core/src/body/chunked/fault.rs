//! What can be wrong with a chunked body that came in.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// What is wrong with a chunked body that came in, by class: a server answers each in its own way. The source of the
/// errors of [`VerifiedChunks`](super::VerifiedChunks) and [`DecodePlan`](super::DecodePlan).
///
/// ```
/// use http::HeaderMap;
/// use sigv4_core::body::chunked::{ChunkFault, ChunkedMode, DecodePlan};
///
/// let error = DecodePlan::new(ChunkedMode::Signed, &HeaderMap::new()).unwrap_err();
/// assert_eq!(ChunkFault::of(&error), Some(ChunkFault::Form));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChunkFault {
    /// The signature of a chunk or of the trailers is missing or wrong.
    Signature,
    /// The data is not that whose checksum came with it.
    Checksum,
    /// Form or length: lines that cannot be read, too much or too little data, trailers that were not announced.
    Form,
}

impl ChunkFault {
    /// The class of an error; `None` for one of another origin.
    pub fn of(error: &Error) -> Option<Self> {
        std::error::Error::source(error)?.downcast_ref().copied()
    }

    /// An error of this class.
    pub(super) fn error(self, problem: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::Verification, problem).with_source(self)
    }
}

impl fmt::Display for ChunkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signature => "a signature in the chunked body is wrong",
            Self::Checksum => "a checksum of the chunked body is wrong",
            Self::Form => "the chunked body is malformed",
        })
    }
}

impl std::error::Error for ChunkFault {}
