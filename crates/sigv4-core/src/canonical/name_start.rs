//! The start of a header's name as a number, which sorts as names do.

/// The first seven bytes of a name, or those behind `x-amz-`, so that most names are told apart by this number alone. It orders
/// names as they do themselves, as far as it goes.
///
/// Its lower bits are free: there the order of headers has their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameStart(pub(super) u64);

/// `x-amz-`, as the start of a name without the lower two bytes.
const AMZ: u64 = short(b"x-amz-").0 >> 16;

impl NameStart {
    /// How many of the lower bits are free.
    const PLACE_BITS: u32 = 6;
    /// How many places fit there.
    pub(super) const PLACES: usize = 1 << Self::PLACE_BITS;
    /// Those bits.
    pub(super) const PLACE: u64 = Self::PLACES as u64 - 1;

    /// Of a name in lower case.
    #[inline]
    pub(crate) const fn of(name: &str) -> Self {
        let name = name.as_bytes();
        // The first eight bytes, and the first that `x-amz-` leaves.
        let (first, behind) = match name.first_chunk() {
            Some(first) => {
                // Of a name that ends before that, its last eight bytes: what is in front of those wanted is shifted out.
                let at = if name.len() < 14 { name.len() - 8 } else { 6 };
                let behind = match name.split_at(at).1.first_chunk() {
                    Some(behind) => u64::from_be_bytes(*behind),
                    // Never: eight are left.
                    None => 0,
                };
                (u64::from_be_bytes(*first), behind << (8 * (6 - at)))
            }
            None => short(name),
        };
        let prefix = first >> 16;
        // Before `x-amz-`, there, or after it.
        let class = (prefix >= AMZ) as u64 + (prefix > AMZ) as u64;
        let text = if prefix == AMZ { behind } else { first };
        Self((class << 62) | ((text >> 8) << Self::PLACE_BITS))
    }

    /// Whether the name begins with `x-amz-`.
    #[inline]
    pub(crate) const fn is_amz(self) -> bool {
        self.0 >> 62 == 1
    }

    /// Whether one of these may begin so. False for most others, found out without a branch for each.
    #[inline]
    pub(crate) const fn may_be_of(self, some: NameStarts) -> bool {
        some.0 & self.bit() != 0
    }

    const fn bit(self) -> u64 {
        // The upper bits of a product depend on all bits of its factors. Of odd factors tried at random, one by which no header that
        // services document falls on the bit of one of the signer's own.
        1 << (self.0.wrapping_mul(0x9a57_ff87_56b0_06e7) >> 58)
    }
}

/// A name that is known while this is compiled, with its start.
#[derive(Debug)]
pub(crate) struct KnownName {
    pub(crate) name: &'static str,
    pub(super) start: NameStart,
}

impl KnownName {
    /// Of a name in lower case.
    pub(crate) const fn of(name: &'static str) -> Self {
        Self { name, start: NameStart::of(name) }
    }
}

/// The starts of some names, as a set that holds a few others too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameStarts(u64);

impl NameStarts {
    pub(crate) const fn of(names: &[&str]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < names.len() {
            bits |= NameStart::of(names[at]).bit();
            at += 1;
        }
        Self(bits)
    }
}

/// Of a name of less than eight bytes: all of them and zeros, and what `x-amz-` leaves likewise. Apart from the code for the others,
/// which are more.
#[inline(never)]
const fn short(name: &[u8]) -> (u64, u64) {
    let (mut first, mut at) = (0, 0);
    while at < name.len() {
        first |= (name[at] as u64) << (56 - 8 * at);
        at += 1;
    }
    (first, first << 48)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bytes_are_read_at_every_length() {
        for (letters, class) in
            [("content-encoding", 0_u64), ("x-amz-meta-author-and-more", 1), ("x-forwarded-for-all", 2)]
        {
            for length in 0..letters.len() {
                let name = &letters[..length];
                let class = if length < 6 && letters.starts_with('x') && !"x-amz-".starts_with(name) {
                    2
                } else {
                    class
                };
                let class = if "x-amz-".starts_with(name) && name != "x-amz-" { 0 } else { class };
                let text = name.strip_prefix("x-amz-").unwrap_or(name).as_bytes();
                let mut bytes = [0; 8];
                let known = text.len().min(7);
                bytes[1..=known].copy_from_slice(&text[..known]);
                let expected = (class << 62) | (u64::from_be_bytes(bytes) << NameStart::PLACE_BITS);
                assert_eq!(NameStart::of(name).0, expected, "{name}");
                assert_eq!(NameStart::of(name).is_amz(), name.starts_with("x-amz-"), "{name}");
            }
        }
    }

    #[test]
    fn sets_hold_their_names_and_few_others() {
        const SET: NameStarts = NameStarts::of(&["host", "x-amz-date", "authorization"]);
        for name in ["host", "x-amz-date", "authorization"] {
            assert!(NameStart::of(name).may_be_of(SET), "{name}");
        }
        let others = (0..1000).filter(|n| NameStart::of(&format!("x-amz-{n}")).may_be_of(SET)).count();
        assert!(others < 100, "{others}");
    }
}
