//! The object that adapters hold: with what requests are signed, and the one call that signs one.

#[cfg(feature = "chunked")]
mod chunks;
mod correction;
mod cover;
#[cfg(feature = "refusals")]
mod learnt;
mod options;
mod origin;
mod outcome;
mod presigned;
mod scope;
mod sources;
mod steps;
mod target;
#[cfg(feature = "tracing")]
mod trace;
mod waiting;
#[cfg(feature = "refusals")]
mod watch;

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap};

#[cfg(feature = "chunked")]
pub use chunks::Chunks;
pub use options::{PayloadMode, SignOptions};
pub use origin::Origin;
pub use outcome::Outcome;
pub use presigned::Presigned;
pub use sources::RequestHead;
pub use target::{Location, SignTarget};
#[cfg(feature = "refusals")]
pub use watch::{Refused, Watch};

use crate::body::Payload;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{CachedCredentials, CredentialCache, Credentials, ProvideCredentials};
use crate::error::{Error, ErrorKind};
use crate::express::{CreateSession, ExpressSessions};
use crate::request::SignedHeaders;
use crate::signature::RegionSet;
use correction::ClockOffset;
use outcome::Hook;
use scope::{Scope, ScopeSource};
use sources::Source;

/// Signs requests: for a service and region, with the credentials of a provider.
///
/// Cheap to clone; clones share their credentials. Setters change this clone only.
///
/// ```
/// use sigv4_core::{Credentials, Payload, Signer};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
/// let signer = Signer::new("execute-api", "us-east-2", credentials);
///
/// let mut request = http::Request::post("https://abcdef.execute-api.us-east-2.amazonaws.com/prod/events")
///     .header("content-type", "application/json")
///     .body("{}")?;
/// signer.sign(&mut request, Payload::bytes(b"{}"))?;
/// assert!(request.headers().contains_key("authorization"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    scope: ScopeSource,
    region_set: Option<RegionSet>,
    express: Option<ExpressSessions>,
    credentials: CredentialCache,
    choose: Option<sources::Choose>,
    clock: Arc<dyn Clock>,
    payload: PayloadMode,
    buffer_limit: u64,
    signed_headers: SignedHeaders,
    default_headers: HeaderMap,
    sign_host: Option<Arc<str>>,
    origins: Option<Arc<[Origin]>>,
    hook: Option<Hook>,
    #[cfg(feature = "refusals")]
    learnt: Arc<learnt::Learnt>,
    #[cfg(feature = "refusals")]
    correct_clock: bool,
}

/// How much of a stream is buffered to be hashed, unless the signer is told otherwise: 10 MiB.
pub const DEFAULT_BUFFER_LIMIT: u64 = 10 * 1024 * 1024;

impl Signer {
    /// A signer for one service (its signing name, such as `s3` or `execute-api`) and region.
    ///
    /// A service or region that no scope can hold (empty, with `/` or white space) is an error of kind `Option` when
    /// the first request is signed.
    ///
    /// Signers of several services share credentials by sharing the cache: `Signer::new("s3", region, other.credentials().clone())`.
    pub fn new(
        service: impl Into<Arc<str>>,
        region: impl Into<Arc<str>>,
        provider: impl ProvideCredentials + 'static,
    ) -> Self {
        let (service, region): (Arc<str>, Arc<str>) = (service.into(), region.into());
        let scope = Scope::new(service.to_string().into(), region.to_string().into());
        Self::with_scope(ScopeSource::Explicit(scope), provider)
    }

