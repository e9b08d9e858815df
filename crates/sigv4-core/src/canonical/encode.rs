//! Percent-encoding as the specification wants it: everything but `A-Z a-z 0-9 - . _ ~`, upper-case hex.

use super::Sink;

/// Puts `bytes`, encoded as a query key or value.
pub(crate) fn put_encoded(sink: &mut impl Sink, bytes: &[u8]) {
    put(sink, bytes, UNRESERVED);
}

/// Puts `bytes`, encoded as a path: as above, but `/` stays.
pub(crate) fn put_encoded_path(sink: &mut impl Sink, bytes: &[u8]) {
    put(sink, bytes, UNRESERVED | SLASH);
}

fn put(sink: &mut impl Sink, bytes: &[u8], kept: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| KINDS[usize::from(byte)] & kept == 0) {
        let byte = usize::from(rest[at]);
        sink.put(&rest[..at]);
        sink.put(&[b'%', DIGITS[byte >> 4], DIGITS[byte & 15]]);
        rest = &rest[at + 1..];
    }
    sink.put(rest);
}

/// Whether decoding and encoding `bytes` again would give the same bytes; `/` too where `slash` allows it.
pub(crate) fn is_normal_form(bytes: &[u8], slash: bool) -> bool {
    let kept = if slash { UNRESERVED | SLASH } else { UNRESERVED };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| KINDS[usize::from(byte)] & kept == 0) {
        rest = match &rest[at..] {
            [b'%', high, low, tail @ ..] => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) if KINDS[usize::from((high << 4) | low)] & kept == 0 => tail,
                _ => return false,
            },
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
