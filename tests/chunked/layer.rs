//! `VerifyLayer` and chunked uploads: decoded and verified, whole or as they come in.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkFault, ChunkedMode, ChunkedOptions};
use sigv4_core::clock::ManualClock;
use sigv4_core::verify::{CredentialMap, Rejection, RejectionKind, Verified, Verifier};
use sigv4_core::{Error, PayloadMode, Signer};
use tower::{Layer, ServiceExt, service_fn};
use tower_sigv4::{BoxError, SignLayer, SignedBody, StreamedBody, VerifiedBody, VerifyLayer};

use crate::common::{Documented, Step, Steps, every_way, noise, read};

const SIZE: usize = 200_000;

/// Headers and wire of an upload, signed by the client's layer.
async fn signed(options: &ChunkedOptions, data: &Bytes) -> (http::request::Parts, Vec<u8>) {
    let example = Documented::new();
    let signer = Signer::new("s3", "us-east-1", example.credentials)
        .with_clock(ManualClock::new(example.date.time()))
        .with_payload(PayloadMode::Chunked(options.clone()));
    let request = Request::put("http://bucket.s3.us-east-1.amazonaws.com/key")
        .header("content-encoding", "gzip")
        .body(Full::new(data.clone()))
        .unwrap();
    let seen =
        SignLayer::new(signer).wrap().layer(service_fn(|request: Request<SignedBody<Full<Bytes>>>| async {
            let (parts, body) = request.into_parts();
            Ok::<_, BoxError>(Response::new((parts, body.collect().await?.to_bytes().to_vec())))
        }));
    seen.oneshot(request).await.unwrap().into_body()
}

fn verifier() -> Verifier {
    let example = Documented::new();
    let known: CredentialMap = [example.credentials].into_iter().collect();
    Verifier::new("s3", "us-east-1", known)
        .with_clock(ManualClock::new(example.date.time()))
        .with_streaming(true)
}

/// The body as it comes over a network: in frames that respect nothing.
fn frames(wire: &[u8]) -> Steps {
    Steps::new(wire.chunks(1500).flat_map(|frame| [Step::Data(Bytes::copy_from_slice(frame)), Step::Pending]))
}

/// What a service got that takes its body whole, or the layer's own answer.
async fn whole(layer: VerifyLayer, request: Request<Steps>) -> Result<(HeaderMap, Bytes), Response<()>> {
    let service = layer.layer(service_fn(|request: Request<VerifiedBody>| async {
        assert!(request.extensions().get::<Verified>().is_some());
        let (parts, body) = request.into_parts();
        let mut response = Response::new(Full::new(body.into_bytes()));
        *response.headers_mut() = parts.headers;
        Ok::<_, Infallible>(response)
    }));
    // Steps say once in a while that they are not ready, and wake nobody.
    let response = polled(service.oneshot(request)).unwrap();
    if response.extensions().get::<Rejection>().is_some() {
        return Err(response.map(drop));
    }
    let (parts, body) = response.into_parts();
    Ok((parts.headers, body.collect().await.unwrap().to_bytes()))
}

/// Polls until it is ready.
fn polled<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

#[tokio::test]
async fn a_service_gets_body_and_headers_as_they_were() {
    let data = noise(SIZE);
    for options in every_way() {
        let (parts, wire) = signed(&options, &data).await;
        assert_eq!(parts.headers["content-encoding"], "gzip,aws-chunked");
        let request = Request::from_parts(parts, frames(&wire));
        let (headers, body) = whole(VerifyLayer::new(verifier()), request).await.unwrap();
        assert!(body == data, "{:?}", options.mode());
        assert_eq!(headers["content-length"], SIZE.to_string());
        assert_eq!(headers["content-encoding"], "gzip");
        assert!(!headers.contains_key("x-amz-trailer"));
    }
}

#[tokio::test]
async fn a_service_gets_the_body_as_it_comes() {
    let data = noise(SIZE);
    for options in every_way() {
        let (parts, wire) = signed(&options, &data).await;
        let layer = VerifyLayer::new(verifier()).with_body_limit(0).with_body_type::<StreamedBody<Steps>>();
        let service = layer.layer(service_fn(|request: Request<StreamedBody<Steps>>| async {
            assert_eq!(request.body().size_hint().exact(), Some(SIZE as u64));
            Ok::<_, Infallible>(Response::new(request.into_body()))
        }));
        let body = polled(service.oneshot(Request::from_parts(parts, frames(&wire)))).unwrap().into_body();
        let mut body = Box::pin(body);
        let mut received = Vec::new();
        while let Some(frame) = polled(body.frame()) {
            received.extend(frame.unwrap().into_data().unwrap_or_default());
        }
        assert!(received == data, "{:?}", options.mode());
    }
}

