//! Canonical headers and the list of signed headers.

use smallvec::SmallVec;

use super::Sink;
use super::name_start::{KnownName, NameStart};
use super::words::any_below;

/// Headers that take part in a signature, sorted by name.
///
/// Names that repeat keep the order in which they were pushed.
#[derive(Default)]
pub struct CanonicalHeaders<'a> {
    /// As they were pushed.
    list: SmallVec<[Header<'a>; 32]>,
    /// Once they are sorted, the starts of their names, with the places in `list` in the lower bits; places alone where there are
    /// too many for those bits. Small numbers are sorted without a branch that the processor could guess wrong.
    order: SmallVec<[u64; 32]>,
    /// Which bits of those are a place.
    places: u64,
    /// Whether any name is there twice. Known once they are sorted.
    repeats: bool,
    /// That of all names, with one byte more for each.
    names_len: usize,
}

#[derive(Clone, Copy)]
struct Header<'a> {
    start: NameStart,
    name: &'a str,
    value: &'a [u8],
    /// Whether the value is known to hold no white space.
    is_plain: bool,
}

impl<'a> CanonicalHeaders<'a> {
    /// Adds a header: its name in lower case, its value raw.
    #[inline]
    pub fn push(&mut self, name: &'a str, value: &'a [u8]) {
        self.push_started(NameStart::of(name), name, value);
    }

    /// As [`push`](Self::push), with the start of the name, which somebody looked at already.
    #[inline]
    pub(crate) fn push_started(&mut self, start: NameStart, name: &'a str, value: &'a [u8]) {
        debug_assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name} is not in lower case");
        self.names_len += name.len() + 1;
        self.list.push(Header { start, name, value, is_plain: false });
    }

    /// As [`push`](Self::push), of a header of the signer's own, of whose value it is known whether it is free of white space.
    #[inline(never)]
    pub(crate) fn push_known(&mut self, known: &KnownName, value: &'a [u8], is_plain: bool) {
        let KnownName { name, start } = *known;
        debug_assert!(!is_plain || !may_hold_space(value), "the value of {name} holds white space");
        self.names_len += name.len() + 1;
        self.list.push(Header { start, name, value, is_plain });
    }

    /// Sorts by name. To be called once, after the last [`push`](Self::push).
    pub fn sort(&mut self) {
        let fits = self.list.len() <= NameStart::PLACES;
        let entries = self.list.iter().enumerate();
        self.order
            .extend(entries.map(|(place, header)| if fits { header.start.0 } else { 0 } | place as u64));
        self.order.sort_unstable();
        let places = if fits { NameStart::PLACE } else { u64::MAX };
        self.places = places;
        if let Some(at) = self.order.windows(2).position(|pair| is_alike(pair, places)) {
            self.settle(at);
        }
    }

    /// Sorts those by whole names that are alike but for their places, and finds the ones that repeat. The first of them is
    /// the one at `first`.
    #[cold]
    fn settle(&mut self, first: usize) {
        let Self { list, order, places, .. } = self;
        let name = |entry: u64| list[(entry & *places) as usize].name;
        let alike = |pair: &[u64]| is_alike(pair, *places);
        let (mut rest, mut next) = (&mut order[..], Some(first));
        while let Some(at) = next {
            let len = 1 + rest[at..].windows(2).take_while(|pair| alike(pair)).count();
            let (run, others) = rest[at..].split_at_mut(len);
            match run {
                // Hardly more are alike.
                [a, b] if name(*a) > name(*b) => std::mem::swap(a, b),
                [_, _] => {}
                _ => run.sort_by(|a, b| name(*a).cmp(name(*b))),
            }
            self.repeats |= run.windows(2).any(|pair| name(pair[0]) == name(pair[1]));
            rest = others;
            next = rest.windows(2).position(alike);
        }
    }

    fn sorted(&self) -> impl Iterator<Item = &Header<'a>> {
        let (list, places) = (&self.list[..], self.places);
        self.order.iter().map(move |entry| &list[(entry & places) as usize])
    }

    /// Puts `name:value` lines, each with its line break; values of one name are joined by commas.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        if self.repeats {
            return self.put_repeating(sink);
        }
        for Header { name, value, is_plain, .. } in self.sorted() {
            // Most values hold no white space at all.
            if *is_plain || !may_hold_space(value) {
                sink.put_all([name.as_bytes(), b":", value, b"\n"]);
            } else {
                sink.put_all([name.as_bytes(), b":"]);
                put_words(sink, value);
                sink.put(b"\n");
            }
        }
    }

    #[cold]
    fn put_repeating(&self, sink: &mut impl Sink) {
        let mut before = None;
        for header in self.sorted() {
            match before.replace(header.name) {
                Some(before) if before == header.name => sink.put(b","),
                Some(_) => sink.put_all([b"\n", header.name.as_bytes(), b":"]),
                None => sink.put_all([header.name.as_bytes(), b":"]),
            }
            put_words(sink, header.value);
        }
        sink.put(b"\n");
    }

    /// Puts the signed headers: names joined by semicolons, each once.
    pub(crate) fn put_names(&self, sink: &mut impl Sink) {
        if self.repeats {
            return self.names().enumerate().for_each(|(at, name)| {
                sink.put_all([if at > 0 { b";" } else { b"" }, name.as_bytes()]);
            });
        }
        let mut sorted = self.sorted();
        if let Some(first) = sorted.next() {
            sink.put(first.name.as_bytes());
        }
        sorted.for_each(|header| sink.put_all([b";", header.name.as_bytes()]));
    }

    /// The names, sorted, each once.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let mut before = None;
        self.sorted().map(|header| header.name).filter(move |name| before.replace(*name) != Some(*name))
    }

    /// The length of the names joined by semicolons, in bytes.
    pub(crate) fn names_len(&self) -> usize {
        let each = if self.repeats { self.once_each() } else { self.names_len };
        each.saturating_sub(1)
    }

    #[cold]
    fn once_each(&self) -> usize {
        self.names().map(|name| name.len() + 1).sum()
    }
}

