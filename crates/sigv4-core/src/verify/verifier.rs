//! The verifier, its options, and its two steps in one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::claim::{Claim, SignedHead};
use super::find::FindCredentials;
use super::head;
use super::payload::PayloadPolicy;
use super::rejection::{Dialect, Reason, Rejection};
use super::scope::Served;
use super::verified::Verified;
use super::window::{SKEW, Window};
use super::wire_form::WireForm;
use crate::body::Payload;
use crate::clock::{Clock, SystemClock};
use crate::request::{HeaderView, MAX_EXPIRY, RequestView};
use crate::service::{ServiceRules, WirePath};

/// Verifies signatures for a service in a region. Cheap to clone; see the [module](super) for an example.
#[derive(Clone)]
pub struct Verifier(Arc<Config>);

#[derive(Clone)]
pub(super) struct Config {
    /// At least one.
    pub(super) served: Vec<Served>,
    finder: Arc<dyn FindCredentials>,
    clock: Arc<dyn Clock>,
    skew: Duration,
    max_expiry: Duration,
    pub(super) demanded: Vec<HeaderName>,
    pub(super) host: Option<String>,
    pub(super) payload: PayloadPolicy,
    pub(super) wire_form: WireForm,
    rules: Option<ServiceRules>,
    dialect: Option<Dialect>,
    pub(super) details: bool,
    #[cfg(feature = "sigv4a")]
    pub(super) sigv4a: bool,
}

impl Config {
    /// Reads the clock.
    pub(super) fn window(&self) -> Window {
        Window { now: self.clock.now(), skew: self.skew, max_expiry: self.max_expiry }
    }

    /// The rules of a service, unless the verifier was given its own.
    pub(super) fn rules(&self, service: &str) -> ServiceRules {
        self.rules.unwrap_or_else(|| ServiceRules::for_service(service))
    }

    /// The dialect for a service; for the first of those served while it is not known.
    pub(super) fn dialect(&self, service: Option<&str>) -> Dialect {
        let service = service.or(self.served.first().map(|served| served.service.as_str()));
        self.dialect.unwrap_or(match self.rules(service.unwrap_or_default()).wire_path {
            WirePath::S3 => Dialect::S3,
            WirePath::AsSent => Dialect::Json,
        })
    }
}

