//! What a chunked body means for the rest of its request: headers, payload hash and length.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::options::{ChecksumChoice, Trailer};
use super::{ChunkSigner, ChunkedBody, ChunkedMode, ChunkedOptions, X_AMZ_TRAILER_SIGNATURE, signer};
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
    /// `Option` for a checksum to compute in a mode without a trailer.
    pub fn new(
        options: &ChunkedOptions,
        algorithm: Algorithm<'_>,
        decoded_length: Option<u64>,
        headers: &HeaderMap,
    ) -> Result<Self, Error> {
        let mut set = Vec::with_capacity(5);
        let mut trailers = options.trailers.clone();
        let (given, checksum) = checksum(options, headers)?;
        set.extend(given);
        if let Some(algorithm) = checksum {
            trailers.push(Trailer { name: algorithm.header(), len: Some(algorithm.encoded_len()) });
        }
        let mode = mode_for(options.mode, &trailers)?;
        check_trailer_header(&trailers, headers)?;

        let content_length = length_header(headers, &CONTENT_LENGTH)?;
        let announced = length_header(headers, &X_AMZ_DECODED_CONTENT_LENGTH)?;
        let decoded_length = decoded_length.or(announced).or(content_length).ok_or_else(unknown_length)?;
        let signature = mode.signs_chunks().then(|| signer::wire_len(algorithm));
        let encoded_length =
            encoded_length(mode, signature, options.chunk_size(), decoded_length, &trailers)?;
        if announced.is_some_and(|announced| announced != decoded_length) {
            return Err(contradicts("x-amz-decoded-content-length", decoded_length));
        }
        // A retry may bring the length that an earlier signature put there.
        if content_length.is_some_and(|length| length != decoded_length && Some(length) != encoded_length) {
            return Err(contradicts("content-length", decoded_length));
        }

        set.push((CONTENT_ENCODING, content_encoding(headers)?));
        set.push((X_AMZ_DECODED_CONTENT_LENGTH, decoded_length.into()));
        if let Some(length) = encoded_length {
            set.push((CONTENT_LENGTH, length.into()));
        }
        if !trailers.is_empty() {
            let names: Vec<&str> = trailers.iter().map(|trailer| trailer.name.as_str()).collect();
            set.push((X_AMZ_TRAILER, header_value(&names.join(","))?));
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

type Given = Option<(HeaderName, HeaderValue)>;

/// A checksum to put into a header, and the algorithm to compute one with.
fn checksum(
    options: &ChunkedOptions,
    headers: &HeaderMap,
) -> Result<(Given, Option<ChecksumAlgorithm>), Error> {
    let callers = headers.keys().find(|name| ChecksumAlgorithm::of_header(name.as_str()).is_some());
    match (&options.checksum, callers) {
        (ChecksumChoice::Given(algorithm, value), callers) => match callers {
            Some(name) if *name != algorithm.header() || headers[name] != value => Err(Error::new(
                ErrorKind::Header,
                format!("the request has {name} beside the checksum given in the options: leave one out"),
            )),
            _ => Ok((Some((algorithm.header(), value.clone())), None)),
        },
        (_, Some(_)) | (ChecksumChoice::None, None) => Ok((None, None)),
        (ChecksumChoice::Computed(algorithm), None) if !options.mode.has_trailer() => Err(Error::new(
            ErrorKind::Option,
            format!(
                "a {algorithm} to compute needs a trailer, which ChunkedMode::Signed has not: use SignedTrailer, \
                 or give the value with with_checksum_value"
            ),
        )),
        (ChecksumChoice::Computed(algorithm), None) => Ok((None, Some(*algorithm))),
        (ChecksumChoice::Default, None) => {
            let trailers = options.trailers.iter();
            let announced =
                trailers.filter_map(|trailer| ChecksumAlgorithm::of_header(trailer.name.as_str()));
            let due = options.mode.has_trailer() && announced.count() == 0;
            Ok((None, due.then_some(ChecksumAlgorithm::Crc32)))
        }
    }
}

/// The mode that fits the trailers there are.
fn mode_for(mode: ChunkedMode, trailers: &[Trailer]) -> Result<ChunkedMode, Error> {
    match (mode, trailers) {
        (ChunkedMode::SignedTrailer, []) => Ok(ChunkedMode::Signed),
        (ChunkedMode::UnsignedTrailer, []) => Err(Error::new(
            ErrorKind::Payload,
            "ChunkedMode::UnsignedTrailer has no trailer to send, as its checksum is in a header or turned off: take it \
             out of the headers, or sign the chunks, or send the payload unsigned",
        )),
        (ChunkedMode::Signed, [first, ..]) => Err(Error::new(
            ErrorKind::Option,
            format!("the trailer {} needs a mode with a trailer: use ChunkedMode::SignedTrailer", first.name),
        )),
        (mode, _) => Ok(mode),
    }
}

/// Refuses an `x-amz-trailer` that announces what the plan does not.
fn check_trailer_header(trailers: &[Trailer], headers: &HeaderMap) -> Result<(), Error> {
    for value in headers.get_all(X_AMZ_TRAILER) {
        for name in value.to_str().unwrap_or_default().split(',') {
            let name = name.trim();
            if !trailers.iter().any(|trailer| trailer.name.as_str().eq_ignore_ascii_case(name)) {
                return Err(Error::new(
                    ErrorKind::Header,
                    format!(
                        "the header x-amz-trailer announces {name:?}, which the options do not: announce it with \
                         ChunkedOptions::with_trailer and remove the header"
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// The length in a header, in bytes.
fn length_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let length = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (length.and_then(|text| text.parse().ok()), values.next()) {
        (Some(length), None) => Ok(Some(length)),
        _ => Err(Error::new(
            ErrorKind::Header,
            format!("the header {name} is not one number of bytes: remove it, the signer sets it"),
        )),
    }
}

fn contradicts(name: &str, decoded_length: u64) -> Error {
    Error::new(
        ErrorKind::Header,
        format!(
            "the header {name} is stale: the body has {decoded_length} bytes. Remove it, the signer sets it"
        ),
    )
}

fn unknown_length() -> Error {
    Error::new(
        ErrorKind::Payload,
        "the length of the streamed body is not known, and aws-chunked has to announce it: give the body an exact size \
         hint, or set content-length to the number of bytes before they are cut into chunks, or buffer the body",
    )
}

/// `aws-chunked` after the codings that are there already.
fn content_encoding(headers: &HeaderMap) -> Result<HeaderValue, Error> {
    let mut codings = String::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().map_err(|_| {
            Error::new(ErrorKind::Header, "the header content-encoding holds bytes outside ASCII: mend it")
        })?;
        if value.split(',').any(|coding| coding.trim().eq_ignore_ascii_case(AWS_CHUNKED)) {
            return header_value(value);
        }
        codings.push_str(value);
        codings.push(',');
    }
    codings.push_str(AWS_CHUNKED);
    header_value(&codings)
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| {
        Error::new(
            ErrorKind::Header,
            "content-encoding or x-amz-trailer holds a byte that no header can carry",
        )
    })
}

/// What stands between the size of a chunk and its signature.
pub(super) const CHUNK_SIGNATURE: &str = ";chunk-signature=";

/// The length on the wire, in bytes, where all trailers' lengths are known. `signature` is the length of a chunk's.
fn encoded_length(
    mode: ChunkedMode,
    signature: Option<u64>,
    chunk_size: usize,
    decoded_length: u64,
    trailers: &[Trailer],
) -> Result<Option<u64>, Error> {
    const CRLF: u128 = 2;
    let line = |name: &HeaderName, value: u128| name.as_str().len() as u128 + 1 + value + CRLF;
    let chunk_signature = signature.map_or(0, |len| CHUNK_SIGNATURE.len() as u128 + u128::from(len));
    // A chunk without its data.
    let frame = |size: u64| u128::from(hex_digits(size)) + chunk_signature + 2 * CRLF;
    let chunk_size = chunk_size as u64;
    let (whole, last) = (decoded_length / chunk_size, decoded_length % chunk_size);
    let mut length = u128::from(decoded_length) + u128::from(whole) * frame(chunk_size);
    if last > 0 {
        length += frame(last);
    }
    // The empty chunk: its second line break comes after the trailers.
    length += frame(0);
    for trailer in trailers {
        let Some(value) = trailer.len else { return Ok(None) };
        length += line(&trailer.name, value as u128);
    }
    if let (true, Some(len)) = (mode.has_trailer(), signature) {
        length += line(&X_AMZ_TRAILER_SIGNATURE, u128::from(len));
    }
    let length = u64::try_from(length).map_err(|_| {
        Error::new(ErrorKind::Payload, "the body is too long: its length in chunks passes 2^64 bytes")
    })?;
    Ok(Some(length))
}

/// How many hex digits a number takes.
pub(super) fn hex_digits(number: u64) -> u32 {
    (u64::BITS - number.leading_zeros()).div_ceil(4).max(1)
}
