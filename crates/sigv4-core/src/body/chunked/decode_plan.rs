//! What a request says of the chunked body that it brings.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::grammar::wrong;
use super::plan::AWS_CHUNKED;
use super::{
    ChunkVerifier, ChunkedMode, MIN_CHUNK_SIZE, VerifiedChunks, X_AMZ_DECODED_CONTENT_LENGTH, X_AMZ_TRAILER,
    X_AMZ_TRAILER_SIGNATURE,
};
use crate::body::ChecksumAlgorithm;
use crate::error::Error;

/// The most that a signed chunk may have, unless told otherwise: 16 MiB.
pub const DEFAULT_MAX_CHUNK_SIZE: usize = 16 * 1024 * 1024;

/// How many trailers a request may announce.
const MAX_TRAILERS: usize = 32;

/// The plan of receiving one chunked body, read from the head of its request.
///
/// ```
/// use http::HeaderMap;
/// use http_body_util::Full;
/// use sigv4_core::body::chunked::{ChunkVerifier, ChunkedMode, DecodePlan};
///
/// # use sigv4_core::clock::AmzDate;
/// # use sigv4_core::signature::{CredentialScope, SigningKey};
/// # let date = AmzDate::parse("20130524T000000Z")?;
/// # let scope = CredentialScope::new(&date, "us-east-1", "s3");
/// # let key = SigningKey::derive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", date.date(), "us-east-1", "s3");
/// # let verifier = ChunkVerifier::new(key, &date, scope, "");
/// let mut headers = HeaderMap::new();
/// headers.insert("content-encoding", "aws-chunked".parse()?);
/// headers.insert("x-amz-decoded-content-length", "5".parse()?);
/// headers.insert("x-amz-trailer", "x-amz-checksum-crc32".parse()?);
///
/// let plan = DecodePlan::new(ChunkedMode::UnsignedTrailer, &headers)?;
/// plan.apply(&mut headers);
/// assert_eq!(headers["content-length"], "5");
/// let wire = Full::<bytes::Bytes>::from("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
/// let body = plan.body(wire, verifier); // "hello", once it is read to its end
/// # let read = std::pin::pin!(http_body_util::BodyExt::collect(body));
/// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// # let std::task::Poll::Ready(read) = std::future::Future::poll(read, &mut cx) else { unreachable!() };
/// # assert_eq!(read?.to_bytes(), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DecodePlan {
    pub(super) mode: ChunkedMode,
    pub(super) decoded_length: u64,
    /// Announced in `x-amz-trailer`.
    pub(super) trailers: Vec<HeaderName>,
    /// In the headers.
    pub(super) checksums: Vec<(ChecksumAlgorithm, HeaderValue)>,
    pub(super) max_chunk_size: usize,
    pub(super) min_chunk_size: usize,
}

impl DecodePlan {
    /// Reads the headers of a request whose payload hash stands for `mode`.
    ///
    /// An error of kind `Verification` when `x-amz-decoded-content-length` is missing or not a number, or when
    /// `x-amz-trailer` does not fit the mode.
    pub fn new(mode: ChunkedMode, headers: &HeaderMap) -> Result<Self, Error> {
        let trailers = announced(mode, headers)?;
        let mut checksums = Vec::new();
        for algorithm in ChecksumAlgorithm::ALL {
            let values = headers.get_all(algorithm.header()).iter();
            checksums.extend(values.map(|value| (algorithm, value.clone())));
        }
        Ok(Self {
            mode,
            decoded_length: decoded_length(headers)?,
            trailers,
            checksums,
            max_chunk_size: DEFAULT_MAX_CHUNK_SIZE,
            min_chunk_size: MIN_CHUNK_SIZE,
        })
    }

    /// Refuses signed chunks of more bytes than this, since each is held until it is verified. Chunks that are not
    /// signed are not held, whatever their size.
    #[must_use]
    pub fn with_max_chunk_size(mut self, bytes: usize) -> Self {
        self.max_chunk_size = bytes;
        self
    }

    /// Refuses chunks of fewer bytes than this, but for the last. S3's own minimum is the default; 0 takes all.
    #[must_use]
    pub fn with_min_chunk_size(mut self, bytes: usize) -> Self {
        self.min_chunk_size = bytes;
        self
    }

    /// The length of the data, as announced, in bytes.
    pub fn decoded_length(&self) -> u64 {
        self.decoded_length
    }

    /// Makes the headers those of the decoded body: `content-length` is the decoded one, and `aws-chunked`,
    /// `x-amz-decoded-content-length` and `x-amz-trailer` are gone.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for name in [X_AMZ_DECODED_CONTENT_LENGTH, X_AMZ_TRAILER, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let codings: Vec<HeaderValue> = headers.get_all(CONTENT_ENCODING).iter().cloned().collect();
        headers.remove(CONTENT_ENCODING);
        for value in codings {
            match without_aws_chunked(&value) {
                None => drop(headers.try_append(CONTENT_ENCODING, value)),
                Some(rest) if rest.is_empty() => {}
                Some(rest) => {
                    if let Ok(value) = HeaderValue::from_str(&rest) {
                        drop(headers.try_append(CONTENT_ENCODING, value));
                    }
                }
            }
        }
        drop(headers.try_insert(CONTENT_LENGTH, self.decoded_length.into()));
    }

    /// The decoded body of `inner`. `verifier` is not used where chunks are not signed.
    pub fn body<B>(self, inner: B, verifier: ChunkVerifier) -> VerifiedChunks<B> {
        VerifiedChunks::new(inner, self, verifier)
    }
}

/// The codings but for `aws-chunked`, if that is among them.
fn without_aws_chunked(value: &HeaderValue) -> Option<String> {
    let is_aws_chunked = |coding: &&str| coding.trim().eq_ignore_ascii_case(AWS_CHUNKED);
    let codings = value.to_str().ok()?.split(',');
    if !codings.clone().any(|coding| is_aws_chunked(&coding)) {
        return None;
    }
    let rest: Vec<&str> = codings.filter(|coding| !is_aws_chunked(coding)).map(str::trim).collect();
    Some(rest.join(", "))
}

fn decoded_length(headers: &HeaderMap) -> Result<u64, Error> {
    let mut values = headers.get_all(X_AMZ_DECODED_CONTENT_LENGTH).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    let digits = value.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits.and_then(|text| text.parse().ok()), values.next()) {
        (Some(length), None) => Ok(length),
        _ => Err(wrong("the header x-amz-decoded-content-length is not there once, as a number of bytes")),
    }
}

fn announced(mode: ChunkedMode, headers: &HeaderMap) -> Result<Vec<HeaderName>, Error> {
    let mut names = Vec::new();
    for value in headers.get_all(X_AMZ_TRAILER) {
        for name in value.to_str().unwrap_or_default().split(',') {
            let name = HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|_| wrong("the header x-amz-trailer is not a list of header names"))?;
            if names.contains(&name) || name == X_AMZ_TRAILER_SIGNATURE || names.len() == MAX_TRAILERS {
                return Err(wrong(
                    "the header x-amz-trailer names one twice, the signature of the trailers, or too many",
                ));
            }
            names.push(name);
        }
    }
    if names.is_empty() == mode.has_trailer() {
        return Err(wrong(if mode.has_trailer() {
            "x-amz-content-sha256 announces a trailer, and the header x-amz-trailer none"
        } else {
            "the header x-amz-trailer announces a trailer, and x-amz-content-sha256 none"
        }));
    }
    Ok(names)
}
