//! A program without tokio: layers that would use its timer go on without one.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use sigv4_core::{Credentials, Error, ProvideCredentials, Signer, async_trait};
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
