//! A request that is not signed is not refused for its signature: nobody reads its answer, or waits for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use sigv4_core::SignOptions;
use sigv4_core::flow::Deadline;
use tower::{Layer, ServiceExt, service_fn};
use tower_sigv4::sign::Attempt;
use tower_sigv4::{Same, SignLayer};

use crate::server::signer;

/// The body of an answer that its service leaves open.
struct Open;

impl Body for Open {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("somebody reads the answer");
    }
}

fn forbidden() -> Response<Open> {
    Response::builder().status(StatusCode::FORBIDDEN).body(Open).unwrap()
}

fn skipped() -> Request<Full<Bytes>> {
    Request::get("http://localhost/").extension(SignOptions::skip()).body(Full::default()).unwrap()
}

#[tokio::test]
async fn through_tower() {
    let layer = SignLayer::new(signer());
    for layer in [layer.clone(), layer.with_deadline(Duration::from_secs(60))] {
        let inner = service_fn(|_: Request<Full<Bytes>>| async { Ok::<_, Infallible>(forbidden()) });
        let response = layer.healing().layer(inner).oneshot(skipped()).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
}

/// As raw connections send it.
#[tokio::test]
async fn as_one_attempt() {
    let signer = signer();
    let (_, _, attempt) = Attempt::sign(&signer, Same, skipped(), &mut Deadline::none()).await.unwrap();
    let (response, again) = attempt.read(&signer, forbidden()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(again.is_none());
}
