//! The middleware.

use std::future::ready;
use std::time::Duration;

use http::Extensions;
use reqwest::Request;
use reqwest_middleware::{Middleware, Next};
use sigv4_core::{Payload, Signer};

use crate::attempt::Sending;
use crate::error::wrapped;
use crate::runtime::Tokio;
use crate::target::{Target, WireForm, set_timeout};

/// Signs every request that passes, and hands it on.
///
/// Put it last, next to the client. Options for one request go into its extensions:
/// `client.get(url).with_extension(SignOptions::new().service("s3"))`.
///
/// What needs no waiting is signed when the middleware is called, before its future is polled.
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
/// Errors are [`sigv4_core::Error`] below `reqwest_middleware::Error`: [`Error::find`](sigv4_core::Error::find) finds them. Nothing was sent
/// then, but for kind `Redirect`, and for kind `Body` where a body in chunks failed on its way.
#[derive(Debug, Clone)]
pub struct SigV4Middleware {
    pub(crate) signer: Signer,
    spaces: bool,
    pub(crate) guard: bool,
    deadline: Option<Duration>,
    pub(crate) seal: bool,
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
    /// token to another request. On unless turned off. A chain of redirects that ends where it began is not seen, since reqwest
    /// tells only where the last answer came from: [`harden`](crate::harden) alone keeps it all from happening.
    #[must_use]
    pub fn with_redirect_guard(self, on: bool) -> Self {
        Self { guard: on, ..self }
    }

    /// One deadline over fetching credentials, reading and hashing the body, and sending, for requests that set no time-out of
    /// their own. None unless set: the time-out of a `reqwest::Client` begins only once a request is signed.
    ///
    /// As reqwest's time-outs do, it goes on until the body of the answer is read: give requests for large answers a longer
    /// `RequestBuilder::timeout`.
    #[must_use]
    pub fn with_deadline(self, after: Duration) -> Self {
        Self { deadline: Some(after), ..self }
    }

    /// Whether a [`Seal`](sigv4_core::flow::Seal) is left with each signed request, so that `CheckSeal` (feature `tracing`), put last, can warn when a
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
        if request.timeout().is_none() {
            set_timeout(&mut request, self.deadline);
        }
        if self.signer.is_skipped(extensions) {
            // Signs nothing, and tells the outcome hook so.
            let mut target = Target { request: &mut request, extensions };
            return match self.signer.try_sign(&mut target, Payload::EMPTY) {
                Ok(_) => next.run(request, extensions),
                Err(error) => Box::pin(ready(Err(wrapped(error)))),
            };
        }
        WireForm::settle(&mut request, self.spaces);
        #[cfg(feature = "refusals")]
        return Box::pin(self.send(request, extensions, next));
        #[cfg(not(feature = "refusals"))]
        Box::pin(async move { self.attempt(request, extensions, next, &mut ()).await })
    }
}
