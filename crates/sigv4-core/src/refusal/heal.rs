//! What of a refusal can be healed, and how.

use std::time::Duration;

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
        match &self.kind {
            // To a HEAD, S3 says no more.
            RefusalKind::Untold if is_s3(facts.service) && self.names_other_region(facts.region) => {
                let region = self.bucket_region.clone()?;
                Some(Heal::Region { region, host: None })
            }
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
                let region = part.expected.as_deref()?;
                (region != facts.region).then(|| Heal::Region { region: region.to_owned(), host: None })
            }
            RefusalKind::WrongEndpoint { region: Some(region) } if is_s3(facts.service) => {
                let host = regional_host(facts.host, region);
                // The same region at the same host would be refused again.
                (region != facts.region || host.is_some())
                    .then(|| Heal::Region { region: region.clone(), host })
            }
            _ => None,
        }
    }
}

impl Refusal {
    /// Whether the bucket was said to be in another region than `region`.
    pub(super) fn names_other_region(&self, region: &str) -> bool {
        self.bucket_region.as_deref().is_some_and(|told| !region.is_empty() && told != region)
    }
}

fn is_s3(service: &str) -> bool {
    service == "s3"
}

/// The same bucket's host in another region, for the hosts of AWS: `b.s3.amazonaws.com` and
/// `b.s3.eu-west-1.amazonaws.com`, with and without a bucket. `None` where the host stays.
fn regional_host(host: &str, region: &str) -> Option<String> {
    let is_label =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_label(region) {
        return None;
    }
    // A region of China is in another domain, and in another partition: its keys would not be known here.
    let domain = ".amazonaws.com";
    let name = host.strip_suffix(":443").unwrap_or(host).strip_suffix(domain)?;
    // The endpoint's own labels are the last: `s3`, `s3.region`, `s3-region`, or with `dualstack` between.
    let labels: Vec<&str> = name.split('.').collect();
    let at = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
    let (bucket, endpoint) = labels.split_at(at);
    let dualstack = match endpoint {
        ["s3"] | ["s3", _] => false,
        ["s3", "dualstack", _] => true,
        [legacy] if *legacy != "s3-accelerate" => false,
        _ => return None,
    };
    let mut labels = bucket.to_vec();
    labels.push("s3");
    labels.extend(dualstack.then_some("dualstack"));
    labels.push(region);
    let regional = format!("{}{domain}", labels.join("."));
    (regional != host).then_some(regional)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_s3_move_to_another_region() {
        for (host, expected) in [
            ("b.s3.amazonaws.com", Some("b.s3.eu-west-3.amazonaws.com")),
            ("s3.amazonaws.com", Some("s3.eu-west-3.amazonaws.com")),
            ("a.b.s3.us-east-1.amazonaws.com", Some("a.b.s3.eu-west-3.amazonaws.com")),
            ("b.s3-us-west-2.amazonaws.com", Some("b.s3.eu-west-3.amazonaws.com")),
            ("b.s3.dualstack.us-east-1.amazonaws.com", Some("b.s3.dualstack.eu-west-3.amazonaws.com")),
            ("b.s3.us-east-1.amazonaws.com:443", Some("b.s3.eu-west-3.amazonaws.com")),
            ("b.s3.eu-west-3.amazonaws.com", None),
            ("b.s3-accelerate.amazonaws.com", None),
            ("b.s3.cn-north-1.amazonaws.com.cn", None),
            ("bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", None),
            ("minio.example.com:9000", None),
            ("s3.amazonaws.com.example.net", None),
        ] {
            assert_eq!(regional_host(host, "eu-west-3").as_deref(), expected, "{host}");
        }
        for region in ["", "x.evil.example", "x/y", "a@b", "x:1"] {
            assert_eq!(regional_host("b.s3.amazonaws.com", region), None, "{region}");
        }
    }
}
