//! A tower service as the HTTP client.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::{Buf, Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body;
use sigv4_core::Error;
use tower_service::Service;

use super::{HttpClient, HttpLimits, no_answer, too_long};

/// Any cloneable tower service from `http::Request` to `http::Response` as an [`HttpClient`]: hyper's legacy client,
/// a stack with retries and tracing, axum's router in a test.
///
/// The answer's body is read up to the limit and no further. Time is up to the service, or to
/// [`Context::with_sleep`](crate::context::Context::with_sleep).
pub struct ServiceClient<S, B> {
    /// Behind a mutex only so that a service need not be `Sync`; it is held for a clone.
    service: Mutex<S>,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceClient<S, B> {
    /// Requests are sent with bodies of type `B`, which is often `Full<Bytes>`.
    pub fn new(service: S) -> Self {
        Self { service: Mutex::new(service), body: PhantomData }
    }
}

impl<S, B> fmt::Debug for ServiceClient<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceClient")
    }
}

#[async_trait]
impl<S, B, A> HttpClient for ServiceClient<S, B>
where
    S: Service<Request<B>, Response = Response<A>> + Clone + Send,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: From<Bytes> + Send,
    A: Body + Send,
    A::Data: Send,
    A::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    async fn send(&self, request: Request<Bytes>, limits: HttpLimits) -> Result<Response<Bytes>, Error> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        poll_fn(|context| service.poll_ready(context)).await.map_err(no_answer)?;
        let answer = service.call(request.map(B::from)).await.map_err(no_answer)?;
        let (parts, body) = answer.into_parts();
        let mut body = pin!(body);
        let mut collected = BytesMut::new();
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let Ok(mut data) = frame.map_err(no_answer)?.into_data() else { continue };
            if data.remaining() > limits.max_body - collected.len() {
                return Err(too_long(limits.max_body));
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                let length = chunk.len();
                collected.extend_from_slice(chunk);
                data.advance(length);
            }
        }
        Ok(Response::from_parts(parts, collected.freeze()))
    }
}
