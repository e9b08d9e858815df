//! `VerifyLayer` by itself: what reaches the service below, and what does not.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_lite::future::block_on;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use sigv4_core::clock::ManualClock;
use sigv4_core::refusal::{Refusal, RefusalKind};
use sigv4_core::verify::{FindCredentials, Rejection, RejectionKind, Verified, Verifier};
use sigv4_core::{Credentials, Error, Payload, Signer};
use tower::util::BoxCloneService;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_sigv4::verify::ResponseBody;
use tower_sigv4::{BoxError, VerifiedBody, VerifyLayer};

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at_amz_date("20150830T123600Z").unwrap()
}

fn verifier(service: &str) -> Verifier {
    Verifier::new(service, "us-east-1", credentials()).with_clock(clock())
}

fn signed<B>(service: &str, payload: Payload<'_>, body: B) -> Request<B> {
    let signer = Signer::new(service, "us-east-1", credentials()).with_clock(clock());
    let mut request = Request::put("https://example.com/a").body(body).unwrap();
    signer.sign(&mut request, payload).unwrap();
    request
}

/// Answers with what it got: `key id: body`.
async fn echo(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let key = request.extensions().get::<Verified>().unwrap().access_key_id().to_owned();
    assert_eq!(request.body().size_hint().exact(), Some(request.body().as_ref().len() as u64));
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from([key.as_bytes(), b": ", &body].concat())))
}

/// Must not be called.
async fn unreachable(_: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    panic!("the request was refused")
}