impl Verifier {
    /// A verifier of signatures whose scope names this service (its signing name) and region.
    pub fn new(
        service: impl Into<String>,
        region: impl Into<String>,
        finder: impl FindCredentials + 'static,
    ) -> Self {
        Self(Arc::new(Config {
            served: vec![Served { service: service.into(), region: region.into() }],
            finder: Arc::new(finder),
            clock: Arc::new(SystemClock),
            skew: SKEW,
            max_expiry: MAX_EXPIRY,
            demanded: Vec::new(),
            host: None,
            payload: PayloadPolicy::default(),
            wire_form: WireForm::default(),
            rules: None,
            dialect: None,
            details: false,
            #[cfg(feature = "sigv4a")]
            sigv4a: false,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Accepts signatures for this service and region, too, and canonicalises them by that service's rules.
    #[must_use]
    pub fn with_scope(self, service: impl Into<String>, region: impl Into<String>) -> Self {
        let served = Served { service: service.into(), region: region.into() };
        self.with(|config| config.served.push(served))
    }

    /// Whether signatures of SigV4a are accepted, too: those whose region set holds a region that is served. Default: no.
    ///
    /// They are ECDSA signatures, of which there are many for one text: whoever watched one can make another that is
    /// valid for the same request. Bodies streamed in signed parts are not taken.
    #[cfg(feature = "sigv4a")]
    #[must_use]
    pub fn with_sigv4a(self, accept: bool) -> Self {
        self.with(|config| config.sigv4a = accept)
    }

    /// Reads the time here. Default: the system's clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.with(|config| config.clock = Arc::new(clock))
    }

    /// How far a client's clock may be off, either way. Default: 15 minutes, as AWS.
    #[must_use]
    pub fn with_skew(self, skew: Duration) -> Self {
        self.with(|config| config.skew = skew)
    }

    /// The longest lifetime of a presigned URL, in whole seconds. Default: 7 days, as AWS.
    #[must_use]
    pub fn with_max_expiry(self, max_expiry: Duration) -> Self {
        self.with(|config| config.max_expiry = max_expiry)
    }

    /// Demands that this header is signed whenever it arrives, as `host` and `x-amz-*` always must be. A
    /// `content-type` that is not signed, for one, can be changed by anyone on the way.
    #[must_use]
    pub fn with_demanded_header(self, name: HeaderName) -> Self {
        self.with(|config| config.demanded.push(name))
    }

    /// The host that clients sign, whatever host arrives: behind a proxy that rewrites it, or to refuse a request
    /// that was signed for another server with the same keys.
    #[must_use]
    pub fn with_host(self, host: impl Into<String>) -> Self {
        let host = host.into();
        self.with(|config| config.host = Some(host))
    }

    /// Whether `UNSIGNED-PAYLOAD` is accepted, and with it bodies that nobody signed. Default: where the service
    /// does so (S3 and VPC Lattice).
    #[must_use]
    pub fn with_unsigned_payload(self, accept: bool) -> Self {
        self.with(|config| config.payload.unsigned = Some(accept))
    }

    /// Whether streamed bodies (`STREAMING-…`) are accepted. Default: no. Whoever turns it on must decode the body
    /// and verify its parts: chunks by what `SignedHead::chunks` gives (feature `chunked`), events from
    /// [`Verified::stream`] on. Here nothing of the body is verified; `VerifyLayer` verifies chunks, if its own feature
    /// `chunked` is on. Those of `STREAMING-UNSIGNED-PAYLOAD-TRAILER` are signed by nobody: they must be
    /// [accepted](Self::with_unsigned_payload), too.
    #[must_use]
    pub fn with_streaming(self, accept: bool) -> Self {
        self.with(|config| config.payload.streaming = accept)
    }

    /// How many forms of one request are accepted under one signature.
    #[must_use]
    pub fn with_wire_form(self, wire_form: WireForm) -> Self {
        self.with(|config| config.wire_form = wire_form)
    }

    /// Rules other than those of the service's own entry in the table.
    #[must_use]
    pub fn with_rules(self, rules: ServiceRules) -> Self {
        self.with(|config| config.rules = Some(rules))
    }

    /// The language of rejections. Default: S3's XML for services with S3's paths, JSON for all others.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        self.with(|config| config.dialect = Some(dialect))
    }

    /// Shows, when a signature does not match, the canonical request and the string to sign as the verifier has
    /// them, so that a client can find where its own differ. Default: no.
    ///
    /// Both hold the values of all signed headers, a session token among them: what the client itself sent. They
    /// go into the response only, never into the rejection's `Display`.
    #[must_use]
    pub fn with_details(self, show: bool) -> Self {
        self.with(|config| config.details = show)
    }

    /// Reads a request's head: its form, scope and time, and whether all that must be signed is said to be.
    pub fn read<H: HeaderView + ?Sized>(&self, request: &RequestView<'_, H>) -> Result<Claim, Rejection> {
        head::read(&self.0, request)
    }

    /// [Reads](Self::read) a request's head, finds the key, and checks token and signature, as far as they can be
    /// checked without the body.
    pub async fn verify_head<H: HeaderView + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
    ) -> Result<SignedHead, Rejection> {
        let claim = self.read(request)?;
        match self.0.finder.find_credentials(claim.access_key_id()).await {
            Ok(credentials) => claim.check_key(credentials.as_ref()),
            Err(error) => Err(claim.refuse(Reason::Internal(error))),
        }
    }

    /// Verifies a request whose body is at hand.
    pub async fn verify<H: HeaderView + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        payload: Payload<'_>,
    ) -> Result<Verified, Rejection> {
        self.verify_head(request).await?.check_body(payload)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("served", &self.0.served)
            .field("skew", &self.0.skew)
            .field("wire_form", &self.0.wire_form)
            .finish_non_exhaustive()
    }
}
