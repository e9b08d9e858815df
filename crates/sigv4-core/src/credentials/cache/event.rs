//! What the cache tells of its refreshes.

use std::time::{Duration, SystemTime};

use crate::credentials::Credentials;
use crate::error::Error;

/// Why credentials were fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshReason {
    /// There were none: the first use, or the last ones were invalidated.
    Missing,
    /// The advisory window had begun: the old ones go on serving meanwhile.
    Advisory,
    /// The mandatory window had begun: all callers wait.
    Mandatory,
    /// The old ones had expired.
    Expired,
}

impl RefreshReason {
    /// `missing`, `advisory`, `mandatory` or `expired`, for labels of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Advisory => "advisory",
            Self::Mandatory => "mandatory",
            Self::Expired => "expired",
        }
    }
}

/// One refresh that has ended, as the hook of [`CredentialCache::with_hook`](super::CredentialCache::with_hook)
/// sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RefreshEvent<'a> {
    /// Why it was begun.
    pub reason: RefreshReason,
    /// The new credentials, or why there are none.
    pub outcome: Result<&'a Credentials, &'a Error>,
    /// Whether callers are served all the same after a failure, by the old credentials.
    pub old_ones_serve: bool,
    /// How many refreshes failed in a row, this one included; 0 after a success.
    pub failures: u32,
    /// From the start to the end, by the cache's clock; zero if that was set back meanwhile.
    pub took: Duration,
    /// When the next one is due; `None` if nothing plans one: credentials without expiry, or none at all.
    pub next: Option<SystemTime>,
}

impl RefreshEvent<'_> {
    /// Writes the event to `tracing`, with neither secrets nor tokens.
    #[cfg(feature = "tracing")]
    pub(super) fn trace(&self) {
        let took_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        match self.outcome {
            Ok(credentials) => tracing::debug!(
                reason = self.reason.as_str(),
                source = credentials.source(),
                expiry = credentials.expiry().map(tracing::field::debug),
                next = self.next.map(tracing::field::debug),
                took_ms,
                "credentials refreshed"
            ),
            Err(error) => tracing::warn!(
                reason = self.reason.as_str(),
                error = %error,
                old_ones_serve = self.old_ones_serve,
                failures = self.failures,
                next = self.next.map(tracing::field::debug),
                took_ms,
                "refreshing credentials failed"
            ),
        }
    }
}

/// What the cache holds at a moment: see [`CredentialCache::status`](super::CredentialCache::status).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CacheStatus {
    /// When the credentials were obtained; `None` if there are none.
    pub obtained: Option<SystemTime>,
    /// When they expire, where that is known.
    pub expiry: Option<SystemTime>,
    /// When the next refresh is due, where one is planned.
    pub next: Option<SystemTime>,
    /// How many refreshes failed in a row.
    pub failures: u32,
    /// Why the last one failed; `None` if it did not.
    pub last_error: Option<Error>,
}
