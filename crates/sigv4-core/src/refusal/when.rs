//! The moments that services write into their refusals, and spans in words.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::AmzDate;

/// Reads the form of `x-amz-date` or that of RFC 3339.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    AmzDate::parse(text)
        .map(|date| date.time())
        .ok()
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from))
}

/// Reads an HTTP date (RFC 9110, section 5.6.7).
pub(super) fn parse_http(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim()).ok()
}

/// How far `a` is ahead of `b`, in seconds; negative when behind.
pub(super) fn seconds_ahead(a: SystemTime, b: SystemTime) -> i64 {
    match a.duration_since(b) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
        Err(behind) => i64::try_from(behind.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
    }
}

/// A span in words: `20 minutes`, `2 hours 5 minutes`.
pub(super) fn words(span: Duration) -> String {
    let secs = span.as_secs();
    let unit = |count: u64, name: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {name}{plural}")
    };
    let (large, small) = match secs {
        0..60 => (unit(secs, "second"), None),
        60..3_600 => (unit(secs / 60, "minute"), None),
        3_600..86_400 => (unit(secs / 3_600, "hour"), Some((secs % 3_600 / 60, "minute"))),
        _ => (unit(secs / 86_400, "day"), Some((secs % 86_400 / 3_600, "hour"))),
    };
    match small {
        Some((count, name)) if count > 0 => format!("{large} {}", unit(count, name)),
        _ => large,
    }
}

/// A moment as it is shown: `20150830T123600Z`.
pub(super) fn shown(moment: SystemTime) -> String {
    AmzDate::new(moment).map_or_else(|_| "an impossible time".to_owned(), |date| date.to_string())
}
