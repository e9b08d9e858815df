//! Percent-encoding as the specification wants it: everything but `A-Z a-z 0-9 - . _ ~`, upper-case hex.

use percent_encoding::percent_encode_byte;

use super::Sink;

/// Puts `bytes`, encoded as a query key or value.
pub(crate) fn put_encoded(sink: &mut impl Sink, bytes: &[u8]) {
    put(sink, bytes, UNRESERVED);
}

/// Puts `bytes`, encoded as a path: as above, but `/` stays.
pub(crate) fn put_encoded_path(sink: &mut impl Sink, bytes: &[u8]) {
    put(sink, bytes, IN_PATH);
}

fn put(sink: &mut impl Sink, mut bytes: &[u8], stays: u8) {
    loop {
        let (kept, rest) = bytes.split_at(run_len(bytes, stays));
        let [reserved, tail @ ..] = rest else { return sink.put(kept) };
        sink.put_all([kept, percent_encode_byte(*reserved).as_bytes()]);
        bytes = tail;
    }
}

/// Whether decoding and encoding a path again would give the same bytes.
pub(crate) fn is_normal_path(path: &[u8]) -> bool {
    let rest = &path[run_len(path, IN_PATH)..];
    // The digits of an escape are bytes that stay, so each byte can be judged with the two behind it, whatever is in front. Without a
    // table or an early end, so that the compiler takes many at a time: in a title that is not English every second one is a `%`.
    let (judged, last) = rest.split_at(rest.len().saturating_sub(2));
    let behind = |by: usize| rest.get(by..).unwrap_or_default();
    let is_good =
        judged.iter().zip(behind(1)).zip(behind(2)).fold(true, |is_good, ((&byte, &high), &low)| {
            is_good & (stays_in_path(byte) | ((byte == b'%') & is_escape_in_path(high, low)))
        });
    is_good & last.iter().all(|&byte| stays_in_path(byte))
}

/// As the table has it.
#[inline]
fn stays_in_path(byte: u8) -> bool {
    // `-`, `.`, `/` and the digits stand in a row.
    ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'-') < 13) | (byte == b'_') | (byte == b'~')
}

/// As [`is_normal_escape`].
#[inline]
fn is_escape_in_path(high: u8, low: u8) -> bool {
    let is_digit = |byte: u8| (byte.wrapping_sub(b'0') < 10) | (byte.wrapping_sub(b'A') < 6);
    let value = |digit: u8| (digit & 15) + if digit >= b'A' { 9 } else { 0 };
    is_digit(high) & is_digit(low) & !stays_in_path((value(high) << 4) | value(low))
}

/// How many bytes at the start of a query key or value would be the same once they are decoded and encoded again.
#[inline]
pub(crate) fn normal_start(bytes: &[u8]) -> usize {
    normal_len(bytes, UNRESERVED)
}

#[inline]
fn normal_len(bytes: &[u8], stays: u8) -> usize {
    let mut rest = bytes;
    loop {
        match rest {
            [b'%', high, low, tail @ ..] if is_normal_escape(*high, *low, stays) => rest = tail,
            [first, ..] if kind(*first) & stays != 0 => rest = &rest[run_len(rest, stays)..],
            _ => return bytes.len() - rest.len(),
        }
    }
}

/// How many bytes at the start are all such as stay.
#[inline]
fn run_len(bytes: &[u8], stays: u8) -> usize {
    // Eight at a time, as long as they all are.
    let (eights, _) = bytes.as_chunks::<8>();
    let all_stay = |eight: &&[u8; 8]| eight.iter().fold(stays, |all, &byte| all & kind(byte)) != 0;
    let sure = 8 * eights.iter().take_while(all_stay).count();
    sure + bytes[sure..].iter().take_while(|byte| kind(**byte) & stays != 0).count()
}

/// Whether these are upper-case hex digits of a byte that has to be encoded.
#[inline]
fn is_normal_escape(high: u8, low: u8, stays: u8) -> bool {
    let (high, low) = (kind(high), kind(low));
    // Bytes outside ASCII all have to be.
    high & low & HEX != 0 && (high & OUTSIDE_ASCII != 0 || kind((high & DIGIT) | (low >> 4)) & stays == 0)
}

