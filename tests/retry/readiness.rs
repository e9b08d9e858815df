//! A service that insists on being polled ready before each call, as tower's contract has it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use sigv4_core::{
    Credentials, Error, ErrorKind, PayloadMode, ProvideCredentials, SignOptions, Signer, async_trait,
};
use tower::{Layer, Service, ServiceExt};
use tower_sigv4::{BoxError, Sign, SignLayer, Wrap};

use crate::{clock, credentials, signer};

/// Panics when it is called without having been polled ready. A clone is not ready.
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl<B> Service<Request<B>> for Strict {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        assert!(
            request.headers().contains_key("authorization")
                || request.extensions().get::<SignOptions>().is_some()
        );
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(())))
    }
}

/// A body of a few frames, each of which comes when it is asked for twice.
struct Slow {
    left: usize,
    waits: bool,
}

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.waits = !self.waits;
        if self.waits {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"frame")))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Credentials that are never at hand at once.
struct Distant;

#[async_trait]
impl ProvideCredentials for Distant {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        tokio::task::yield_now().await;
        Ok(credentials())
    }
}

fn strict(signer: Signer) -> (Sign<Strict, Wrap>, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let service = Strict { ready: false, calls: Arc::clone(&calls) };
    (SignLayer::new(signer).wrap().layer(service), calls)
}

async fn call<B>(
    service: &mut impl Service<Request<B>, Response = Response<()>, Error = BoxError>,
    body: B,
    options: Option<SignOptions>,
) -> Result<Response<()>, BoxError> {
    let mut request =
        Request::post("https://abc.execute-api.us-east-2.amazonaws.com/prod").body(body).unwrap();
    if let Some(options) = options {
        request.extensions_mut().insert(options);
    }
    service.ready().await?.call(request).await
}

fn small() -> Full<Bytes> {
    Full::new(Bytes::from_static(b"small"))
}

#[tokio::test]
async fn called_when_ready_whatever_is_waited_for() {
    for signer in [signer(&clock()), Signer::new("execute-api", "us-east-2", Distant).with_clock(clock())] {
        let (mut service, calls) = strict(signer);
        for turn in 1..=3 {
            call(&mut service, small(), None).await.unwrap();
            // Hashed in turns with other work.
            call(&mut service, Full::new(Bytes::from(vec![7; 2 << 20])), None).await.unwrap();
            call(&mut service, Slow { left: 3, waits: false }, None).await.unwrap();
            let unsigned = SignOptions::new().payload(PayloadMode::Unsigned);
            call(&mut service, Slow { left: 3, waits: false }, Some(unsigned)).await.unwrap();
            call(&mut service, small(), Some(SignOptions::skip())).await.unwrap();
            assert_eq!(calls.load(Ordering::SeqCst), 5 * turn);
        }
    }
}

/// A request that could not be signed leaves the service ready, for the next one.
#[tokio::test]
async fn an_error_costs_no_readiness() {
    let (mut service, calls) = strict(signer(&clock()).with_buffer_limit(3));
    for turn in 1..=3 {
        let refused = SignOptions::new().region("");
        let error = call(&mut service, small(), Some(refused)).await.unwrap_err();
        assert_eq!(Error::find(&*error).unwrap().kind(), ErrorKind::Option);
        // Found out while the body is read.
        let error = call(&mut service, Slow { left: 3, waits: false }, None).await.unwrap_err();
        assert_eq!(Error::find(&*error).unwrap().kind(), ErrorKind::Payload);
        call(&mut service, small(), None).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), turn);
    }
}
