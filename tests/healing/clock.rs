//! A clock that is off, by 20 minutes in either direction.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_sigv4::SigV4Client;
use hyper_util::rt::TokioExecutor;
use sigv4_core::refusal::{Cause, Explanation};
use tower::{Layer, Service, ServiceExt};
use tower_sigv4::SignLayer;

use crate::clients::Client;
use crate::server::{Ahead, serve, signer, verifier};

#[tokio::test]
async fn is_corrected_for_the_first_request_and_the_next_thousand() {
    for ahead in [1200, -1200] {
        for client in Client::all(signer) {
            let (address, counts) = serve(verifier(), Ahead(ahead)).await;
            let name = client.name();
            for number in 0..=1_000 {
                let answer = client.post(&format!("http://{address}/a"), "hello").await;
                assert_eq!(answer.status, StatusCode::OK, "{name}, {ahead} s, request {number}");
                assert_eq!(answer.body, "hello", "{name}");
            }
            assert_eq!(counts.refused(), 1, "{name}, {ahead} s: the first, and none after it");
            assert_eq!(counts.accepted(), 1_001, "{name}, {ahead} s");
        }
    }
}

#[tokio::test]
async fn is_told_where_correction_is_off() {
    for client in Client::all(|| signer().with_clock_correction(false)) {
        let (address, counts) = serve(verifier(), Ahead(1200)).await;
        let name = client.name();
        let answer = client.post(&format!("http://{address}/a"), "hello").await;
        assert_eq!((answer.status, counts.refused()), (StatusCode::FORBIDDEN, 1), "{name}");
        let explanation = answer.explanation.unwrap();
        assert_eq!(explanation.cause(), Cause::ClockBehind, "{name}: {explanation}");
        // The caller sees the whole refusal.
        assert!(answer.body.starts_with(b"{\"message\":\"Signature expired"), "{name}: {:?}", answer.body);
        assert!(answer.body.ends_with(b"}"), "{name}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn is_learnt_from_accepted_answers_before_it_matters() {
    for client in Client::all(signer) {
        // Off by less than services mind, and then by more.
        let (address, counts) = serve(verifier(), Ahead(800)).await;
        assert_eq!(client.post(&format!("http://{address}/a"), "").await.status, StatusCode::OK);
        assert_eq!(client.post(&format!("http://{address}/a"), "").await.status, StatusCode::OK);
        assert_eq!((counts.accepted(), counts.refused()), (2, 0), "{}", client.name());
    }
}

#[tokio::test]
async fn is_learnt_although_nothing_is_sent_twice() {
    let (address, counts) = serve(verifier(), Ahead(1200)).await;
    let below = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let client = SigV4Client::new(signer(), below).healing().with_replay(false);
    let request = || Request::post(format!("http://{address}/a")).body(Full::<Bytes>::from("hello")).unwrap();
    let response = client.request(request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.extensions().get::<Explanation>().unwrap().cause(), Cause::ClockBehind);
    assert_eq!(client.request(request()).await.unwrap().status(), StatusCode::OK);
    assert_eq!((counts.refused(), counts.accepted()), (1, 1));
}

type Stream =
    StreamBody<futures_lite::stream::Iter<std::array::IntoIter<Result<Frame<Bytes>, Infallible>, 2>>>;

fn stream() -> Stream {
    let frames = ["one", "two"].map(|part| Ok(Frame::data(Bytes::from(part))));
    StreamBody::new(futures_lite::stream::iter(frames))
}

#[tokio::test]
async fn a_stream_is_not_sent_twice_but_the_next_request_is_right() {
    let (address, counts) = serve(verifier(), Ahead(-1200)).await;
    let Client::Reqwest(client) = &Client::all(signer)[0] else { unreachable!() };
    let send = async || {
        let request = client.post(format!("http://{address}/a")).body(reqwest::Body::wrap(stream()));
        request.send().await.unwrap().status()
    };
    assert_eq!(send().await, StatusCode::FORBIDDEN);
    assert_eq!(send().await, StatusCode::OK);
    assert_eq!((counts.refused(), counts.accepted()), (1, 1), "reqwest");
}

#[tokio::test]
async fn a_stream_is_not_sent_twice_through_tower_and_hyper() {
    let (address, counts) = serve(verifier(), Ahead(-1200)).await;
    let request = || Request::post(format!("http://{address}/a")).body(stream()).unwrap();

    let below = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    let client = SigV4Client::new(signer(), below.build_http()).healing();
    assert_eq!(client.request(request()).await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(client.request(request()).await.unwrap().status(), StatusCode::OK);
    assert_eq!((counts.refused(), counts.accepted()), (1, 1), "hyper");

    let mut client = SignLayer::new(signer()).wrap().healing().layer(below.build_http());
    assert_eq!(client.ready().await.unwrap().call(request()).await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(client.ready().await.unwrap().call(request()).await.unwrap().status(), StatusCode::OK);
    assert_eq!((counts.refused(), counts.accepted()), (2, 2), "tower");
}

#[tokio::test]
async fn bodies_of_every_size_are_sent_again_whole() {
    // Up to 4 KiB are copied, more is shared; more than 256 KiB are hashed in slices.
    for size in [0, 1, 4096, 4097, 300_000] {
        let (address, counts) = serve(verifier(), Ahead(1200)).await;
        let body = Bytes::from(vec![b'x'; size]);
        let below = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let client = SigV4Client::new(signer(), below).healing();
        let request = Request::post(format!("http://{address}/a")).body(Full::new(body.clone())).unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{size}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);
        assert_eq!((counts.refused(), counts.accepted()), (1, 1), "{size}");

        let (address, counts) = serve(verifier(), Ahead(1200)).await;
        let Client::Reqwest(client) = &Client::all(signer)[0] else { unreachable!() };
        let response = client.post(format!("http://{address}/a")).body(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{size}");
        assert_eq!(response.bytes().await.unwrap(), body);
        assert_eq!((counts.refused(), counts.accepted()), (1, 1), "{size}");
    }
}
