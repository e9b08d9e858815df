//! The canonical query string: pairs decoded, encoded anew and sorted.

use std::ops::Range;

use percent_encoding::percent_decode;
use smallvec::SmallVec;

use super::Sink;
use super::encode::{is_normal_escape, put_encoded, reserved};

/// The query string of a canonical request: as sent, or in its canonical form already.
pub struct Query<'a>(Form<'a>);

enum Form<'a> {
    Raw(&'a str),
    Canonical { pairs: &'a [(Piece<'a>, Piece<'a>)], encoded: &'a [u8] },
}

impl<'a> From<&'a str> for Query<'a> {
    /// As sent, without `?`.
    fn from(raw: &'a str) -> Self {
        Self(Form::Raw(raw))
    }
}

impl Query<'_> {
    pub(crate) fn put(&self, sink: &mut impl Sink) {
        match self.0 {
            Form::Raw(raw) => put_raw(sink, raw),
            Form::Canonical { pairs, encoded } => put(sink, pairs, encoded),
        }
    }
}

#[inline(never)]
fn put_raw(sink: &mut impl Sink, raw: &str) {
    let mut query = CanonicalQuery::default();
    query.read(raw);
    query.sort();
    put(sink, &query.pairs, &query.encoded);
}

/// Puts `key=value&key=value`.
fn put(sink: &mut impl Sink, pairs: &[(Piece<'_>, Piece<'_>)], encoded: &[u8]) {
    let Some(((key, value), others)) = pairs.split_first() else { return };
    sink.put_all([key.bytes(encoded), b"=", value.bytes(encoded)]);
    for (key, value) in others {
        sink.put_all([b"&", key.bytes(encoded), b"=", value.bytes(encoded)]);
    }
}

/// The pairs of a raw query string, sorted by encoded key, then by encoded value.
#[derive(Default)]
pub(crate) struct CanonicalQuery<'a> {
    pairs: SmallVec<[(Piece<'a>, Piece<'a>); 12]>,
    /// What was not in normal form on the wire, encoded anew, piece after piece.
    encoded: SmallVec<[u8; 256]>,
}

/// The pairs of a query string: what stands between `&`, unless that is nothing.
pub(crate) fn pairs(raw: &str) -> impl Iterator<Item = &str> {
    // Most have none.
    let raw = Some(raw).filter(|raw| !raw.is_empty());
    raw.into_iter().flat_map(|raw| raw.split('&')).filter(|pair| !pair.is_empty())
}

/// A key or a value in normal form.
enum Piece<'a> {
    AsSent(&'a [u8]),
    Encoded(Range<usize>),
}

impl<'a> CanonicalQuery<'a> {
    /// Adds a query string as it stands on the wire, without the `?`. Empty pieces between `&` do not count, a key without `=` has
    /// an empty value, a `+` is a plus.
    #[inline]
    pub(crate) fn read(&mut self, raw: &'a str) {
        // Most have none.
        if !raw.is_empty() {
            self.read_bytes(raw.as_bytes());
        }
    }

    /// Adds pairs that are in normal form.
    pub(crate) fn extend(&mut self, normal: &[(&'a str, &'a str)]) {
        let piece = |text: &'a str| Piece::AsSent(text.as_bytes());
        self.pairs.extend(normal.iter().map(|(key, value)| (piece(key), piece(value))));
    }

    /// Sorts the pairs. To be called once, after the last one was added.
    pub(crate) fn sort(&mut self) {
        if self.pairs.len() > 1 {
            self.sort_pairs();
        }
    }

    #[inline(never)]
    fn sort_pairs(&mut self) {
        let Self { pairs, encoded } = self;
        pairs.sort_unstable_by(|(a_key, a_value), (b_key, b_value)| {
            let (a, b) = (a_key.bytes(encoded), b_key.bytes(encoded));
            match (a.first_chunk(), b.first_chunk()) {
                // Most keys differ early, and two numbers are compared faster than two texts.
                (Some(a), Some(b)) if a != b => u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b)),
                _ => (a, a_value.bytes(encoded)).cmp(&(b, b_value.bytes(encoded))),
            }
        });
    }

    /// Goes from one reserved byte to the next, and over the end.
    fn read_bytes(&mut self, raw: &'a [u8]) {
        // Of the piece that is read: where it begins, whether it is normal so far, and the key in front of it.
        let (mut start, mut is_normal, mut key) = (0, true, None);
        for place in reserved(raw).chain([raw.len()]) {
            match raw.get(place) {
                Some(b'=') if key.is_none() => key = Some(self.piece(&raw[start..place], is_normal)),
                Some(b'&') | None => {
                    let piece = &raw[start..place];
                    let pair = match key.take() {
                        Some(key) => Some((key, self.piece(piece, is_normal))),
                        None if piece.is_empty() => None,
                        None => Some((self.piece(piece, is_normal), Piece::AsSent(b""))),
                    };
                    self.pairs.extend(pair);
                }
                Some(byte) => {
                    is_normal &= *byte == b'%' && is_normal_escape(raw, place);
                    continue;
                }
            }
            (start, is_normal) = (place + 1, true);
        }
    }

    /// A key or a value, of which it was found out whether it is normal.
    #[inline]
    fn piece(&mut self, raw: &'a [u8], is_normal: bool) -> Piece<'a> {
        if is_normal { Piece::AsSent(raw) } else { self.encode(raw) }
    }

    #[cold]
    fn encode(&mut self, raw: &[u8]) -> Piece<'a> {
        let start = self.encoded.len();
        let decoded: SmallVec<[u8; 128]> = percent_decode(raw).collect();
        put_encoded(&mut self.encoded, &decoded);
        Piece::Encoded(start..self.encoded.len())
    }

    /// Whether a key of this name, which is in normal form, is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key.bytes(&self.encoded) == name.as_bytes())
    }

    /// As a canonical request takes it.
    pub(crate) fn as_query(&self) -> Query<'_> {
        Query(Form::Canonical { pairs: &self.pairs, encoded: &self.encoded })
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
        Query::from(raw).put(&mut out);
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
