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

/// Whether none of these has to be encoded; a `/` has.
pub(crate) fn are_unreserved(bytes: &[u8]) -> bool {
    run_len(bytes, UNRESERVED) == bytes.len()
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

/// Whether decoding and encoding a path again would give the same bytes.
pub(crate) fn is_normal_path(path: &[u8]) -> bool {
    let rest = &path[run_len(path, IN_PATH)..];
    let (judged, last) = rest.split_at(rest.len().saturating_sub(2));
    let is_good = match rest.last_chunk::<18>() {
        // The compiler takes sixteen at a time, and a rest of fifteen would take as long as a hundred. So the last sixteen are judged
        // together, and some of them twice.
        Some(end) => are_good_in_path(&rest[..judged.len() / 16 * 16 + 2]) & are_good_in_path(end),
        None => are_good_in_path(rest),
    };
    is_good & last.iter().all(|&byte| stays_in_path(byte))
}

/// Whether all but the last two bytes may stand in a normal path.
///
/// The digits of an escape are bytes that stay, so each byte can be judged with the two behind it, whatever is in front. Without a
/// table or an early end, so that many are taken at a time: in a title that is not English every second one is a `%`.
#[inline(never)]
fn are_good_in_path(bytes: &[u8]) -> bool {
    let behind = |by: usize| bytes.get(by..).unwrap_or_default();
    bytes.iter().zip(behind(1)).zip(behind(2)).fold(true, |is_good, ((&byte, &high), &low)| {
        let is_escape = (byte == b'%') & are_digits(high, low) & !stays_in_path(escaped(high, low));
        is_good & (stays_in_path(byte) | is_escape)
    })
}

/// The places of the bytes in a query that have to be encoded in a key or value, or stand between those.
#[inline]
pub(crate) fn reserved(query: &[u8]) -> impl Iterator<Item = usize> {
    let mut rest = query;
    // Of the bytes that were looked at together last: where they begin and end, and a bit for each place that is left.
    let (mut start, mut end, mut left) = (0, 0, 0u32);
    std::iter::from_fn(move || {
        while left == 0 {
            let (block, tail) = match rest.split_first_chunk() {
                Some((block, tail)) => (*block, tail),
                None if rest.is_empty() => return None,
                None => (padded(rest), &[][..]),
            };
            (left, rest, start, end) = (reserved_in(&block), tail, end, end + BLOCK);
        }
        let place = start + left.trailing_zeros() as usize;
        left &= left - 1;
        Some(place)
    })
}

/// So many bytes of a query are looked at together.
const BLOCK: usize = 32;

/// A block that begins with these, and has nothing else that is reserved.
fn padded(bytes: &[u8]) -> [u8; BLOCK] {
    let mut block = [b'a'; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    block
}

/// A bit for each reserved byte, the first one lowest.
#[inline]
fn reserved_in(block: &[u8; BLOCK]) -> u32 {
    let flags = block.map(|byte| u8::from(!is_unreserved(byte)));
    // Moves the lowest bit of each of eight bytes into the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = flags.as_chunks();
    eights
        .iter()
        .rev()
        .fold(0, |places, &eight| places << 8 | (u64::from_le_bytes(eight).wrapping_mul(GATHER) >> 56) as u32)
}

/// Whether the escape at a `%` in a query would be the same once it is decoded and encoded again.
#[inline]
pub(crate) fn is_normal_escape(query: &[u8], at: usize) -> bool {
    let Some([high, low, ..]) = query.get(at + 1..) else { return false };
    are_digits(*high, *low) & !is_unreserved(escaped(*high, *low))
}

/// Whether these are digits of an escape in its normal form.
#[inline]
fn are_digits(high: u8, low: u8) -> bool {
    let is_digit = |byte: u8| (byte.wrapping_sub(b'0') < 10) | (byte.wrapping_sub(b'A') < 6);
    is_digit(high) & is_digit(low)
}

/// The byte whose escape has these digits.
#[inline]
fn escaped(high: u8, low: u8) -> u8 {
    let value = |digit: u8| (digit & 15) + if digit >= b'A' { 9 } else { 0 };
    (value(high) << 4) | value(low)
}

#[inline]
const fn is_unreserved(byte: u8) -> bool {
    stays_in_path(byte) & (byte != b'/')
}

#[inline]
const fn stays_in_path(byte: u8) -> bool {
    // `-`, `.`, `/` and the digits stand in a row.
    ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'-') < 13) | (byte == b'_') | (byte == b'~')
}

