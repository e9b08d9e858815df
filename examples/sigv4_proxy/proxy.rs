//! What is done with each request.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, ORIGIN};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_rustls::HttpsConnector;
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sigv4_core::{Error, ErrorKind, Origin, PayloadMode, Signer};
use sigv4_examples::Failure;
use tokio::net::TcpListener;

use crate::args::Args;
use crate::headers;

type Body = UnsyncBoxBody<Bytes, hyper::Error>;
type Upstream = SigV4Client<Client<HttpsConnector<HttpConnector>, SignedBody<Incoming>>>;

/// Signs and forwards.
pub struct Proxy {
    client: Upstream,
    scheme: Scheme,
    authority: Authority,
    /// The names that a request may call this proxy by: of its own address, and of where it leads.
    names: Vec<String>,
    /// Where it listens.
    address: SocketAddr,
}

impl Proxy {
    /// A proxy to the origin of the arguments, to be reached at `address`.
    pub fn new(args: &Args, signer: Signer, address: SocketAddr) -> Result<Self, Failure> {
        let uri: Uri = args.to.parse().map_err(|_| "--to is no URL")?;
        let (Some(scheme), Some(authority), "/" | "") = (uri.scheme(), uri.authority(), uri.path()) else {
            return Err("--to is an origin: scheme, host and port, and no path".into());
        };
        let mut signer =
            signer.with_allowed_origins([args.to.parse::<Origin>()?]).with_buffer_limit(args.buffer);
        let mut names =
            vec![address.to_string(), format!("localhost:{}", address.port()), authority.to_string()];
        if let Some(host) = &args.sign_host {
            signer = signer.with_sign_host(host.as_str());
            names.push(host.clone());
        }
        if args.unsigned_payload {
            signer = signer.with_payload(PayloadMode::Unsigned);
        }
        // Two users of rustls, one provider of cryptography. An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .build();
        let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build(connector));
        Ok(Self {
            client: client.with_deadline(args.deadline),
            scheme: scheme.clone(),
            authority: authority.clone(),
            names,
            address,
        })
    }

    /// Serves until the program ends.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Failure> {
        let proxy = Arc::new(self);
        loop {
            let (stream, _) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // One that hung up at once, or too many at a time: that passes.
                    eprintln!("sigv4_proxy: a connection was not accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let proxy = Arc::clone(&proxy);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let proxy = Arc::clone(&proxy);
                    async move { Ok::<_, Infallible>(proxy.answer(request).await) }
                });
                // A client that hangs up ends its own connection, and nothing else.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        match self.check(&request) {
            Err((status, why)) => told(status, why),
            Ok(()) => self.forward(request).await.unwrap_or_else(|error| refused(&error)),
        }
    }

    /// Whether this is a request for the one origin, from a program that means it.
    fn check(&self, request: &Request<Incoming>) -> Result<(), (StatusCode, &'static str)> {
        if request.method() == Method::CONNECT {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "this proxy signs requests: it opens no tunnels"));
        }
        let (headers, uri) = (request.headers(), request.uri());
        // An absolute URI names the host, where there is one; a page in a browser can choose another for this address.
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let target = uri.authority().map(Authority::as_str);
        let is_host = host.is_none_or(|host| self.is_ours(host) || self.is_address(host));
        if !is_host || !target.map_or(host.is_some(), |target| self.is_ours(target)) {
            return Err((
                StatusCode::MISDIRECTED_REQUEST,
                "this proxy leads to another origin than the one named",
            ));
        }
        if headers.contains_key(ORIGIN) {
            return Err((StatusCode::FORBIDDEN, "this proxy signs nothing for pages in a browser"));
        }
        let payload = headers.get("x-amz-content-sha256").map_or(&b""[..], |value| value.as_bytes());
        if payload.starts_with(b"STREAMING-AWS4-") {
            return Err((
                StatusCode::NOT_IMPLEMENTED,
                "the body is signed chunk by chunk with other credentials: turn that off in the program",
            ));
        }
        Ok(())
    }

    /// Whether `name` is one that this proxy goes by: its own, or its origin's.
    fn is_ours(&self, name: &str) -> bool {
        self.names.iter().any(|ours| ours.eq_ignore_ascii_case(name))
    }

    /// Whether `name` is an address with the port of this proxy: a page in a browser can give this machine any name, but no
    /// address that is not its own.
    fn is_address(&self, name: &str) -> bool {
        match self.address.port() {
            80 if name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok() => true,
            port => name.parse().is_ok_and(|address: SocketAddr| address.port() == port),
        }
    }

    async fn forward(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        headers::request(request.headers_mut());
        let target = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(target.unwrap_or_else(|| PathAndQuery::from_static("/")))
            .build()?;
        *request.version_mut() = http::Version::HTTP_11;
        let mut response = self.client.request(request).await?;
        headers::next_hop(response.headers_mut());
        Ok(response.map(Incoming::boxed_unsync))
    }
}

/// The answer to a request that could not be signed or sent; messages of ours hold no secrets.
fn refused(error: &Failure) -> Response<Body> {
    let Some(error) = Error::find(&**error) else {
        return told(StatusCode::BAD_GATEWAY, "the origin cannot be reached");
    };
    let status = match error.kind() {
        ErrorKind::Payload => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Request | ErrorKind::Header | ErrorKind::Body => StatusCode::BAD_REQUEST,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    told(status, &error.to_string())
}

fn told(status: StatusCode, why: &str) -> Response<Body> {
    let body = Full::from(format!("sigv4_proxy: {why}\n")).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
