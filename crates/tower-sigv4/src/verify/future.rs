use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Request, Response};
use pin_project_lite::pin_project;
use sigv4_core::verify::Rejection;
use tower_service::Service;

use super::ResponseBody;

pin_project! {
    /// The response of [`Verify`](super::Verify).
    pub struct VerifyFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

type Verifying<B> = Pin<Box<dyn Future<Output = Result<Request<B>, Rejection>> + Send>>;

pin_project! {
    #[project = StateProjection]
    enum State<S, F, B> {
        // The inner service is the one that was polled ready.
        Verifying { verifying: Verifying<B>, inner: S, is_head: bool },
        Calling { #[pin] future: F },
    }
}

impl<S, B> VerifyFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn new(method: &Method, verifying: Verifying<B>, inner: S) -> Self {
        Self { state: State::Verifying { verifying, inner, is_head: method == Method::HEAD } }
    }
}

impl<S, B, Rs> Future for VerifyFuture<S, B>
where
    S: Service<Request<B>, Response = Response<Rs>>,
{
    type Output = Result<Response<ResponseBody<Rs>>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProjection::Verifying { verifying, inner, is_head } => {
                    match ready!(verifying.as_mut().poll(context)) {
                        Ok(request) => inner.call(request),
                        Err(rejection) => return Poll::Ready(Ok(answer(rejection, *is_head))),
                    }
                }
                StateProjection::Calling { future } => {
                    return future.poll(context).map_ok(|response| response.map(ResponseBody::inner));
                }
            };
            state.set(State::Calling { future });
        }
    }
}

fn answer<Rs>(rejection: Rejection, is_head: bool) -> Response<ResponseBody<Rs>> {
    // The answer to HEAD has no body; over HTTP/2 nobody else would leave it out.
    let body = |bytes| ResponseBody::rejection(if is_head { Bytes::new() } else { bytes });
    let mut response = rejection.response().map(body);
    response.extensions_mut().insert(rejection);
    response
}

impl<S, B> fmt::Debug for VerifyFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyFuture")
    }
}
