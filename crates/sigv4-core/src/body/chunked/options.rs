//! How a body is cut, signed and summed up.

use http::{HeaderName, HeaderValue};

use super::X_AMZ_TRAILER_SIGNATURE;
use crate::body::ChecksumAlgorithm;
use crate::error::{Error, ErrorKind};
use crate::signature::Algorithm;

/// The default size of a chunk: 64 KiB.
pub const DEFAULT_CHUNK_SIZE: usize = 64 * 1024;

/// The least size that S3 takes for every chunk but the last: 8 KiB.
pub const MIN_CHUNK_SIZE: usize = 8 * 1024;

/// Which parts of a chunked body are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChunkedMode {
    /// Every chunk is signed; nothing follows them. `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`.
    Signed,
    /// Every chunk and the trailers are signed. `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`.
    SignedTrailer,
    /// No chunk is signed; a checksum follows in the trailer. To be sent over TLS alone.
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
    UnsignedTrailer,
}

impl ChunkedMode {
    /// The payload hash that stands for this mode, in `x-amz-content-sha256`. SigV4a's begin with
    /// `STREAMING-AWS4-ECDSA-P256-SHA256`.
    pub const fn payload_hash(self, algorithm: Algorithm<'_>) -> &'static str {
        match (self, algorithm) {
            (Self::Signed, Algorithm::V4) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            (Self::Signed, Algorithm::V4a { .. }) => "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            (Self::SignedTrailer, Algorithm::V4) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            (Self::SignedTrailer, Algorithm::V4a { .. }) => {
                "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
            }
            (Self::UnsignedTrailer, _) => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }

    /// The mode that a value of `x-amz-content-sha256` stands for, in a request signed with `algorithm`.
    pub fn of_payload_hash(value: &str, algorithm: Algorithm<'_>) -> Option<Self> {
        [Self::Signed, Self::SignedTrailer, Self::UnsignedTrailer]
            .into_iter()
            .find(|mode| mode.payload_hash(algorithm) == value)
    }

    /// Whether every chunk carries a signature.
    pub const fn signs_chunks(self) -> bool {
        !matches!(self, Self::UnsignedTrailer)
    }

    /// Whether trailers follow the last chunk.
    pub const fn has_trailer(self) -> bool {
        !matches!(self, Self::Signed)
    }
}

/// How a streamed body is sent as `aws-chunked`.
///
/// ```
/// use sigv4_core::body::ChecksumAlgorithm;
/// use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
///
/// let options = ChunkedOptions::new(ChunkedMode::SignedTrailer)
///     .with_checksum(ChecksumAlgorithm::Crc64Nvme)
///     .with_chunk_size(128 * 1024)?;
/// assert_eq!(options.chunk_size(), 131_072);
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkedOptions {
    pub(super) mode: ChunkedMode,
    chunk_size: usize,
    pub(super) checksum: ChecksumChoice,
    pub(super) trailers: Vec<Trailer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ChecksumChoice {
    /// CRC32 where there are trailers, none where there are not.
    Default,
    None,
    /// Computed on the way, sent in the trailer.
    Computed(ChecksumAlgorithm),
    /// Known before, sent in a header.
    Given(ChecksumAlgorithm, HeaderValue),
}

/// A trailer that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trailer {
    pub(super) name: HeaderName,
    /// The length of its value in bytes, where it is known before.
    pub(super) len: Option<usize>,
}

impl ChunkedOptions {
    /// Chunks of 64 KiB; in the modes with a trailer, a CRC32 of the data in it.
    pub fn new(mode: ChunkedMode) -> Self {
        Self { mode, chunk_size: DEFAULT_CHUNK_SIZE, checksum: ChecksumChoice::Default, trailers: Vec::new() }
    }

    /// Cuts chunks of this many bytes. An error of kind `Option` under [`MIN_CHUNK_SIZE`].
    ///
    /// A signed chunk is held in memory until it is complete.
    pub fn with_chunk_size(self, bytes: usize) -> Result<Self, Error> {
        if bytes < MIN_CHUNK_SIZE {
            return Err(Error::new(
                ErrorKind::Option,
                format!(
                    "the chunk size of {bytes} bytes is under S3's minimum of {MIN_CHUNK_SIZE}: give at least \
                     that, or with_small_chunks for another server"
                ),
            ));
        }
        self.with_small_chunks(bytes)
    }

    /// Cuts chunks of this many bytes, be they under S3's minimum: for servers that have none.
    /// An error of kind `Option` for 0.
    pub fn with_small_chunks(mut self, bytes: usize) -> Result<Self, Error> {
        if bytes == 0 {
            return Err(Error::new(ErrorKind::Option, "the chunk size is 0: give a number of bytes"));
        }
        self.chunk_size = bytes;
        Ok(self)
    }

    /// Computes this checksum over the data while it is sent, and sends it in the trailer. For the modes with a
    /// trailer only.
    #[must_use]
    pub fn with_checksum(mut self, algorithm: ChecksumAlgorithm) -> Self {
        self.checksum = ChecksumChoice::Computed(algorithm);
        self
    }

    /// Computes no checksum. In the modes with a trailer, one has to be announced then.
    #[must_use]
    pub fn without_checksum(mut self) -> Self {
        self.checksum = ChecksumChoice::None;
        self
    }

    /// Sends a checksum that is known already, in the header of its name; none is computed. `value` is base64.
    /// An error of kind `Option` when it cannot be one of this algorithm.
    pub fn with_checksum_value(mut self, algorithm: ChecksumAlgorithm, value: &str) -> Result<Self, Error> {
        algorithm.check_value(value)?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::new(ErrorKind::Option, "a checksum holds a byte that no header can carry"))?;
        self.checksum = ChecksumChoice::Given(algorithm, value);
        Ok(self)
    }

    /// Announces a trailer that the body itself will end with (its trailers frame). `len` is the length of its value in
    /// bytes; without it the length of the whole is not known before it is sent, and HTTP/1 sends it with
    /// `transfer-encoding: chunked`. An error of kind `Option` for one announced twice, or made by the signer.
    pub fn with_trailer(mut self, name: HeaderName, len: impl Into<Option<usize>>) -> Result<Self, Error> {
        let wrong = |problem| Err(Error::new(ErrorKind::Option, format!("the trailer {name} {problem}")));
        if name == X_AMZ_TRAILER_SIGNATURE {
            return wrong("is made by the signer: do not announce it");
        }
        if self.trailers.iter().any(|trailer| trailer.name == name) {
            return wrong("is announced twice: announce it once");
        }
        self.trailers.push(Trailer { name, len: len.into() });
        Ok(self)
    }

    /// Which parts are signed.
    pub fn mode(&self) -> ChunkedMode {
        self.mode
    }

    /// The size of every chunk but the last, in bytes.
    pub fn chunk_size(&self) -> usize {
        self.chunk_size
    }
}
