//! The middleware.

use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
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
use url::{Position, Url};

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

    /// Signs and sends once. What needs no waiting is done at once: the future that is left has no room for a request.
    pub(crate) fn attempt<'a>(
        &'a self,
        mut request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
        watch: &'a mut Watch,
    ) -> Attempt<'a> {
        let time = Time { began: Instant::now(), out: request.timeout().copied() };
        match self.begin(&mut request, extensions, watch) {
            Ok(None) => self.hand_on(request, extensions, next, time, BodyError::default()),
            Ok(Some(plan)) => Attempt::of(Box::pin(async move {
                let mut deadline = time.deadline();
                let signed = self.sign_later(&mut request, extensions, plan, watch, &mut deadline).await;
                let body_error = signed.map_err(wrapped)?;
                self.hand_on(request, extensions, next, time, body_error).await
            })),
            Err(error) => Attempt::of(Box::pin(ready(Err(wrapped(error))))),
        }
    }

    /// Hands a signed request on.
    fn hand_on<'a>(
        &self,
        mut request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
        time: Time,
        body_error: BodyError,
    ) -> Attempt<'a> {
        // What is left is the client's: one deadline over all.
        *request.timeout_mut() = time.left();
        if self.seal {
            let length = shape(&request).length();
            let seal = Seal::of(&Target { request: &mut request, extensions }, length);
            seal.and_then(|seal| extensions.insert(seal));
        }
        let sent = self.guard.then(|| request.url().clone());
        Attempt { response: next.run(request, extensions), sent, body_error }
    }

    /// Signs with what is at hand; else it gives the plan for what has to be waited for.
    fn begin(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        watch: &mut Watch,
    ) -> Result<Option<PayloadPlan>, Error> {
        let shape = shape(request);
        #[cfg(feature = "refusals")]
        self.keep_body(request, shape, watch)?;
        let plan = self.signer.plan(&Target { request, extensions }, shape, cfg!(feature = "chunked"))?;
        let is_signed = self.sign_now(request, extensions, &plan, watch)?;
        Ok((!is_signed).then_some(plan))
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

    /// Signs, and waits for the body and for credentials where that is needed. Gives where the body leaves its error, if it has one
    /// of its own.
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

/// Written out as `async_trait` would: of an `async fn`, the future had room for the request once more.
impl Middleware for SigV4Middleware {
    fn handle<'s, 'e, 'n, 'f>(
        &'s self,
        mut request: Request,
        extensions: &'e mut Extensions,
        next: Next<'n>,
    ) -> Sending<'f>
    where
        's: 'f,
        'e: 'f,
        'n: 'f,
        Self: 'f,
    {
        if self.signer.is_skipped(extensions) {
            // Signs nothing, and tells the outcome hook so.
            let mut target = Target { request: &mut request, extensions };
            return match self.signer.try_sign(&mut target, Payload::EMPTY) {
                Ok(_) => next.run(request, extensions),
                Err(error) => Box::pin(ready(Err(wrapped(error)))),
            };
        }
        WireForm::settle(&mut request, self.spaces);
        if request.timeout().is_none() {
            *request.timeout_mut() = self.deadline;
        }
        #[cfg(feature = "refusals")]
        return Box::pin(self.send(request, extensions, next));
        #[cfg(not(feature = "refusals"))]
        Box::pin(async move { self.attempt(request, extensions, next, &mut ()).await })
    }
}

/// A request that is sent, as reqwest-middleware has it.
type Sending<'a> = Pin<Box<dyn Future<Output = reqwest_middleware::Result<Response>> + Send + 'a>>;

/// When a request's time began to run, and how long it may take.
#[derive(Clone, Copy)]
struct Time {
    began: Instant,
    out: Option<Duration>,
}

impl Time {
    fn deadline(&self) -> Deadline {
        self.out.map_or(Deadline::none(), |out| TimeLimit::new(out, Tokio).begin())
    }

    fn left(&self) -> Option<Duration> {
        self.out.map(|out| out.saturating_sub(self.began.elapsed()))
    }
}

/// A request that is sent, after it was signed.
pub(crate) struct Attempt<'a> {
    response: Sending<'a>,
    /// Where it was sent, if it is an error that it went elsewhere.
    sent: Option<Url>,
    /// What went wrong with its body.
    body_error: BodyError,
}

impl<'a> Attempt<'a> {
    fn of(response: Sending<'a>) -> Self {
        Self { response, sent: None, body_error: BodyError::default() }
    }
}

impl Future for Attempt<'_> {
    type Output = reqwest_middleware::Result<Response>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match ready!(self.response.as_mut().poll(context)) {
            Ok(response) => response,
            Err(error) => return Poll::Ready(Err(self.body_error.get().map_or(error, wrapped))),
        };
        if let Some(sent) = &self.sent
            && sent[..Position::AfterQuery] != response.url()[..Position::AfterQuery]
        {
            return Poll::Ready(Err(wrapped(followed())));
        }
        Poll::Ready(Ok(response))
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
