//! A program without tokio: layers that would use its timer go on without one.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use reqwest_sigv4::SignExt;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, SignOptions, Signer, async_trait};
use tower::{Layer, Service, service_fn};
use tower_sigv4::SignLayer;

/// Has to be waited for.
struct Slow;

#[async_trait]
impl ProvideCredentials for Slow {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        futures_lite::future::yield_now().await;
        Credentials::new("AKIDEXAMPLE", "secret")
    }
}

#[test]
fn requests_are_signed_outside_a_runtime_deadline_or_not() {
    let client = service_fn(|request: Request<Full<Bytes>>| async move {
        futures_lite::future::yield_now().await;
        assert!(request.headers().contains_key("authorization"));
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let layer = SignLayer::new(Signer::new("es", "eu-west-1", Slow));
    for layer in [layer.clone(), layer.with_deadline(Duration::from_secs(1))] {
        let request = Request::post("http://localhost:9/").body(Full::from("{}")).unwrap();
        let answer = futures_lite::future::block_on(layer.layer(client).call(request)).unwrap();
        assert_eq!(answer.status(), 200);
    }
}

#[test]
fn a_request_signed_by_hand_waits_for_its_credentials() {
    let sign = |signer: Signer, body: reqwest::Body| {
        let url = "http://localhost:9/a?b=c+d".parse().unwrap();
        let mut request = reqwest::Request::new(reqwest::Method::PUT, url);
        *request.body_mut() = Some(body);
        let signed = futures_lite::future::block_on(request.sign_async(&signer, SignOptions::new()));
        (signed, request)
    };
    let (signed, request) = sign(Signer::new("es", "eu-west-1", Slow), "{}".into());
    signed.unwrap();
    assert!(request.headers()["authorization"].to_str().unwrap().contains("Credential=AKIDEXAMPLE/"));
    assert_eq!(request.body().and_then(reqwest::Body::as_bytes), Some(&b"{}"[..]));
    assert_eq!(request.url().query(), Some("b=c%20d"));

    // What cannot be signed is left as it was.
    let stream = reqwest::Body::wrap(http_body_util::StreamBody::new(futures_lite::stream::empty::<
        Result<http_body::Frame<Bytes>, Infallible>,
    >()));
    let (signed, request) = sign(Signer::new("es", "eu-west-1", Slow), stream);
    assert_eq!(signed.unwrap_err().kind(), ErrorKind::Payload);
    assert!(request.headers().is_empty() && request.url().query() == Some("b=c+d"));
    let (signed, request) = sign(Signer::new("", "eu-west-1", Slow), "".into());
    assert_eq!(signed.unwrap_err().kind(), ErrorKind::Option);
    assert!(request.headers().is_empty() && request.url().query() == Some("b=c+d"));
}
