//! Servers that redirect, and keep what they are sent: over plain TCP and over TLS.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::LOCATION;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use sigv4_core::verify::{CredentialMap, Verifier};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::{ServiceBuilder, service_fn};
use tower_sigv4::{VerifiedBody, VerifyLayer};

use crate::{SCOPE, credentials};

/// A certificate for `localhost`, and who is to be trusted for it.
pub struct Tls {
    pub certificate: rustls::pki_types::CertificateDer<'static>,
    server: Arc<rustls::ServerConfig>,
}

impl Tls {
    pub fn new() -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .unwrap();
        Self { certificate: signed.cert.der().clone(), server: Arc::new(server) }
    }

    /// What a client trusts.
    pub fn client(&self) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

/// The bytes of each request, as they came.
pub type Bytewise = Arc<Mutex<Vec<String>>>;

/// Serves each connection, on a port of the loopback, which is returned.
async fn listen<S, F>(tls: Option<&Tls>, serve: S) -> u16
where
    S: Fn(Box<dyn Stream>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tls.map(|tls| TlsAcceptor::from(Arc::clone(&tls.server)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            match &acceptor {
                None => drop(tokio::spawn(serve(Box::new(stream)))),
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        tokio::spawn(serve(Box::new(stream)));
                    }
                }
            }
        }
    });
    port
}

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Keeps the bytes of each request, and answers with what `respond` makes of them.
pub async fn raw(
    tls: Option<&Tls>,
    respond: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (u16, Bytewise) {
    let seen = Bytewise::default();
    let (record, respond) = (Arc::clone(&seen), Arc::new(respond));
    let port = listen(tls, move |mut stream| {
        let (record, respond) = (Arc::clone(&record), Arc::clone(&respond));
        async move {
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            let whole = loop {
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let length =
                    text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let complete =
                    text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0));
                if complete || read == 0 {
                    break text;
                }
            };
            let answer = respond(&whole);
            record.lock().unwrap().push(whole);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (port, seen)
}

pub fn redirect(code: u16, to: &str) -> String {
    format!("HTTP/1.1 {code} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

pub fn fine() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
}

/// Verifies each request, notes `METHOD /path`, and redirects `/a`.
pub async fn verifying(tls: Option<&Tls>, moved: Option<(u16, String)>) -> (u16, Bytewise) {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let layer = VerifyLayer::new(Verifier::new(SCOPE.0, SCOPE.1, known));
    let verified = Bytewise::default();
    let record = Arc::clone(&verified);
    let service =
        ServiceBuilder::new().layer(layer).service(service_fn(move |request: Request<VerifiedBody>| {
            record.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
            let mut response = Response::new(Full::<Bytes>::default());
            if let Some((code, to)) = moved.as_ref().filter(|_| request.uri().path() == "/a") {
                *response.status_mut() = StatusCode::from_u16(*code).unwrap();
                response.headers_mut().insert(LOCATION, to.parse().unwrap());
            }
            std::future::ready(Ok::<_, Infallible>(response))
        }));
    let port = listen(tls, move |stream| {
        let service = TowerToHyperService::new(service.clone());
        async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        }
    })
    .await;
    (port, verified)
}