/// Not encoded.
const UNRESERVED: u8 = 1;
/// Not encoded in a path: those, and the slash.
const IN_PATH: u8 = 2;

/// What a byte is, some of the above, by one look into a table.
fn kind(byte: u8) -> u8 {
    static KINDS: [u8; 256] = {
        let (mut kinds, mut byte) = ([0; 256], 0);
        while byte < kinds.len() {
            kinds[byte] =
                is_unreserved(byte as u8) as u8 * UNRESERVED + stays_in_path(byte as u8) as u8 * IN_PATH;
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

    /// Whether it is the same once it is decoded and encoded again.
    fn comes_back(encoded: &[u8], stays: u8) -> bool {
        let decoded: Vec<u8> = percent_decode(encoded).collect();
        let mut again = Vec::new();
        put(&mut again, &decoded, stays);
        again == encoded
    }

    fn is_normal_value(value: &[u8]) -> bool {
        reserved(value).all(|place| value[place] == b'%' && is_normal_escape(value, place))
    }

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
            assert_eq!(is_unreserved(byte), stays, "{byte}");
            assert_eq!(stays_in_path(byte), stays || byte == b'/', "{byte}");
        }
    }

    #[test]
    fn reserved_bytes_are_found_at_every_place() {
        for len in 0..=3 * BLOCK {
            let mut query = vec![b'z'; len];
            assert_eq!(reserved(&query).next(), None);
            for place in 0..len {
                query[place] = b'&';
                assert_eq!(reserved(&query).collect::<Vec<_>>(), [place]);
                query[place] = b'z';
            }
            assert!(reserved(&vec![0xff; len]).eq(0..len));
        }
    }

    #[test]
    fn each_escape_is_normal_if_it_comes_back() {
        for high in 0..=u8::MAX {
            for low in 0..=u8::MAX {
                let escape = [b'%', high, low];
                assert_eq!(is_normal_path(&escape), comes_back(&escape, IN_PATH), "{escape:?}");
                assert_eq!(is_normal_value(&escape), comes_back(&escape, UNRESERVED), "{escape:?}");
            }
        }
    }

    #[test]
    fn one_bad_byte_is_found_at_every_place() {
        for len in 0..80 {
            let mut path = vec![b'z'; len];
            // From here on, bytes are judged one by one.
            path.splice(..0, *b"%20");
            assert!(is_normal_path(&path));
            for place in 3..path.len() {
                for bad in [b'+', b'%', 0x80] {
                    path[place] = bad;
                    assert!(!is_normal_path(&path), "{}", path.escape_ascii());
                }
                path[place] = b'z';
            }
        }
    }

    proptest! {
        /// Whatever stands before and behind an escape.
        #[test]
        fn what_is_normal_comes_back(text in "(%2[0F]|%[89A-F][0-9A-F]|%[0-9A-Fa-f]{0,2}|[%/a~+ü.-]){0,40}") {
            let text = text.as_bytes();
            prop_assert_eq!(is_normal_path(text), comes_back(text, IN_PATH));
            prop_assert_eq!(is_normal_value(text), comes_back(text, UNRESERVED));
        }

        /// Long ones, most of which are.
        #[test]
        fn what_comes_back_is_normal(text in "(%[89A-F][0-9A-F]|%20|[a-z./]){0,80}") {
            let text = text.as_bytes();
            prop_assert!(is_normal_path(text));
            prop_assert_eq!(is_normal_value(text), !text.contains(&b'/'));
        }
    }
}
