//! What options and the request's own headers say of a body that is to be cut, and where they contradict each other.

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::options::{ChecksumChoice, Trailer};
use super::plan::AWS_CHUNKED;
use super::{ChunkedMode, ChunkedOptions, X_AMZ_TRAILER};
use crate::body::ChecksumAlgorithm;
use crate::error::{Error, ErrorKind};

/// A header to set.
type Given = Option<(HeaderName, HeaderValue)>;

/// A checksum to put into a header, and the algorithm to compute one with.
pub(super) fn checksum(
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

pub(super) fn announced_and_computed(algorithm: ChecksumAlgorithm) -> Error {
    Error::new(
        ErrorKind::Option,
        format!(
            "the trailer {} is announced, and a {algorithm} is to be computed: leave out with_trailer, or with_checksum",
            algorithm.header()
        ),
    )
}

/// The mode that fits the trailers there are.
pub(super) fn mode_for(mode: ChunkedMode, trailers: &[Trailer]) -> Result<ChunkedMode, Error> {
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
pub(super) fn check_trailer_header(trailers: &[Trailer], headers: &HeaderMap) -> Result<(), Error> {
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
pub(super) fn length_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Error> {
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

pub(super) fn contradicts(name: &str, decoded_length: u64) -> Error {
    Error::new(
        ErrorKind::Header,
        format!(
            "the header {name} is stale: the body has {decoded_length} bytes. Remove it, the signer sets it"
        ),
    )
}

pub(super) fn unknown_length() -> Error {
    Error::new(
        ErrorKind::Payload,
        "the length of the streamed body is not known, and aws-chunked has to announce it: give the body an exact size \
         hint, or set content-length to the number of bytes before they are cut into chunks, or buffer the body",
    )
}

/// `aws-chunked` after the codings that are there already.
pub(super) fn content_encoding(headers: &HeaderMap) -> Result<HeaderValue, Error> {
    let values: Result<Vec<&str>, _> =
        headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::to_str).collect();
    let mut values = values.map_err(|_| {
        Error::new(ErrorKind::Header, "the header content-encoding holds bytes outside ASCII: mend it")
    })?;
    let mut codings = values.iter().flat_map(|value| value.split(','));
    if !codings.any(|coding| coding.trim().eq_ignore_ascii_case(AWS_CHUNKED)) {
        values.push(AWS_CHUNKED);
    }
    header_value(&values.join(","))
}

pub(super) fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| {
        Error::new(
            ErrorKind::Header,
            "content-encoding or x-amz-trailer holds a byte that no header can carry",
        )
    })
}
