//! Canonical headers and the list of signed headers.

use smallvec::SmallVec;

use super::Sink;

/// Headers that take part in a signature, sorted by name.
///
/// Names that repeat keep the order in which they were pushed.
#[derive(Default)]
pub struct CanonicalHeaders<'a> {
    list: SmallVec<[Header<'a>; 32]>,
}

#[derive(Clone, Copy)]
struct Header<'a> {
    /// The first bytes of the name: most comparisons need no more of it.
    start: u128,
    name: &'a str,
    value: &'a [u8],
    /// Makes the sort stable without the allocation that a stable sort takes.
    order: u32,
    /// Whether the header before has the same name. Known once they are sorted.
    repeated: bool,
}

impl<'a> CanonicalHeaders<'a> {
    /// Adds a header: its name in lower case, its value raw.
    pub fn push(&mut self, name: &'a str, value: &'a [u8]) {
        debug_assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name} is not in lower case");
        let order = self.list.len() as u32;
        self.list.push(Header { start: start(name), name, value, order, repeated: false });
    }

    /// Sorts by name. To be called once, after the last [`push`](Self::push).
    pub fn sort(&mut self) {
        self.list.sort_unstable_by(|a, b| {
            a.start.cmp(&b.start).then_with(|| (a.name, a.order).cmp(&(b.name, b.order)))
        });
        for at in 1..self.list.len() {
            let (before, header) = (self.list[at - 1], &mut self.list[at]);
            header.repeated = before.start == header.start && before.name == header.name;
        }
    }

    /// Puts `name:value` lines, each with its line break; values of one name are joined by commas.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        for (at, header) in self.list.iter().enumerate() {
            if header.repeated {
                sink.put(b",");
            } else {
                if at > 0 {
                    sink.put(b"\n");
                }
                sink.put(header.name.as_bytes());
                sink.put(b":");
            }
            put_value(sink, header.value);
        }
        if !self.list.is_empty() {
            sink.put(b"\n");
        }
    }

    /// Puts the signed headers: names joined by semicolons, each once.
    pub(crate) fn put_names(&self, sink: &mut impl Sink) {
        for (at, name) in self.names().enumerate() {
            if at > 0 {
                sink.put(b";");
            }
            sink.put(name.as_bytes());
        }
    }

    /// The names, sorted, each once.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.list.iter().filter(|header| !header.repeated).map(|header| header.name)
    }

    /// The length of the names joined by semicolons, in bytes.
    pub(crate) fn names_len(&self) -> usize {
        self.names().map(|name| name.len() + 1).sum::<usize>().saturating_sub(1)
    }
}

/// The first 16 bytes of a name as a number, which orders names as they do themselves.
fn start(name: &str) -> u128 {
    let name = name.as_bytes();
    if let Some(start) = name.first_chunk() {
        return u128::from_be_bytes(*start);
    }
    // Two loads that may overlap: what they share is shifted out.
    let (high, low) = match (name.first_chunk(), name.last_chunk()) {
        (Some(high), Some(low)) => (u64::from_be_bytes(*high), u64::from_be_bytes(*low)),
        _ => (name.iter().rev().fold(0, |start, &byte| (start >> 8) | (u64::from(byte) << 56)), 0),
    };
    let low = low.checked_shl(8 * (16 - name.len() as u32)).unwrap_or_default();
    (u128::from(high) << 64) | u128::from(low)
}

/// Puts a value with runs of white space made one space, also inside quotes, and none at its ends.
fn put_value(sink: &mut impl Sink, value: &[u8]) {
    // Most values hold no white space at all.
    if !may_hold_space(value) {
        return sink.put(value);
    }
    let words = value.split(|&byte| is_space(byte)).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            sink.put(b" ");
        }
        sink.put(word);
    }
}

/// Whether any byte is a space or below, looked at eight at a time.
fn may_hold_space(value: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = value.as_chunks();
    // A byte below 0x21 borrows from its high bit, which those from 0x80 on have set themselves.
    let is_low = |word: u64| word.wrapping_sub(ONES * 0x21) & !word & (ONES << 7) != 0;
    words.iter().any(|&word| is_low(u64::from_ne_bytes(word))) || rest.iter().any(|&byte| byte <= b' ')
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(headers: &[(&str, &str)]) -> (String, String) {
        let mut list = CanonicalHeaders::default();
        headers.iter().for_each(|(name, value)| list.push(name, value.as_bytes()));
        list.sort();
        let (mut lines, mut names) = (Vec::new(), Vec::new());
        list.put(&mut lines);
        list.put_names(&mut names);
        assert_eq!(names.len(), list.names_len());
        (String::from_utf8(lines).unwrap(), String::from_utf8(names).unwrap())
    }

    #[test]
    fn sorts_joins_and_folds() {
        let (lines, names) = canonical(&[
            ("x-b", " two  words\t and \"a   b\" "),
            ("host", "h"),
            ("x-a", "z"),
            ("x-a", ""),
            ("x-a", "a"),
            ("x-empty", ""),
        ]);
        assert_eq!(lines, "host:h\nx-a:z,,a\nx-b:two words and \"a b\"\nx-empty:\n");
        assert_eq!(names, "host;x-a;x-b;x-empty");
    }

    #[test]
    fn order_of_repeated_names_survives_many_headers() {
        let values: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        let headers: Vec<_> = values.iter().map(|value| ("x-a", value.as_str())).collect();
        let (lines, names) = canonical(&headers);
        assert_eq!(lines, format!("x-a:{}\n", values.join(",")));
        assert_eq!(names, "x-a");
    }

    #[test]
    fn the_start_of_a_name_orders_as_the_name() {
        let letters = "x-amz-meta-author-and-more";
        for length in 0..letters.len() {
            let name = &letters[..length];
            let mut bytes = [0; 16];
            let known = length.min(16);
            bytes[..known].copy_from_slice(&name.as_bytes()[..known]);
            assert_eq!(start(name), u128::from_be_bytes(bytes), "{name}");
        }
    }

    #[test]
    fn bytes_outside_ascii_stay() {
        let (lines, _) = canonical(&[("x-a", "\u{a0}ü\tx\u{a0}")]);
        assert_eq!(lines, "x-a:\u{a0}ü x\u{a0}\n");
    }
}
