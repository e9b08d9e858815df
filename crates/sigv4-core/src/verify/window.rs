//! When a signature is good.

use std::time::{Duration, SystemTime};

use super::rejection::Reason;
use crate::clock::AmzDate;

/// How far two clocks may stand apart.
pub(super) const SKEW: Duration = Duration::from_secs(900);

/// One reading of the clock, and the limits that apply.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) now: SystemTime,
    pub(super) skew: Duration,
    pub(super) max_expiry: Duration,
}

impl Window {
    /// The header form: good for as long as clocks may differ, either way.
    pub(super) fn check_header(&self, date: &AmzDate) -> Result<(), Reason> {
        let apart = match self.now.duration_since(date.time()) {
            Ok(age) => age,
            Err(ahead) => ahead.duration(),
        };
        if apart > self.skew { Err(self.skewed(*date)) } else { Ok(()) }
    }

    /// The presigned form: good from its date, give or take a clock that runs ahead, until it expires.
    pub(super) fn check_presigned(&self, date: &AmzDate, expires: &str) -> Result<Duration, Reason> {
        let lifetime = self.lifetime(expires)?;
        match self.now.duration_since(date.time()) {
            Ok(age) if age > lifetime => Err(Reason::Expired { date: *date, lifetime, now: self.now }),
            Err(ahead) if ahead.duration() > self.skew => {
                Err(Reason::NotYetValid { date: *date, now: self.now, skew: self.skew })
            }
            _ => Ok(lifetime),
        }
    }

    /// Whole seconds, in digits and nothing else.
    fn lifetime(&self, expires: &str) -> Result<Duration, Reason> {
        if let Some(rest) = expires.strip_prefix('-')
            && is_digits(rest)
        {
            return Err(Reason::Expires("X-Amz-Expires must be non-negative".into()));
        }
        if !is_digits(expires) {
            return Err(Reason::Expires("X-Amz-Expires should be a number".into()));
        }
        let max = self.max_expiry.as_secs();
        // Too many digits for the type is too long a time.
        let seconds: u64 = expires.parse().unwrap_or(u64::MAX);
        if seconds > max {
            let span =
                if max == 604_800 { "a week (in seconds)".to_owned() } else { format!("{max} seconds") };
            return Err(Reason::Expires(
                format!(
                    "X-Amz-Expires must be less than {span}; that is, the given X-Amz-Expires must be less than \
                     {max} seconds"
                )
                .into(),
            ));
        }
        Ok(Duration::from_secs(seconds))
    }

    fn skewed(&self, date: AmzDate) -> Reason {
        Reason::Skew { date, now: self.now, skew: self.skew }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