    /// A signer that reads service and region from the host of each request: from hosts of AWS and of
    /// some S3-compatible stores, for the services named and no other.
    ///
    /// Anyone can own a bucket or an API under those hosts. Name the services that you call, and bound the origins
    /// with [`with_allowed_origins`](Self::with_allowed_origins) where requests can be steered by others.
    ///
    /// ```
    /// use sigv4_core::{Credentials, ErrorKind, Payload, Signer};
    ///
    /// let signer = Signer::infer(Credentials::new("AKIDEXAMPLE", "secret")?, ["sqs"]);
    /// let mut known = http::Request::get("https://sqs.eu-west-1.amazonaws.com/").body(())?;
    /// signer.sign(&mut known, Payload::EMPTY)?;
    /// let mut unknown = http::Request::get("https://example.com/").body(())?;
    /// assert_eq!(signer.sign(&mut unknown, Payload::EMPTY).unwrap_err().kind(), ErrorKind::Inference);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn infer<I>(provider: impl ProvideCredentials + 'static, services: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let services = services.into_iter().map(Into::into).collect();
        Self::with_scope(ScopeSource::Inferred { services }, provider)
    }

    fn with_scope(scope: ScopeSource, provider: impl ProvideCredentials + 'static) -> Self {
        Self(Arc::new(Inner {
            scope,
            region_set: None,
            express: None,
            credentials: CredentialCache::new(provider),
            choose: None,
            clock: Arc::new(SystemClock),
            payload: PayloadMode::Auto,
            buffer_limit: DEFAULT_BUFFER_LIMIT,
            signed_headers: SignedHeaders::standard(),
            default_headers: HeaderMap::new(),
            sign_host: None,
            origins: None,
            hook: None,
            #[cfg(feature = "refusals")]
            learnt: Arc::default(),
            #[cfg(feature = "refusals")]
            correct_clock: !crate::refusal::correction_disabled(|name| std::env::var(name).ok()),
        }))
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Reads the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(clock);
        self.changed(|inner| {
            inner.credentials = inner.credentials.clone().with_clock(Arc::clone(&clock));
            inner.clock = clock;
        })
    }

    /// Signs with SigV4a, for these regions, where a request does not say otherwise. Needs the feature `sigv4a`.
    ///
    /// Hosts and services that take nothing else (S3 Multi-Region Access Points, the CloudFront KeyValueStore) are signed
    /// so in any case, for all regions.
    ///
    /// ```
    /// use sigv4_core::signature::RegionSet;
    /// use sigv4_core::{Credentials, Signer};
    ///
    /// let credentials = Credentials::new("AKIDEXAMPLE", "secret")?;
    /// let signer = Signer::new("events", "us-east-1", credentials).with_region_set(RegionSet::all());
    /// # Ok::<(), sigv4_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_region_set(self, regions: RegionSet) -> Self {
        self.changed(|inner| inner.region_set = Some(regions))
    }

    /// Signs what goes to the objects of an S3 Express directory bucket with a session, which `create` opens with
    /// the signer's credentials (or those in the request's options). Sessions are kept for each bucket and
    /// credentials, and renewed before they end. Calls that take no session are signed as without this.
    ///
    /// It is for requests of the service `s3express`; see [`express`](crate::express).
    #[must_use]
    pub fn with_express_sessions(self, create: impl CreateSession + 'static) -> Self {
        self.changed(|inner| inner.express = Some(ExpressSessions::new(create)))
    }

    /// Covers payloads in this way, where a request does not say otherwise.
    #[must_use]
    pub fn with_payload(self, mode: PayloadMode) -> Self {
        self.changed(|inner| inner.payload = mode)
    }

    /// Buffers no more than this many bytes of a stream to hash it. [`DEFAULT_BUFFER_LIMIT`] unless set.
    #[must_use]
    pub fn with_buffer_limit(self, bytes: u64) -> Self {
        self.changed(|inner| inner.buffer_limit = bytes)
    }

    /// Decides which headers are signed.
    #[must_use]
    pub fn with_signed_headers(self, headers: SignedHeaders) -> Self {
        self.changed(|inner| inner.signed_headers = headers)
    }

    /// Tells of headers that the client below adds to every request: they are put into each request before it is
    /// signed, unless it has them already, so that an `x-amz-*` among them does not go out unsigned.
    #[must_use]
    pub fn with_default_headers(self, headers: HeaderMap) -> Self {
        self.changed(|inner| inner.default_headers = headers)
    }

    /// Signs this host, with its port where it is not the scheme's default, in place of the one that is dialled.
    /// See [`SignOptions::sign_host`], which is for one request and does not go along to another origin. This one is for all that this
    /// signer signs, wherever it goes: a redirect to another allowed origin is signed for this host, too.
    #[must_use]
    pub fn with_sign_host(self, host: impl Into<Arc<str>>) -> Self {
        self.changed(|inner| inner.sign_host = Some(host.into()))
    }

    /// Signs for these origins only: a request to another one is an error of kind `Origin`, and is not sent.
    #[must_use]
    pub fn with_allowed_origins(self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.changed(|inner| inner.origins = Some(origins.into_iter().collect()))
    }

    /// Calls `hook` with what became of each request, for metrics. It must not block.
    #[must_use]
    pub fn with_outcome_hook(self, hook: impl Fn(Outcome<'_>) + Send + Sync + 'static) -> Self {
        self.changed(|inner| inner.hook = Some(Arc::new(hook)))
    }

    /// Whether the clock is corrected by the `Date` of answers (of those that come over TLS or from the loopback). On unless
    /// turned off here, or by `AWS_DISABLE_CLOCK_SKEW_CORRECTION=true` in the environment when the signer was made.
    #[cfg(feature = "refusals")]
    #[must_use]
    pub fn with_clock_correction(self, on: bool) -> Self {
        self.changed(|inner| inner.correct_clock = on)
    }

    /// The credentials that this signer keeps, to be invalidated, watched or given a timer.
    pub fn credentials(&self) -> &CredentialCache {
        &self.0.credentials
    }

    /// Signs a request in place: `http::Request` or its `Parts`. The URI is brought into its wire form first.
    ///
    /// Works where credentials are at hand without waiting: static ones, those of the environment, cached ones. Else
    /// the error is of kind `Credentials` and says so; use [`sign_async`](Self::sign_async).
    ///
    /// On an error the request is left as it was. Kinds: `Request`, `Header`, `Option`, `Inference`, `Origin`, `Payload`,
    /// `Credentials`, `ExpiredCredentials`.
    pub fn sign(&self, request: &mut impl SignTarget, payload: Payload<'_>) -> Result<(), Error> {
        if self.try_sign(request, payload)? {
            return Ok(());
        }
        let error = Error::new(
            ErrorKind::Credentials,
            "the credentials have to be fetched first, which takes waiting: use `sign_async` instead of `sign`",
        );
        self.report(Err(&error));
        Err(error)
    }

    /// As [`sign`](Self::sign), and waits for credentials where that is needed.
    pub async fn sign_async(&self, request: &mut impl SignTarget, payload: Payload<'_>) -> Result<(), Error> {
        if self.try_sign(request, payload)? {
            return Ok(());
        }
        let credentials = self.fetch(request).await?;
        self.sign_with(request, payload, &credentials)
    }

    /// As [`sign`](Self::sign), but answers `false`, with the request untouched, where credentials would have to be
    /// waited for: [`fetch`](Self::fetch) them, then [`sign_with`](Self::sign_with) them. For adapters.
    pub fn try_sign(&self, request: &mut impl SignTarget, payload: Payload<'_>) -> Result<bool, Error> {
        if self.is_skipped(request.extensions()) {
            self.report(Ok(None));
            return Ok(true);
        }
        Ok(self.try_cover(request, payload, None)?.is_some())
    }

    /// The credentials for a request, waited for where they have to be fetched. For adapters: what is returned holds
    /// neither the request nor the signer.
    pub fn fetch<T: SignTarget>(
        &self,
        request: &T,
    ) -> impl Future<Output = Result<CachedCredentials, Error>> + Send + use<T> {
        let head = RequestHead::of(request);
        let offset = head.as_ref().map_or(ClockOffset::ZERO, |head| self.clock_offset(head));
        self.fetch_at(offset, head.and_then(|head| self.source(&head).map(Source::into_owned)))
    }

    /// Waits for credentials that are good by a clock so far ahead of the signer's.
    fn fetch_at(
        &self,
        offset: ClockOffset,
        source: Result<CredentialCache, Error>,
    ) -> impl Future<Output = Result<CachedCredentials, Error>> + Send + use<> {
        let signer = self.clone();
        async move {
            let fetched = match source {
                Ok(cache) => cache.get(offset.apply(signer.0.clock.now())).await,
                Err(error) => Err(error),
            };
            fetched.inspect_err(|error| signer.report(Err(error)))
        }
    }

    /// Signs a request in place with credentials that were fetched for it. For adapters.
    pub fn sign_with(
        &self,
        request: &mut impl SignTarget,
        payload: Payload<'_>,
        credentials: &Credentials,
    ) -> Result<(), Error> {
        self.cover(request, payload, credentials, None)
    }

    /// Whether the options of a request leave it unsigned.
    pub fn is_skipped(&self, extensions: &Extensions) -> bool {
        extensions.get::<SignOptions>().is_some_and(|options| options.skip)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("scope", &self.0.scope)
            .field("region_set", &self.0.region_set)
            .field("credentials", &self.0.credentials)
            .field("payload", &self.0.payload)
            .field("buffer_limit", &self.0.buffer_limit)
            .field("signed_headers", &self.0.signed_headers)
            .field("origins", &self.0.origins)
            .finish_non_exhaustive()
    }
}