/// The answers to an upload of which one byte is another: at `at`, counted from the end where it is negative.
async fn changed(
    options: &ChunkedOptions,
    at: isize,
) -> (RejectionKind, StatusCode, String, Option<ChunkFault>) {
    let data = noise(SIZE);
    let (parts, mut wire) = signed(options, &data).await;
    let at = if at < 0 { wire.len().checked_add_signed(at).unwrap() } else { at as usize };
    wire[at] ^= 1;
    let request = Request::from_parts(parts.clone(), frames(&wire));
    let answer = whole(VerifyLayer::new(verifier()), request).await.unwrap_err();
    let rejection = answer.extensions().get::<Rejection>().unwrap();

    // The same as a stream: the service is called, and its body fails.
    let layer = VerifyLayer::new(verifier()).with_body_type::<StreamedBody<Steps>>();
    let service = layer.layer(service_fn(|request: Request<StreamedBody<Steps>>| async {
        Ok::<_, Infallible>(Response::new(request.into_body().boxed_unsync()))
    }));
    let body = polled(service.oneshot(Request::from_parts(parts, frames(&wire)))).unwrap().into_body();
    let mut body = Box::pin(body);
    let mut received = 0;
    let fault = loop {
        match polled(body.frame()).expect("an error before the end") {
            Ok(frame) => received += frame.into_data().unwrap_or_default().len(),
            Err(error) => break ChunkFault::of(&error),
        }
    };
    assert!(received < SIZE, "all data came out");
    (rejection.kind(), answer.status(), rejection.code().to_owned(), fault)
}

#[tokio::test]
async fn what_was_changed_is_answered_as_s3_does() {
    let signed = ChunkedOptions::new(ChunkedMode::Signed);
    let trailer = |mode| ChunkedOptions::new(mode).with_checksum(ChecksumAlgorithm::Crc32);
    let mismatch = (
        RejectionKind::SignatureMismatch,
        StatusCode::FORBIDDEN,
        "SignatureDoesNotMatch".to_owned(),
        Some(ChunkFault::Signature),
    );
    let digest = (
        RejectionKind::ChecksumMismatch,
        StatusCode::BAD_REQUEST,
        "BadDigest".to_owned(),
        Some(ChunkFault::Checksum),
    );
    let form = (
        RejectionKind::BodyUnreadable,
        StatusCode::BAD_REQUEST,
        "IncompleteBody".to_owned(),
        Some(ChunkFault::Form),
    );
    assert_eq!(changed(&signed, 100_000).await, mismatch);
    assert_eq!(changed(&trailer(ChunkedMode::SignedTrailer), 100_000).await, mismatch);
    // The last digit of the trailers' signature.
    assert_eq!(changed(&trailer(ChunkedMode::SignedTrailer), -5).await, mismatch);
    assert_eq!(changed(&trailer(ChunkedMode::UnsignedTrailer), 100_000).await, digest);
    // Inside of the checksum.
    assert_eq!(changed(&trailer(ChunkedMode::UnsignedTrailer), -8).await, digest);
    assert_eq!(changed(&signed, -1).await, form);
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let (parts, _) = signed(&ChunkedOptions::new(ChunkedMode::Signed), &noise(SIZE)).await;
    let request = Request::from_parts(parts, Steps::new([Step::Error("it was read")]));
    let answer = whole(VerifyLayer::new(verifier()).with_body_limit(SIZE - 1), request).await.unwrap_err();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn headers_that_do_not_fit_are_refused_before_the_body_is_read() {
    let (mut parts, _) = signed(&ChunkedOptions::new(ChunkedMode::SignedTrailer), &noise(10)).await;
    // Signed, and now another: the signature tells first.
    parts.headers.insert("x-amz-decoded-content-length", 11.into());
    let request = Request::from_parts(parts, Steps::new([Step::Error("it was read")]));
    let answer = whole(VerifyLayer::new(verifier()), request).await.unwrap_err();
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().kind(), RejectionKind::SignatureMismatch);
}

#[tokio::test]
async fn chunks_are_refused_unless_they_are_accepted() {
    let (parts, wire) = signed(&ChunkedOptions::new(ChunkedMode::Signed), &noise(10)).await;
    let request = Request::from_parts(parts, frames(&wire));
    let answer = whole(VerifyLayer::new(verifier().with_streaming(false)), request).await.unwrap_err();
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().kind(), RejectionKind::PayloadRefused);
}

#[test]
fn every_fault_has_its_class() {
    let error =
        read(crate::common::chunked(&ChunkedOptions::new(ChunkedMode::Signed), 1, Steps::new([]))).error();
    assert_eq!(ChunkFault::of(&error), None, "the sending side's own: {error}");
    assert_eq!(ChunkFault::of(&Error::new(sigv4_core::ErrorKind::Verification, "another")), None);
}
