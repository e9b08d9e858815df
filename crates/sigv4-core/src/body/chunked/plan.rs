//! What a chunked body means for the rest of its request: headers, payload hash and length.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::length::encoded_length;
use super::options::Trailer;
use super::{ChunkSigner, ChunkedBody, ChunkedMode, ChunkedOptions, given, signer};
use crate::body::{ChecksumAlgorithm, Payload};
use crate::error::{Error, ErrorKind};
use crate::request::HeaderView;
use crate::signature::Algorithm;

/// `x-amz-decoded-content-length`: the length of the data before it was cut into chunks.
pub const X_AMZ_DECODED_CONTENT_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
/// `x-amz-trailer`: the names of the trailers to come.
pub const X_AMZ_TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// The content coding of such bodies.
pub(super) const AWS_CHUNKED: &str = "aws-chunked";

/// The plan of one chunked upload, made before its request is signed.
///
/// ```
/// use http_body_util::Full;
/// use sigv4_core::Credentials;
/// use sigv4_core::body::chunked::{ChunkSigner, ChunkedMode, ChunkedOptions, ChunkedPlan};
/// use sigv4_core::clock::AmzDate;
/// use sigv4_core::request::{RequestView, SigningParams, sign};
///
/// let mut request = http::Request::put("http://bucket.s3.us-east-1.amazonaws.com/key")
///     .body(Full::<bytes::Bytes>::from("hello"))?;
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
/// let date = AmzDate::parse("20150830T123600Z")?;
/// let params = SigningParams::new(&credentials, &date, "us-east-1", "s3");
///
/// // Plan, sign the headers as they will be, then put everything into the request.
/// let options = ChunkedOptions::new(ChunkedMode::SignedTrailer);
/// let length = http_body::Body::size_hint(request.body()).exact();
/// let plan = ChunkedPlan::new(&options, params.algorithm, length, request.headers())?;
/// let planned = plan.headers(request.headers());
/// let view = RequestView {
///     method: request.method().as_str(),
///     host: Some("bucket.s3.us-east-1.amazonaws.com"),
///     sign_host: None,
///     path: request.uri().path(),
///     query: "",
///     headers: &planned,
/// };
/// let signature = sign(&view, &params, plan.payload(), None)?;
/// let signer = ChunkSigner::new(&params, signature.signature())?;
/// plan.apply(request.headers_mut())?;
/// signature.apply(request.headers_mut())?;
/// let request = request.map(|body| plan.body(body, signer));
///
/// assert_eq!(request.headers()["content-encoding"], "aws-chunked");
/// assert_eq!(request.headers()["content-length"], "298");
/// assert_eq!(http_body::Body::size_hint(request.body()).exact(), Some(298));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChunkedPlan {
    pub(super) mode: ChunkedMode,
    payload_hash: &'static str,
    pub(super) chunk_size: usize,
    pub(super) decoded_length: u64,
    pub(super) encoded_length: Option<u64>,
    /// In the order of the wire. The computed checksum's is the last.
    pub(super) trailers: Vec<Trailer>,
    pub(super) checksum: Option<ChecksumAlgorithm>,
    set: Vec<(HeaderName, HeaderValue)>,
}

