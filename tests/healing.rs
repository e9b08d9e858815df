//! Refusals healed: a clock that is off, credentials that die early; and what cannot be sent again.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use sigv4_core::refusal::{Cause, Explanation};
use sigv4_core::verify::{CredentialMap, FindCredentials, Verifier};
use sigv4_core::{Credentials, Error, ProvideCredentials, Signer};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_sigv4::{SignLayer, VerifiedBody, VerifyLayer};

const SCOPE: (&str, &str) = ("execute-api", "us-east-2");

/// How far the server's clock is ahead, in seconds.
#[derive(Clone, Copy)]
struct Ahead(i64);

impl sigv4_core::clock::Clock for Ahead {
    fn now(&self) -> SystemTime {
        let distance = Duration::from_secs(self.0.unsigned_abs());
        if self.0 >= 0 { SystemTime::now() + distance } else { SystemTime::now() - distance }
    }
}

/// A server that verifies by its own clock, and tells that clock in `Date`; it counts what it refused.
async fn serve(verifier: Verifier, clock: Ahead) -> (SocketAddr, Arc<AtomicUsize>) {
    let refused = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let counter = Arc::clone(&refused);
    let inner = VerifyLayer::new(verifier.with_clock(clock)).layer(service_fn(echo));
    let service = ServiceBuilder::new()
        .map_response(move |mut response: Response<_>| {
            if response.status() != StatusCode::OK {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            let date = httpdate::fmt_http_date(sigv4_core::clock::Clock::now(&clock));
            response.headers_mut().insert(http::header::DATE, date.parse().unwrap());
            response
        })
        .service(inner);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (address, refused)
}

async fn echo(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::new(Full::new(body)))
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret").unwrap()
}

fn verifier() -> Verifier {
    let known: CredentialMap = [credentials()].into_iter().collect();
    Verifier::new(SCOPE.0, SCOPE.1, known)
}

fn signer() -> Signer {
    Signer::new(SCOPE.0, SCOPE.1, credentials())
}

fn reqwest_client(signer: Signer) -> reqwest_middleware::ClientWithMiddleware {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest_middleware::ClientBuilder::new(reqwest_sigv4::harden(reqwest::Client::builder()).build().unwrap())
        .with(reqwest_sigv4::SigV4Middleware::new(signer))
        .build()
}

#[tokio::test]
async fn reqwest_corrects_the_clock_in_both_directions() {
    for ahead in [1200, -1200] {
        let (address, refused) = serve(verifier(), Ahead(ahead)).await;
        let client = reqwest_client(signer());
        for number in 0..200 {
            let response = client.post(format!("http://{address}/a")).body("hello").send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{ahead} s, request {number}");
            assert_eq!(response.text().await.unwrap(), "hello");
        }
        assert_eq!(refused.load(Ordering::SeqCst), 1, "{ahead} s: the first, and none after it");
    }
}

#[tokio::test]
async fn tower_over_hyper_corrects_the_clock_in_both_directions() {
    for ahead in [1200, -1200] {
        let (address, refused) = serve(verifier(), Ahead(ahead)).await;
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let mut client = SignLayer::new(signer()).healing().layer(client);
        for number in 0..200 {
            let request = Request::post(format!("http://{address}/a")).body(Full::from("hello")).unwrap();
            let response = client.ready().await.unwrap().call(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{ahead} s, request {number}");
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
        }
        assert_eq!(refused.load(Ordering::SeqCst), 1, "{ahead} s: the first, and none after it");
    }
}

#[tokio::test]
async fn correction_can_be_turned_off_and_the_refusal_is_explained() {
    let (address, refused) = serve(verifier(), Ahead(1200)).await;
    let client = reqwest_client(signer().with_clock_correction(false));
    let response = client.get(format!("http://{address}/a")).send().await.unwrap();
    assert_eq!((response.status(), refused.load(Ordering::SeqCst)), (StatusCode::FORBIDDEN, 1));
    let explanation = response.extensions().get::<Explanation>().expect("an explanation").clone();
    assert_eq!(explanation.cause(), Cause::ClockBehind, "{explanation}");
    // The caller sees the whole refusal, byte for byte.
    let length = response.content_length().unwrap();
    let body = response.bytes().await.unwrap();
    assert_eq!(body.len() as u64, length);
    assert!(body.starts_with(b"{\"message\":\"Signature expired"), "{body:?}");
}

#[tokio::test]
async fn a_stream_is_not_sent_twice_but_the_next_request_is_right() {
    let (address, refused) = serve(verifier(), Ahead(-1200)).await;
    let client = reqwest_client(signer());
    let send = async |body: reqwest::Body| {
        client.post(format!("http://{address}/a")).body(body).send().await.unwrap()
    };
    let stream = || {
        reqwest::Body::wrap(http_body_util::StreamBody::new(futures_lite::stream::iter([
            Ok::<_, Infallible>(http_body::Frame::data(Bytes::from_static(b"one"))),
            Ok(http_body::Frame::data(Bytes::from_static(b"two"))),
        ])))
    };
    assert_eq!(send(stream()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send(stream()).await.status(), StatusCode::OK);
    assert_eq!(refused.load(Ordering::SeqCst), 1);
}

/// Hands out sessions, of which the server accepts the latest only.
#[derive(Clone, Default)]
struct Sessions {
    issued: Arc<AtomicUsize>,
    accepted: Arc<Mutex<usize>>,
}

impl Sessions {
    fn session(number: usize) -> Credentials {
        Credentials::new(format!("ASIA{number}"), "secret")
            .unwrap()
            .with_session_token(format!("token-{number}"))
            .unwrap()
    }
}

#[sigv4_core::async_trait]
impl ProvideCredentials for Sessions {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        *self.accepted.lock().unwrap() = number;
        Ok(Self::session(number).with_expiry(SystemTime::now() + Duration::from_secs(3600)))
    }
}

#[sigv4_core::async_trait]
impl FindCredentials for Sessions {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        let live = Self::session(*self.accepted.lock().unwrap());
        Ok(Some(live).filter(|live| live.access_key_id() == access_key_id))
    }
}

#[tokio::test]
async fn a_session_that_dies_early_is_renewed_once_for_a_hundred_requests() {
    let sessions = Sessions::default();
    let (address, refused) = serve(Verifier::new(SCOPE.0, SCOPE.1, sessions.clone()), Ahead(0)).await;
    let client = reqwest_client(Signer::new(SCOPE.0, SCOPE.1, sessions.clone()));
    let url = format!("http://{address}/a");
    assert_eq!(client.get(&url).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(sessions.issued.load(Ordering::SeqCst), 1);

    // The service forgets the session that everybody uses.
    *sessions.accepted.lock().unwrap() = usize::MAX;
    let requests = (0..100).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { client.post(url).body("hello").send().await.unwrap().status() })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(sessions.issued.load(Ordering::SeqCst), 2, "one renewal");
    assert!((1..=100).contains(&refused.load(Ordering::SeqCst)));
}