fn text(response: Response<ResponseBody<Full<Bytes>>>) -> String {
    let hint = response.body().size_hint().exact().unwrap();
    let bytes = block_on(response.into_body().collect()).unwrap().to_bytes();
    assert_eq!(bytes.len() as u64, hint);
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A body that counts how often it is asked, and need not tell how long it is.
struct Frames {
    frames: VecDeque<Result<Frame<Bytes>, BoxError>>,
    announced: Option<u64>,
    asked: Arc<AtomicUsize>,
}

impl Frames {
    fn new(frames: impl IntoIterator<Item = Result<Frame<Bytes>, BoxError>>) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        (Self { frames: frames.into_iter().collect(), announced: None, asked: Arc::clone(&asked) }, asked)
    }

    fn data(frames: &[&'static str]) -> (Self, Arc<AtomicUsize>) {
        Self::new(frames.iter().map(|frame| Ok(Frame::data(Bytes::from_static(frame.as_bytes())))))
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(self.frames.pop_front())
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[test]
fn a_verified_request_passes_with_its_body_and_its_signer() {
    for service in ["s3", "execute-api"] {
        let server =
            ServiceBuilder::new().layer(VerifyLayer::new(verifier(service))).service(service_fn(echo));
        let (body, _) = Frames::data(&["one", " and ", "two"]);
        let request = signed(service, Payload::bytes(b"one and two"), body);
        assert_eq!(text(block_on(server.clone().oneshot(request)).unwrap()), "AKIDEXAMPLE: one and two");
        let (body, _) = Frames::data(&[]);
        let request = signed(service, Payload::EMPTY, body);
        assert_eq!(text(block_on(server.oneshot(request)).unwrap()), "AKIDEXAMPLE: ");
    }
}

#[test]
fn a_refused_request_is_answered_and_its_body_is_not_read() {
    let server =
        ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(service_fn(unreachable));
    let (body, asked) = Frames::data(&["body"]);
    let mut request = signed("s3", Payload::bytes(b"body"), body);
    *request.method_mut() = http::Method::POST;
    let response = block_on(server.oneshot(request)).unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["content-type"], "application/xml");
    let rejection = response.extensions().get::<Rejection>().unwrap();
    assert_eq!(rejection.kind(), RejectionKind::SignatureMismatch);
    let (status, headers) = (response.status(), response.headers().clone());
    let refusal = Refusal::read(status, &headers, text(response).as_bytes()).unwrap();
    assert!(matches!(refusal.kind(), RefusalKind::SignatureMismatch { .. }));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_refused_body_of_known_length_is_thrown_away_before_the_answer() {
    let layer = VerifyLayer::new(verifier("s3")).with_body_limit(8);
    let server = ServiceBuilder::new().layer(layer).service(service_fn(unreachable));
    let asked = |announced: u64, version: Version, expects: bool| {
        let (mut body, asked) = Frames::data(&["1234", "56"]);
        body.announced = Some(announced);
        let mut request = signed("s3", Payload::bytes(b"123456"), body);
        *request.method_mut() = http::Method::POST;
        *request.version_mut() = version;
        if expects {
            request.headers_mut().insert("expect", HeaderValue::from_static("100-continue"));
        }
        let response = block_on(server.clone().oneshot(request)).unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        asked.load(Ordering::SeqCst)
    };
    assert_eq!(asked(6, Version::HTTP_11, false), 3);
    assert_eq!(asked(6, Version::HTTP_10, false), 3);
    // Held back until it is asked for, over the limit, on a stream of its own.
    assert_eq!(asked(6, Version::HTTP_11, true), 0);
    assert_eq!(asked(9, Version::HTTP_11, false), 0);
    assert_eq!(asked(6, Version::HTTP_2, false), 0);
}

#[test]
fn a_body_that_differs_does_not_reach_the_service() {
    for (service, code) in [("s3", "XAmzContentSHA256Mismatch"), ("lambda", "InvalidSignatureException")] {
        let server =
            ServiceBuilder::new().layer(VerifyLayer::new(verifier(service))).service(service_fn(unreachable));
        let (body, _) = Frames::data(&["other"]);
        let response = block_on(server.oneshot(signed(service, Payload::bytes(b"body"), body))).unwrap();
        assert_eq!(response.extensions().get::<Rejection>().unwrap().code(), code);
    }
}

#[test]
fn the_answer_to_head_has_no_body() {
    let server =
        ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(service_fn(unreachable));
    let mut request = signed("s3", Payload::EMPTY, Full::<Bytes>::default());
    *request.method_mut() = http::Method::HEAD;
    let response = block_on(server.oneshot(request)).unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.body().is_end_stream());
    assert_eq!(text(response), "");
}

#[test]
fn a_body_over_the_limit() {
    let layer = VerifyLayer::new(verifier("s3")).with_body_limit(8);
    let refused = ServiceBuilder::new().layer(layer.clone()).service(service_fn(unreachable));
    // Announced: not read at all.
    let (mut body, asked) = Frames::data(&["123456789"]);
    body.announced = Some(9);
    let response =
        block_on(refused.clone().oneshot(signed("s3", Payload::bytes(b"123456789"), body))).unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text(response).contains("<MaxSizeAllowed>8</MaxSizeAllowed>"));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // Not announced: read until it is over.
    let (body, asked) = Frames::data(&["1234", "56789", "not read", "nor this"]);
    let response =
        block_on(refused.clone().oneshot(signed("s3", Payload::bytes(b"123456789"), body))).unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // The limit itself is not over it.
    let server = ServiceBuilder::new().layer(layer).service(service_fn(echo));
    let (body, _) = Frames::data(&["1234", "5678"]);
    let response = block_on(server.oneshot(signed("s3", Payload::bytes(b"12345678"), body))).unwrap();
    assert_eq!(text(response), "AKIDEXAMPLE: 12345678");
    // Nobody unknown makes the server read.
    let (body, asked) = Frames::data(&["1234"]);
    let mut request = signed("lambda", Payload::bytes(b"1234"), body);
    let other = request.headers()["authorization"].to_str().unwrap().replace("AKIDEXAMPLE", "AKIDOTHER");
    request.headers_mut().insert("authorization", other.parse().unwrap());
    let server =
        ServiceBuilder::new().layer(VerifyLayer::new(verifier("lambda"))).service(service_fn(unreachable));
    let response = block_on(server.oneshot(request)).unwrap();
    assert_eq!(response.extensions().get::<Rejection>().unwrap().kind(), RejectionKind::UnknownAccessKeyId);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_body_that_breaks_off() {
    let broken = || Frames::new([Ok(Frame::data(Bytes::from("bo"))), Err("the connection is gone".into())]).0;
    let trailers =
        || Frames::new([Ok(Frame::data(Bytes::from("body"))), Ok(Frame::trailers(HeaderMap::new()))]).0;
    let short = || Frames { announced: Some(4), ..Frames::data(&["bo"]).0 };
    for body in [broken(), trailers(), short()] {
        let server =
            ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(service_fn(unreachable));
        let response = block_on(server.oneshot(signed("s3", Payload::bytes(b"body"), body))).unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let rejection = response.extensions().get::<Rejection>().unwrap();
        assert_eq!((rejection.kind(), rejection.code()), (RejectionKind::BodyUnreadable, "IncompleteBody"));
        assert!(Error::find(rejection).is_some());
        assert!(!text(response).contains("gone"));
    }
}

/// Demands to be polled ready before each call; a clone is not ready, whatever its original is.
#[derive(Default)]
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl Service<Request<VerifiedBody>> for Strict {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Ready<Result<Response<Full<Bytes>>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called before it was ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Err("its own error".into()))
    }
}

