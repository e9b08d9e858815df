//! Signing one request in two steps: what its body needs, then the signature, at once or later.

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body;
#[cfg(feature = "refusals")]
use sigv4_core::Watch;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{BodyShape, Collect, Deadline, HASHED_AT_ONCE, PayloadPlan, state_empty_body};
use sigv4_core::{Error, Payload, Signer};

use super::Rebuild;
use crate::BoxError;

/// Nothing is watched without the feature `refusals`.
#[cfg(not(feature = "refusals"))]
pub(super) enum Watch {}

/// A request that is about to be signed: what there is of its body, and what is to be done with it.
pub(super) enum Pending<B, Out> {
    /// The body goes out as it is.
    Pass(Out, PayloadPlan),
    /// The body is in memory.
    Whole(Bytes),
    /// The body has to be read, up to a limit.
    Read(Collect<B>, u64),
    /// The body goes out in chunks.
    #[cfg(feature = "chunked")]
    Chunk(Chunking<B>),
}

/// A stream that goes out in chunks.
#[cfg(feature = "chunked")]
pub(super) struct Chunking<B> {
    pub(super) first: Option<Bytes>,
    pub(super) rest: B,
    pub(super) options: sigv4_core::body::chunked::ChunkedOptions,
    pub(super) length: Option<u64>,
}

#[cfg(feature = "chunked")]
impl<B> Chunking<B> {
    pub(super) fn signed<R: Rebuild<B>>(
        self,
        rebuild: &R,
        chunks: sigv4_core::Chunks,
    ) -> Result<Ready<R::Out>, Error> {
        let error = chunks.error();
        Ok((rebuild.chunked(self.first, self.rest, chunks)?, error))
    }
}

/// Settles what of the head depends on the body. A request that is not to be signed stays as it is.
pub(super) fn settle<B: Body>(signer: &Signer, parts: &mut Parts, body: &B) {
    let empty = body.is_end_stream() || body.size_hint().exact() == Some(0);
    if empty && !signer.is_skipped(&parts.extensions) {
        state_empty_body(&parts.method, &mut parts.headers);
    }
}

/// As [`settle`], for a stream that turned out to be empty when it was read.
fn settle_read(parts: &mut Parts, bytes: &Bytes) {
    if bytes.is_empty() {
        state_empty_body(&parts.method, &mut parts.headers);
    }
}

/// Plans the payload, and looks at the body as far as that needs no waiting.
pub(super) fn prepare<B, R: Rebuild<B>>(
    signer: &Signer,
    rebuild: &R,
    parts: &Parts,
    body: B,
) -> Result<Pending<B, R::Out>, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    if signer.is_skipped(&parts.extensions) {
        return Ok(Pending::Pass(rebuild.untouched(body), PayloadPlan::Empty));
    }
    let length = if body.is_end_stream() { Some(0) } else { body.size_hint().exact() };
    let shape = match length {
        Some(0) => BodyShape::Empty,
        Some(length) => BodyShape::InMemory(length),
        None => BodyShape::Stream(None),
    };
    let plan = signer.plan(parts, shape, R::CHUNKS)?;
    if plan == PayloadPlan::Empty || plan.is_passed() {
        return Ok(Pending::Pass(rebuild.untouched(body), plan));
    }
    #[cfg(feature = "chunked")]
    if let PayloadPlan::Chunked(options) = plan {
        return Ok(Pending::Chunk(Chunking { first: None, rest: body, options, length }));
    }
    // It is hashed if all of it is in memory; one look tells.
    let mut collect = Collect::new(body);
    if let Some(bytes) = collect.try_whole() {
        return Ok(Pending::Whole(bytes));
    }
    if collect.has_failed() {
        // Reading it gives the error, and tells the outcome hook.
        return Ok(Pending::Read(collect, 0));
    }
    match signer.plan(parts, BodyShape::Stream(length), R::CHUNKS)? {
        PayloadPlan::Buffer { limit } => Ok(Pending::Read(collect, limit)),
        #[cfg(feature = "chunked")]
        PayloadPlan::Chunked(options) => {
            let (first, rest) = collect.into_parts();
            Ok(Pending::Chunk(Chunking { first, rest, options, length }))
        }
        plan => {
            let (first, rest) = collect.into_parts();
            Ok(Pending::Pass(rebuild.started(first, rest)?, plan))
        }
    }
}

/// The body to send, and where it leaves the error that it fails with.
pub(super) type Ready<Out> = (Out, BodyError);

impl<B, Out> Pending<B, Out> {
    /// Keeps a body that came in memory, so that it can be sent again. What had to be read as a stream is not.
    pub(super) fn keep(&self, watch: Option<&mut Watch>) {
        #[cfg(feature = "refusals")]
        if let Some(watch) = watch {
            match self {
                Self::Pass(_, PayloadPlan::Empty) => watch.kept_mut().keep_body(&Bytes::new()),
                Self::Whole(bytes) => watch.kept_mut().keep_body(bytes),
                _ => {}
            }
        }
        #[cfg(not(feature = "refusals"))]
        let _ = watch;
    }

