//! Refusals as live servers word them: read, and explained.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use sigv4_core::clock::Clock;
use sigv4_core::refusal::{Cause, Explanation, Line};
use sigv4_core::{Credentials, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::file_body::RequestBody;

use crate::proxy::{Change, proxy};
use crate::server::Server;

/// A service of each kind.
const SERVICES: [(&str, &str); 4] =
    [("SEAWEEDFS", "s3"), ("MINISTACK", "s3"), ("MINISTACK", "sts"), ("MINISTACK", "dynamodb")];

fn request(endpoint: &str, service: &str) -> Request<RequestBody> {
    let (target, kind, body) = match service {
        // MiniStack tells what it computed of requests for an object, and of no others.
        "s3" => ("/no-such-bucket/key", "text/plain", ""),
        "sts" => ("/?Action=GetCallerIdentity&Version=2011-06-15", "text/plain", ""),
        _ => ("/", "application/x-amz-json-1.0", "{}"),
    };
    let method = if body.is_empty() { Method::GET } else { Method::POST };
    let request = Request::builder().method(method).uri(format!("{endpoint}{target}"));
    let request = request.header(CONTENT_TYPE, kind).header("x-amz-meta-owner", "the owner");
    let mut request = request.body(Bytes::from(body).into()).unwrap();
    if service == "dynamodb" {
        let operation = HeaderValue::from_static("DynamoDB_20120810.ListTables");
        request.headers_mut().insert("x-amz-target", operation);
    }
    request
}

async fn send(client: &SigningClient, endpoint: &str, service: &str) -> (StatusCode, Option<Explanation>) {
    let answer = client.send(request(endpoint, service)).await.unwrap();
    (answer.status(), answer.extensions().get().cloned())
}

/// Asks every service through every client, and hands on what is explained.
async fn refused(
    what: &str,
    signer: impl Fn(&Server, &str) -> Signer,
    change: Change,
    check: impl Fn(&str, &str, &Explanation),
) {
    for (name, service) in SERVICES {
        let Some(server) = Server::up(name) else { return };
        for kind in SigningClient::KINDS {
            let endpoint = proxy(&server.endpoint, change.clone()).await;
            let client = SigningClient::explaining(kind, signer(&server, service)).unwrap();
            let (status, explanation) = send(&client, endpoint.endpoint(), service).await;
            let what = format!("{what}: {name}, {service}, through {kind}");
            assert!(status.is_client_error(), "{what}: {status}");
            let explanation = explanation.unwrap_or_else(|| panic!("{what}: {status}, not explained"));
            println!("{what}: {explanation}");
            check(name, service, &explanation);
        }
    }
}

#[tokio::test]
async fn a_wrong_secret() {
    let signer = |server: &Server, service: &str| server.with_wrong_secret().signer(service);
    refused("a wrong secret", signer, Change::Nothing, |_, _, explanation| {
        assert_eq!(explanation.cause(), Cause::SecretOrToken, "{explanation}");
    })
    .await;
}

#[tokio::test]
async fn a_tampered_header() {
    let signer = |server: &Server, service: &str| server.signer(service);
    let change = Change::After("x-amz-meta-owner: ".to_owned());
    refused("a tampered header", signer, change, |name, service, explanation| {
        // The only one of them that shows what it computed.
        if (name, service) == ("MINISTACK", "s3") {
            assert_eq!(explanation.cause(), Cause::HeaderChanged, "{explanation}");
            assert_eq!(
                explanation.line(),
                Some(&Line::Header("x-amz-meta-owner".to_owned())),
                "{explanation}"
            );
        }
        assert!(!explanation.to_string().contains("he owner"), "{explanation}");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_key() {
    let signer = |server: &Server, service: &str| {
        let credentials = Credentials::new("AKIANOSUCHKEYEXAMPLE", "secret").unwrap();
        Signer::new(service, server.region.as_str(), credentials)
    };
    refused("an unknown key", signer, Change::Nothing, |_, _, explanation| {
        assert_eq!(explanation.cause(), Cause::UnknownKey, "{explanation}");
    })
    .await;
}

/// A clock that is ahead by so many seconds.
struct Off(i64);

impl Clock for Off {
    fn now(&self) -> SystemTime {
        let distance = Duration::from_secs(self.0.unsigned_abs());
        if self.0 >= 0 { SystemTime::now() + distance } else { SystemTime::now() - distance }
    }
}

#[tokio::test]
async fn a_clock_20_minutes_off() {
    for (off, cause) in [(1200, Cause::ClockAhead), (-1200, Cause::ClockBehind)] {
        let signer = |server: &Server, service: &str| {
            server.signer(service).with_clock(Off(off)).with_clock_correction(false)
        };
        refused(&format!("a clock {off} s ahead"), signer, Change::Nothing, |_, _, explanation| {
            assert_eq!(explanation.cause(), cause, "{explanation}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_clock_20_minutes_off_is_learnt() {
    for off in [1200, -1200] {
        for (name, service) in SERVICES {
            let Some(server) = Server::up(name) else { return };
            for kind in SigningClient::KINDS {
                let what = format!("{off} s: {name}, {service}, through {kind}");
                let signer = server.signer(service).with_clock(Off(off));
                let client = SigningClient::explaining(kind, signer).unwrap();
                let (status, _) = send(&client, &server.endpoint, service).await;
                assert!(status.is_client_error(), "{what}: {status}");
                let (status, explanation) = send(&client, &server.endpoint, service).await;
                let accepted = if service == "s3" { StatusCode::NOT_FOUND } else { StatusCode::OK };
                assert_eq!(status, accepted, "{what}: {explanation:?}");
            }
        }
    }
}
