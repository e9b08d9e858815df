//! `reqwest-retry` outside, the signer inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::StreamBody;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::{RetryDecision, RetryPolicy, RetryTransientMiddleware};
use reqwest_sigv4::{BufferBody, SigV4Middleware};
use sigv4_core::{Error, ErrorKind, Signer};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::plain_reqwest;

use crate::{assert_three_fresh, clock, failing_twice, signer};

/// Tries again at once.
struct AtOnce;

impl RetryPolicy for AtOnce {
    fn should_retry(&self, _: SystemTime, past: u32) -> RetryDecision {
        match past {
            0..3 => RetryDecision::Retry { execute_after: SystemTime::UNIX_EPOCH },
            _ => RetryDecision::DoNotRetry,
        }
    }
}

fn client(signer: Signer) -> ClientWithMiddleware {
    ClientBuilder::new(plain_reqwest())
        .with(RetryTransientMiddleware::new_with_policy(AtOnce))
        .with(SigV4Middleware::new(signer))
        .build()
}

#[tokio::test]
async fn each_attempt_is_signed_afresh() {
    let clock = clock();
    let server = failing_twice(&clock).await;
    let url = format!("{}/prod/events", server.origin());
    let response = client(signer(&clock)).post(url).body("{\"n\":1}").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_three_fresh(&server.take(), b"{\"n\":1}");
}

/// What cannot be signed is not a transient failure: it is not tried again, and nothing is sent.
#[tokio::test]
async fn an_error_of_the_signer_is_not_tried_again() {
    let server = Server::http1(&[200]).await;
    let signer = Signer::infer(crate::credentials(), ["sqs"]);
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let signer = signer.with_outcome_hook(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let error = client(signer).get(server.origin()).send().await.unwrap_err();
    assert_eq!(Error::find(&error).unwrap().kind(), ErrorKind::Inference);
    assert_eq!((server.bytes(), count.load(Ordering::SeqCst)), (0, 1));
}

fn stream() -> reqwest::Body {
    let frame = |data| Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from_static(data)));
    reqwest::Body::wrap(StreamBody::new(futures_lite::stream::iter([frame(b"on"), frame(b"ce")])))
}

/// A stream can be sent once: the retry middleware says so before anything is signed.
#[tokio::test]
async fn a_stream_under_retry_is_refused_before_it_is_sent() {
    let clock = clock();
    let server = failing_twice(&clock).await;
    let error = client(signer(&clock)).post(server.origin()).body(stream()).send().await.unwrap_err();
    assert!(error.to_string().contains("not cloneable"), "{error}");
    assert_eq!(server.bytes(), 0);
}

/// Read into memory first, it can be sent as often as needed.
#[tokio::test]
async fn a_buffered_stream_under_retry() {
    let clock = clock();
    let server = failing_twice(&clock).await;
    let client = ClientBuilder::new(plain_reqwest())
        .with(BufferBody::new(1024))
        .with(RetryTransientMiddleware::new_with_policy(AtOnce))
        .with(SigV4Middleware::new(signer(&clock)))
        .build();
    let response = client.post(server.origin()).body(stream()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_three_fresh(&server.take(), b"once");
}
