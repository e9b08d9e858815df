//! Signing, and sending once more where a refusal can be healed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Deadline, PayloadPlan, Peeked, Step, TimeLimit};
use sigv4_core::refusal::{MAX_BODY, Refusal};
use sigv4_core::{Error, Payload, Signer, Watch};
use tower_layer::Layer;
use tower_service::Service;

use super::pending::{Pending, passed, prepare, settle};
use super::{Rebuild, Same};
use crate::BoxError;

/// Signs every request, explains refusals, and heals them. Made by [`SignLayer::healing`](super::SignLayer::healing).
///
/// A refused request comes back with a [`sigv4_core::refusal::Explanation`] among the response's extensions. It was signed
/// anew and sent once more before, if the refusal proves that it was not executed and its cause can be mended (the clock was
/// off, the credentials were used up, the bucket is in another region) and its body was in memory.
///
/// The response's body is [`Peeked`]: of a refusal up to 64 KiB were looked at, of an accepted response nothing. The inner
/// service's error type must be the one it was polled ready with; the second call goes to a clone, polled ready by itself.
#[derive(Debug, Clone)]
pub struct HealingLayer<R = Same> {
    pub(super) signer: Signer,
    pub(super) rebuild: R,
    pub(super) limit: TimeLimit,
}

impl<S, R: Clone> Layer<S> for HealingLayer<R> {
    type Service = Healing<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        crate::runtime::offer(&self.signer);
        Healing {
            inner,
            signer: self.signer.clone(),
            rebuild: self.rebuild.clone(),
            limit: self.limit.clone(),
        }
    }
}

/// Made by [`HealingLayer`].
#[derive(Debug, Clone)]
pub struct Healing<S, R = Same> {
    inner: S,
    signer: Signer,
    rebuild: R,
    limit: TimeLimit,
}

impl<S, R> Healing<S, R> {
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
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (signer, rebuild, limit) = (self.signer.clone(), self.rebuild.clone(), self.limit.clone());
        Box::pin(async move {
            let mut deadline = limit.begin();
            let (mut parts, body) = request.into_parts();
            settle(&signer, &mut parts, &body);
            let again = parts.clone();
            let (request, watch, bytes, body_error) =
                sign(&signer, &rebuild, parts, body, &mut deadline).await?;
            let sent = deadline.hold(Step::Sending, inner.call(request)).await?;
            let response = sent.map_err(|error| body_error.or(error))?;
            let read_first = read(&signer, &watch, &again.method, response);
            let (response, replay) = deadline.hold(Step::Sending, read_first).await?;
            let Some(bytes) = bytes.filter(|_| replay) else { return Ok(response) };
            drop(response);

            let (request, watch, ..) =
                sign_bytes(&signer, &rebuild, again.clone(), bytes, &mut deadline).await?;
            let ready = std::future::poll_fn(|context| inner.poll_ready(context));
            deadline.hold(Step::Sending, ready).await?.map_err(Into::into)?;
            let response = deadline.hold(Step::Sending, inner.call(request)).await?.map_err(Into::into)?;
            let read_second = read(&signer, &watch, &again.method, response);
            Ok(deadline.hold(Step::Sending, read_second).await?.0)
        })
    }
}

/// A signed request, what is needed to make sense of its answer, its body if that can be sent again, and where the body
/// leaves its error.
type Signed<Out> = (Request<Out>, Watch, Option<Bytes>, BodyError);

async fn sign<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: &R,
    mut parts: Parts,
    body: B,
    deadline: &mut Deadline,
) -> Result<Signed<R::Out>, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    match prepare(signer, rebuild, &parts, body)? {
        Pending::Pass(body, plan) => {
            let mut watch = Watch::default();
            if signer.is_skipped(&parts.extensions) {
                signer.try_sign(&mut parts, Payload::EMPTY)?;
            } else {
                let signing = signer.sign_watched(&mut parts, passed(&plan), &mut watch);
                signer.sign_within(deadline, signing).await?;
            }
            let bytes = (plan == PayloadPlan::Empty).then(Bytes::new);
            Ok((Request::from_parts(parts, body), watch, bytes, BodyError::default()))
        }
        Pending::Whole(bytes) => sign_bytes(signer, rebuild, parts, bytes, deadline).await,
        Pending::Read(mut collect, limit) => {
            let bytes = signer.read_body(deadline, &mut collect, limit).await?;
            sign_bytes(signer, rebuild, parts, bytes, deadline).await
        }
        #[cfg(feature = "chunked")]
        Pending::Chunk(body) => {
            let signing = signer.sign_chunked(&mut parts, &body.options, body.length);
            let chunks = signer.sign_within(deadline, signing).await?;
            let (body, body_error) = body.signed(rebuild, chunks)?;
            Ok((Request::from_parts(parts, body), Watch::default(), None, body_error))
        }
    }
}

async fn sign_bytes<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: &R,
    mut parts: Parts,
    bytes: Bytes,
    deadline: &mut Deadline,
) -> Result<Signed<R::Out>, Error> {
    let mut watch = Watch::default();
    let digest = signer.hash_body(deadline, &bytes).await?;
    let signing = signer.sign_watched(&mut parts, Payload::precomputed(digest), &mut watch);
    signer.sign_within(deadline, signing).await?;
    let request = Request::from_parts(parts, rebuild.buffered(bytes.clone()));
    Ok((request, watch, Some(bytes), BodyError::default()))
}

/// The response, whole, and whether the same request is worth sending again.
async fn read<Rs: Body<Data = Bytes> + Unpin>(
    signer: &Signer,
    watch: &Watch,
    method: &Method,
    response: Response<Rs>,
) -> (Response<Peeked<Rs>>, bool) {
    let (mut parts, body) = response.into_parts();
    let mut body = Peeked::untouched(body);
    let mut replay = false;
    if Refusal::is_possible(parts.status) {
        let seen = body.look(MAX_BODY).await;
        if let Some(refused) = signer.refused(watch, method, parts.status, &parts.headers, &seen) {
            replay = refused.replay;
            if let Some(explanation) = refused.explanation {
                parts.extensions.insert(explanation);
            }
        }
    } else {
        signer.accepted(watch, &parts.headers);
    }
    (Response::from_parts(parts, body), replay)
}
