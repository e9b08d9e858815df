//! Hyper's clients over services that take a request only once they were asked whether they are ready.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_sigv4::{BoxError, SigV4Client, SignedBody};
use tokio::sync::Notify;
use tower::{Service, ServiceBuilder, service_fn};

use crate::signer;

type Body = Full<Bytes>;

fn request() -> Request<Body> {
    Request::get("http://localhost/").body(Full::default()).unwrap()
}

/// One place, which the first request leaves when the test lets it: the second waits for it.
#[tokio::test]
async fn one_at_a_time() {
    for healing in [false, true] {
        let leave = Arc::new(Notify::new());
        let inner = service_fn({
            let leave = Arc::clone(&leave);
            move |_: Request<SignedBody<Body>>| {
                let leave = Arc::clone(&leave);
                async move {
                    leave.notified().await;
                    Ok::<_, Infallible>(Response::new(Body::default()))
                }
            }
        });
        let client =
            SigV4Client::new(signer("s3"), ServiceBuilder::new().concurrency_limit(1).service(inner));
        let send = || {
            let client = client.clone();
            tokio::spawn(async move {
                match healing {
                    false => client.request(request()).await.unwrap().status(),
                    true => client.healing().request(request()).await.unwrap().status(),
                }
            })
        };
        let (first, second) = (send(), send());
        tokio::task::yield_now().await;
        for sent in [first, second] {
            leave.notify_one();
            assert_eq!(sent.await.unwrap(), 200, "healing: {healing}");
        }
    }
}

/// Is never ready, and may be asked once.
#[derive(Clone)]
struct Broken(bool);

impl Service<Request<SignedBody<Body>>> for Broken {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        assert!(!std::mem::replace(&mut self.0, true), "it failed before");
        Poll::Ready(Err("broken".into()))
    }

    fn call(&mut self, _: Request<SignedBody<Body>>) -> Self::Future {
        panic!("it is not ready")
    }
}

#[tokio::test]
async fn a_service_that_is_broken() {
    let client = SigV4Client::new(signer("s3"), Broken(false));
    assert_eq!(client.request(request()).await.unwrap_err().to_string(), "broken");
    assert_eq!(client.healing().request(request()).await.unwrap_err().to_string(), "broken");
}
