//! A check for debugging: is a request still what was signed when it reaches the client?

use std::task::{Context, Poll};

use http::Request;
use http_body::Body;
use sigv4_core::flow::Seal;
use tower_layer::Layer;
use tower_service::Service;

/// Warns (by `tracing`, level WARN) when a layer below the signer changed what was signed, so that the service will refuse the
/// request; it is sent all the same. Put it right above the client, and have the signer
/// [leave a seal](crate::SignLayer::with_seal): without one this does nothing.
///
/// ```
/// use tower::ServiceBuilder;
/// use tower_sigv4::{CheckSealLayer, SignLayer};
/// # use sigv4_core::{Credentials, Signer};
///
/// # let signer = Signer::new("s3", "us-east-1", Credentials::new("AKIDEXAMPLE", "secret")?);
/// # let client = tower::service_fn(|_: http::Request<String>| async { Ok::<_, std::io::Error>(http::Response::new(())) });
/// let service = ServiceBuilder::new()
///     .layer(SignLayer::new(signer).with_seal(cfg!(debug_assertions)))
///     // Whatever else stands here.
///     .layer(CheckSealLayer)
///     .service(client);
/// # drop(service);
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckSealLayer;

impl<S> Layer<S> for CheckSealLayer {
    type Service = CheckSeal<S>;

    fn layer(&self, inner: S) -> CheckSeal<S> {
        CheckSeal { inner }
    }
}

/// Made by [`CheckSealLayer`].
#[derive(Debug, Clone)]
pub struct CheckSeal<S> {
    inner: S,
}

impl<S> CheckSeal<S> {
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

impl<S, B> Service<Request<B>> for CheckSeal<S>
where
    S: Service<Request<B>>,
    B: Body,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(seal) = request.extensions_mut().remove::<Seal>() {
            seal.warn(&request, request.body().size_hint().exact(), "layer");
        }
        self.inner.call(request)
    }
}
