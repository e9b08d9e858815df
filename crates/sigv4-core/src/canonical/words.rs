//! Eight bytes looked at together.

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// A word of eight times this byte.
pub(super) const fn all(byte: u8) -> u64 {
    ONES * byte as u64
}

/// Whether any byte of a word is below `limit`, which is at most 0x80.
#[inline]
pub(super) const fn any_below(word: u64, limit: u8) -> bool {
    // Such a byte borrows from its high bit, which those from 0x80 on have set themselves.
    word.wrapping_sub(all(limit)) & !word & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_below_is_found_among_others() {
        for limit in [1, b'!', 0x80] {
            for (place, byte) in (0..8).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte))) {
                for other in [limit, 0x7f.max(limit), 0x80, u8::MAX] {
                    let mut bytes = [other; 8];
                    bytes[place] = byte;
                    assert_eq!(
                        any_below(u64::from_ne_bytes(bytes), limit),
                        byte < limit,
                        "{bytes:?} {limit}"
                    );
                }
            }
        }
    }
}
