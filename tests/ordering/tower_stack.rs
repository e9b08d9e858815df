//! Around `SignLayer`.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sigv4_core::flow::RedirectRules;
use sigv4_tests::log::Log;
use tower::layer::util::{Identity, Stack};
use tower::retry::{Policy, RetryLayer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_http::decompression::DecompressionLayer;
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http::follow_redirect::policy::{PolicyExt, Standard, clone_body_fn};
use tower_sigv4::{BoxError, CheckSealLayer, SignLayer, SignedRedirects};
use tracing::Level;

use crate::server::Server;
use crate::{PLAIN, TOO_LONG, clock, gunzip, gzip, signer};

type Body = Full<Bytes>;

fn hyper() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(server: &Server, path: &str) -> Request<Body> {
    Request::post(server.url(path)).body(Full::from(PLAIN)).unwrap()
}

/// Tries a 503 again, three times in all.
#[derive(Clone)]
struct Again(usize);

impl<B, E> Policy<Request<Body>, Response<B>, E> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<Body>, result: &mut Result<Response<B>, E>) -> Option<Ready<()>> {
        self.0 += 1;
        let failed = matches!(result, Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE);
        (failed && self.0 < 3).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

/// Compresses requests.
#[derive(Clone, Copy)]
struct CompressLayer;

#[derive(Clone)]
struct Compress<S>(S);

impl<S> Layer<S> for CompressLayer {
    type Service = Compress<S>;

    fn layer(&self, inner: S) -> Compress<S> {
        Compress(inner)
    }
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for Compress<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        let (mut parts, body) = request.into_parts();
        let plain = futures_lite::future::block_on(body.collect()).unwrap().to_bytes();
        parts.headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        self.0.call(Request::from_parts(parts, Full::from(gzip(&plain))))
    }
}

type Sealed<L> = ServiceBuilder<Stack<CheckSealLayer, Stack<L, Stack<SignLayer, Identity>>>>;

/// The signer with a seal, `between` below it, then the check and the client.
fn sealed<L>(sign: SignLayer, between: L) -> Sealed<L> {
    ServiceBuilder::new().layer(sign.with_seal(true)).layer(between).layer(CheckSealLayer)
}

#[tokio::test]
async fn retry() {
    let clock = clock();
    let minutes = Arc::clone(&clock);
    let server = Server::start(&clock, &[503, 503, 200], move || minutes.advance(TOO_LONG)).await;
    let sign = SignLayer::new(signer(&clock));

    // Above: each attempt is signed when it is sent, however late that is.
    let right = ServiceBuilder::new().layer(RetryLayer::new(Again(0))).layer(sign.clone()).service(hyper());
    let response = right.oneshot(request(&server, "/")).await.unwrap();
    assert_eq!(response.status(), 200);
    let dates: Vec<String> = server.take().into_iter().map(|seen| seen.date).collect();
    assert_eq!(dates, ["20261121T120000Z", "20261121T122000Z", "20261121T124000Z"]);

    // Below: the first signature is sent again, and is too old by then.
    let wrong = ServiceBuilder::new().layer(sign).layer(RetryLayer::new(Again(0))).service(hyper());
    let response = wrong.oneshot(request(&server, "/")).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(server.take().len(), 1);
}

#[tokio::test]
async fn compression() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let sign = SignLayer::new(signer(&clock)).with_seal(true);

    let log = Log::default();
    let guard = log.listen(Level::WARN);
    let right =
        ServiceBuilder::new().layer(CompressLayer).layer(sign.clone()).layer(CheckSealLayer).service(hyper());
    assert_eq!(right.oneshot(request(&server, "/")).await.unwrap().status(), 200);
    let seen = server.take();
    assert_eq!((seen.len(), gunzip(&seen[0].body).as_str()), (1, PLAIN));
    assert_eq!(log.text(), "");

    let wrong = sealed(sign, CompressLayer).service(hyper());
    let refused = wrong.oneshot(request(&server, "/")).await.unwrap();
    drop(guard);
    assert_eq!(refused.status(), 403);
    assert!(server.take().is_empty());
    let text = log.text();
    assert!(
        text.contains("WARN") && text.contains("a layer below the signer changed what was signed"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "the body had {} bytes and has {}",
            PLAIN.len(),
            gzip(PLAIN.as_bytes()).len()
        )),
        "{text}"
    );
}

