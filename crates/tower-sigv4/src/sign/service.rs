use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::Signer;
use sigv4_core::flow::{Step, TimeLimit};
#[cfg(feature = "refusals")]
use tower_layer::Layer;
use tower_service::Service;

use super::extras::Extras;
use super::pending::{prepare, settle};
use super::{Rebuild, Same, SignFuture};
use crate::BoxError;

/// Signs every request, then calls the inner service. Made by [`SignLayer`](super::SignLayer).
#[derive(Debug, Clone)]
pub struct Sign<S, R = Same> {
    inner: S,
    signer: Signer,
    rebuild: R,
    extras: Extras,
}

impl<S> Sign<S> {
    /// Signs with `signer` what `inner` sends.
    pub fn new(inner: S, signer: Signer) -> Self {
        Self::from_parts(inner, signer, Same, Extras::default())
    }
}

impl<S, R> Sign<S, R> {
    pub(super) fn from_parts(inner: S, signer: Signer, rebuild: R, extras: Extras) -> Self {
        crate::runtime::offer(&signer);
        Self { inner, signer, rebuild, extras }
    }

    /// As [`SignLayer::with_time_limit`](super::SignLayer::with_time_limit).
    #[must_use]
    pub fn with_time_limit(self, limit: TimeLimit) -> Self {
        Self { extras: Extras { limit, ..self.extras }, ..self }
    }

    /// As [`SignLayer::with_seal`](super::SignLayer::with_seal).
    #[must_use]
    pub fn with_seal(self, on: bool) -> Self {
        Self { extras: Extras { seal: on, ..self.extras }, ..self }
    }

    /// As [`SignLayer::healing`](super::SignLayer::healing), around the same inner service.
    #[cfg(feature = "refusals")]
    pub fn healing(self) -> super::Healing<S, R>
    where
        S: Clone,
        R: Clone,
    {
        super::HealingLayer { signer: self.signer, rebuild: self.rebuild, extras: self.extras, replay: true }
            .layer(self.inner)
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, mutable.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service, by value.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, R, B, Rs> Service<Request<B>> for Sign<S, R>
where
    S: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    R: Rebuild<B> + Send + 'static,
    R::Out: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Rs>;
    type Error = BoxError;
    type Future = SignFuture<S::Future, Rs>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        settle(&self.signer, &mut parts, &body);
        let length = self.extras.length(&body);
        let signed = prepare(&self.signer, &self.rebuild, &parts, body)
            .and_then(|pending| pending.sign_now(&self.signer, &self.rebuild, &mut parts, None));
        match signed {
            // What needs no waiting needs neither a clone of the inner service nor an allocation.
            Ok(Ok((body, body_error))) => {
                self.extras.seal(&mut parts, length);
                let sent = self.inner.call(Request::from_parts(parts, body));
                if self.extras.limit.is_none() {
                    return SignFuture::sending(sent, body_error);
                }
                let limit = self.extras.limit.clone();
                SignFuture::waiting(async move {
                    let sent = limit.begin().hold(Step::Sending, sent).await?;
                    sent.map_err(|error| body_error.or(error))
                })
            }
            Ok(Err(pending)) => {
                let (signer, rebuild) = (self.signer.clone(), self.rebuild.clone());
                let extras = self.extras.clone();
                // The service that was polled ready is the one to call.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                SignFuture::waiting(async move {
                    let mut deadline = extras.limit.begin();
                    let (body, body_error) =
                        pending.sign_later(&signer, rebuild, &mut parts, &mut deadline, None).await?;
                    extras.seal(&mut parts, length);
                    let sent = inner.call(Request::from_parts(parts, body));
                    let sent = deadline.hold(Step::Sending, sent).await?;
                    sent.map_err(|error| body_error.or(error))
                })
            }
            Err(error) => SignFuture::failed(error),
        }
    }
}
