//! What the cache holds, and when it is due. Time comes in as a value: nothing here reads a clock.

use std::time::{Duration, SystemTime};

use super::moment::Moment;
use crate::credentials::Credentials;

/// A caller may have read the clock a while before the one who wrote a [`Span`].
const SLACK: Duration = Duration::from_secs(60);
/// The longest wait after a failed refresh.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);

/// How long credentials that came back after an invalidation are safe from another one.
const HOLD: Duration = Duration::from_secs(60);

/// How long before their expiry credentials are fetched anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    /// From here on one refreshes, the others go on with the old.
    pub(super) advisory: Duration,
    /// From here on all wait for the refresh.
    pub(super) mandatory: Duration,
}

/// Credentials with their schedule. Never changed: a new schedule is a new entry.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) credentials: Credentials,
    /// By the cache's own clock, as is `held`. All else is in the callers' time.
    pub(super) obtained: SystemTime,
    /// The start of the advisory window. `None`: never due.
    refresh_at: Option<SystemTime>,
    /// The start of the mandatory window.
    mandatory_at: Option<SystemTime>,
    /// Not due in this span: a refresh is under way, or failed a while ago.
    postponed: Option<Span>,
    /// Not to be invalidated in this span: they came back after a first time.
    held: Option<Span>,
}

/// What `now` means for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Fresh,
    Advisory,
    Mandatory,
    Expired,
}

impl Entry {
    /// Credentials that are never refreshed.
    pub(super) fn fixed(credentials: Credentials, obtained: SystemTime) -> Self {
        let expiry = credentials.expiry();
        Self { credentials, obtained, refresh_at: expiry, mandatory_at: expiry, postponed: None, held: None }
    }

    /// Credentials obtained at `moment`. `jitter` in 0..1 spreads the refreshes of a fleet.
    pub(super) fn scheduled(credentials: Credentials, moment: Moment, windows: Windows, jitter: f64) -> Self {
        let Some(expiry) = credentials.expiry() else { return Self::fixed(credentials, moment.own) };
        let quarter = expiry.duration_since(moment.callers).unwrap_or_default() / 4;
        let advisory = windows.advisory.min(quarter);
        // Where a quarter is all there is, half of it is left for refreshing without a stall.
        let mandatory =
            if windows.mandatory < quarter { windows.mandatory } else { quarter / 2 }.min(advisory);
        let spread = ((advisory - mandatory) / 2).mul_f64(unit(jitter));
        Self {
            credentials,
            obtained: moment.own,
            refresh_at: Some(expiry - advisory + spread),
            mandatory_at: Some(expiry - mandatory),
            postponed: None,
            held: None,
        }
    }

    /// Whether these can be used with nothing else to do.
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        match self.refresh_at {
            Some(due) if due <= now => {
                self.postponed.is_some_and(|span| span.contains(now)) && !self.credentials.is_expired(now)
            }
            _ => true,
        }
    }

    pub(super) fn phase(&self, now: SystemTime) -> Phase {
        if self.is_fresh(now) {
            Phase::Fresh
        } else if self.credentials.is_expired(now) {
            Phase::Expired
        } else if self.mandatory_at.is_some_and(|due| due <= now) {
            Phase::Mandatory
        } else {
            Phase::Advisory
        }
    }

    /// The same, not to be invalidated for a while by the cache's own clock.
    pub(super) fn held(self, now: SystemTime) -> Self {
        Self { held: Some(Span { from: now, until: now.checked_add(HOLD).unwrap_or(now) }), ..self }
    }

    pub(super) fn is_held(&self, now: SystemTime) -> bool {
        self.held.is_some_and(|span| span.contains(now))
    }

    /// When a refresh is due next.
    pub(super) fn due(&self) -> Option<SystemTime> {
        self.refresh_at.map(|due| self.postponed.map_or(due, |span| span.until.max(due)))
    }

    /// The same, not due while a refresh is under way that may take until `timeout` has passed; due in any case
    /// at the mandatory window.
    pub(super) fn claimed(&self, now: SystemTime, timeout: Duration) -> Self {
        let until = now.checked_add(timeout).into_iter().chain(self.mandatory_at).min();
        self.postponed_until(now, until.unwrap_or(now))
    }

    /// The same after a failed refresh: not due for the half to the whole (by `jitter`) of a quarter of the time
    /// that is left, at most five minutes, at least a second. The closer the end, the more often it is tried.
    pub(super) fn backed_off(&self, now: SystemTime, jitter: f64) -> Self {
        let left = self.credentials.expiry().and_then(|expiry| expiry.duration_since(now).ok());
        let longest = left.map_or(LONGEST_BACK_OFF, |left| (left / 4).min(LONGEST_BACK_OFF));
        let wait = longest.mul_f64(0.5 + unit(jitter) / 2.0).max(SHORTEST_BACK_OFF);
        self.postponed_until(now, now.checked_add(wait).unwrap_or(now))
    }

    fn postponed_until(&self, now: SystemTime, until: SystemTime) -> Self {
        Self {
            credentials: self.credentials.clone(),
            postponed: Some(Span { from: now, until }),
            held: self.held,
            ..*self
        }
    }
}

/// A time to leave things as they are. It ends early when the clock steps back: by the new reckoning it could
/// last for ever.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: SystemTime,
    until: SystemTime,
}

impl Span {
    fn contains(&self, now: SystemTime) -> bool {
        now < self.until && self.from.duration_since(now).unwrap_or_default() <= SLACK
    }
}

/// Whatever the source of jitter says, in 0..=1.
fn unit(jitter: f64) -> f64 {
    if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 }
}
