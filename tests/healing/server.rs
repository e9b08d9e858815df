//! A server on the loopback that verifies, by a clock of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::DATE;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use sigv4_core::clock::Clock;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Signer};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_sigv4::{VerifiedBody, VerifyLayer};

pub(crate) const SCOPE: (&str, &str) = ("execute-api", "us-east-2");

/// How far the server's clock is ahead, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Ahead(pub(crate) i64);

impl Clock for Ahead {
    fn now(&self) -> SystemTime {
        let distance = Duration::from_secs(self.0.unsigned_abs());
        if self.0 >= 0 { SystemTime::now() + distance } else { SystemTime::now() - distance }
    }
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret").unwrap()
}

pub(crate) fn verifier() -> Verifier {
    let known: CredentialMap = [credentials()].into_iter().collect();
    Verifier::new(SCOPE.0, SCOPE.1, known)
}

/// Corrects its clock, whatever `AWS_DISABLE_CLOCK_SKEW_CORRECTION` says on this machine.
pub(crate) fn signer() -> Signer {
    Signer::new(SCOPE.0, SCOPE.1, credentials()).with_clock_correction(true)
}

/// What a server saw.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    accepted: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
}

impl Counts {
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    pub(crate) fn count(&self, status: StatusCode) {
        let counter = if status == StatusCode::OK { &self.accepted } else { &self.refused };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

/// A server that verifies by its own clock, tells that clock in `Date`, and echoes the body of what it accepts.
pub(crate) async fn serve(verifier: Verifier, clock: Ahead) -> (SocketAddr, Counts) {
    let counts = Counts::default();
    let counter = counts.clone();
    let inner = VerifyLayer::new(verifier.with_clock(clock)).layer(service_fn(echo));
    let service = ServiceBuilder::new()
        .map_response(move |mut response: Response<_>| {
            counter.count(response.status());
            response.headers_mut().insert(DATE, httpdate::fmt_http_date(clock.now()).parse().unwrap());
            response
        })
        .service(inner);
    (listen(service).await, counts)
}

/// Any service on the loopback.
pub(crate) async fn listen<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<tower_sigv4::BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower_sigv4::BoxError>,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

async fn echo(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::new(Full::new(body)))
}
