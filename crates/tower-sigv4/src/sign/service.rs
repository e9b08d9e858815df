use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::flow::{BodyShape, Collect, HASHED_AT_ONCE, PayloadPlan, sha256};
use sigv4_core::{Error, Payload, Signer};
use tower_service::Service;

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
        match sign_now(&self.signer, &self.rebuild, &mut parts, body) {
            // What needs no waiting needs neither a clone of the inner service nor an allocation.
            Ok(Attempt::Signed(body)) => {
                SignFuture::sending(self.inner.call(Request::from_parts(parts, body)))
            }
            Ok(Attempt::Waits(pending)) => {
                let (signer, rebuild) = (self.signer.clone(), self.rebuild.clone());
                // The service that was polled ready is the one to call.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                SignFuture::waiting(async move {
                    let body = sign_later(&signer, rebuild, &mut parts, pending).await?;
                    inner.call(Request::from_parts(parts, body)).await.map_err(Into::into)
                })
            }
            Err(error) => SignFuture::failed(error),
        }
    }
}

/// Signs one request, for clients that are not services: waits for credentials and for the body where that is needed.
///
/// Errors as for [`Signer::sign`]. The request is consumed either way.
pub async fn sign_request<B, R>(
    signer: &Signer,
    rebuild: R,
    request: Request<B>,
) -> Result<Request<R::Out>, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
    R: Rebuild<B>,
{
    let (mut parts, body) = request.into_parts();
    let body = match sign_now(signer, &rebuild, &mut parts, body)? {
        Attempt::Signed(body) => body,
        Attempt::Waits(pending) => sign_later(signer, rebuild, &mut parts, pending).await?,
    };
    Ok(Request::from_parts(parts, body))
}

/// How far signing comes without waiting.
enum Attempt<B, Out> {
    Signed(Out),
    Waits(Pending<B, Out>),
}

/// What is left to do.
enum Pending<B, Out> {
    /// The body goes out as it is, once there are credentials.
    Pass(Out, PayloadPlan),
    /// The body is in memory; it is large, or credentials have to be fetched first.
    Whole(Bytes),
    /// The body has to be read.
    Read(Collect<B>, u64),
    /// The body goes out in chunks, once there are credentials.
    #[cfg(feature = "chunked")]
    Chunk(Chunking<B>),
}

fn sign_now<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: &R,
    parts: &mut Parts,
    body: B,
) -> Result<Attempt<B, R::Out>, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    if signer.is_skipped(&parts.extensions) {
        signer.try_sign(parts, Payload::EMPTY)?;
        return Ok(Attempt::Signed(rebuild.untouched(body)));
    }
    let length = if body.is_end_stream() { Some(0) } else { body.size_hint().exact() };
    let shape = match length {
        Some(0) => BodyShape::Empty,
        Some(length) => BodyShape::InMemory(length),
        None => BodyShape::Stream(None),
    };
    let plan = signer.plan(parts, shape, R::CHUNKS)?;
    if plan == PayloadPlan::Empty || plan.is_passed() {
        return pass(signer, parts, rebuild.untouched(body), plan);
    }
    #[cfg(feature = "chunked")]
    if let PayloadPlan::Chunked(options) = plan {
        return chunk(signer, rebuild, parts, Chunking { first: None, rest: body, options, length });
    }
    // It is hashed if all of it is in memory; one look tells.
    let mut collect = Collect::new(body);
    if let Some(bytes) = collect.try_whole()? {
        if bytes.len() <= HASHED_AT_ONCE && signer.try_sign(parts, Payload::bytes(&bytes))? {
            return Ok(Attempt::Signed(rebuild.buffered(bytes)));
        }
        return Ok(Attempt::Waits(Pending::Whole(bytes)));
    }
    match signer.plan(parts, BodyShape::Stream(length), R::CHUNKS)? {
        PayloadPlan::Buffer { limit } => Ok(Attempt::Waits(Pending::Read(collect, limit))),
        #[cfg(feature = "chunked")]
        PayloadPlan::Chunked(options) => {
            let (first, rest) = collect.into_parts();
            chunk(signer, rebuild, parts, Chunking { first, rest, options, length })
        }
        plan => {
            let (first, rest) = collect.into_parts();
            pass(signer, parts, rebuild.started(first, rest)?, plan)
        }
    }
}

fn pass<B, Out>(
    signer: &Signer,
    parts: &mut Parts,
    body: Out,
    plan: PayloadPlan,
) -> Result<Attempt<B, Out>, Error> {
    Ok(match signer.try_sign(parts, passed(&plan))? {
        true => Attempt::Signed(body),
        false => Attempt::Waits(Pending::Pass(body, plan)),
    })
}

/// A stream that goes out in chunks.
#[cfg(feature = "chunked")]
struct Chunking<B> {
    first: Option<Bytes>,
    rest: B,
    options: sigv4_core::body::chunked::ChunkedOptions,
    length: Option<u64>,
}

#[cfg(feature = "chunked")]
fn chunk<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: &R,
    parts: &mut Parts,
    body: Chunking<B>,
) -> Result<Attempt<B, R::Out>, Error> {
    match signer.try_sign_chunked(parts, &body.options, body.length)? {
        Some(chunks) => Ok(Attempt::Signed(rebuild.chunked(body.first, body.rest, chunks)?)),
        None => Ok(Attempt::Waits(Pending::Chunk(body))),
    }
}

async fn sign_later<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: R,
    parts: &mut Parts,
    pending: Pending<B, R::Out>,
) -> Result<R::Out, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let bytes = match pending {
        Pending::Pass(body, plan) => {
            signer.sign_async(parts, passed(&plan)).await?;
            return Ok(body);
        }
        Pending::Whole(bytes) => bytes,
        #[cfg(feature = "chunked")]
        Pending::Chunk(body) => {
            let chunks = signer.sign_chunked(parts, &body.options, body.length).await?;
            return rebuild.chunked(body.first, body.rest, chunks);
        }
        Pending::Read(mut collect, limit) => collect.bytes(limit).await?,
    };
    let digest = sha256(&bytes).await;
    signer.sign_async(parts, Payload::precomputed(digest)).await?;
    Ok(rebuild.buffered(bytes))
}

/// What is signed of a body that goes out as it came.
fn passed(plan: &PayloadPlan) -> Payload<'static> {
    match plan {
        PayloadPlan::Unsigned => Payload::UNSIGNED,
        PayloadPlan::Precomputed(digest) => Payload::precomputed(*digest),
        // The caller's own header outranks it.
        _ => Payload::EMPTY,
    }
}
