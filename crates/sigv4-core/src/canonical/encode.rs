//! Percent-encoding as the specification wants it: everything but `A-Z a-z 0-9 - . _ ~`, upper-case hex.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::Sink;

/// All that is encoded in a query key or value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that is encoded in a path, in which `/` separates segments.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Puts `bytes`, encoded as a query key or value.
pub(crate) fn put_encoded(sink: &mut impl Sink, bytes: &[u8]) {
    for piece in percent_encode(bytes, RESERVED) {
        sink.put(piece.as_bytes());
    }
}

/// Puts `bytes`, encoded as a path: as above, but `/` stays.
pub(crate) fn put_encoded_path(sink: &mut impl Sink, bytes: &[u8]) {
    if are_unreserved(bytes, true) {
        return sink.put(bytes);
    }
    for piece in percent_encode(bytes, RESERVED_IN_PATH) {
        sink.put(piece.as_bytes());
    }
}

/// Whether decoding and encoding `bytes` again would give the same bytes; `/` too where `slash` allows it.
pub(crate) fn is_normal_form(bytes: &[u8], slash: bool) -> bool {
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match (byte, tail) {
            (b'%', [high, low, tail @ ..]) => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) if !is_unreserved(high << 4 | low, slash) => tail,
                _ => return false,
            },
            (byte, tail) if is_unreserved(byte, slash) => tail,
            _ => return false,
        };
    }
    true
}

/// Whether none of these has to be encoded; `/` neither where `slash` allows it.
pub(crate) fn are_unreserved(bytes: &[u8], slash: bool) -> bool {
    let wanted = if slash { UNRESERVED | SLASH } else { UNRESERVED };
    bytes.iter().all(|&byte| KINDS[usize::from(byte)] & wanted != 0)
}

fn is_unreserved(byte: u8, slash: bool) -> bool {
    are_unreserved(&[byte], slash)
}

const UNRESERVED: u8 = 1;
const SLASH: u8 = 2;

/// What each byte is.
static KINDS: [u8; 256] = {
    let (mut kinds, mut byte) = ([0; 256], 0u8);
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            kinds[byte as usize] = UNRESERVED;
        }
        byte += 1;
    }
    kinds[b'/' as usize] = SLASH;
    kinds
};

fn upper_hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
