//! How long a body is once it is cut.

use http::HeaderName;

use super::options::Trailer;
use super::{ChunkedMode, X_AMZ_TRAILER_SIGNATURE};
use crate::error::{Error, ErrorKind};

/// What stands between the size of a chunk and its signature.
pub(super) const CHUNK_SIGNATURE: &str = ";chunk-signature=";

/// The length on the wire, in bytes, where all trailers' lengths are known. `signature` is the length of a chunk's.
pub(super) fn encoded_length(
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
