//! The middleware.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::Extensions;
use reqwest::{Body, Request, Response};
use reqwest_middleware::{Middleware, Next};
#[cfg(feature = "refusals")]
use sigv4_core::Watch;
use sigv4_core::body::BodyError;
use sigv4_core::credentials::{Sleep, Spawn};
#[cfg(feature = "refusals")]
use sigv4_core::flow::BodyShape;
use sigv4_core::flow::{Collect, Deadline, HASHED_AT_ONCE, PayloadPlan, Seal, TimeLimit};
use sigv4_core::signature::sha256;
use sigv4_core::{Error, ErrorKind, Payload, Signer};
use tokio::time::Instant;
use url::Position;

use crate::error::wrapped;
use crate::target::{Target, WireForm, shape};

/// Signs every request that passes, and hands it on.
///
/// Put it last, next to the client. Options for one request go into its extensions:
/// `client.get(url).with_extension(SignOptions::new().service("s3"))`.
///
/// A body in memory is hashed. A stream of known length is sent unsigned to S3 over TLS, and in signed chunks to S3 over plain HTTP
/// (feature `chunked`); any other is buffered up to the signer's limit.
///
/// `RequestBuilder::timeout` covers fetching credentials and reading and hashing the body, too: past it, an error of kind `Timeout`
/// says which of them was waited for; while the request is sent, it is reqwest's own.
///
/// A refused request comes back with a `sigv4_core::refusal::Explanation` among the response's extensions, and was already
/// signed anew and sent a second time if the refusal can be healed: the clock was off, the credentials were used up, the
/// bucket is in another region. See [`with_healing`](Self::with_healing).
///
/// Errors are [`sigv4_core::Error`] below `reqwest_middleware::Error`: [`Error::find`] finds them. Nothing was sent
/// then, but for kind `Redirect`, and for kind `Body` where a body in chunks failed on its way.
#[derive(Debug, Clone)]
pub struct SigV4Middleware {
    pub(crate) signer: Signer,
    spaces: bool,
    guard: bool,
    deadline: Option<Duration>,
    seal: bool,
    #[cfg(feature = "refusals")]
    pub(crate) healing: bool,
}

impl SigV4Middleware {
    /// Signs with `signer`. Its credential cache gets tokio's timer for time-outs and tokio's tasks for fetches ahead of time,
    /// unless it has others.
    pub fn new(signer: Signer) -> Self {
        signer.credentials().offer_sleep(Tokio);
        signer.credentials().offer_spawner(Tokio);
        Self {
            signer,
            spaces: true,
            guard: true,
            deadline: None,
            seal: false,
            #[cfg(feature = "refusals")]
            healing: true,
        }
    }

    /// Whether a `+` in the query is sent as `%20`. On unless turned off: `RequestBuilder::query` writes `+` for a
    /// space, and services differ in how they read it. Where a plus is meant, `%2B` always says so.
    #[must_use]
    pub fn with_plus_as_space(self, on: bool) -> Self {
        Self { spaces: on, ..self }
    }

    /// Whether it is an error when a redirect was followed below this middleware, which hands the signature and the
    /// token to another request. On unless turned off; [`harden`](crate::harden) keeps it from happening.
    #[must_use]
    pub fn with_redirect_guard(self, on: bool) -> Self {
        Self { guard: on, ..self }
    }

    /// One deadline over fetching credentials, reading and hashing the body, and sending, for requests that set no time-out of
    /// their own. None unless set: the time-out of a `reqwest::Client` begins only once a request is signed.
    #[must_use]
    pub fn with_deadline(self, after: Duration) -> Self {
        Self { deadline: Some(after), ..self }
    }

    /// Whether a [`Seal`] is left with each signed request, so that `CheckSeal` (feature `tracing`), put last, can warn when a
    /// middleware in between changed what was signed. Off unless turned on: it copies the signed headers.
    #[must_use]
    pub fn with_seal(self, on: bool) -> Self {
        Self { seal: on, ..self }
    }

