//! A server that verifies.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, LOCATION};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sigv4_core::clock::ManualClock;
use sigv4_core::verify::{CredentialMap, Verified, Verifier};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_sigv4::{VerifiedBody, VerifyLayer};

use crate::{PLAIN, SCOPE, credentials, gzip};

/// A request that was verified.
#[derive(Debug)]
pub struct Seen {
    pub path: String,
    pub date: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

pub fn verifier(clock: &Arc<ManualClock>) -> Verifier {
    let known: CredentialMap = [credentials()].into_iter().collect();
    Verifier::new(SCOPE.0, SCOPE.1, known).with_clock(Arc::clone(clock))
}

impl Server {
    /// Answers what verifies: `/moved` with a redirect to `/`, all else with these statuses in turn, and then the last. Calls
    /// `between` before each answer.
    pub async fn start(
        clock: &Arc<ManualClock>,
        statuses: &'static [u16],
        between: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (shared, between) = (Arc::clone(&seen), Arc::new(between));
        let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier(clock))).service(service_fn(
            move |request: Request<VerifiedBody>| {
                let (shared, between) = (Arc::clone(&shared), Arc::clone(&between));
                async move {
                    let verified = request.extensions().get::<Verified>().expect("a signature");
                    let mut seen = shared.lock().unwrap();
                    let status = statuses.get(seen.len()).or(statuses.last()).expect("a status");
                    let response = answer(&request, *status);
                    seen.push(Seen {
                        path: request.uri().path().to_owned(),
                        date: verified.date().to_string(),
                        headers: request.headers().clone(),
                        body: Bytes::copy_from_slice(request.body().as_ref()),
                    });
                    between();
                    Ok::<_, Infallible>(response)
                }
            },
        ));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(async move {
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests that were verified.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// Compressed where that is asked for.
fn answer(request: &Request<VerifiedBody>, status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(PLAIN));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if request.uri().path() == "/moved" {
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        response.headers_mut().insert(LOCATION, "/".parse().unwrap());
    }
    if request.headers().get(ACCEPT_ENCODING).is_some_and(|accepted| accepted == "gzip") {
        response.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        *response.body_mut() = Full::from(gzip(PLAIN.as_bytes()));
    }
    response
}
