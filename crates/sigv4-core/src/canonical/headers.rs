//! Canonical headers and the list of signed headers.

use smallvec::SmallVec;

use super::Sink;

/// Headers that take part in a signature, sorted by name.
///
/// Names that repeat keep the order in which they were pushed.
#[derive(Default)]
pub struct CanonicalHeaders<'a> {
    list: SmallVec<[Header<'a>; 32]>,
    /// Of the names joined by semicolons, in bytes. Known once they are sorted.
    names_len: usize,
}

#[derive(Clone, Copy)]
struct Header<'a> {
    /// The first bytes of the name, then where it stands among all that were pushed: most names are sorted by this alone, and
    /// one that repeats keeps its order without the allocation that a stable sort takes.
    key: u128,
    /// `None` if the header before has the same, once they are sorted.
    name: Option<&'a str>,
    value: &'a [u8],
}

/// How many of a key's bits tell where the header stands.
const PLACE_BITS: u32 = 16;

impl<'a> CanonicalHeaders<'a> {
    /// Adds a header: its name in lower case, its value raw.
    #[inline]
    pub fn push(&mut self, name: &'a str, value: &'a [u8]) {
        debug_assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name} is not in lower case");
        let place = self.list.len() as u128;
        self.list.push(Header { key: start(name) | place, name: Some(name), value });
    }

    /// Sorts by name. To be called once, after the last [`push`](Self::push).
    pub fn sort(&mut self) {
        if self.list.len() >> PLACE_BITS == 0 {
            self.list.sort_unstable_by_key(|header| header.key);
            // Names that differ late, and the same ones.
            let alike = |a: &Header<'_>, b: &Header<'_>| (a.key ^ b.key) >> PLACE_BITS == 0;
            let runs = self.list.chunk_by_mut(alike).filter(|run| run.len() > 1);
            runs.for_each(|run| run.sort_by_key(|header| header.name));
        } else {
            // More than there are places.
            self.list.sort_by_key(|header| header.name);
        }
        let mut before = None;
        for header in &mut self.list {
            let name = header.name;
            if name == before {
                header.name = None;
            } else {
                self.names_len += name.map_or(0, str::len) + 1;
                before = name;
            }
        }
        self.names_len = self.names_len.saturating_sub(1);
    }

    /// Puts `name:value` lines, each with its line break; values of one name are joined by commas.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        for (at, header) in self.list.iter().enumerate() {
            let goes_on = self.list.get(at + 1).is_some_and(|next| next.name.is_none());
            match header.name {
                // Most names stand alone, and most values hold no white space at all.
                Some(name) if !goes_on && !may_hold_space(header.value) => {
                    sink.put_all([name.as_bytes(), b":", header.value, b"\n"]);
                }
                name => {
                    match name {
                        Some(name) => sink.put_all([name.as_bytes(), b":"]),
                        None => sink.put(b","),
                    }
                    put_words(sink, header.value);
                    if !goes_on {
                        sink.put(b"\n");
                    }
                }
            }
        }
    }

    /// Puts the signed headers: names joined by semicolons, each once.
    pub(crate) fn put_names(&self, sink: &mut impl Sink) {
        let mut names = self.names();
        if let Some(first) = names.next() {
            sink.put(first.as_bytes());
        }
        names.for_each(|name| sink.put_all([b";", name.as_bytes()]));
    }

    /// The names, sorted, each once.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.list.iter().filter_map(|header| header.name)
    }

    /// The length of the names joined by semicolons, in bytes.
    pub(crate) fn names_len(&self) -> usize {
        self.names_len
    }
}

/// The first 14 bytes of a name as the upper bits of a number, which orders names as they do themselves, as far as it goes.
#[inline]
fn start(name: &str) -> u128 {
    let name = name.as_bytes();
    let start = if let Some(start) = name.first_chunk() {
        u128::from_be_bytes(*start)
    } else if let (Some(high), Some(low)) = (name.first_chunk(), name.last_chunk()) {
        // Two loads that may overlap: what they share is shifted out.
        let low = u64::from_be_bytes(*low).checked_shl(8 * (16 - name.len() as u32)).unwrap_or_default();
        (u128::from(u64::from_be_bytes(*high)) << 64) | u128::from(low)
    } else {
        name.iter().rev().fold(0, |start, &byte| (start >> 8) | (u128::from(byte) << 120))
    };
    (start >> PLACE_BITS) << PLACE_BITS
}

/// Puts a value with runs of white space made one space, also inside quotes, and none at its ends.
fn put_words(sink: &mut impl Sink, value: &[u8]) {
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
    fn white_space_is_found_wherever_it_stands() {
        for length in 0..70 {
            let mut value = vec![b'!'; length];
            assert!(!may_hold_space(&value), "{length} bytes");
            for at in 0..length {
                for (byte, found) in [(b' ', true), (b'\t', true), (0, true), (0x80, false), (0xff, false)] {
                    value[at] = byte;
                    assert_eq!(may_hold_space(&value), found, "{byte} at {at} of {length}");
                }
                value[at] = b'!';
            }
        }
    }

    #[test]
    fn the_start_of_a_name_is_read_at_every_length() {
        let letters = "x-amz-meta-author-and-more";
        for length in 0..letters.len() {
            let name = &letters[..length];
            let mut bytes = [0; 16];
            let known = length.min(14);
            bytes[..known].copy_from_slice(&name.as_bytes()[..known]);
            assert_eq!(start(name), u128::from_be_bytes(bytes), "{name}");
        }
    }

    #[test]
    fn more_headers_than_there_are_places() {
        let values: Vec<String> = (0..70_000).map(|n| n.to_string()).collect();
        let headers: Vec<_> = values.iter().map(|value| ("x-a", value.as_str())).collect();
        assert_eq!(canonical(&headers).0, format!("x-a:{}\n", values.join(",")));
    }

    #[test]
    fn names_sort_as_their_bytes_do() {
        let mut names = vec![
            "a",
            "host",
            "x",
            "x-",
            "x-a",
            "x-aa",
            "x-amy",
            "x-amz",
            "x-amz-",
            "x-amz-a",
            "x-amz-date",
            "x-amz-meta-author",
            "x-amz-meta-authors",
            "x-amz-meta-autho",
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-server-side-encryption-context",
            "x-amz0",
            "x-amzn-trace-id",
            "x-b",
            "x-forwarded-for",
            "x-forwarded-for-all",
            "y",
            "zzzzzzzzzzzzzzzzzz",
            "content-encoding",
            "content-encoding-of",
            "content-md5",
            "content-type",
            "~",
            "x-amz-\0",
            "x-amz-a\0",
        ];
        let pushed = |names: &[&str]| canonical(&names.iter().map(|name| (*name, "v")).collect::<Vec<_>>()).1;
        names.sort_unstable();
        let sorted = names.join(";");
        for shift in 0..names.len() {
            names.rotate_left(shift);
            assert_eq!(pushed(&names), sorted);
        }
        names.reverse();
        assert_eq!(pushed(&names), sorted);
    }

    #[test]
    fn bytes_outside_ascii_stay() {
        let (lines, _) = canonical(&[("x-a", "\u{a0}ü\tx\u{a0}")]);
        assert_eq!(lines, "x-a:\u{a0}ü x\u{a0}\n");
    }
}
