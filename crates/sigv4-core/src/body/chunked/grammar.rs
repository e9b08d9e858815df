//! The lines of `aws-chunked`, read strictly: one spelling for each, no white space to spare.

use http::{HeaderName, HeaderValue};

use super::ChunkFault;
use super::length::CHUNK_SIGNATURE;
use crate::error::Error;

/// Digits enough for any length.
pub(super) const SIZE_DIGITS: usize = 16;

/// An error of the form of what was received.
pub(super) fn wrong(problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    ChunkFault::Form.error(problem)
}

/// The line before a chunk's data, without its end: the size in bytes, and the signature where chunks are signed.
/// `signature_len` is how many characters that has.
pub(super) fn chunk_line(line: &[u8], signature_len: Option<usize>) -> Result<(u64, &str), Error> {
    let malformed =
        || wrong("the line before a chunk is not a size in hex, followed by its signature if it is signed");
    let line = std::str::from_utf8(line).map_err(|_| malformed())?;
    let (size, signature) = match signature_len {
        Some(len) => {
            let (size, signature) = line.split_once(CHUNK_SIGNATURE).ok_or_else(malformed)?;
            let of_form = signature.len() == len && signature.bytes().all(|byte| byte.is_ascii_graphic());
            (size, of_form.then_some(signature).ok_or_else(malformed)?)
        }
        None => (line, ""),
    };
    // `from_str_radix` would take a sign.
    if size.is_empty() || size.len() > SIZE_DIGITS || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let size = u64::from_str_radix(size, 16).map_err(|_| malformed())?;
    Ok((size, signature))
}

/// A line of the trailer, without its end: name and value.
pub(super) fn trailer_line(line: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let malformed = || wrong("a line of the trailer is not of the form name:value");
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(malformed)?;
    let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| malformed())?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| malformed())?;
    Ok((name, value))
}
