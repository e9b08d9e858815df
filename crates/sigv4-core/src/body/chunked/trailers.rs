//! Trailers: from the inner body to the end of the encoded one.

use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use super::options::Trailer;
use crate::error::{Error, ErrorKind};

pub(super) type Trailers = SmallVec<[(HeaderName, HeaderValue); 2]>;

/// The trailers to send, in the order they were announced in: those of the inner body, then the computed checksum.
/// An error of kind `Body` for each that is missing, was not announced, or has another length than announced.
pub(super) fn collect(
    announced: &[Trailer],
    inner: &HeaderMap,
    checksum: Option<&str>,
) -> Result<Trailers, Error> {
    let from_inner = &announced[..announced.len() - usize::from(checksum.is_some())];
    if let Some(name) = inner.keys().find(|name| !from_inner.iter().any(|trailer| trailer.name == *name)) {
        return Err(wrong(name, "was not announced: announce it with ChunkedOptions::with_trailer"));
    }
    let mut values = Trailers::new();
    for Trailer { name, len } in from_inner {
        let mut found = inner.get_all(name).iter();
        let value = match (found.next(), found.next()) {
            (Some(value), None) => value.as_bytes().trim_ascii(),
            (None, _) => return Err(wrong(name, "was announced, but the body ended without it")),
            (Some(_), Some(_)) => return Err(wrong(name, "is there twice: send it once")),
        };
        if let Some(len) = len.filter(|len| *len != value.len()) {
            let problem = format!("has {} bytes, but {len} were announced", value.len());
            return Err(wrong(name, &problem));
        }
        values.push((name.clone(), header_value(name, value)?));
    }
    if let (Some(checksum), Some(trailer)) = (checksum, announced.last()) {
        values.push((trailer.name.clone(), header_value(&trailer.name, checksum.as_bytes())?));
    }
    Ok(values)
}

/// The SHA-256 of the trailers' canonical form: sorted by name, each line ended by a line feed alone.
pub(super) fn digest(trailers: &[(HeaderName, HeaderValue)]) -> [u8; 32] {
    let mut sorted: SmallVec<[&(HeaderName, HeaderValue); 4]> = trailers.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    let mut hash = Sha256::new();
    for (name, value) in sorted {
        hash.update(name.as_str());
        hash.update(b":");
        hash.update(value.as_bytes());
        hash.update(b"\n");
    }
    hash.finalize().into()
}

fn header_value(name: &HeaderName, value: &[u8]) -> Result<HeaderValue, Error> {
    HeaderValue::from_bytes(value).map_err(|_| wrong(name, "holds a byte that no header can carry"))
}

fn wrong(name: &HeaderName, problem: &str) -> Error {
    Error::new(ErrorKind::Body, format!("the trailer {name} {problem}"))
}
