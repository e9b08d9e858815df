//! What a service answers to a signed request: its clock learnt, its refusal explained, and what can be healed remembered.

use std::fmt;
use std::time::SystemTime;

use http::{HeaderMap, StatusCode};

use super::learnt::Moved;
use super::{Location, RequestHead, SignOptions, SignTarget, Signer};
use crate::body::{Payload, SignedPayload};
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::{self, Kept};
use crate::refusal::{ClockOffset, Explanation, Heal, HealFacts, Refusal, SentSignature, may_learn_from};
use crate::request::{self, RequestView, SignedText, SigningParams};
use crate::signature::CredentialScope;

/// One request on its way, watched: kept as it was before it was signed, with what it was signed with. Hand it back with
/// what the service answered.
///
/// It costs an accepted request a copy of its head, no allocation, and no second canonical request: that is made anew when
/// a refusal has to be explained.
pub struct Watch {
    kept: Kept,
    signed: Option<Signed>,
}

pub(super) struct Signed {
    pub(super) credentials: Credentials,
    pub(super) offset: ClockOffset,
    /// By the local clock, uncorrected.
    pub(super) at: SystemTime,
    /// The region, if it was not the one that the signer was told.
    pub(super) region: Option<Box<str>>,
    pub(super) what: What,
}

/// What was signed of the body.
pub(super) enum What {
    Payload(SignedPayload),
    /// The texts themselves, where the head is not all that was signed.
    #[cfg(feature = "chunked")]
    Text(Box<SignedText>),
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

impl Watch {
    /// Watches the request that was kept.
    pub fn new(kept: Kept) -> Self {
        Self { kept, signed: None }
    }

    /// The request before it was signed.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The request before it was signed, to keep its body as well.
    pub fn kept_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }

    pub(super) fn fill(&mut self, signed: Signed) {
        self.signed = Some(signed);
    }
}

impl Signer {
    /// As [`try_sign`](Self::try_sign), and keeps in `watch` what is needed to make sense of the answer. For adapters.
    pub fn try_sign_watched(
        &self,
        request: &mut impl SignTarget,
        payload: Payload<'_>,
        watch: &mut Watch,
    ) -> Result<bool, Error> {
        if self.is_skipped(request.extensions()) {
            return self.try_sign(request, payload);
        }
        Ok(self.try_cover(request, payload.hashed(), Some(watch))?.is_some())
    }

    /// As [`sign_async`](Self::sign_async), and keeps in `watch` what is needed to make sense of the answer. For adapters.
    pub async fn sign_watched(
        &self,
        request: &mut impl SignTarget,
        payload: Payload<'_>,
        watch: &mut Watch,
    ) -> Result<(), Error> {
        let payload = payload.hashed();
        if self.try_sign_watched(request, payload, watch)? {
            return Ok(());
        }
        let credentials = self.fetch(request).await?;
        self.cover(request, payload, &credentials, Some(watch))
    }

    /// Learns the service's clock from an answer that is no refusal.
    pub fn accepted(&self, watch: &Watch, headers: &HeaderMap) {
        let (Some(signed), Some(host)) = (&watch.signed, watch.kept.host()) else { return };
        let offsets = &self.0.learnt.offsets;
        // The cheapest question first: all but one answer in a second end with it.
        if self.0.correct_clock && offsets.is_due(host, signed.at) && is_trusted(&watch.kept, host) {
            offsets.observe(host, headers, signed.at, self.0.clock.now());
        }
    }

