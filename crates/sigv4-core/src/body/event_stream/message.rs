//! One message: its frame, written and read.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of all, this field and the last one included |
//! | 4 | length of the headers |
//! | 4 | CRC-32 of the 8 bytes before |
//! | … | headers: length of the name (1), name, type (1), value |
//! | … | payload |
//! | 4 | CRC-32 of all bytes before |

use bytes::{Buf, BufMut, Bytes};
use crc_fast::{CrcAlgorithm, checksum};

use super::value::Value;
use crate::error::{Error, ErrorKind};

/// The longest that a message can be, in bytes: 16 MiB, frame included.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The longest that the headers of a message can be, in bytes: 128 KiB.
pub const MAX_HEADERS: usize = 128 * 1024;

/// Lengths and their CRC.
pub(super) const PRELUDE: usize = 12;
/// The frame without headers and payload.
const FRAME: usize = PRELUDE + 4;

/// A message of an event stream: headers and a payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    headers: Vec<(String, Value)>,
    payload: Bytes,
}

impl Message {
    /// A message without headers.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { headers: Vec::new(), payload: payload.into() }
    }

    /// The same with one more header. Names of the protocol's own start with a colon: `:event-type`.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: Value) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// The headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.headers().find(|(header, _)| *header == name).map(|(_, value)| value)
    }

    /// The payload.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The message as it goes on the wire.
    ///
    /// An error of kind `Payload` when it is over [`MAX_MESSAGE`] or [`MAX_HEADERS`], or a header's name is empty or
    /// over 255 bytes.
    pub fn encode(&self) -> Result<Bytes, Error> {
        let mut headers = Vec::new();
        put_headers(&self.headers, &mut headers)?;
        frame(&headers, &self.payload)
    }

    /// Reads one whole message, no more and no less. An error of kind `Payload` says what is wrong with it.
    pub fn decode(message: &Bytes) -> Result<Self, Error> {
        let prelude = Prelude::read(message)?;
        if message.len() != prelude.length {
            return Err(malformed("does not end where it says"));
        }
        let (covered, crc) = message.split_at(prelude.length - 4);
        if crc32(covered).to_be_bytes() != crc {
            return Err(malformed("was damaged on the way: its checksum differs"));
        }
        let payload_at = PRELUDE + prelude.headers;
        let mut rest = message.slice(PRELUDE..payload_at);
        let mut headers = Vec::new();
        while !rest.is_empty() {
            let length = usize::from(rest.get_u8());
            if length == 0 || length > rest.len() {
                return Err(malformed("has a header whose name is empty or cut off"));
            }
            let name = String::from_utf8(rest.split_to(length).into())
                .map_err(|_| malformed("has a header whose name is not UTF-8"))?;
            headers.push((name, Value::take(&mut rest)?));
        }
        Ok(Self { headers, payload: message.slice(payload_at..prelude.length - 4) })
    }
}

/// The lengths that a message begins with, checked.
pub(super) struct Prelude {
    /// Of the whole message.
    pub(super) length: usize,
    headers: usize,
}

impl Prelude {
    pub(super) fn read(mut start: &[u8]) -> Result<Self, Error> {
        if start.len() < PRELUDE {
            return Err(malformed("is shorter than its frame"));
        }
        let crc = crc32(&start[..8]);
        let (length, headers) = (start.get_u32() as usize, start.get_u32() as usize);
        if start.get_u32() != crc {
            return Err(malformed("was damaged on the way: the checksum of its lengths differs"));
        }
        check_lengths(length, headers)?;
        if length < FRAME + headers {
            return Err(malformed("is shorter than its headers"));
        }
        Ok(Self { length, headers })
    }
}

/// Puts headers as a message holds them.
pub(super) fn put_headers(headers: &[(String, Value)], out: &mut Vec<u8>) -> Result<(), Error> {
    for (name, value) in headers {
        let length = u8::try_from(name.len()).ok().filter(|length| *length > 0).ok_or_else(|| {
            let shown: String = name.chars().take(32).collect();
            Error::new(
                ErrorKind::Payload,
                format!(
                    "the name of an event's header has {} bytes ({shown:?}): 1 to 255 are allowed",
                    name.len()
                ),
            )
        })?;
        out.put_u8(length);
        out.put_slice(name.as_bytes());
        value.put(name, out)?;
    }
    Ok(())
}

/// A message of these headers, already written, and this payload.
pub(super) fn frame(headers: &[u8], payload: &[u8]) -> Result<Bytes, Error> {
    let length = FRAME.saturating_add(headers.len()).saturating_add(payload.len());
    check_lengths(length, headers.len())?;
    let mut out = Vec::with_capacity(length);
    // Both are far below 2^32.
    out.put_u32(length as u32);
    out.put_u32(headers.len() as u32);
    out.put_u32(crc32(&out));
    out.put_slice(headers);
    out.put_slice(payload);
    out.put_u32(crc32(&out));
    Ok(out.into())
}

fn check_lengths(length: usize, headers: usize) -> Result<(), Error> {
    let over = |what: &str, length: usize, most: usize| {
        Error::new(
            ErrorKind::Payload,
            format!("{what}: {length} bytes are over the limit of {most}; send less at a time"),
        )
    };
    if headers > MAX_HEADERS {
        return Err(over("the headers of an event's message", headers, MAX_HEADERS));
    }
    if length > MAX_MESSAGE {
        return Err(over("an event's message", length, MAX_MESSAGE));
    }
    Ok(())
}

/// CRC-32 as in zip.
fn crc32(bytes: &[u8]) -> u32 {
    // The checksum of a 32-bit CRC.
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

pub(super) fn malformed(what: &str) -> Error {
    Error::new(ErrorKind::Payload, format!("a message of the event stream {what}"))
}
