//! Canonical headers and the list of signed headers.

use smallvec::SmallVec;

use super::Sink;

/// Headers that take part in a signature, sorted by name.
///
/// Names that repeat keep the order in which they were pushed.
#[derive(Default)]
pub struct CanonicalHeaders<'a> {
    list: SmallVec<[Header<'a>; 24]>,
}

#[derive(Clone, Copy)]
struct Header<'a> {
    name: &'a str,
    value: &'a [u8],
    /// Makes the sort stable without the allocation that a stable sort takes.
    order: u32,
}

impl<'a> CanonicalHeaders<'a> {
    /// Adds a header: its name in lower case, its value raw.
    pub fn push(&mut self, name: &'a str, value: &'a [u8]) {
        debug_assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name} is not in lower case");
        self.list.push(Header { name, value, order: self.list.len() as u32 });
    }

    /// Sorts by name. To be called once, after the last [`push`](Self::push).
    pub fn sort(&mut self) {
        self.list.sort_unstable_by(|a, b| (a.name, a.order).cmp(&(b.name, b.order)));
    }

    /// Puts `name:value` lines, each with its line break; values of one name are joined by commas.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        let mut last = None;
        for header in &self.list {
            if last == Some(header.name) {
                sink.put(b",");
            } else {
                if last.is_some() {
                    sink.put(b"\n");
                }
                sink.put(header.name.as_bytes());
                sink.put(b":");
                last = Some(header.name);
            }
            put_value(sink, header.value);
        }
        if last.is_some() {
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
        let mut last = None;
        self.list.iter().map(|header| header.name).filter(move |name| last.replace(*name) != Some(*name))
    }

    /// The length of the names joined by semicolons, in bytes.
    pub(crate) fn names_len(&self) -> usize {
        self.names().map(|name| name.len() + 1).sum::<usize>().saturating_sub(1)
    }
}

/// Puts a value with runs of white space made one space, also inside quotes, and none at its ends.
fn put_value(sink: &mut impl Sink, value: &[u8]) {
    let value = value.trim_ascii();
    // One look for the common case: nothing to fold.
    let folds = value.windows(2).any(|pair| is_space(pair[0]) && (pair[0] != b' ' || is_space(pair[1])));
    if !folds {
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
    fn bytes_outside_ascii_stay() {
        let (lines, _) = canonical(&[("x-a", "\u{a0}ü\tx\u{a0}")]);
        assert_eq!(lines, "x-a:\u{a0}ü x\u{a0}\n");
    }
}
