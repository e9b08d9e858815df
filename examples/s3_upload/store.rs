//! A server that keeps one object, in a file: written while it comes in, chunk by chunk once verified, and thrown away if
//! anything was wrong.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::{Failure, example_credentials};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_sigv4::{StreamedBody, VerifyLayer};

/// Serves on a free port of 127.0.0.1 until the program ends.
pub async fn serve(file: PathBuf) -> Result<SocketAddr, Failure> {
    let known: CredentialMap = [example_credentials()?].into_iter().collect();
    let verifier = Verifier::new("s3", "us-east-1", known).with_streaming(true);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let service = ServiceBuilder::new()
        .layer(VerifyLayer::new(verifier).with_body_type::<StreamedBody<Incoming>>())
        .service(service_fn(move |request| answer(request, file.clone())));
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

async fn answer(
    request: Request<StreamedBody<Incoming>>,
    file: PathBuf,
) -> Result<Response<RequestBody>, Failure> {
    match *request.method() {
        Method::GET => Ok(match RequestBody::open(&file).await {
            Ok(body) => Response::new(body),
            Err(_) => told(StatusCode::NOT_FOUND, "nothing is stored"),
        }),
        Method::PUT => {
            let coming = file.with_extension("coming");
            match store(request.into_body(), &coming).await {
                Ok(()) => {
                    tokio::fs::rename(coming, file).await?;
                    Ok(Response::new(RequestBody::EMPTY))
                }
                Err(error) => {
                    tokio::fs::remove_file(coming).await?;
                    Ok(told(StatusCode::BAD_REQUEST, error.to_string()))
                }
            }
        }
        _ => Ok(told(StatusCode::METHOD_NOT_ALLOWED, "this server takes one object, and gives it back")),
    }
}

fn told(status: StatusCode, text: impl Into<Bytes>) -> Response<RequestBody> {
    let mut response = Response::new(RequestBody::from(text.into()));
    *response.status_mut() = status;
    response
}

async fn store(mut body: StreamedBody<Incoming>, path: &Path) -> Result<(), Failure> {
    let mut file = tokio::fs::File::create(path).await?;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            file.write_all(&data).await?;
        }
    }
    file.flush().await?;
    Ok(())
}