    /// Whether a refused request is signed anew and sent once more, where its body can be and where the refusal proves that
    /// it was not executed. On unless turned off. Explanations come either way.
    #[cfg(feature = "refusals")]
    #[must_use]
    pub fn with_healing(self, on: bool) -> Self {
        Self { healing: on, ..self }
    }

    /// Signs and sends once.
    pub(crate) async fn attempt(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
        watch: &mut Watch,
    ) -> reqwest_middleware::Result<Response> {
        let began = Instant::now();
        let timeout = request.timeout().copied();
        let mut deadline = timeout.map_or(Deadline::none(), |timeout| TimeLimit::new(timeout, Tokio).begin());
        let signed = self.sign(&mut request, extensions, watch, &mut deadline).await;
        let body_error = signed.map_err(wrapped)?;
        // What is left is the client's: one deadline over all.
        *request.timeout_mut() = timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
        if self.seal {
            let length = shape(&request).length();
            let seal = Seal::of(&Target { request: &mut request, extensions }, length);
            seal.and_then(|seal| extensions.insert(seal));
        }
        let sent = self.guard.then(|| request.url().clone());
        let response =
            next.run(request, extensions).await.map_err(|error| body_error.get().map_or(error, wrapped))?;
        if let Some(sent) = sent
            && sent[..Position::AfterQuery] != response.url()[..Position::AfterQuery]
        {
            return Err(wrapped(followed()));
        }
        Ok(response)
    }

