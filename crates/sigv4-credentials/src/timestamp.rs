//! Moments as the sources of credentials write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339: `2009-02-13T23:31:30Z`, with an offset or a fraction too. The SSO cache of older tools writes `UTC`
/// in place of `Z`, and `strftime` no colon in an offset: `+0000`.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let text = match (text.strip_suffix("UTC"), text.len().checked_sub(5)) {
        (Some(rest), _) => &format!("{rest}Z"),
        (None, Some(at)) if is_offset(&text.as_bytes()[at..]) => {
            &format!("{}:{}", &text[..at + 3], &text[at + 3..])
        }
        _ => text,
    };
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

/// `+0100`.
fn is_offset(text: &[u8]) -> bool {
    matches!(text, [b'+' | b'-', digits @ ..] if digits.iter().all(u8::is_ascii_digit))
}

/// RFC 3339 in UTC with whole seconds; nothing for a year that takes five digits.
pub(crate) fn format(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok());
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// So many seconds from `now`, which is what `expiresIn` says of a token: a year at most, since none lives as long.
pub(crate) fn after(now: SystemTime, seconds: i64) -> Option<SystemTime> {
    const YEAR: u64 = 366 * 24 * 3600;
    now.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?.min(YEAR)))
}

/// Milliseconds since 1970.
pub(crate) fn from_millis(millis: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_sources_write() {
        let expected = from_millis(1_234_567_890_000);
        for text in [
            "2009-02-13T23:31:30Z",
            "2009-02-13T23:31:30UTC",
            "2009-02-13T23:31:30+00:00",
            "2009-02-14T00:31:30.000+01:00",
            "2009-02-14T00:31:30+0100",
            "2009-02-13T23:31:30.000-0000",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in [
            "",
            "2009-02-13",
            "1234567890",
            "never",
            "-9999-02-13T23:31:30Z",
            "éUTC",
            "+0100",
            "é0100",
            "2009-02-13-0100",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(expected.unwrap() + Duration::from_millis(7)), "2009-02-13T23:31:30Z");
    }
}
