//! The embedded server: real HTTP on loopback, every request verified before it is answered.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sigv4_core::verify::{Verified, Verifier};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_sigv4::{VerifiedBody, VerifyLayer};

/// Serves on a free port of 127.0.0.1 until the program ends, and answers each request that `verifier` accepts with a
/// line that says who signed what.
pub async fn serve(verifier: Verifier) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(service_fn(answer));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                // A client that hangs up ends its own connection, and nothing else.
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address)
}

async fn answer(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let line = match request.extensions().get::<Verified>() {
        Some(verified) => format!(
            "{} signed {} {} for {} in {}\n",
            verified.access_key_id(),
            request.method(),
            request.uri().path(),
            verified.service(),
            verified.region(),
        ),
        None => "nobody signed this\n".to_owned(),
    };
    Ok(Response::new(Full::from(line)))
}