    /// Hashes and signs. Gives where the body leaves its error, if it has one of its own.
    async fn sign(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<BodyError, Error> {
        let shape = shape(request);
        #[cfg(feature = "refusals")]
        self.keep_body(request, shape, watch)?;
        let plan = self.signer.plan(&Target { request, extensions }, shape, cfg!(feature = "chunked"))?;
        if self.sign_now(request, extensions, &plan, watch)? {
            return Ok(BodyError::default());
        }
        // Of its own, so that the future of a request that waits for nothing is small.
        Box::pin(self.sign_later(request, extensions, plan, watch, deadline)).await
    }

    /// Signs with what is at hand. `false`, with the request untouched, where something has to be waited for.
    fn sign_now(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        plan: &PayloadPlan,
        watch: &mut Watch,
    ) -> Result<bool, Error> {
        let payload = match plan {
            PayloadPlan::Hash => match request.body().and_then(Body::as_bytes) {
                Some(bytes) if bytes.len() <= HASHED_AT_ONCE => Payload::precomputed(sha256(bytes)),
                _ => return Ok(false),
            },
            plan => match plan.payload() {
                Some(payload) => payload,
                None => return Ok(false),
            },
        };
        let mut target = Target { request, extensions };
        #[cfg(feature = "refusals")]
        return self.signer.try_sign_watched(&mut target, payload, watch);
        #[cfg(not(feature = "refusals"))]
        {
            let () = watch;
            self.signer.try_sign(&mut target, payload)
        }
    }

    /// Signs, and waits for the body and for credentials where that is needed.
    async fn sign_later(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        plan: PayloadPlan,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<BodyError, Error> {
        match plan {
            PayloadPlan::Hash => {
                // Sharing the buffer, not copying it: the body is put back as it was.
                let bytes = self.whole(request, u64::MAX, deadline).await?;
                self.sign_hashed(request, extensions, bytes, watch, deadline).await?;
            }
            PayloadPlan::Buffer { limit } => {
                let bytes = self.whole(request, limit, deadline).await?;
                self.signer.check_length(request.headers(), &bytes)?;
                self.sign_hashed(request, extensions, bytes, watch, deadline).await?;
            }
            #[cfg(feature = "chunked")]
            PayloadPlan::Chunked(options) => {
                let length = shape(request).length();
                let mut target = Target { request, extensions };
                #[cfg(feature = "refusals")]
                let signing = self.signer.sign_chunked_watched(&mut target, &options, length, watch);
                #[cfg(not(feature = "refusals"))]
                let signing = self.signer.sign_chunked(&mut target, &options, length);
                let chunks = self.signer.sign_within(deadline, signing).await?;
                let body_error = chunks.error();
                let body = request.body_mut().take().unwrap_or_default();
                *request.body_mut() = Some(Body::wrap(chunks.body(body)));
                return Ok(body_error);
            }
            plan => {
                let payload = plan.payload().unwrap_or(Payload::EMPTY);
                self.sign_as(request, extensions, payload, watch, deadline).await?;
            }
        }
        Ok(BodyError::default())
    }

    /// Keeps a body in memory, so that it can be sent again. A stream is not kept, although it may be read to be hashed.
    #[cfg(feature = "refusals")]
    fn keep_body(&self, request: &mut Request, shape: BodyShape, watch: &mut Watch) -> Result<(), Error> {
        if !self.healing {
            return Ok(());
        }
        match shape {
            BodyShape::Empty => watch.kept_mut().keep_body(&Bytes::new()),
            BodyShape::InMemory(_) => {
                let body = request.body_mut().take().unwrap_or_default();
                if let Some(bytes) = Collect::new(body).try_whole()? {
                    watch.kept_mut().keep_body(&bytes);
                    *request.body_mut() = Some(Body::from(bytes));
                }
            }
            BodyShape::Stream(_) => {}
        }
        Ok(())
    }

    async fn whole(
        &self,
        request: &mut Request,
        limit: u64,
        deadline: &mut Deadline,
    ) -> Result<Bytes, Error> {
        let body = request.body_mut().take().unwrap_or_default();
        let mut collect = Collect::new(body);
        match collect.try_whole()? {
            Some(bytes) => Ok(bytes),
            None => self.signer.read_body(deadline, &mut collect, limit).await,
        }
    }

    async fn sign_hashed(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        bytes: Bytes,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let digest = self.signer.hash_body(deadline, &bytes).await?;
        *request.body_mut() = Some(Body::from(bytes));
        self.sign_as(request, extensions, Payload::precomputed(digest), watch, deadline).await
    }

    async fn sign_as(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        payload: Payload<'_>,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let mut target = Target { request, extensions };
        #[cfg(feature = "refusals")]
        let signing = self.signer.sign_watched(&mut target, payload, watch);
        #[cfg(not(feature = "refusals"))]
        let signing = {
            let () = watch;
            self.signer.sign_async(&mut target, payload)
        };
        self.signer.sign_within(deadline, signing).await
    }
}

#[async_trait::async_trait]
impl Middleware for SigV4Middleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if self.signer.is_skipped(extensions) {
            // Signs nothing, and tells the outcome hook so.
            let mut target = Target { request: &mut request, extensions };
            self.signer.try_sign(&mut target, Payload::EMPTY).map_err(wrapped)?;
            return next.run(request, extensions).await;
        }
        WireForm::settle(&mut request, self.spaces);
        if request.timeout().is_none() {
            *request.timeout_mut() = self.deadline;
        }
        #[cfg(feature = "refusals")]
        return self.send(request, extensions, next).await;
        #[cfg(not(feature = "refusals"))]
        self.attempt(request, extensions, next, &mut ()).await
    }
}

/// Without the feature `refusals`, nothing is kept of a request that was sent.
#[cfg(not(feature = "refusals"))]
type Watch = ();

fn followed() -> Error {
    Error::new(
        ErrorKind::Redirect,
        "a redirect was followed below the signer, which sent the signature and the session token along: build the \
         client with reqwest_sigv4::harden",
    )
}

/// tokio's timer and tasks.
struct Tokio;

impl Sleep for Tokio {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl Spawn for Tokio {
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        // Outside a runtime the task is dropped, and a caller fetches when it has to.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(task);
        }
    }
}
