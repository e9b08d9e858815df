//! Moments as the sources of credentials write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339: `2009-02-13T23:31:30Z`, with an offset or a fraction too. The SSO cache of older tools writes `UTC`
/// in place of `Z`.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let text = match text.strip_suffix("UTC") {
        Some(rest) => &format!("{rest}Z"),
        None => text,
    };
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

/// RFC 3339 in UTC with whole seconds.
pub(crate) fn format(time: SystemTime) -> String {
    let whole = OffsetDateTime::from(time).replace_nanosecond(0);
    whole.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
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
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in ["", "2009-02-13", "1234567890", "never", "-9999-02-13T23:31:30Z", "éUTC"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(expected.unwrap() + Duration::from_millis(7)), "2009-02-13T23:31:30Z");
    }
}
