//! Percent-encoding as the specification wants it: everything but `A-Z a-z 0-9 - . _ ~`, upper-case hex.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::Sink;

/// All that is encoded in a query key or value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that is encoded in a path, in which `/` separates segments.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Puts `bytes`, encoded as a query key or value.
pub(crate) fn put_encoded(sink: &mut impl Sink, bytes: &[u8]) {
    percent_encode(bytes, RESERVED).for_each(|piece| sink.put(piece.as_bytes()));
}

/// Puts `bytes`, encoded as a path: as above, but `/` stays.
pub(crate) fn put_encoded_path(sink: &mut impl Sink, bytes: &[u8]) {
    percent_encode(bytes, RESERVED_IN_PATH).for_each(|piece| sink.put(piece.as_bytes()));
}

/// Whether decoding and encoding `bytes` again would give the same bytes; `/` too where `slash` allows it.
pub(crate) fn is_normal_form(bytes: &[u8], slash: bool) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| !is_unreserved(byte, slash)) {
        rest = match &rest[at..] {
            [b'%', high, low, tail @ ..] => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) if !is_unreserved((high << 4) | low, slash) => tail,
                _ => return false,
            },
            _ => return false,
        };
    }
    true
}

/// Whether none of these has to be encoded; `/` neither where `slash` allows it.
pub(crate) fn are_unreserved(bytes: &[u8], slash: bool) -> bool {
    bytes.iter().all(|&byte| is_unreserved(byte, slash))
}

fn is_unreserved(byte: u8, slash: bool) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (slash && byte == b'/')
}

fn upper_hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
