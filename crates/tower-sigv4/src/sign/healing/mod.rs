//! Signing, and sending once more where a refusal can be healed.

mod attempt;
mod future;

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::Signer;
use sigv4_core::flow::{Peeked, Step};
use tower_layer::Layer;
use tower_service::Service;

pub use self::attempt::Attempt;
use self::attempt::{Sent, resume};
pub use self::future::HealingFuture;
use super::extras::Extras;
use super::pending::{prepare, settle};
use super::{Rebuild, Same};
use crate::BoxError;

/// Signs every request, explains refusals, and heals them. Made by [`SignLayer::healing`](super::SignLayer::healing).
///
/// A refused request comes back with a [`sigv4_core::refusal::Explanation`] among the response's extensions. It was signed
/// anew and sent once more before, if the refusal proves that it was not executed and its cause can be mended (the clock was
/// off, the credentials were used up, the bucket is in another region) and its body was in memory. Where no other credentials are to
/// be had, the refusal comes back. Once the second request is on its way, what comes back is what became of that one.
///
/// A deadline and seals are those of the [`SignLayer`](super::SignLayer): set them before `healing()`.
///
/// The response's body is [`Peeked`]: of a refusal up to 64 KiB were looked at, of an accepted response nothing.
///
/// To send a request once more takes a clone of the inner service, polled ready by itself. It is made of one that was made with
/// the layer, so that the requests that are accepted cost neither a clone nor an allocation.
#[derive(Debug, Clone)]
pub struct HealingLayer<R = Same> {
    pub(super) signer: Signer,
    pub(super) rebuild: R,
    pub(super) extras: Extras,
    pub(super) replay: bool,
}

impl<R> HealingLayer<R> {
    /// Whether a refused request is signed anew and sent once more where that heals it. On unless turned off: then refusals are
    /// explained, and what they teach serves the next request.
    #[must_use]
    pub fn with_replay(self, on: bool) -> Self {
        Self { replay: on, ..self }
    }
}

impl<S: Clone, R: Clone> Layer<S> for HealingLayer<R> {
    type Service = Healing<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        crate::runtime::offer(&self.signer);
        let shared = Shared {
            signer: self.signer.clone(),
            rebuild: self.rebuild.clone(),
            extras: self.extras.clone(),
            replay: self.replay,
            spare: Mutex::new(inner.clone()),
        };
        Healing { inner, shared: Arc::new(shared) }
    }
}

/// Made by [`HealingLayer`].
#[derive(Debug)]
pub struct Healing<S, R = Same> {
    inner: S,
    shared: Arc<Shared<S, R>>,
}

/// What a request on its way needs if it is refused.
#[derive(Debug)]
struct Shared<S, R> {
    signer: Signer,
    rebuild: R,
    extras: Extras,
    replay: bool,
    spare: Mutex<S>,
}

impl<S: Clone, R> Shared<S, R> {
    /// An inner service that was not polled ready.
    fn service(&self) -> S {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<S: Clone, R> Clone for Healing<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<S: Clone, R: Clone> Healing<S, R> {
    /// As [`HealingLayer::with_replay`].
    #[must_use]
    pub fn with_replay(self, on: bool) -> Self {
        let Shared { signer, rebuild, extras, .. } = &*self.shared;
        let (signer, rebuild, extras) = (signer.clone(), rebuild.clone(), extras.clone());
        HealingLayer { signer, rebuild, extras, replay: on }.layer(self.inner)
    }
}

impl<S, R> Healing<S, R> {
    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, mutable. What is changed is not changed for requests that are sent once more.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service, by value.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, R, B, Rs> Service<Request<B>> for Healing<S, R>
where
    S: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    R: Rebuild<B> + Send + Sync + 'static,
    R::Out: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
    Rs: Body<Data = Bytes> + Unpin + Send + 'static,
    Rs::Error: Send,
{
    type Response = Response<Peeked<Rs>>;
    type Error = BoxError;
    type Future = HealingFuture<S::Future, S, R, Rs>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Shared { signer, rebuild, extras, .. } = &*self.shared;
        let (mut parts, body) = request.into_parts();
        settle(signer, &mut parts, &body);
        signer.relocate(&mut parts);
        let length = extras.length(&body);
        let mut sent = Sent::new(&parts);
        let signed = prepare(signer, rebuild, &parts, body)
            .and_then(|pending| pending.sign_now(signer, rebuild, &mut parts, Some(&mut sent.watch)));
        match signed {
            Ok(Ok((body, body_error))) => {
                extras.seal(&mut parts, length);
                let future = self.inner.call(Request::from_parts(parts, body));
                let shared = Arc::clone(&self.shared);
                if extras.limit.is_none() {
                    return HealingFuture::sending(future, body_error, shared, sent, resume::<S, R, B, Rs>);
                }
                HealingFuture::waiting(async move {
                    let mut deadline = shared.extras.limit.begin();
                    let response = deadline.hold(Step::Sending, future).await?;
                    let response = response.map_err(|error| body_error.or(error))?;
                    resume::<S, R, B, Rs>(shared, sent, response, deadline).await
                })
            }
            Ok(Err(pending)) => {
                let shared = Arc::clone(&self.shared);
                // The service that was polled ready is the one to call.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                HealingFuture::waiting(async move {
                    let mut deadline = shared.extras.limit.begin();
                    let rebuild = shared.rebuild.clone();
                    let watch = Some(&mut sent.watch);
                    let signing =
                        pending.sign_later(&shared.signer, rebuild, &mut parts, &mut deadline, watch);
                    let (body, body_error) = signing.await?;
                    shared.extras.seal(&mut parts, length);
                    let response = inner.call(Request::from_parts(parts, body));
                    let response = deadline.hold(Step::Sending, response).await?;
                    let response = response.map_err(|error| body_error.or(error))?;
                    resume::<S, R, B, Rs>(shared, sent, response, deadline).await
                })
            }
            Err(error) => HealingFuture::failed(error),
        }
    }
}
