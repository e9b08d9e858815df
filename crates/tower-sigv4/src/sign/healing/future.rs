use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use sigv4_core::Error;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Deadline, Peeked};
use sigv4_core::refusal::Refusal;

use super::Shared;
use super::attempt::Sent;
use crate::BoxError;

pin_project! {
    /// The response of [`Healing`](super::Healing).
    pub struct HealingFuture<F, S, R, Rs>
    where
        Rs: Body,
    {
        #[pin]
        state: State<F, S, R, Rs>,
    }
}

pub(super) type Waiting<Rs> = Pin<Box<dyn Future<Output = Result<Response<Peeked<Rs>>, BoxError>> + Send>>;

/// What is done with a response that may be a refusal.
type Resume<S, R, Rs> = fn(Arc<Shared<S, R>>, Sent, Response<Rs>, Deadline) -> Waiting<Rs>;

struct Attempt<S, R, Rs: Body> {
    shared: Arc<Shared<S, R>>,
    sent: Sent,
    resume: Resume<S, R, Rs>,
}

pin_project! {
    #[project = StateProjection]
    enum State<F, S, R, Rs>
    where
        Rs: Body,
    {
        // The request is signed and handed on.
        Sending { #[pin] future: F, body_error: BodyError, attempt: Option<Attempt<S, R, Rs>> },
        // Something had to be waited for before it was signed, or it was refused.
        Waiting { future: Waiting<Rs> },
        Failed { error: Option<Error> },
    }
}

impl<F, S, R, Rs: Body> HealingFuture<F, S, R, Rs> {
    pub(super) fn sending(
        future: F,
        body_error: BodyError,
        shared: Arc<Shared<S, R>>,
        sent: Sent,
        resume: Resume<S, R, Rs>,
    ) -> Self {
        let attempt = Some(Attempt { shared, sent, resume });
        Self { state: State::Sending { future, body_error, attempt } }
    }

    #[doc(hidden)]
    pub fn waiting(
        future: impl Future<Output = Result<Response<Peeked<Rs>>, BoxError>> + Send + 'static,
    ) -> Self {
        Self { state: State::Waiting { future: Box::pin(future) } }
    }

    pub(super) fn failed(error: Error) -> Self {
        Self { state: State::Failed { error: Some(error) } }
    }
}

impl<F, S, R, Rs, E> Future for HealingFuture<F, S, R, Rs>
where
    F: Future<Output = Result<Response<Rs>, E>>,
    E: Into<BoxError>,
    Rs: Body<Data = Bytes> + Unpin,
{
    type Output = Result<Response<Peeked<Rs>>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let resumed = match self.as_mut().project().state.project() {
                StateProjection::Sending { future, body_error, attempt } => {
                    let response = ready!(future.poll(context)).map_err(|error| body_error.or(error))?;
                    // Polled after its end, it stays where it is.
                    let Some(Attempt { shared, sent, resume }) = attempt.take() else { return Poll::Pending };
                    if !Refusal::is_possible(response.status()) {
                        shared.signer.accepted(&sent.watch, response.headers());
                        return Poll::Ready(Ok(response.map(Peeked::untouched)));
                    }
                    resume(shared, sent, response, Deadline::none())
                }
                StateProjection::Waiting { future } => return future.as_mut().poll(context),
                StateProjection::Failed { error } => {
                    return match error.take() {
                        Some(error) => Poll::Ready(Err(error.into())),
                        None => Poll::Pending,
                    };
                }
            };
            self.as_mut().project().state.set(State::Waiting { future: resumed });
        }
    }
}

impl<F, S, R, Rs: Body> std::fmt::Debug for HealingFuture<F, S, R, Rs> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HealingFuture")
    }
}
