use std::fmt;
#[cfg(feature = "chunked")]
use std::future::poll_fn;
#[cfg(feature = "chunked")]
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
#[cfg(feature = "chunked")]
use bytes::BytesMut;
use http::{Request, Response};
use http_body::Body;
#[cfg(feature = "chunked")]
use sigv4_core::Error;
use sigv4_core::flow::{Collect, sha256};
use sigv4_core::request::RequestView;
use sigv4_core::verify::{Rejection, SignedHead, Verifier};
use sigv4_core::{ErrorKind, Payload};
use tower_service::Service;

use super::drain::drain;
use super::{Receive, ResponseBody, VerifiedBody, VerifyFuture, VerifyLayer};
use crate::BoxError;

/// Verifies every request, then calls the inner service. Made by [`VerifyLayer`].
pub struct Verify<S, B = VerifiedBody> {
    inner: S,
    layer: VerifyLayer<B>,
}

impl<S> Verify<S> {
    /// Verifies with `verifier` what `inner` is to answer.
    pub fn new(inner: S, verifier: Verifier) -> Self {
        Self::from_parts(inner, VerifyLayer::new(verifier))
    }
}

impl<S, B> Verify<S, B> {
    pub(super) fn from_parts(inner: S, layer: VerifyLayer<B>) -> Self {
        Self { inner, layer }
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

impl<S: Clone, B> Clone for Verify<S, B> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, B> fmt::Debug for Verify<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verify").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

impl<S, B, Rq, Rs> Service<Request<Rq>> for Verify<S, B>
where
    S: Service<Request<B>, Response = Response<Rs>> + Clone,
    B: Receive<Rq> + 'static,
    Rq: Body<Data = Bytes> + Send + 'static,
    Rq::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<Rs>>;
    type Error = S::Error;
    type Future = VerifyFuture<S, B>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Rq>) -> Self::Future {
        // The service that was polled ready is the one to call.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let (verifier, limit) = (self.layer.verifier.clone(), self.layer.limit);
        let method = request.method().clone();
        let verifying = async move { verify(&verifier, limit, request).await };
        VerifyFuture::new(&method, Box::pin(verifying), inner)
    }
}

/// The request with a body that was verified, or is while it is read, and who signed among its extensions.
async fn verify<B, Rq>(
    verifier: &Verifier,
    limit: usize,
    request: Request<Rq>,
) -> Result<Request<B>, Rejection>
where
    B: Receive<Rq>,
    Rq: Body<Data = Bytes> + Send,
    Rq::Error: Into<BoxError>,
{
    let (mut parts, body) = request.into_parts();
    let view = RequestView::received(&parts.method, &parts.uri, &parts.headers);
    let head = match verifier.verify_head(&view).await {
        Ok(head) => head,
        Err(rejection) => {
            drain(&parts, body, limit).await;
            return Err(rejection);
        }
    };
    #[cfg(feature = "chunked")]
    let chunks = match head.chunks(&parts.headers) {
        Ok(chunks) => chunks,
        Err(rejection) => {
            drain(&parts, body, limit).await;
            return Err(rejection);
        }
    };
    #[cfg(feature = "chunked")]
    if let Some((plan, chain)) = chunks {
        plan.apply(&mut parts.headers);
        let length = plan.decoded_length();
        let chunks = match B::chunks(plan.body(body, chain)) {
            Ok(body) => {
                parts.extensions.insert(head.check_body(Payload::UNSIGNED)?);
                return Ok(Request::from_parts(parts, body));
            }
            Err(chunks) => chunks,
        };
        let bytes = read_chunks(&head, Box::into_pin(chunks), length, limit as u64).await?;
        parts.extensions.insert(head.check_body(Payload::UNSIGNED)?);
        return Ok(Request::from_parts(parts, B::whole(bytes)));
    }
    let bytes = read(&head, body, limit).await?;
    let payload = if head.payload().needs_body() {
        Payload::precomputed(sha256(&bytes).await)
    } else {
        Payload::UNSIGNED
    };
    parts.extensions.insert(head.check_body(payload)?);
    Ok(Request::from_parts(parts, B::whole(bytes)))
}

/// The whole body. One that announces more than the limit is not read at all.
async fn read<B>(head: &SignedHead, body: B, limit: usize) -> Result<Bytes, Rejection>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let limit = limit as u64;
    if body.size_hint().lower() > limit {
        return Err(Rejection::body_too_large(head, limit));
    }
    Collect::new(Box::pin(body)).bytes(limit).await.map_err(|error| match error.kind() {
        ErrorKind::Payload => Rejection::body_too_large(head, limit),
        _ => Rejection::body_unreadable(head, error),
    })
}

/// All data of a chunked body, verified. Its trailers are left out.
#[cfg(feature = "chunked")]
async fn read_chunks<B>(head: &SignedHead, mut body: B, length: u64, limit: u64) -> Result<Bytes, Rejection>
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
{
    if length > limit {
        return Err(Rejection::body_too_large(head, limit));
    }
    // No more than `length` bytes come out.
    let mut data = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame {
            Ok(frame) => data.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return Err(Rejection::chunks_refused(head, error)),
        }
    }
    Ok(data.freeze())
}
