use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use sigv4_core::Error;
use sigv4_core::body::BodyError;

use crate::BoxError;

pin_project! {
    /// The response of [`Sign`](super::Sign).
    pub struct SignFuture<F, Rs> {
        #[pin]
        state: State<F, Rs>,
    }
}

type Waiting<Rs> = Pin<Box<dyn Future<Output = Result<Response<Rs>, BoxError>> + Send>>;

pin_project! {
    #[project = StateProjection]
    enum State<F, Rs> {
        // The request is signed and handed on.
        Sending { #[pin] future: F, body_error: BodyError },
        // Credentials are fetched or the body is read; then the request is signed and handed on.
        Waiting { future: Waiting<Rs> },
        Failed { error: Option<Error> },
    }
}

impl<F, Rs> SignFuture<F, Rs> {
    pub(super) fn sending(future: F, body_error: BodyError) -> Self {
        Self { state: State::Sending { future, body_error } }
    }

    #[doc(hidden)]
    pub fn waiting(future: impl Future<Output = Result<Response<Rs>, BoxError>> + Send + 'static) -> Self {
        Self { state: State::Waiting { future: Box::pin(future) } }
    }

    pub(super) fn failed(error: Error) -> Self {
        Self { state: State::Failed { error: Some(error) } }
    }
}

impl<F, Rs, E> Future for SignFuture<F, Rs>
where
    F: Future<Output = Result<Response<Rs>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<Rs>, BoxError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Sending { future, body_error } => {
                future.poll(context).map_err(|error| body_error.or(error))
            }
            StateProjection::Waiting { future } => future.as_mut().poll(context),
            StateProjection::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error.into())),
                None => Poll::Pending,
            },
        }
    }
}

impl<F, Rs> std::fmt::Debug for SignFuture<F, Rs> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignFuture")
    }
}