#[tokio::test]
async fn redirects() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let sign = SignLayer::new(signer(&clock));

    let policy = SignedRedirects::new(RedirectRules::new())
        .and::<_, Body, BoxError>(clone_body_fn(|body: &Body| Some(body.clone())));
    let right = ServiceBuilder::new()
        .layer(FollowRedirectLayer::with_policy(policy))
        .layer(sign.clone())
        .service(hyper());
    assert_eq!(right.oneshot(request(&server, "/moved")).await.unwrap().status(), 200);
    let paths: Vec<String> = server.take().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/moved", "/"]);

    let log = Log::default();
    let guard = log.listen(Level::WARN);
    let policy = Standard::default()
        .and::<_, Body, hyper_util::client::legacy::Error>(clone_body_fn(|body: &Body| Some(body.clone())));
    let wrong = sealed(sign, FollowRedirectLayer::with_policy(policy)).service(hyper());
    let refused = wrong.oneshot(request(&server, "/moved")).await.unwrap();
    drop(guard);
    assert_eq!(refused.status(), 403);
    assert_eq!(server.take().len(), 1);
    assert!(log.text().contains("the path is another"), "{}", log.text());
}

/// What asks for a compressed answer is not signed, and what is below does not see the answer: both orders are right.
#[tokio::test]
async fn decompression() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let sign = SignLayer::new(signer(&clock));
    let log = Log::default();
    let guard = log.listen(Level::WARN);

    let above = ServiceBuilder::new().layer(DecompressionLayer::new()).layer(sign.clone()).service(hyper());
    let answer = above.oneshot(request(&server, "/")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), PLAIN);
    let below = sealed(sign, DecompressionLayer::new()).service(hyper());
    let answer = below.oneshot(request(&server, "/")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), PLAIN);
    drop(guard);

    let seen = server.take();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.headers["accept-encoding"] == "gzip"));
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn timeouts() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let sign = SignLayer::new(signer(&clock));
    let hour = Duration::from_secs(3600);
    let stack = ServiceBuilder::new().timeout(hour).layer(sign.clone()).timeout(hour).service(hyper());
    assert_eq!(stack.oneshot(request(&server, "/")).await.unwrap().status(), 200);
    assert_eq!(server.take().len(), 1);

    let hangs =
        || tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<()>, BoxError>>());
    for above in [true, false] {
        let short = Duration::from_millis(1);
        let (outer, inner) = if above { (short, hour) } else { (hour, short) };
        let stack = ServiceBuilder::new().timeout(outer).layer(sign.clone()).timeout(inner).service(hangs());
        let error = stack.oneshot(request(&server, "/")).await.unwrap_err();
        assert!(error.is::<tower::timeout::error::Elapsed>(), "{error:?}");
    }
}

/// The documented order, all of it at once.
#[tokio::test]
async fn the_one_right_order() {
    let clock = clock();
    let minutes = Arc::clone(&clock);
    let server = Server::start(&clock, &[503, 200], move || minutes.advance(TOO_LONG)).await;
    let policy = SignedRedirects::new(RedirectRules::new())
        .and::<_, Body, BoxError>(clone_body_fn(|body: &Body| Some(body.clone())));
    let log = Log::default();
    let guard = log.listen(Level::WARN);
    let stack = ServiceBuilder::new()
        .buffer(8)
        .concurrency_limit(4)
        .layer(RetryLayer::new(Again(0)))
        .layer(FollowRedirectLayer::with_policy(policy))
        .layer(DecompressionLayer::new())
        .layer(CompressLayer)
        .layer(SignLayer::new(signer(&clock)).with_deadline(Duration::from_secs(60)).with_seal(true))
        .layer(CheckSealLayer)
        .service(hyper());
    let answer = stack.oneshot(request(&server, "/moved")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), PLAIN);
    drop(guard);
    // Both hops of each attempt were signed when they were sent, over the compressed body.
    let seen = server.take();
    assert!(
        seen.iter().all(|seen| gunzip(&seen.body) == PLAIN && seen.headers["content-encoding"] == "gzip")
    );
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, ["/moved", "/"]);
    assert_eq!(log.text(), "");
}