impl ChunkedPlan {
    /// Plans the upload of a body of `decoded_length` bytes (its exact size hint) with a request that has these
    /// headers. The request is only read.
    ///
    /// Where the body does not know its length, an `x-amz-decoded-content-length` or else a `content-length` among the
    /// headers tells it. A checksum among the headers (`x-amz-checksum-crc32` and its like) is kept, and none is
    /// computed.
    ///
    /// Errors: kind `Payload` when nothing tells the length, or no trailer is left for a mode that must have one;
    /// `Header` for a header that contradicts the plan (a stale `content-length`, another `x-amz-trailer`);
    /// `Option` for a checksum to compute in a mode without a trailer, or beside an announced one.
    pub fn new(
        options: &ChunkedOptions,
        algorithm: Algorithm<'_>,
        decoded_length: Option<u64>,
        headers: &HeaderMap,
    ) -> Result<Self, Error> {
        let mut set = Vec::with_capacity(5);
        let mut trailers = options.trailers.clone();
        let (checksum_header, checksum) = given::checksum(options, headers)?;
        set.extend(checksum_header);
        if let Some(algorithm) = checksum {
            if trailers.iter().any(|trailer| trailer.name == algorithm.header()) {
                return Err(given::announced_and_computed(algorithm));
            }
            trailers.push(Trailer { name: algorithm.header(), len: Some(algorithm.encoded_len()) });
        }
        let mode = given::mode_for(options.mode, &trailers)?;
        given::check_trailer_header(&trailers, headers)?;

        let content_length = given::length_header(headers, &CONTENT_LENGTH)?;
        let announced = given::length_header(headers, &X_AMZ_DECODED_CONTENT_LENGTH)?;
        let decoded_length =
            decoded_length.or(announced).or(content_length).ok_or_else(given::unknown_length)?;
        let signature = mode.signs_chunks().then(|| signer::wire_len(algorithm));
        let encoded_length =
            encoded_length(mode, signature, options.chunk_size(), decoded_length, &trailers)?;
        if announced.is_some_and(|announced| announced != decoded_length) {
            return Err(given::contradicts("x-amz-decoded-content-length", decoded_length));
        }
        // A retry may bring the length that an earlier signature put there.
        if content_length.is_some_and(|length| length != decoded_length && Some(length) != encoded_length) {
            return Err(given::contradicts("content-length", decoded_length));
        }

        set.push((CONTENT_ENCODING, given::content_encoding(headers)?));
        set.push((X_AMZ_DECODED_CONTENT_LENGTH, decoded_length.into()));
        if let Some(length) = encoded_length {
            set.push((CONTENT_LENGTH, length.into()));
        }
        if !trailers.is_empty() {
            let names: Vec<&str> = trailers.iter().map(|trailer| trailer.name.as_str()).collect();
            set.push((X_AMZ_TRAILER, given::header_value(&names.join(","))?));
        }
        let (payload_hash, chunk_size) = (mode.payload_hash(algorithm), options.chunk_size());
        Ok(Self { mode, payload_hash, chunk_size, decoded_length, encoded_length, trailers, checksum, set })
    }

    /// The payload to sign the request with.
    pub fn payload(&self) -> Payload<'static> {
        Payload::literal(self.payload_hash)
    }

    /// Which parts are signed. With a checksum in the headers and no other trailer, `SignedTrailer` becomes `Signed`.
    pub fn mode(&self) -> ChunkedMode {
        self.mode
    }

    /// The length of the data, in bytes.
    pub fn decoded_length(&self) -> u64 {
        self.decoded_length
    }

    /// The length of the body on the wire, in bytes: the `content-length`. `None` where a trailer's length is not known.
    pub fn encoded_length(&self) -> Option<u64> {
        self.encoded_length
    }

    /// The headers as they will be after [`apply`](Self::apply), to sign before anything is changed.
    pub fn headers<'a>(&'a self, headers: &'a HeaderMap) -> PlannedHeaders<'a> {
        PlannedHeaders { plan: self, headers }
    }

    /// Puts the headers of the plan into the request: `content-encoding`, `x-amz-decoded-content-length`,
    /// `content-length` in place of any other framing, `x-amz-trailer`, a checksum given in the options. An error of kind
    /// `Header`, with nothing changed, when the map can hold no more.
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        headers.try_reserve(self.set.len()).map_err(|_| {
            Error::new(ErrorKind::Header, "the request has more headers than an http::HeaderMap can hold")
        })?;
        for name in &REPLACED {
            headers.remove(name);
        }
        for (name, value) in &self.set {
            headers.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// The body to send: `inner`, cut and signed. `signer` is not used where no chunk is signed.
    pub fn body<B>(self, inner: B, signer: ChunkSigner) -> ChunkedBody<B> {
        ChunkedBody::new(inner, self, signer)
    }
}

/// Headers that go, unless the plan sets them.
const REPLACED: [HeaderName; 3] = [CONTENT_LENGTH, TRANSFER_ENCODING, X_AMZ_TRAILER];

/// The headers of a request with those of a plan in place. Made by [`ChunkedPlan::headers`].
#[derive(Debug, Clone, Copy)]
pub struct PlannedHeaders<'a> {
    plan: &'a ChunkedPlan,
    headers: &'a HeaderMap,
}

impl HeaderView for PlannedHeaders<'_> {
    fn each<'a>(&'a self, mut each: impl FnMut(&'a str, &'a [u8])) {
        let set = &self.plan.set;
        for (name, value) in self.headers {
            if !REPLACED.contains(name) && !set.iter().any(|(planned, _)| planned == name) {
                each(name.as_str(), value.as_bytes());
            }
        }
        for (name, value) in set {
            each(name.as_str(), value.as_bytes());
        }
    }
}