/// Whether none of these has to be encoded; a `/` has.
pub(crate) fn are_unreserved(bytes: &[u8]) -> bool {
    run_len(bytes, UNRESERVED) == bytes.len()
}

/// Not encoded.
const UNRESERVED: u8 = 1;
/// Not encoded in a path: those, and the slash.
const IN_PATH: u8 = 2;
/// A digit of upper-case hex, whose value stands in the upper half.
const HEX: u8 = 4;
/// Such a digit that begins the escape of a byte outside ASCII: the highest bit of its value.
const OUTSIDE_ASCII: u8 = 0x80;
const DIGIT: u8 = 0xf0;

/// What a byte is: some of the above.
fn kind(byte: u8) -> u8 {
    static KINDS: [u8; 256] = {
        let (mut kinds, mut byte) = ([0; 256], 0);
        while byte < kinds.len() {
            kinds[byte] = match byte as u8 {
                digit @ b'0'..=b'9' => UNRESERVED | IN_PATH | HEX | ((digit - b'0') << 4),
                digit @ b'A'..=b'F' => UNRESERVED | IN_PATH | HEX | ((digit - b'A' + 10) << 4),
                b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => UNRESERVED | IN_PATH,
                b'/' => IN_PATH,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };
    KINDS[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_byte_stays_or_is_encoded() {
        for byte in 0..=u8::MAX {
            let stays = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let encoded = if stays { char::from(byte).to_string() } else { format!("%{byte:02X}") };
            let (mut value, mut path) = (Vec::new(), Vec::new());
            put_encoded(&mut value, &[b'a', byte, b'b']);
            put_encoded_path(&mut path, &[b'a', byte, b'b']);
            assert_eq!(value, format!("a{encoded}b").into_bytes());
            assert_eq!(path, if byte == b'/' { b"a/b".to_vec() } else { value.clone() });
            assert_eq!(are_unreserved(&[byte]), stays, "{byte}");
        }
    }

    #[test]
    fn a_path_is_judged_by_each_of_its_bytes() {
        for byte in 0..=u8::MAX {
            assert_eq!(stays_in_path(byte), kind(byte) & IN_PATH != 0, "{byte}");
            for other in 0..=u8::MAX {
                let path = [b'%', byte, other];
                assert_eq!(is_normal_path(&path), normal_len(&path, IN_PATH) == path.len(), "{path:?}");
            }
        }
    }

    #[test]
    fn a_normal_form_is_what_comes_back() {
        let normal = |text: &str, slash: bool| {
            let decoded: Vec<u8> = percent_decode(text.as_bytes()).collect();
            let mut again = Vec::new();
            put(&mut again, &decoded, if slash { IN_PATH } else { UNRESERVED });
            again == text.as_bytes()
        };
        let mut texts: Vec<String> =
            ["", "%", "%2", "a%2", "%%41", "%2F/", "a/b", "%C3%BC~", "a+b", "%zz", "%2f"]
                .map(str::to_owned)
                .to_vec();
        texts.extend((0..=u8::MAX).flat_map(|byte| [format!("x%{byte:02X}y"), format!("x%{byte:02x}y")]));
        texts.extend((0..128).map(|byte| format!("x{}y", char::from(byte))));
        for text in texts {
            for slash in [false, true] {
                let stays = if slash { IN_PATH } else { UNRESERVED };
                let found = normal_len(text.as_bytes(), stays) == text.len();
                assert_eq!(found, normal(&text, slash), "{text} {slash}");
                if slash {
                    assert_eq!(is_normal_path(text.as_bytes()), found, "{text}");
                }
            }
        }
    }

    proptest! {
        /// Whatever stands before and behind an escape.
        #[test]
        fn a_path_is_normal_if_it_comes_back(path in "(%2[0F]|%[89A-F][0-9A-F]|%[0-9A-Fa-f]{0,2}|[%/a~+ü.-]){0,12}") {
            let decoded: Vec<u8> = percent_decode(path.as_bytes()).collect();
            let mut again = Vec::new();
            put_encoded_path(&mut again, &decoded);
            prop_assert_eq!(is_normal_path(path.as_bytes()), again == path.as_bytes());
            prop_assert_eq!(normal_len(path.as_bytes(), IN_PATH) == path.len(), again == path.as_bytes());
        }
    }
}