    /// Makes sense of an answer, of whose body the first 64 KiB are enough; `None` if it is no refusal of the
    /// signature. What can be healed is remembered: the service's clock, a bucket's region, credentials used up.
    ///
    /// `request` is what `watch` kept, as a request again.
    pub fn refused(
        &self,
        watch: &Watch,
        request: &impl SignTarget,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Refused> {
        let signed = watch.signed.as_ref()?;
        let host = watch.kept.host();
        let offset_learnt = host.and_then(|host| self.learn(signed, &watch.kept, host, headers));
        let refusal = Refusal::read_for(request.method(), status, headers, body)?;
        // What was signed once can be signed again: an error would only leave less to explain.
        let mut sent = self.signed_text(signed, request).map(sent).unwrap_or_default();
        sent.access_key_id = signed.credentials.access_key_id().to_owned();
        sent.has_session_token = signed.credentials.session_token_header().is_some();
        sent.host = host.unwrap_or_default().to_owned();
        sent.body_len = watch.kept.body_len();
        sent.received_at = Some(self.0.clock.now());
        let facts = HealFacts {
            offset_used: signed.offset,
            offset_learnt,
            region: &sent.region,
            service: &sent.service,
            host: &sent.host,
            ..HealFacts::default()
        };
        let replay = refusal.heal(&facts).is_some_and(|heal| self.heal(signed, request, heal));
        let explanation = refusal.explain(&sent);
        log(&refusal, explanation.as_ref(), &sent.host, replay);
        Some(Refused { explanation, replay })
    }

    fn learn(&self, signed: &Signed, kept: &Kept, host: &str, headers: &HeaderMap) -> Option<ClockOffset> {
        if !self.0.correct_clock || !is_trusted(kept, host) {
            return None;
        }
        let offset = ClockOffset::learn(headers, signed.at, self.0.clock.now())?;
        self.0.learnt.offsets.set(host, offset);
        Some(offset)
    }

    /// Remembers what is to be changed, and tells whether that was enough.
    fn heal(&self, signed: &Signed, request: &impl SignTarget, heal: Heal) -> bool {
        match heal {
            // It was remembered when it was learnt.
            Heal::Clock(_) => true,
            Heal::Credentials => {
                let source = RequestHead::of(request).and_then(|head| self.source(&head));
                source.is_ok_and(|source| source.invalidate(&signed.credentials))
            }
            Heal::Region { region, host } => self.heal_region(request, &region, host.as_deref()),
        }
    }

    /// A region is remembered for the host that was asked, or for the one that the bucket is at, if that is among the
    /// allowed origins: another host is another origin, and has to have been allowed by name. The move is the bucket's own, also
    /// where that stands in the path.
    fn heal_region(&self, request: &impl SignTarget, region: &str, moved_to: Option<&str>) -> bool {
        let options = request.extensions().get::<SignOptions>();
        if options.is_some_and(|options| options.region.is_some()) {
            return false;
        }
        let Ok(location @ Location { host: Some(host), .. }) = request.location() else { return false };
        let Some(new_host) = moved_to else {
            self.0.learnt.remember_region(host, region);
            return true;
        };
        let target = Location { host: Some(new_host), ..location };
        let allowed = self.0.origins.is_some() && self.check_origin(&target).is_ok();
        // The host that the caller wrote himself, or has signed in another's place, stays.
        let settled = request.headers().contains_key(http::header::HOST) || self.sign_host(options).is_some();
        if !allowed || settled || request.at_host(new_host).is_none() {
            return false;
        }
        self.0.learnt.remember_region(new_host, region);
        self.0.learnt.remember_move(&Moved::new(host, location.path, new_host));
        true
    }

    /// Sends a request to the host where its bucket was found to be, if an answer told so and that host is among the allowed
    /// origins. For adapters, before a request is kept and signed.
    pub fn relocate(&self, request: &mut impl SignTarget) {
        let Some(moves) = self.0.learnt.moves().filter(|_| self.0.origins.is_some()) else { return };
        if request.headers().contains_key(http::header::HOST) || self.is_skipped(request.extensions()) {
            return;
        }
        let moved = request.location().ok().and_then(|location| {
            let host = location.host?;
            let moved = moves.iter().find(|moved| moved.is_of(host, location.path))?;
            // What is learnt is shared by clones, and each has its own origins.
            self.check_origin(&Location { host: Some(&moved.to), ..location }).ok()?;
            request.at_host(&moved.to)
        });
        if let Some(uri) = moved {
            request.set_uri(uri);
        }
    }

    /// What was signed, made anew from what it was made of.
    fn signed_text(&self, signed: &Signed, request: &impl SignTarget) -> Result<SignedText, Error> {
        let payload = match &signed.what {
            What::Payload(payload) => payload.as_payload(),
            #[cfg(feature = "chunked")]
            What::Text(text) => return Ok((**text).clone()),
        };
        let head = RequestHead::of(request)?;
        let RequestHead { location, headers, .. } = head;
        let mut scope = self.told_scope(&head)?;
        if let Some(region) = &signed.region {
            scope.region = (&**region).into();
        }
        let wire_path = flow::wire_path(location.path, &scope.rules);
        let defaults = self.with_missing_defaults(headers)?;
        let view = RequestView {
            method: head.method.as_str(),
            host: location.host,
            sign_host: self.sign_host(head.options()),
            path: wire_path.as_deref().unwrap_or(location.path),
            query: location.query,
            headers: defaults.as_deref().unwrap_or(headers),
        };
        let date = AmzDate::new(signed.offset.apply(signed.at))?;
        let params = SigningParams {
            rules: scope.rules,
            algorithm: scope.algorithm(),
            signed_headers: self.signed_headers(head.options()),
            ..SigningParams::new(&signed.credentials, &date, &scope.region, &scope.service)
        };
        let mut text = SignedText::default();
        request::sign(&view, &params, payload, Some(&mut text))?;
        Ok(text)
    }
}

fn is_trusted(kept: &Kept, host: &str) -> bool {
    let scheme = kept.uri().split_once(':').map_or("", |(scheme, _)| scheme);
    may_learn_from(scheme, host)
}

fn sent(text: SignedText) -> SentSignature {
    let mut sent = SentSignature::default();
    let mut lines = text.string_to_sign.lines().skip(1);
    sent.amz_date = lines.next().unwrap_or_default().to_owned();
    let scope = lines.next().unwrap_or_default();
    // Before the terminator, also in a scope of SigV4a, which holds no region.
    sent.service = scope.rsplit('/').nth(1).unwrap_or_default().to_owned();
    if let Ok(scope) = CredentialScope::parse(scope) {
        sent.region = scope.region.unwrap_or_default().to_owned();
    }
    sent.canonical_request = Some(text.canonical_request);
    sent.string_to_sign = Some(text.string_to_sign);
    sent
}

/// A warning, with what there is to say of a refusal. Values that could be secret are not in it.
#[cfg(feature = "tracing")]
fn log(refusal: &Refusal, explanation: Option<&Explanation>, host: &str, replay: bool) {
    let status = refusal.status().as_u16();
    let code = refusal.code();
    match explanation {
        Some(explanation) => tracing::warn!(
            host,
            status,
            code,
            cause = ?explanation.cause(),
            line = explanation.line().map(tracing::field::display),
            replay,
            "{explanation}"
        ),
        // As likely a missing permission as anything.
        None => tracing::warn!(host, status, code, replay, "refused with {refusal}, without a reason"),
    }
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Refusal, _: Option<&Explanation>, _: &str, _: bool) {}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("kept", &self.kept).field("signed", &self.signed.is_some()).finish()
    }
}
