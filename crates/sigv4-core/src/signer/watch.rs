//! What a service answers to a signed request: its clock learnt, its refusal explained, and what can be healed remembered.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use http::{HeaderMap, Method, StatusCode};

use super::steps::Cover;
use super::{SignTarget, Signer};
use crate::body::Payload;
use crate::credentials::{CredentialCache, Credentials};
use crate::error::Error;
use crate::refusal::{ClockOffset, ClockOffsets, Explanation, Heal, HealFacts, Refusal, SentSignature};
use crate::request::SignedText;
use crate::signature::CredentialScope;

/// What a signer learnt from answers; shared by its clones.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    offsets: ClockOffsets,
    regions: ArcSwap<Vec<(Box<str>, Arc<str>)>>,
}

/// Hosts whose region is remembered.
const MAX_REGIONS: usize = 64;

impl Learnt {
    pub(super) fn offset(&self, host: Option<&str>) -> ClockOffset {
        host.map_or(ClockOffset::ZERO, |host| self.offsets.get(host))
    }

    pub(super) fn region(&self, host: Option<&str>) -> Option<Arc<str>> {
        let regions = self.regions.load();
        if regions.is_empty() {
            return None;
        }
        regions.iter().find(|(known, _)| host == Some(&**known)).map(|(_, region)| Arc::clone(region))
    }

    fn remember_region(&self, host: &str, region: &str) {
        self.regions.rcu(|regions| {
            let mut next = vec![(Box::from(host), Arc::from(region))];
            next.extend(regions.iter().filter(|(known, _)| **known != *host).take(MAX_REGIONS - 1).cloned());
            next
        });
    }
}

/// One signed request, watched: hand it back with what the service answered. Filled when the request is signed.
#[derive(Default)]
pub struct Watch {
    signed: Option<Signed>,
}

pub(super) struct Signed {
    pub(super) text: SignedText,
    pub(super) credentials: Credentials,
    /// Where they came from.
    pub(super) cache: CredentialCache,
    pub(super) offset: ClockOffset,
    /// By the local clock, uncorrected.
    pub(super) at: SystemTime,
    pub(super) host: String,
    /// Whether the answer's `Date` may move the clock.
    pub(super) trusted: bool,
}

/// A refusal, and what came of it.
#[derive(Debug)]
pub struct Refused {
    /// Why the service refused, where that can be told.
    pub explanation: Option<Explanation>,
    /// Whether the same request, signed anew, is likely to be accepted: what was wrong is remembered by now, and the
    /// refusal proves that the request was not executed. Replay once at most.
    pub replay: bool,
}

impl Signer {
    /// As [`sign_async`](Self::sign_async), and keeps in `watch` what is needed to make sense of the answer. For adapters.
    pub async fn sign_watched(
        &self,
        request: &mut impl SignTarget,
        payload: Payload<'_>,
        watch: &mut Watch,
    ) -> Result<(), Error> {
        let cover = Cover::Whole(payload);
        if self.try_cover(request, cover, Some(&mut *watch))?.is_some() {
            return Ok(());
        }
        let credentials = self.fetch(request).await?;
        self.cover(request, cover, &credentials, self.0.clock.now(), Some(watch)).map(|_| ())
    }

    /// Learns the service's clock from an answer that is no refusal.
    pub fn accepted(&self, watch: &Watch, headers: &HeaderMap) {
        if let Some(signed) = watch.signed.as_ref().filter(|signed| signed.trusted && self.0.correct_clock) {
            self.0.learnt.offsets.observe(&signed.host, headers, signed.at, self.0.clock.now());
        }
    }

    /// Makes sense of an answer, of whose body the first 64 KiB are enough; `None` if it is no refusal of the
    /// signature. What can be healed is remembered: the service's clock, a bucket's region, credentials used up.
    pub fn refused(
        &self,
        watch: &Watch,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Refused> {
        let signed = watch.signed.as_ref()?;
        let offset_learnt = self.learn(signed, headers);
        let refusal = Refusal::read_for(method, status, headers, body)?;
        let sent = signed.sent(self.0.clock.now());
        let facts = HealFacts {
            offset_used: signed.offset,
            offset_learnt,
            region: &sent.region,
            service: &sent.service,
            host: &signed.host,
            ..HealFacts::default()
        };
        let replay = refusal.heal(&facts).is_some_and(|heal| self.heal(signed, heal));
        Some(Refused { explanation: refusal.explain(&sent), replay })
    }

    fn learn(&self, signed: &Signed, headers: &HeaderMap) -> Option<ClockOffset> {
        if !self.0.correct_clock || !signed.trusted {
            return None;
        }
        let offset = ClockOffset::learn(headers, signed.at, self.0.clock.now())?;
        self.0.learnt.offsets.set(&signed.host, offset);
        Some(offset)
    }

    /// Remembers what is to be changed, and tells whether that was enough.
    fn heal(&self, signed: &Signed, heal: Heal) -> bool {
        match heal {
            // It was remembered when it was learnt.
            Heal::Clock(_) => true,
            Heal::Credentials => signed.cache.invalidate(&signed.credentials),
            Heal::Region { region, host: None } => {
                self.0.learnt.remember_region(&signed.host, &region);
                true
            }
            // Another host is another origin: the caller has to ask for it.
            _ => false,
        }
    }
}

impl Watch {
    pub(super) fn fill(&mut self, signed: Signed) {
        self.signed = Some(signed);
    }
}

impl Signed {
    fn sent(&self, received_at: SystemTime) -> SentSignature {
        let mut sent = SentSignature::default();
        let mut lines = self.text.string_to_sign.lines().skip(1);
        sent.amz_date = lines.next().unwrap_or_default().to_owned();
        if let Ok(scope) = CredentialScope::parse(lines.next().unwrap_or_default()) {
            sent.region = scope.region.unwrap_or_default().to_owned();
            sent.service = scope.service.to_owned();
        }
        sent.canonical_request = Some(self.text.canonical_request.clone());
        sent.string_to_sign = Some(self.text.string_to_sign.clone());
        sent.access_key_id = self.credentials.access_key_id().to_owned();
        sent.has_session_token = self.credentials.session_token_header().is_some();
        sent.host = self.host.clone();
        sent.received_at = Some(received_at);
        sent
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("signed", &self.signed.is_some()).finish()
    }
}
