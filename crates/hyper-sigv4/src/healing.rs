//! The signing client that explains refusals and heals them.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sigv4_core::flow::Peeked;
use tower_service::Service;
use tower_sigv4::sign::Rebuild;
use tower_sigv4::{BoxError, Healing, HealingFuture, Sign, Wrap};

use crate::ready::{look, wait};

/// Signs every request, sends it, explains refusals, and heals those that can be healed. Made by
/// [`SigV4Client::healing`](crate::SigV4Client::healing).
///
/// A refused request comes back with a [`sigv4_core::refusal::Explanation`] among the response's extensions. It was signed
/// anew and sent once more before, if the refusal proves that it was not executed, its cause can be mended, and its body
/// was in memory.
///
/// ```no_run
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use hyper_sigv4::SigV4Client;
/// use hyper_util::client::legacy::Client;
/// use hyper_util::rt::TokioExecutor;
/// use sigv4_core::refusal::Explanation;
/// use sigv4_core::{Credentials, Signer};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let signer = Signer::new("execute-api", "us-east-2", Credentials::from_env()?);
/// let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build_http()).healing();
///
/// let request = http::Request::get("http://localhost:8080/prod/events").body(Full::<Bytes>::default())?;
/// let response = client.request(request).await?;
/// if let Some(explanation) = response.extensions().get::<Explanation>() {
///     eprintln!("{explanation}");
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct HealingClient<C, R = Wrap> {
    healing: Healing<C, R>,
}

impl<C: Clone, R> Clone for HealingClient<C, R> {
    fn clone(&self) -> Self {
        Self { healing: self.healing.clone() }
    }
}

impl<C: Clone, R: Clone> HealingClient<C, R> {
    pub(crate) fn new(sign: Sign<C, R>) -> Self {
        Self { healing: sign.healing() }
    }

    /// Whether a refused request is signed anew and sent once more where that heals it. On unless turned off: then refusals are
    /// explained, and what they teach serves the next request.
    #[must_use]
    pub fn with_replay(self, on: bool) -> Self {
        Self { healing: self.healing.with_replay(on) }
    }
}

impl<C, R> HealingClient<C, R> {
    /// The client below.
    pub fn get_ref(&self) -> &C {
        self.healing.get_ref()
    }

    /// The client below, by value.
    pub fn into_inner(self) -> C {
        self.healing.into_inner()
    }

    /// Signs a request and sends it. An error of this crate is a [`sigv4_core::Error`]: nothing was sent then, but for kind `Body`
    /// where a body in chunks failed on its way, and for a `Timeout` that says so.
    ///
    /// A client below that has to be ready first is waited for, before any deadline begins.
    pub fn request<B, Rs>(&self, request: Request<B>) -> HealingFuture<C::Future, C, R, Rs>
    where
        C: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxError>,
        R: Rebuild<B> + Send + Sync + 'static,
        R::Out: Send,
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
        Rs: Body<Data = Bytes> + Unpin + Send + 'static,
        Rs::Error: Send,
    {
        let mut healing = self.healing.clone();
        match look(&mut healing) {
            Poll::Ready(Ok(())) => healing.call(request),
            look => HealingFuture::waiting(async move {
                wait(&mut healing, look).await?;
                healing.call(request).await
            }),
        }
    }
}

impl<C, R, B> Service<Request<B>> for HealingClient<C, R>
where
    Healing<C, R>: Service<Request<B>>,
{
    type Response = <Healing<C, R> as Service<Request<B>>>::Response;
    type Error = <Healing<C, R> as Service<Request<B>>>::Error;
    type Future = <Healing<C, R> as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.healing.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.healing.call(request)
    }
}

impl<C, R, B, Rs> hyper::service::Service<Request<B>> for HealingClient<C, R>
where
    C: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
    R: Rebuild<B> + Send + Sync + 'static,
    R::Out: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
    Rs: Body<Data = Bytes> + Unpin + Send + 'static,
    Rs::Error: Send,
{
    type Response = Response<Peeked<Rs>>;
    type Error = BoxError;
    type Future = HealingFuture<C::Future, C, R, Rs>;

    fn call(&self, request: Request<B>) -> Self::Future {
        self.request(request)
    }
}
