//! What of a refusal can be healed, and how.

use std::time::Duration;

use http::StatusCode;

use super::bucket_host;
use super::clock_offset::ClockOffset;
use super::kind::{Refusal, RefusalKind};

/// A clock that is off by less is not what the service refused.
const SKEW_THRESHOLD: Duration = Duration::from_secs(4 * 60);

/// What to change before the request is signed again.
///
/// Each of them is sound only because the refusal proves that the request was not executed. It is to be remembered
/// whether or not this request can be sent again; a replay happens once at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heal {
    /// Sign with this offset from the local clock.
    Clock(ClockOffset),
    /// The credentials are used up: invalidate them, fetch new ones, sign with those. If the new ones are the
    /// same, there is nothing to replay.
    Credentials,
    /// Sign for another region.
    Region {
        /// The region that the service named.
        region: String,
        /// The host to send to, if that has to change as well; only within allowed origins.
        host: Option<String>,
    },
}

/// What was done, to decide what to do.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct HealFacts<'a> {
    /// The offset that the refused signature was made with.
    pub offset_used: ClockOffset,
    /// The offset that the refusal's own `Date` tells, unless it [tells none](ClockOffset::learn) or clock
    /// correction is off.
    pub offset_learnt: Option<ClockOffset>,
    /// Whether the query carried the signature. Presigned URLs are never healed.
    pub presigned: bool,
    /// The region that was signed for.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
    /// The host that the request went to, with its port if one was given.
    pub host: &'a str,
}

impl Refusal {
    /// What to change so that the same request would be accepted, where that is known.
    ///
    /// Clock and credentials only where the words are those of a service's own check, or the method changes nothing
    /// ([`read_for`](Self::read_for)): an application behind that check may refuse a token or a signature of its own.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use sigv4_core::refusal::{ClockOffset, Heal, HealFacts, Refusal};
    ///
    /// let body = b"<Error><Code>RequestTimeTooSkewed</Code></Error>";
    /// let refusal = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body).unwrap();
    /// let mut facts = HealFacts::default();
    /// facts.offset_learnt = Some(ClockOffset::from_millis(-1_200_000));
    /// assert_eq!(refusal.heal(&facts), Some(Heal::Clock(ClockOffset::from_millis(-1_200_000))));
    /// ```
    pub fn heal(&self, facts: &HealFacts<'_>) -> Option<Heal> {
        if facts.presigned {
            return None;
        }
        if let Some(region) = self.unspoken_region(facts.service, facts.host, facts.region) {
            return Some(Heal::Region { region: region.to_owned(), host: None });
        }
        let alone = |region: &str| {
            let differs = region != facts.region && bucket_host::takes(facts.host, region);
            differs.then(|| Heal::Region { region: region.to_owned(), host: None })
        };
        match &self.kind {
            // What an application answers proves nothing, whatever it resembles.
            RefusalKind::Skew { .. }
            | RefusalKind::SignatureMismatch { .. }
            | RefusalKind::Untold
            | RefusalKind::ExpiredToken
            | RefusalKind::InvalidToken
            | RefusalKind::UnknownKey
                if !self.unexecuted =>
            {
                None
            }
            // Many services do not name a wrong clock: they refuse the signature, or give no reason.
            RefusalKind::Skew { .. } | RefusalKind::SignatureMismatch { .. } | RefusalKind::Untold => {
                let learnt = facts.offset_learnt?;
                (learnt.distance(facts.offset_used) > SKEW_THRESHOLD).then_some(Heal::Clock(learnt))
            }
            RefusalKind::ExpiredToken | RefusalKind::InvalidToken | RefusalKind::UnknownKey => {
                Some(Heal::Credentials)
            }
            RefusalKind::WrongScope { region: Some(part), service: None } if is_s3(facts.service) => {
                alone(part.expected.as_deref()?)
            }
            RefusalKind::WrongEndpoint { region: Some(region) } if is_s3(facts.service) => {
                match bucket_host::regional(facts.host, region) {
                    Some(host) => Some(Heal::Region { region: region.clone(), host: Some(host) }),
                    // The same region at the same host would be refused again.
                    None => alone(region),
                }
            }
            _ => None,
        }
    }
}

impl Refusal {
    /// The bucket's region, where that it was signed for another is all that a refusal without a word can mean: to a HEAD, S3
    /// says no more than 400 and this. Beside a 403 it tells the region of a bucket that is not to be seen, whatever was signed for.
    pub(super) fn unspoken_region(&self, service: &str, host: &str, signed_for: &str) -> Option<&str> {
        let told = self.bucket_region.as_deref().filter(|told| *told != signed_for)?;
        let unspoken = self.kind == RefusalKind::Untold && self.status == StatusCode::BAD_REQUEST;
        let healable = is_s3(service) && !signed_for.is_empty() && bucket_host::takes(host, told);
        (unspoken && healable).then_some(told)
    }
}

fn is_s3(service: &str) -> bool {
    service == "s3"
}
