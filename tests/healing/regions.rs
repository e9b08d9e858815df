//! Buckets in another region than was signed for: at the same host, or at another one.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use sigv4_core::refusal::Cause;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Origin, SignOptions, Signer};
use tower::{Layer, ServiceExt, service_fn};
use tower_sigv4::VerifyLayer;

use crate::clients::Client;
use crate::server::{Ahead, Counts, credentials, listen, serve};

const HOME: &str = "eu-west-3";
const OLD_HOST: &str = "b.s3.amazonaws.com";
const NEW_HOST: &str = "b.s3.eu-west-3.amazonaws.com";

fn verifier() -> Verifier {
    let known: CredentialMap = [credentials()].into_iter().collect();
    Verifier::new("s3", HOME, known)
}

fn signer() -> Signer {
    Signer::new("s3", "us-east-1", credentials())
}

#[tokio::test]
async fn a_region_that_the_server_names_is_used_from_then_on() {
    for client in Client::all(signer) {
        let (address, counts) = serve(verifier(), Ahead(0)).await;
        for _ in 0..5 {
            let answer = client.post(&format!("http://{address}/bucket/key"), "hello").await;
            assert_eq!(answer.status, StatusCode::OK, "{}: {:?}", client.name(), answer.explanation);
            assert_eq!(answer.body, "hello");
        }
        assert_eq!((counts.refused(), counts.accepted()), (1, 5), "{}", client.name());
    }
}

#[tokio::test]
async fn a_region_that_the_request_names_is_left_to_its_caller() {
    let client = &Client::all(signer)[2];
    let (address, counts) = serve(verifier(), Ahead(0)).await;
    let request = Request::get(format!("http://{address}/bucket/key"));
    let answer =
        client.send(request.extension(SignOptions::new().region("eu-north-1")).body("").unwrap()).await;
    assert_eq!((answer.status, counts.refused()), (StatusCode::BAD_REQUEST, 1));
    let explanation = answer.explanation.unwrap();
    assert_eq!(
        explanation.to_string(),
        "refused with 400 AuthorizationHeaderMalformed, because the credential scope names the region \"eu-north-1\": \
         sign for \"eu-west-3\""
    );
}

/// What of the three ways a server tells that a bucket is elsewhere.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    Permanent,
    Temporary,
    /// No body, as to a HEAD, at the same host.
    Head,
}

/// Plays both hosts of the bucket: the old one tells that it moved, the new one verifies.
async fn both_hosts(telling: Telling) -> (std::net::SocketAddr, Counts, Counts) {
    let (old, new) = (Counts::default(), Counts::default());
    let counts = (old.clone(), new.clone());
    let home = VerifyLayer::new(verifier())
        .layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))));
    let service = service_fn(move |request: Request<Incoming>| {
        let (home, counts) = (home.clone(), counts.clone());
        async move {
            let host = request.headers()["host"].to_str().unwrap().to_owned();
            let at_home = request.headers()["authorization"].to_str().unwrap().contains("/eu-west-3/s3/");
            if host == NEW_HOST || (telling == Telling::Head && at_home) {
                let response = home.oneshot(request).await.unwrap();
                counts.1.count(response.status());
                return Ok::<_, Infallible>(response.map(http_body_util::BodyExt::boxed));
            }
            counts.0.count(StatusCode::FORBIDDEN);
            let (status, body) = match telling {
                Telling::Permanent => (
                    301,
                    "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting \
                    to access must be addressed using the specified endpoint. Please send all future requests to this \
                    endpoint.</Message><Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint><Bucket>b</Bucket></Error>",
                ),
                Telling::Temporary => (
                    307,
                    "<Error><Code>TemporaryRedirect</Code><Message>Please re-send this request \
                    to the specified temporary endpoint. Continue to use the original request endpoint for future \
                    requests.</Message><Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint></Error>",
                ),
                Telling::Head => (400, ""),
            };
            let mut response = Response::new(http_body_util::BodyExt::boxed(Full::from(body)));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response.headers_mut().insert("x-amz-bucket-region", HeaderValue::from_static(HOME));
            Ok(response)
        }
    });
    (listen(service).await, old, new)
}

fn origins(hosts: &[&str]) -> Vec<Origin> {
    hosts.iter().map(|host| format!("http://{host}").parse().unwrap()).collect()
}

#[tokio::test]
async fn a_bucket_at_another_host_is_found_within_allowed_origins() {
    for telling in [Telling::Permanent, Telling::Temporary] {
        for which in 0..3 {
            let (address, old, new) = both_hosts(telling).await;
            let signer = || signer().with_allowed_origins(origins(&[OLD_HOST, NEW_HOST]));
            let client = &Client::resolving(signer, address)[which];
            for _ in 0..3 {
                let answer = client.post(&format!("http://{OLD_HOST}/key?a=b"), "hello").await;
                assert_eq!(answer.status, StatusCode::OK, "{}: {:?}", client.name(), answer.explanation);
            }
            assert_eq!((old.refused(), new.accepted(), new.refused()), (1, 3, 0), "{}", client.name());
        }
    }
}

#[tokio::test]
async fn a_bucket_at_another_host_is_left_alone_outside_of_allowed_origins() {
    let (none, some) = (None, Some(&[OLD_HOST][..]));
    for allowed in [none, some] {
        for which in 0..3 {
            let (address, old, new) = both_hosts(Telling::Permanent).await;
            let signer = || match allowed {
                None => signer(),
                Some(hosts) => signer().with_allowed_origins(origins(hosts)),
            };
            let client = &Client::resolving(signer, address)[which];
            for _ in 0..2 {
                let answer = client.post(&format!("http://{OLD_HOST}/key"), "hello").await;
                assert_eq!(answer.status, StatusCode::MOVED_PERMANENTLY, "{}", client.name());
                let explanation = answer.explanation.unwrap();
                assert_eq!(explanation.cause(), Cause::WrongRegion, "{}: {explanation}", client.name());
            }
            assert_eq!((old.refused(), new.accepted() + new.refused()), (2, 0), "{}", client.name());
        }
    }
}

#[tokio::test]
async fn a_head_is_healed_by_the_header_alone() {
    for which in 0..3 {
        let (address, old, new) = both_hosts(Telling::Head).await;
        let client = &Client::resolving(signer, address)[which];
        for _ in 0..2 {
            let request = Request::builder().method(Method::HEAD).uri(format!("http://{OLD_HOST}/key"));
            let answer = client.send(request.body("").unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{}: {:?}", client.name(), answer.explanation);
        }
        assert_eq!((old.refused(), new.accepted()), (1, 2), "{}", client.name());
    }
}
