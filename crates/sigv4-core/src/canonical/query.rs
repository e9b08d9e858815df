//! The canonical query string: pairs decoded, encoded anew and sorted.

use std::ops::Range;

use percent_encoding::percent_decode;
use smallvec::SmallVec;

use super::Sink;
use super::encode::{is_normal_form, put_encoded};

/// The pairs of a raw query string, sorted by encoded key, then by encoded value.
pub(crate) struct CanonicalQuery<'a> {
    pairs: SmallVec<[(Piece<'a>, Piece<'a>); 12]>,
    /// What was not in normal form on the wire, encoded anew, piece after piece.
    encoded: SmallVec<[u8; 256]>,
}

/// A key or a value in normal form.
enum Piece<'a> {
    AsSent(&'a [u8]),
    Encoded(Range<usize>),
}

impl<'a> CanonicalQuery<'a> {
    /// Reads a query string as it stands on the wire, without the `?`. Empty pieces between `&` do not count, a
    /// key without `=` has an empty value, a `+` is a plus.
    pub(crate) fn parse(raw: &'a str) -> Self {
        let mut query = Self { pairs: SmallVec::new(), encoded: SmallVec::new() };
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let pair = (query.piece(key.as_bytes()), query.piece(value.as_bytes()));
            query.pairs.push(pair);
        }
        let Self { pairs, encoded } = &mut query;
        pairs.sort_unstable_by(|(a_key, a_value), (b_key, b_value)| {
            (a_key.bytes(encoded), a_value.bytes(encoded))
                .cmp(&(b_key.bytes(encoded), b_value.bytes(encoded)))
        });
        query
    }

    fn piece(&mut self, raw: &'a [u8]) -> Piece<'a> {
        if is_normal_form(raw, false) {
            return Piece::AsSent(raw);
        }
        let start = self.encoded.len();
        let decoded: SmallVec<[u8; 128]> = percent_decode(raw).collect();
        put_encoded(&mut self.encoded, &decoded);
        Piece::Encoded(start..self.encoded.len())
    }

    /// Puts `key=value&key=value`.
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        for (at, (key, value)) in self.pairs.iter().enumerate() {
            if at > 0 {
                sink.put(b"&");
            }
            sink.put(key.bytes(&self.encoded));
            sink.put(b"=");
            sink.put(value.bytes(&self.encoded));
        }
    }
}

impl Piece<'_> {
    fn bytes<'s>(&'s self, encoded: &'s [u8]) -> &'s [u8] {
        match self {
            Self::AsSent(bytes) => bytes,
            Self::Encoded(range) => &encoded[range.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(raw: &str) -> String {
        let mut out = Vec::new();
        CanonicalQuery::parse(raw).put(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sorts_by_encoded_key_then_value() {
        for (raw, canonical) in [
            ("", ""),
            ("&&", ""),
            ("acl", "acl="),
            ("b=2&a=2&a=1", "a=1&a=2&b=2"),
            // `-` sorts before `=`, so that whole pairs compared as text would stand the other way round.
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("a=b=c", "a=b%3Dc"),
            ("k=%2b+%7e%zz", "k=%2B%2B~%25zz"),
            ("ü=1&%C3%BC=0", "%C3%BC=0&%C3%BC=1"),
            ("B=1&a=1&A=1&_=1", "A=1&B=1&_=1&a=1"),
        ] {
            assert_eq!(query(raw), canonical, "{raw}");
        }
    }
}
