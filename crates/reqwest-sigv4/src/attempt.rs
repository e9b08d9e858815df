//! A request signed and sent once.

use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::Next;
#[cfg(feature = "refusals")]
pub(crate) use sigv4_core::Watch;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Deadline, Seal, TimeLimit};
use sigv4_core::{Error, ErrorKind};
use tokio::time::Instant;
use url::{Position, Url};

use crate::SigV4Middleware;
use crate::error::wrapped;
use crate::runtime::Tokio;
use crate::target::{Target, set_timeout, shape};

/// Without the feature `refusals`, nothing is kept of a request that was sent.
#[cfg(not(feature = "refusals"))]
pub(crate) type Watch = ();

impl SigV4Middleware {
    /// Signs and sends once. What needs no waiting is done at once: the future that is left has no room for a request.
    pub(crate) fn attempt<'a>(
        &'a self,
        mut request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
        watch: &'a mut Watch,
    ) -> Attempt<'a> {
        let time = Time::of(&request);
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
    pub(crate) fn hand_on<'a>(
        &self,
        mut request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
        time: Time,
        body_error: BodyError,
    ) -> Attempt<'a> {
        // What is left is the client's: one deadline over all.
        set_timeout(&mut request, time.left());
        if self.seal {
            let length = shape(&request).length();
            let seal = Seal::of(&Target { request: &mut request, extensions }, length);
            seal.and_then(|seal| extensions.insert(seal));
        }
        let sent = self.guard.then(|| request.url().clone());
        Attempt { response: next.run(request, extensions), sent, body_error }
    }
}

/// A request that is sent, as reqwest-middleware has it.
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = reqwest_middleware::Result<Response>> + Send + 'a>>;

/// When a request's time began to run, and how long it may take.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    began: Instant,
    out: Option<Duration>,
}

impl Time {
    /// That of a request, which begins to run now.
    pub(crate) fn of(request: &Request) -> Self {
        Self { began: Instant::now(), out: request.timeout().copied() }
    }

    pub(crate) fn deadline(&self) -> Deadline {
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

fn followed() -> Error {
    Error::new(
        ErrorKind::Redirect,
        "a redirect was followed below the signer, which sent the signature and the session token along: build the \
         client with reqwest_sigv4::harden",
    )
}
