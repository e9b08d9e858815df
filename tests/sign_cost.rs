//! What `Sign` costs beside signing: no allocation. Counted by the allocator, in a binary of its own.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Payload, Signer};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

/// Requests that are counted together.
const REQUESTS: usize = 100;

/// Takes any request, and answers at once.
#[derive(Clone)]
struct Accepts;

impl<B> Service<Request<B>> for Accepts {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        drop(black_box(request));
        ready(Ok(Response::new(())))
    }
}

fn request(body: &Bytes) -> Request<Full<Bytes>> {
    Request::put("https://bucket.s3.us-east-2.amazonaws.com/key")
        .header("content-type", "text/plain")
        .body(Full::new(body.clone()))
        .unwrap()
}

/// Allocations of `send` for so many requests, made beforehand; the first round does not count.
fn counted(body: &Bytes, mut send: impl FnMut(Request<Full<Bytes>>)) -> u64 {
    let mut round = || {
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(body)).collect();
        measure(|| requests.into_iter().for_each(&mut send)).count_total
    };
    round();
    round()
}

/// Polls a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_layer_allocates_no_more_than_signing() {
    assert_eq!(measure(|| drop(black_box(Box::new(7)))).count_total, 1, "the allocator counts");
    // A new second has a new date, which allocates: none begins here.
    let signer = Signer::new("s3", "us-east-2", Credentials::new("AKIDEXAMPLE", "secret").unwrap())
        .with_clock(ManualClock::at_amz_date("20261121T120000Z").unwrap());
    for body in [Bytes::from_static(b"hello"), Bytes::from(vec![b'x'; 4096])] {
        let by_hand = counted(&body, |mut request| {
            let bytes = body.clone();
            signer.sign(&mut request, Payload::bytes(&bytes)).unwrap();
            drop(black_box(now(Accepts.call(request))));
        });
        let mut same = SignLayer::new(signer.clone()).layer(Accepts);
        let layered = counted(&body, |request| drop(black_box(now(same.call(request)).unwrap())));
        let mut wrap = SignLayer::new(signer.clone()).wrap().layer(Accepts);
        let wrapped = counted(&body, |request| drop(black_box(now(wrap.call(request)).unwrap())));
        assert_eq!((layered, wrapped), (by_hand, by_hand), "{} bytes", body.len());
    }
}
