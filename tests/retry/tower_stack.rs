//! tower's own middleware around the signer.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::{Credentials, Error, ProvideCredentials, async_trait};
use sigv4_tests::capture::{Captured, Expected, Server};
use tower::retry::{Policy, RetryLayer};
use tower::util::BoxCloneService;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_sigv4::{BoxError, SignLayer};

use crate::{assert_three_fresh, clock, expected, failing_twice, signer};

type Body = Full<Bytes>;

const BODY: &[u8] = b"{\"n\":1}";

fn hyper() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(server: &Server) -> Request<Body> {
    Request::post(format!("{}/prod/events", server.origin())).body(Full::from(BODY)).unwrap()
}

/// Tries a 503 again.
#[derive(Clone)]
struct Again;

impl<E> Policy<Request<Body>, Response<Incoming>, E> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, E>,
    ) -> Option<Ready<()>> {
        let failed = matches!(result, Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE);
        failed.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

async fn three_attempts<S>(stack: impl FnOnce(SignLayer) -> S)
where
    S: Service<Request<Body>, Response = Response<Incoming>>,
    S::Error: std::fmt::Debug,
{
    let clock = clock();
    let server = failing_twice(&clock).await;
    let response = stack(SignLayer::new(signer(&clock))).oneshot(request(&server)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_three_fresh(&server.take(), BODY);
}

#[tokio::test]
async fn retry() {
    let retry = RetryLayer::new(Again);
    three_attempts(|sign| ServiceBuilder::new().layer(retry).layer(sign).service(hyper())).await;
}

#[tokio::test]
async fn retry_over_a_limit_of_one() {
    let retry = RetryLayer::new(Again);
    three_attempts(|sign| {
        ServiceBuilder::new().layer(retry).layer(sign).concurrency_limit(1).service(hyper())
    })
    .await;
}

#[tokio::test]
async fn above_buffer_timeout_and_a_boxed_service() {
    let retry = RetryLayer::new(Again);
    three_attempts(|sign| {
        let boxed: BoxCloneService<Request<Body>, Response<Incoming>, BoxError> = ServiceBuilder::new()
            .timeout(Duration::from_secs(60))
            .map_err(BoxError::from)
            .service(hyper())
            .boxed_clone();
        ServiceBuilder::new().layer(retry).layer(sign).buffer(4).service(boxed)
    })
    .await;
}

#[tokio::test]
async fn below_buffer_timeout_and_a_box() {
    let retry = RetryLayer::new(Again);
    three_attempts(|sign| {
        ServiceBuilder::new()
            .boxed_clone()
            .buffer(4)
            .timeout(Duration::from_secs(60))
            .layer(retry)
            .layer(sign)
            .service(hyper())
    })
    .await;
}

/// Permits are given back: by requests that were answered, by one that could not be signed, by one that was dropped.
#[tokio::test]
async fn a_limit_of_one_is_never_used_up() {
    let server = Server::http1(&[200]).await;
    let stack =
        ServiceBuilder::new().layer(SignLayer::new(signer(&clock()))).concurrency_limit(1).service(hyper());
    for _ in 0..3 {
        let mut refused = request(&server);
        refused.headers_mut().insert("authorization", http::HeaderValue::from_static("Bearer x"));
        stack.clone().oneshot(refused).await.unwrap_err();
        drop(stack.clone().ready().await.unwrap().call(request(&server)));
        assert_eq!(stack.clone().oneshot(request(&server)).await.unwrap().status(), 200);
    }
    let all: Vec<_> = (0..8).map(|_| tokio::spawn(stack.clone().oneshot(request(&server)))).collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().status(), 200);
    }
}

/// Credentials that live for 90 seconds, numbered.
struct ShortLived {
    clock: Arc<ManualClock>,
    fetched: AtomicUsize,
}

#[async_trait]
impl ProvideCredentials for ShortLived {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        // Not at once: the request has to wait for them.
        tokio::task::yield_now().await;
        let number = self.fetched.fetch_add(1, Ordering::SeqCst);
        let expiry: SystemTime = self.clock.now() + Duration::from_secs(90);
        Ok(Credentials::new(format!("AKID{number}"), format!("secret-{number}"))?
            .with_session_token(format!("token-{number}"))?
            .with_expiry(expiry))
    }
}

/// Credentials too are those of the attempt: what expires between two attempts is fetched anew.
#[tokio::test]
async fn credentials_that_expire_between_attempts() {
    let clock = clock();
    let server = failing_twice(&clock).await;
    let provider = ShortLived { clock: Arc::clone(&clock), fetched: AtomicUsize::new(0) };
    let signer = sigv4_core::Signer::new("execute-api", "us-east-2", provider).with_clock(clock);
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::new(Again))
        .layer(SignLayer::new(signer))
        .concurrency_limit(1)
        .service(hyper());
    assert_eq!(stack.oneshot(request(&server)).await.unwrap().status(), 200);
    let requests = server.take();
    assert_eq!(requests.len(), 3);
    let key = |request: &Captured| {
        let authorization = request.header("authorization").unwrap();
        authorization.split_once("AKID").unwrap().1.split('/').next().unwrap().to_owned()
    };
    let keys: Vec<String> = requests.iter().map(key).collect();
    assert_ne!(keys[0], keys[2], "{keys:?}");
    for (request, number) in requests.iter().zip(&keys) {
        request.assert_signed(&Expected {
            access_key_id: &format!("AKID{number}"),
            secret_access_key: &format!("secret-{number}"),
            session_token: Some(&format!("token-{number}")),
            ..expected()
        });
    }
}
