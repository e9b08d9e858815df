//! What may be shown of a request and a refusal, and how.
//!
//! Logs outlive requests. Header values are shown for a short list of names that carry no secrets; of every
//! other value the length and the first differing offset. Whatever is shown is escaped to printable ASCII, so
//! that a hostile server cannot drive a terminal or forge a log line.

/// No quoted text is longer than this, in characters before escaping.
const MAX_SHOWN: usize = 120;

/// Printable ASCII of `text`, quotes and backslashes untouched, cut at `MAX_SHOWN`.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_SHOWN));
    let mut characters = text.chars();
    for character in characters.by_ref().take(MAX_SHOWN) {
        match character {
            ' '..='~' => out.push(character),
            _ => out.extend(character.escape_default()),
        }
    }
    if characters.next().is_some() {
        out.push_str("...");
    }
    out
}

/// `text` in double quotes, see [`plain`].
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text))
}

/// Both texts in quotes. Long ones are cut to the surroundings of where they part.
pub(super) fn pair(left: &str, right: &str) -> (String, String) {
    if left.chars().count().max(right.chars().count()) <= MAX_SHOWN {
        return (quoted(left), quoted(right));
    }
    let parting = first_difference(left, right);
    (window(left, parting), window(right, parting))
}

fn window(text: &str, around: usize) -> String {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(around.saturating_sub(MAX_SHOWN / 3));
    let end = floor(around + MAX_SHOWN / 3);
    let before = if start > 0 { "..." } else { "" };
    let after = if end < text.len() { "..." } else { "" };
    format!("\"{before}{}{after}\"", plain(&text[start..end]))
}

/// The first byte offset at which both differ: the length of the shorter when one begins the other.
pub(super) fn first_difference(left: &str, right: &str) -> usize {
    let same = left.bytes().zip(right.bytes()).take_while(|(a, b)| a == b);
    same.count()
}

/// Lengths and the first differing offset, for values that are not shown.
pub(super) fn hidden_pair(left: &str, right: &str) -> (String, String, usize) {
    let length = |text: &str| {
        let plural = if text.len() == 1 { "" } else { "s" };
        format!("{} byte{plural}", text.len())
    };
    (length(left), length(right), first_difference(left, right))
}

/// The name of a header or query parameter, cut when it is longer than names are: a canonical request that is
/// torn apart in the wrong places can hold anything there.
pub(super) fn name(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return quoted(text);
    }
    format!("\"{}...\"", plain(&text.chars().take(LONGEST / 2).collect::<String>()))
}

/// A line whose form is known, quoted; of one that is not of that form the length.
pub(super) fn formed(text: &str, longest: usize, fits: impl Fn(u8) -> bool) -> String {
    if text.len() <= longest && text.bytes().all(fits) {
        return quoted(text);
    }
    format!("something of {} bytes", text.len())
}

/// A payload hash: hex, or a word such as `UNSIGNED-PAYLOAD`.
pub(super) fn payload_hash(text: &str) -> String {
    formed(text, 64, |b| b.is_ascii_hexdigit() || b.is_ascii_uppercase() || b == b'-')
}

/// A list of header names.
pub(super) fn name_list(text: &str) -> String {
    formed(text, 2_048, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b';' | b',' | b' '))
}

/// The time, the scope or the algorithm in a string to sign.
pub(super) fn scope(text: &str) -> String {
    formed(text, 100, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/'))
}

/// The part of an access key id that tells its type and no more: `AKIA...`.
pub(super) fn key_id(id: &str) -> String {
    format!("\"{}...\"", plain(&id.chars().take(4).collect::<String>()))
}
