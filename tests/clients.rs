//! Every way in which a request can be signed and sent, behind one call.

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_sigv4::{SigV4Client, SigV4Connection, SignedBody};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_sigv4::{SigV4Middleware, SignExt};
use sigv4_core::{SignOptions, Signer};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tower::{Layer, ServiceExt};
use tower_sigv4::{BoxError, ReqwestService, Sign, SignLayer};

use crate::capture::Server;

type Body = Full<Bytes>;
type Connection<T> = Mutex<SigV4Connection<T>>;

/// A client, or a connection.
pub enum Client {
    /// `SigV4Middleware` over `reqwest`.
    Reqwest(ClientWithMiddleware),
    /// `SignExt` on a plain `reqwest::Request`.
    ReqwestByHand(reqwest::Client, Signer),
    /// `SignLayer` over `ReqwestService`.
    TowerReqwest(Sign<ReqwestService>),
    /// `SigV4Client` over hyper-util's client, HTTP/1.1 or HTTP/2.
    Hyper(SigV4Client<HyperClient<HttpConnector, SignedBody<Body>>>),
    /// `SigV4Connection` over a raw HTTP/1.1 connection.
    Connection1(Connection<hyper::client::conn::http1::SendRequest<SignedBody<Body>>>),
    /// `SigV4Connection` over a raw HTTP/2 connection.
    Connection2(Connection<hyper::client::conn::http2::SendRequest<SignedBody<Body>>>),
}

/// Which client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// reqwest with the middleware.
    Reqwest,
    /// reqwest, signed by hand.
    ReqwestByHand,
    /// tower over reqwest.
    TowerReqwest,
    /// hyper-util's client, HTTP/1.1.
    Hyper1,
    /// hyper-util's client, HTTP/2.
    Hyper2,
    /// A raw connection, HTTP/1.1.
    Connection1,
    /// A raw connection, HTTP/2.
    Connection2,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Reqwest,
        Self::ReqwestByHand,
        Self::TowerReqwest,
        Self::Hyper1,
        Self::Hyper2,
        Self::Connection1,
        Self::Connection2,
    ];

    /// Whether it is built on reqwest, which parses URLs in its own way.
    pub fn is_reqwest(self) -> bool {
        matches!(self, Self::Reqwest | Self::ReqwestByHand | Self::TowerReqwest)
    }

    /// A server that speaks its protocol.
    pub async fn server(self) -> Server {
        match self {
            Self::Hyper2 | Self::Connection2 => Server::http2().await,
            _ => Server::http1(&[200]).await,
        }
    }
}

/// A reqwest client that follows no redirect, and knows no proxy.
pub fn plain_reqwest() -> reqwest::Client {
    reqwest_builder().build().expect("a client")
}

/// As [`plain_reqwest`], to be gone on with.
pub fn reqwest_builder() -> reqwest::ClientBuilder {
    // reqwest wants to be told of one, since a feature of another crate in the tree takes its own away.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest_sigv4::harden(reqwest::Client::builder()).no_proxy()
}

impl Client {
    /// A client that signs with `signer`. The origin counts for raw connections only, which go to `server`.
    pub async fn new(kind: Kind, signer: Signer, server: &Server, origin: &str) -> Self {
        let hyper = |http2| {
            HyperClient::builder(TokioExecutor::new()).http2_only(http2).build_http::<SignedBody<Body>>()
        };
        let connect =
            || async { TokioIo::new(TcpStream::connect(server.address()).await.expect("a server")) };
        let origin: Uri = origin.parse().expect("an origin");
        match kind {
            Kind::Reqwest => {
                Self::Reqwest(ClientBuilder::new(plain_reqwest()).with(SigV4Middleware::new(signer)).build())
            }
            Kind::ReqwestByHand => Self::ReqwestByHand(plain_reqwest(), signer),
            Kind::TowerReqwest => {
                Self::TowerReqwest(SignLayer::new(signer).layer(ReqwestService::new(plain_reqwest())))
            }
            Kind::Hyper1 => Self::Hyper(SigV4Client::new(signer, hyper(false))),
            Kind::Hyper2 => Self::Hyper(SigV4Client::new(signer, hyper(true))),
            Kind::Connection1 => {
                let (sender, connection) =
                    hyper::client::conn::http1::handshake(connect().await).await.expect("a connection");
                tokio::spawn(connection);
                Self::Connection1(SigV4Connection::new(signer, sender, &origin).expect("an origin").into())
            }
            Kind::Connection2 => {
                let (sender, connection) =
                    hyper::client::conn::http2::handshake(TokioExecutor::new(), connect().await)
                        .await
                        .expect("a connection");
                tokio::spawn(connection);
                Self::Connection2(SigV4Connection::new(signer, sender, &origin).expect("an origin").into())
            }
        }
    }

    /// Signs a request and sends it; options stand in its extensions.
    pub async fn send(&self, request: Request<Bytes>) -> Result<StatusCode, BoxError> {
        match self {
            Self::Reqwest(client) => {
                let (request, extensions) = into_reqwest(request)?;
                let mut extensions = extensions;
                Ok(client.execute_with_extensions(request, &mut extensions).await?.status())
            }
            Self::ReqwestByHand(client, signer) => {
                let (mut request, mut extensions) = into_reqwest(request)?;
                request.sign(signer, extensions.remove::<SignOptions>().unwrap_or_default())?;
                Ok(client.execute(request).await?.status())
            }
            Self::TowerReqwest(service) => {
                let request = request.map(reqwest::Body::from);
                Ok(service.clone().oneshot(request).await?.status())
            }
            Self::Hyper(client) => Ok(client.request(request.map(Full::new)).await?.status()),
            Self::Connection1(connection) => {
                Ok(connection.lock().await.send_request(request.map(Full::new)).await?.status())
            }
            Self::Connection2(connection) => {
                Ok(connection.lock().await.send_request(request.map(Full::new)).await?.status())
            }
        }
    }
}

/// The request as a user of reqwest builds it: without a body where there is none.
fn into_reqwest(request: Request<Bytes>) -> Result<(reqwest::Request, http::Extensions), BoxError> {
    let (parts, body) = request.into_parts();
    let mut request = reqwest::Request::new(parts.method, parts.uri.to_string().parse()?);
    *request.headers_mut() = parts.headers;
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok((request, parts.extensions))
}
