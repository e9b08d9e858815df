//! Host names taken apart: labels from the right, regions, account numbers.

use std::borrow::Cow;

/// The host of `authority` without its port and the root's dot, in lower case. `None` if that is not a plain
/// host name: an address, a user name, a character outside `a-z A-Z 0-9 - _`, an internationalised name, an
/// empty or overlong label, or a port that is none.
pub(super) fn name(authority: &str) -> Option<Cow<'_, str>> {
    let host = match authority.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => authority,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    // RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters.
    if host.len() > 253 {
        return None;
    }
    let (mut start, mut upper) = (0, false);
    for (at, byte) in host.bytes().enumerate() {
        match byte {
            // `_` is in no host name by the book, but in names of old buckets.
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            b'A'..=b'Z' => upper = true,
            b'.' if is_label(&host[start..at]) => start = at + 1,
            _ => return None,
        }
    }
    is_label(&host[start..])
        .then(|| if upper { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) })
}

fn is_port(port: &str) -> bool {
    port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// Whether `label` is well formed, its characters aside.
fn is_label(label: &str) -> bool {
    let label = label.as_bytes();
    let (Some(first), Some(last)) = (label.first(), label.last()) else { return false };
    let international = label.len() >= 4 && label[..4].eq_ignore_ascii_case(b"xn--");
    label.len() <= 63 && *first != b'-' && *last != b'-' && !international
}

/// The name without its last label, and that label. Both empty at the end.
pub(super) fn pop(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// Whether `name` is a single label.
pub(super) fn is_single(name: &str) -> bool {
    !name.is_empty() && !name.contains('.')
}

/// `label` without the marker of a FIPS endpoint.
pub(super) fn without_fips(label: &str) -> &str {
    label.strip_suffix("-fips").unwrap_or(label)
}

/// Whether `label` is an AWS account number.
pub(super) fn is_account(label: &str) -> bool {
    label.len() == 12 && label.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `label` ends with `-` and an AWS account number, as access points do.
pub(super) fn ends_with_account(label: &str) -> bool {
    is_single(label)
        && label.rsplit_once('-').is_some_and(|(name, account)| !name.is_empty() && is_account(account))
}

/// Whether `label` is spelled like a region: an area, words and a number, with hyphens between them
/// (`us-east-1`, `us-gov-west-1`, `eusc-de-east-1`, `ap-southeast-7`).
pub(super) fn is_region(label: &str) -> bool {
    let Some((name, number)) = label.rsplit_once('-') else { return false };
    let Some((area, words)) = name.split_once('-') else { return false };
    (2..=4).contains(&area.len())
        && area.bytes().all(|b| b.is_ascii_lowercase())
        && words.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}
