//! The lines of a canonical request, and which of them differ.

use std::collections::BTreeMap;
use std::fmt;

use super::show;

/// A line of a canonical request or of a string to sign, by its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// The HTTP method.
    Method,
    /// The canonical URI.
    Path,
    /// A pair of the canonical query string, by its name as encoded; empty for the query string as a whole.
    Query(String),
    /// A canonical header, by its name in lower case; empty for their order.
    Header(String),
    /// The list of signed headers.
    SignedHeaders,
    /// The hash of the payload.
    PayloadHash,
    /// The time in the string to sign.
    Date,
    /// The credential scope in the string to sign.
    Scope,
    /// The digest of the canonical request in the string to sign.
    Digest,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("the method"),
            Self::Path => f.write_str("the path"),
            Self::Query(name) if name.is_empty() => f.write_str("the query string"),
            Self::Query(name) => write!(f, "the query parameter {}", show::name(name)),
            Self::Header(name) if name.is_empty() => f.write_str("the order of the headers"),
            Self::Header(name) => write!(f, "the header {}", show::name(name)),
            Self::SignedHeaders => f.write_str("the list of signed headers"),
            Self::PayloadHash => f.write_str("the payload hash"),
            Self::Date => f.write_str("the time in the string to sign"),
            Self::Scope => f.write_str("the credential scope"),
            Self::Digest => f.write_str("the digest in the string to sign"),
        }
    }
}

/// A canonical request, taken apart. Missing lines are empty: servers may cut theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Canonical<'c> {
    pub(super) method: &'c str,
    pub(super) path: &'c str,
    pub(super) query: Vec<(&'c str, Option<&'c str>)>,
    pub(super) headers: Vec<(&'c str, &'c str)>,
    pub(super) signed_headers: &'c str,
    pub(super) payload_hash: &'c str,
}

impl<'c> Canonical<'c> {
    pub(super) fn parse(text: &'c str) -> Self {
        let text = text.trim_matches(['\n', '\r', ' ']);
        // No line begins with white space, unless something indented what the service wrote.
        let indented = |line: &'c str| line.trim_start_matches([' ', '\t']);
        let mut lines = text.split('\n').map(|line| indented(line.strip_suffix('\r').unwrap_or(line)));
        let method = lines.next().unwrap_or_default();
        let path = lines.next().unwrap_or_default();
        let query = lines.next().unwrap_or_default();
        let header = |line: &'c str| line.split_once(':').unwrap_or((line, ""));
        let headers = lines.by_ref().take_while(|line| !line.is_empty()).map(header).collect();
        let signed_headers = lines.next().unwrap_or_default();
        let payload_hash = lines.next().unwrap_or_default();
        let pair = |pair: &'c str| match pair.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        Self { method, path, query, headers, signed_headers, payload_hash }
    }

    pub(super) fn header(&self, name: &str) -> Option<&'c str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'c str> {
        self.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.unwrap_or_default())
    }

    pub(super) fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}

/// One line that is not the same on both sides; a side that does not have it at all is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference<'c> {
    pub(super) line: Line,
    pub(super) ours: Option<&'c str>,
    pub(super) theirs: Option<&'c str>,
}

/// No more differing lines than this are kept.
const MAX_DIFFERENCES: usize = 64;

/// The first lines that differ, in the order of the canonical request.
pub(super) fn differences<'c>(ours: &Canonical<'c>, theirs: &Canonical<'c>) -> Vec<Difference<'c>> {
    let mut found = Vec::new();
    let mut line = |line: Line, ours: Option<&'c str>, theirs: Option<&'c str>| {
        if ours != theirs && found.len() < MAX_DIFFERENCES {
            found.push(Difference { line, ours, theirs });
        }
    };
    line(Line::Method, Some(ours.method), Some(theirs.method));
    line(Line::Path, Some(ours.path), Some(theirs.path));
    for (name, pair) in paired(&ours.query, &theirs.query) {
        // Here only the pair's being there matters; a name alone and a name with `=` differ, too.
        let value = |side: Option<Option<&'c str>>| side.map(Option::unwrap_or_default);
        let (left, right) = (value(pair.0), value(pair.1));
        let named = Line::Query(name.to_owned());
        if left == right && pair.0 != pair.1 {
            line(named, Some("="), Some(""));
        } else {
            line(named, left, right);
        }
    }
    if same_set(&ours.query, &theirs.query) && ours.query != theirs.query {
        line(Line::Query(String::new()), Some("ours"), Some("theirs"));
    }
    for (name, pair) in paired(&ours.headers, &theirs.headers) {
        line(Line::Header(name.to_owned()), pair.0, pair.1);
    }
    if same_set(&ours.headers, &theirs.headers) && ours.headers != theirs.headers {
        line(Line::Header(String::new()), Some("ours"), Some("theirs"));
    }
    line(Line::SignedHeaders, Some(ours.signed_headers), Some(theirs.signed_headers));
    line(Line::PayloadHash, Some(ours.payload_hash), Some(theirs.payload_hash));
    found
}

fn same_set<T: Ord + Clone>(ours: &[T], theirs: &[T]) -> bool {
    let sorted = |side: &[T]| {
        let mut side = side.to_vec();
        side.sort_unstable();
        side
    };
    ours.len() == theirs.len() && sorted(ours) == sorted(theirs)
}

type Pair<V> = (Option<V>, Option<V>);

/// Matches entries by name, in the order of ours, then what only they have. Of a repeated name the equal
/// values are matched first. Near linear, since a hostile server chooses how many there are.
fn paired<'c, V: Copy + Ord>(ours: &[(&'c str, V)], theirs: &[(&'c str, V)]) -> Vec<(&'c str, Pair<V>)> {
    let mut exact: BTreeMap<(&str, V), Vec<usize>> = BTreeMap::new();
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, entry) in theirs.iter().enumerate().rev() {
        exact.entry(*entry).or_default().push(at);
        named.entry(entry.0).or_default().push(at);
    }
    let mut taken = vec![false; theirs.len()];
    let equal: Vec<_> = ours.iter().map(|entry| exact.get_mut(entry).and_then(Vec::pop)).collect();
    equal.iter().flatten().for_each(|at| taken[*at] = true);
    let mut left_of_name = |name: &str| {
        let left = named.get_mut(name)?;
        let at = std::iter::from_fn(|| left.pop()).find(|at| !taken[*at])?;
        taken[at] = true;
        Some(at)
    };
    let mut pairs: Vec<_> = ours
        .iter()
        .zip(equal)
        .map(|((name, value), equal)| {
            let at = equal.or_else(|| left_of_name(name));
            (*name, (Some(*value), at.map(|at| theirs[at].1)))
        })
        .collect();
    let left = theirs.iter().zip(&taken).filter(|(_, taken)| !**taken);
    pairs.extend(left.map(|((name, value), _)| (*name, (None, Some(*value)))));
    pairs
}
