//! A signing client over hyper-util's, or over anything else that is a tower service.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::Signer;
use sigv4_core::flow::TimeLimit;
use tower_layer::Layer;
use tower_service::Service;
use tower_sigv4::sign::{Rebuild, SignFuture};
use tower_sigv4::{BoxError, Same, Sign, SignLayer, Tokio, Wrap};

use crate::ready::{look, wait};

/// Signs every request, then sends it through a client such as `hyper_util::client::legacy::Client`.
///
/// Call [`request`](Self::request), or use it as a tower or as a hyper service. A clone shares the pool of connections.
///
/// The client below adds the `host` (HTTP/1) or the `:authority` (HTTP/2) that is signed.
#[derive(Debug, Clone)]
pub struct SigV4Client<C, R = Wrap> {
    sign: Sign<C, R>,
}

impl<C> SigV4Client<C> {
    /// Signs with `signer` what `client` sends. The client's body type is [`SignedBody`](crate::SignedBody) around
    /// that of the requests, so that every way to cover a payload works. It is inferred where the client is made and used in one
    /// function; to name it in a struct, write `SigV4Client<Client<HttpConnector, SignedBody<Full<Bytes>>>>`. A client that has the
    /// requests' own body type already is taken by [`same`](SigV4Client::same).
    pub fn new(signer: Signer, client: C) -> Self {
        Self { sign: SignLayer::new(signer).wrap().layer(client) }
    }
}

impl<C> SigV4Client<C, Same> {
    /// As [`new`](SigV4Client::new), for a client that stays as it is: its body type is that of the requests, and can be
    /// made from `Bytes`.
    pub fn same(signer: Signer, client: C) -> Self {
        Self { sign: SignLayer::new(signer).layer(client) }
    }
}

#[cfg(feature = "refusals")]
impl<C: Clone, R: Clone> SigV4Client<C, R> {
    /// Explains refusals and heals those that can be healed, at the price of another type for the response's body: see
    /// [`HealingLayer`](tower_sigv4::HealingLayer).
    pub fn healing(self) -> crate::HealingClient<C, R> {
        crate::HealingClient::new(self.sign)
    }
}

impl<C, R> SigV4Client<C, R> {
    /// One deadline over fetching credentials, reading and hashing the body, and sending the request until the head of its answer
    /// is there: then an error of kind `Timeout` says which of them was waited for. None unless set. The timer is tokio's.
    #[must_use]
    pub fn with_deadline(self, after: Duration) -> Self {
        self.with_time_limit(TimeLimit::new(after, Tokio))
    }

    /// As [`with_deadline`](Self::with_deadline), by any timer.
    #[must_use]
    pub fn with_time_limit(self, limit: TimeLimit) -> Self {
        Self { sign: self.sign.with_time_limit(limit) }
    }

    /// Leaves a seal with each signed request, for a check below: see [`SignLayer::with_seal`].
    #[must_use]
    pub fn with_seal(self, on: bool) -> Self {
        Self { sign: self.sign.with_seal(on) }
    }

    /// The client below.
    pub fn get_ref(&self) -> &C {
        self.sign.get_ref()
    }

    /// The client below, by value.
    pub fn into_inner(self) -> C {
        self.sign.into_inner()
    }

    /// Signs a request and sends it. An error of this crate is a [`sigv4_core::Error`]: nothing was sent then, but for kind `Body`
    /// where a body in chunks failed on its way, and for a `Timeout` that says so.
    ///
    /// A client below that has to be ready first is waited for, before any deadline begins.
    pub fn request<B, Rs>(&self, request: Request<B>) -> SignFuture<C::Future, Rs>
    where
        C: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxError>,
        R: Rebuild<B> + Send + 'static,
        R::Out: Send,
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut sign = self.sign.clone();
        match look(&mut sign) {
            Poll::Ready(Ok(())) => sign.call(request),
            look => SignFuture::waiting(async move {
                wait(&mut sign, look).await?;
                sign.call(request).await
            }),
        }
    }
}

impl<C, R, B> Service<Request<B>> for SigV4Client<C, R>
where
    Sign<C, R>: Service<Request<B>>,
{
    type Response = <Sign<C, R> as Service<Request<B>>>::Response;
    type Error = <Sign<C, R> as Service<Request<B>>>::Error;
    type Future = <Sign<C, R> as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.sign.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.sign.call(request)
    }
}

impl<C, R, B, Rs> hyper::service::Service<Request<B>> for SigV4Client<C, R>
where
    C: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
    R: Rebuild<B> + Send + 'static,
    R::Out: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Rs>;
    type Error = BoxError;
    type Future = SignFuture<C::Future, Rs>;

    fn call(&self, request: Request<B>) -> Self::Future {
        self.request(request)
    }
}
