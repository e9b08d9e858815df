//! Streams: bounded, and read no further than needed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::StreamBody;
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use reqwest_middleware::ClientBuilder;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::{Error, ErrorKind, Signer};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::plain_reqwest;

use crate::signer;

/// A stream of these frames, of unknown length.
pub fn frames(
    data: &[&'static str],
) -> impl Body<Data = Bytes, Error = Infallible> + Send + Sync + Unpin + use<> {
    let frames: Vec<_> =
        data.iter().map(|data| Ok(Frame::data(Bytes::from_static(data.as_bytes())))).collect();
    StreamBody::new(futures_lite::stream::iter(frames))
}

/// Frames of 1 KiB without end, or as many as announced; it counts those that were read.
struct Endless {
    announced: Option<u64>,
    read: Arc<AtomicUsize>,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.read.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[7; 1024])))))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn limited() -> Signer {
    signer("execute-api").with_buffer_limit(10_000)
}

/// Sends a stream through reqwest and through hyper; both refuse it, and say the same.
async fn over_the_limit(announced: Option<u64>) -> usize {
    let server = Server::http1(&[200]).await;
    let read = Arc::new(AtomicUsize::new(0));
    let body = || Endless { announced, read: Arc::clone(&read) };

    let client = ClientBuilder::new(plain_reqwest()).with(SigV4Middleware::new(limited())).build();
    let request = client.post(server.origin()).body(reqwest::Body::wrap(body()));
    let by_reqwest = request.send().await.unwrap_err();
    let client = HyperClient::builder(TokioExecutor::new()).build_http::<SignedBody<Endless>>();
    let request = Request::post(server.origin()).body(body()).unwrap();
    let by_hyper = SigV4Client::new(limited(), client).request(request).await.unwrap_err();

    for error in [Error::find(&by_reqwest).unwrap(), Error::find(&*by_hyper).unwrap()] {
        assert_eq!(error.kind(), ErrorKind::Payload, "{error}");
        for word in ["10000", "with_buffer_limit", "PayloadMode::Precomputed", "PayloadMode::Unsigned"] {
            assert!(error.to_string().contains(word), "no {word} in {error}");
        }
    }
    assert_eq!(server.bytes(), 0);
    read.load(Ordering::SeqCst)
}

/// The announced length is enough to refuse it: at most one frame each is looked at.
#[tokio::test]
async fn a_stream_that_announces_more_than_the_limit() {
    assert!(over_the_limit(Some(10_001)).await <= 2);
}

#[tokio::test]
async fn a_stream_that_turns_out_to_be_over_the_limit() {
    // 10 KiB is the first multiple past the limit.
    assert_eq!(over_the_limit(None).await, 2 * 10);
}

/// A body that is not as long as it said, or that fails, is not sent.
#[tokio::test]
async fn bodies_that_lie_or_break() {
    struct Short(Option<Bytes>);
    impl Body for Short {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(self.0.take().map(|bytes| {
                if bytes.is_empty() {
                    Err(std::io::Error::other("the disk is gone"))
                } else {
                    Ok(Frame::data(bytes))
                }
            }))
        }
        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(7)
        }
    }
    let server = Server::http1(&[200]).await;
    for (first, words) in
        [("short", ["7 bytes", "5"]), ("far too long", ["7 bytes", "12"]), ("", ["body", "read"])]
    {
        let client = HyperClient::builder(TokioExecutor::new()).build_http::<SignedBody<Short>>();
        let body = Short(Some(Bytes::from_static(first.as_bytes())));
        let request = Request::post(server.origin()).body(body).unwrap();
        let error = SigV4Client::new(signer("execute-api"), client).request(request).await.unwrap_err();
        let error = Error::find(&*error).unwrap();
        assert_eq!(error.kind(), ErrorKind::Body, "{first}: {error}");
        for word in words {
            assert!(error.to_string().contains(word), "{first}: no {word:?} in {error}");
        }
    }
    assert_eq!(server.bytes(), 0);
}