#[test]
fn the_service_that_was_ready_is_the_one_called() {
    let strict = Strict::default();
    let calls = Arc::clone(&strict.calls);
    let mut server = ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(strict);
    for call in 1..4 {
        let request = signed("s3", Payload::bytes(b"body"), Full::<Bytes>::from("body"));
        let ready = ServiceExt::<Request<Full<Bytes>>>::ready(&mut server);
        let error = block_on(async { ready.await?.call(request).await }).unwrap_err();
        assert_eq!(error.to_string(), "its own error");
        assert_eq!(calls.load(Ordering::SeqCst), call);
    }
    assert_eq!(server.get_ref().calls.load(Ordering::SeqCst), 3);
    server.get_mut().calls = Arc::default();
    assert_eq!(server.into_inner().calls.load(Ordering::SeqCst), 0);
}

#[test]
fn composes() {
    let server = ServiceBuilder::new()
        .concurrency_limit(1)
        .layer(VerifyLayer::new(verifier("s3")))
        .concurrency_limit(1)
        .service(service_fn(echo));
    let mut server = BoxCloneService::new(server);
    for _ in 0..3 {
        let request = signed("s3", Payload::bytes(b"body"), Full::<Bytes>::from("body"));
        let response = block_on(async { server.ready().await.unwrap().call(request).await }).unwrap();
        assert_eq!(text(response), "AKIDEXAMPLE: body");
    }
    fn is_send<T: Send>(_: &T) {}
    let mut plain = ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(service_fn(echo));
    is_send(&plain.call(signed("s3", Payload::EMPTY, Full::<Bytes>::default())));
}

#[test]
fn the_inner_body_can_be_of_another_type() {
    let layer = VerifyLayer::new(verifier("s3")).with_body_type::<Full<Bytes>>();
    let server =
        ServiceBuilder::new().layer(layer).service(service_fn(|request: Request<Full<Bytes>>| async {
            Ok::<_, Infallible>(Response::new(request.into_body()))
        }));
    let request = signed("s3", Payload::bytes(b"body"), Full::<Bytes>::from("body"));
    assert_eq!(text(block_on(server.oneshot(request)).unwrap()), "body");
}

/// Answers at the second time of asking.
struct Slow;

#[sigv4_core::async_trait]
impl FindCredentials for Slow {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        futures_lite::future::yield_now().await;
        credentials().find_credentials(access_key_id).await
    }
}

#[test]
fn a_lookup_may_take_its_time() {
    let verifier = Verifier::new("s3", "us-east-1", Slow).with_clock(clock());
    let mut server = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(service_fn(echo));
    let mut future =
        Box::pin(server.call(signed("s3", Payload::bytes(b"body"), Full::<Bytes>::from("body"))));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    let Poll::Ready(response) = future.as_mut().poll(&mut context) else { panic!("it was asked twice") };
    assert_eq!(text(response.unwrap()), "AKIDEXAMPLE: body");
}

#[test]
fn an_unsigned_body_passes_where_it_is_allowed() {
    let server = ServiceBuilder::new().layer(VerifyLayer::new(verifier("s3"))).service(service_fn(echo));
    let request = signed("s3", Payload::UNSIGNED, Full::<Bytes>::from("whatever"));
    assert_eq!(text(block_on(server.oneshot(request)).unwrap()), "AKIDEXAMPLE: whatever");
}
