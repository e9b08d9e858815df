//! How two percent-encoded texts are related: the usual accidents of encoding, told apart.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Ours, encoded once more, is theirs.
    OursTooFew,
    /// Theirs, encoded once more, is ours.
    OursTooOften,
    /// The same but for the case of hex digits.
    HexCase,
    /// The same but for a space, a `+`, and what stands for them.
    Plus,
    /// The same bytes, written in another way.
    SameBytes,
    /// No relation of encoding.
    None,
}

pub(super) fn relate(ours: &str, theirs: &str) -> Relation {
    let again = |text: &str| utf8_percent_encode(text, ENCODED_PATH).to_string();
    let (ours_again, theirs_again) = (again(ours), again(theirs));
    // `again` also encodes what was left raw: compare with a version that only encodes the `%`.
    let percents = |text: &str| text.replace('%', "%25");
    if ours != theirs && (ours_again == theirs || percents(ours) == theirs) {
        return if ours.contains('%') { Relation::OursTooFew } else { Relation::SameBytes };
    }
    if theirs_again == ours || percents(theirs) == ours {
        return if theirs.contains('%') { Relation::OursTooOften } else { Relation::SameBytes };
    }
    if upper_hex(ours) == upper_hex(theirs) {
        return Relation::HexCase;
    }
    if decode(ours) == decode(theirs) {
        return Relation::SameBytes;
    }
    if spaces(ours) == spaces(theirs) {
        return Relation::Plus;
    }
    Relation::None
}

fn decode(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

fn upper_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = 0_u8;
    for character in text.chars() {
        if character == '%' {
            digits = 2;
            out.push(character);
        } else {
            out.push(if digits > 0 { character.to_ascii_uppercase() } else { character });
            digits = digits.saturating_sub(1);
        }
    }
    out
}

/// A space in place of all that a `+` and a space are confused with.
fn spaces(text: &str) -> Vec<u8> {
    decode(text).into_iter().map(|byte| if byte == b'+' { b' ' } else { byte }).collect()
}

/// Dot segments and empty segments removed (RFC 3986, section 5.2.4), as services other than S3 do.
pub(super) fn normalized(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let trailing = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{trailing}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_told_apart() {
        for (ours, theirs, expected) in [
            ("/a%20b", "/a%2520b", Relation::OursTooFew),
            ("/a%2520b", "/a%20b", Relation::OursTooOften),
            ("/a:b", "/a%3Ab", Relation::SameBytes),
            ("/a%3Ab", "/a:b", Relation::SameBytes),
            ("/a:b%20c", "/a%3Ab%2520c", Relation::OursTooFew),
            ("/%c3%a9", "/%C3%A9", Relation::HexCase),
            ("/AB%c3%a9", "/ab%C3%A9", Relation::None),
            ("a%20b", "a%2Bb", Relation::Plus),
            ("a+b", "a%20b", Relation::Plus),
            ("a+b", "a%2Bb", Relation::SameBytes),
            ("/a", "/b", Relation::None),
            ("%", "%25", Relation::OursTooFew),
        ] {
            assert_eq!(relate(ours, theirs), expected, "{ours} {theirs}");
        }
    }

    #[test]
    fn dot_segments_and_empty_ones_go() {
        for (path, expected) in [
            ("/a/./b/../c", "/a/c"),
            ("/a//b/", "/a/b/"),
            ("/..", "/"),
            ("", "/"),
            ("/", "/"),
            ("/a/.", "/a"),
        ] {
            assert_eq!(normalized(path), expected, "{path}");
        }
    }
}
