use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::Signer;
use tower_service::Service;

use super::pending::{prepare, settle};
use super::{Rebuild, Same, SignFuture};
use crate::BoxError;

/// Signs every request, then calls the inner service. Made by [`SignLayer`](super::SignLayer).
#[derive(Debug, Clone)]
pub struct Sign<S, R = Same> {
    inner: S,
    signer: Signer,
    rebuild: R,
}

impl<S> Sign<S> {
    /// Signs with `signer` what `inner` sends.
    pub fn new(inner: S, signer: Signer) -> Self {
        Self::from_parts(inner, signer, Same)
    }
}

impl<S, R> Sign<S, R> {
    pub(super) fn from_parts(inner: S, signer: Signer, rebuild: R) -> Self {
        crate::runtime::offer(&signer);
        Self { inner, signer, rebuild }
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
        let signed = prepare(&self.signer, &self.rebuild, &parts, body)
            .and_then(|pending| pending.sign_now(&self.signer, &self.rebuild, &mut parts));
        match signed {
            // What needs no waiting needs neither a clone of the inner service nor an allocation.
            Ok(Ok((body, body_error))) => {
                SignFuture::sending(self.inner.call(Request::from_parts(parts, body)), body_error)
            }
            Ok(Err(pending)) => {
                let (signer, rebuild) = (self.signer.clone(), self.rebuild.clone());
                // The service that was polled ready is the one to call.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                SignFuture::waiting(async move {
                    let (body, body_error) = pending.sign_later(&signer, rebuild, &mut parts).await?;
                    let request = Request::from_parts(parts, body);
                    inner.call(request).await.map_err(|error| body_error.or(error))
                })
            }
            Err(error) => SignFuture::failed(error),
        }
    }
}