    /// Signs with what is at hand. `Err(self)` within, untouched, where something has to be waited for.
    pub(super) fn sign_now<R: Rebuild<B, Out = Out>>(
        self,
        signer: &Signer,
        rebuild: &R,
        parts: &mut Parts,
        mut watch: Option<&mut Watch>,
    ) -> Result<Result<Ready<Out>, Self>, Error> {
        self.keep(watch.as_deref_mut());
        match self {
            Self::Pass(body, plan) => {
                Ok(match try_sign(signer, parts, plan.payload().unwrap_or(Payload::EMPTY), watch)? {
                    true => Ok(ready(body)),
                    false => Err(Self::Pass(body, plan)),
                })
            }
            Self::Whole(bytes) if bytes.len() <= HASHED_AT_ONCE => {
                settle_read(parts, &bytes);
                Ok(match try_sign(signer, parts, Payload::bytes(&bytes), watch)? {
                    true => Ok(ready(rebuild.buffered(bytes))),
                    false => Err(Self::Whole(bytes)),
                })
            }
            // Only what is watched needs more than this.
            #[cfg(feature = "chunked")]
            Self::Chunk(body) if watch.is_none() => {
                match signer.try_sign_chunked(parts, &body.options, body.length)? {
                    Some(chunks) => Ok(Ok(body.signed(rebuild, chunks)?)),
                    None => Ok(Err(Self::Chunk(body))),
                }
            }
            other => Ok(Err(other)),
        }
    }

    /// Signs, and waits for the body and for credentials where that is needed.
    pub(super) async fn sign_later<R: Rebuild<B, Out = Out>>(
        self,
        signer: &Signer,
        rebuild: R,
        parts: &mut Parts,
        deadline: &mut Deadline,
        watch: Option<&mut Watch>,
    ) -> Result<Ready<Out>, Error>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>,
    {
        let bytes = match self {
            Self::Pass(body, plan) => {
                let signing = sign_async(signer, parts, plan.payload().unwrap_or(Payload::EMPTY), watch);
                signer.sign_within(deadline, signing).await?;
                return Ok(ready(body));
            }
            Self::Whole(bytes) => bytes,
            Self::Read(mut collect, limit) => {
                let bytes = signer.read_body(deadline, &mut collect, limit).await?;
                signer.check_length(&parts.headers, &bytes)?;
                bytes
            }
            #[cfg(feature = "chunked")]
            Self::Chunk(body) => {
                let signing = sign_chunked(signer, parts, &body.options, body.length, watch);
                let chunks = signer.sign_within(deadline, signing).await?;
                return body.signed(&rebuild, chunks);
            }
        };
        settle_read(parts, &bytes);
        let digest = signer.hash_body(deadline, &bytes).await?;
        let signing = sign_async(signer, parts, Payload::precomputed(digest), watch);
        signer.sign_within(deadline, signing).await?;
        Ok(ready(rebuild.buffered(bytes)))
    }
}

fn try_sign(
    signer: &Signer,
    parts: &mut Parts,
    payload: Payload<'_>,
    watch: Option<&mut Watch>,
) -> Result<bool, Error> {
    match watch {
        #[cfg(feature = "refusals")]
        Some(watch) => signer.try_sign_watched(parts, payload, watch),
        _ => signer.try_sign(parts, payload),
    }
}

async fn sign_async(
    signer: &Signer,
    parts: &mut Parts,
    payload: Payload<'_>,
    watch: Option<&mut Watch>,
) -> Result<(), Error> {
    match watch {
        #[cfg(feature = "refusals")]
        Some(watch) => signer.sign_watched(parts, payload, watch).await,
        _ => signer.sign_async(parts, payload).await,
    }
}

#[cfg(feature = "chunked")]
async fn sign_chunked(
    signer: &Signer,
    parts: &mut Parts,
    options: &sigv4_core::body::chunked::ChunkedOptions,
    length: Option<u64>,
    watch: Option<&mut Watch>,
) -> Result<sigv4_core::Chunks, Error> {
    match watch {
        #[cfg(feature = "refusals")]
        Some(watch) => signer.sign_chunked_watched(parts, options, length, watch).await,
        _ => signer.sign_chunked(parts, options, length).await,
    }
}

/// A body that does not fail by itself.
fn ready<Out>(body: Out) -> Ready<Out> {
    (body, BodyError::default())
}

/// Signs one request, for clients that are not services: waits for credentials and for the body where that is needed.
/// Beside the request stands where its body leaves the error that it fails with, for when sending fails.
///
/// Errors as for [`Signer::sign`], and `Timeout` past the deadline. The request is consumed either way.
pub async fn sign_request<B, R>(
    signer: &Signer,
    rebuild: R,
    request: Request<B>,
    deadline: &mut Deadline,
) -> Result<(Request<R::Out>, BodyError), Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
    R: Rebuild<B>,
{
    let (mut parts, body) = request.into_parts();
    settle(signer, &mut parts, &body);
    let pending = prepare(signer, &rebuild, &parts, body)?;
    let (body, body_error) = pending.sign_later(signer, rebuild, &mut parts, deadline, None).await?;
    Ok((Request::from_parts(parts, body), body_error))
}