/// Whether two entries of the order are the same but for their places.
#[inline]
fn is_alike(pair: &[u64], places: u64) -> bool {
    (pair[0] ^ pair[1]) & !places == 0
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
#[inline]
fn may_hold_space(value: &[u8]) -> bool {
    let is_low = |word: &[u8; 8]| any_below(u64::from_ne_bytes(*word), b' ' + 1);
    // Some may be looked at twice: most values are short.
    let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) else {
        return short_may_hold_space(value);
    };
    is_low(first) | is_low(last) || value.len() > 16 && value.as_chunks().0.iter().any(is_low)
}

/// Of less than eight bytes.
#[inline(never)]
fn short_may_hold_space(value: &[u8]) -> bool {
    value.iter().any(|&byte| byte <= b' ')
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

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

    proptest! {
        /// Against the obvious way: names that begin alike, repeat, and are more than there are places in a sorted number.
        #[test]
        fn sorts_as_a_map_does(
            names in vec("(x-amz-|x-am|x-amz|x-amzn-|content-|x-)?[a-c0-]{1,3}(meta-aut|-and-so-on)?[ab]{0,2}", 0..100)
        ) {
            let mut map: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            let values: Vec<String> = (0..names.len()).map(|at| at.to_string()).collect();
            for (name, value) in names.iter().zip(&values) {
                map.entry(name).or_default().push(value.clone());
            }
            let lines: String = map.iter().map(|(name, values)| format!("{name}:{}\n", values.join(","))).collect();
            let list: Vec<_> = map.keys().copied().collect();
            let headers: Vec<_> = names.iter().zip(&values).map(|(name, value)| (&**name, &**value)).collect();
            prop_assert_eq!(canonical(&headers), (lines, list.join(";")));
        }
    }

    #[test]
    fn bytes_outside_ascii_stay() {
        let (lines, _) = canonical(&[("x-a", "\u{a0}ü\tx\u{a0}")]);
        assert_eq!(lines, "x-a:\u{a0}ü x\u{a0}\n");
    }
}
