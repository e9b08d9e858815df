//! The three clients, each with signing added: the same request goes through any of them.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_rustls::HttpsConnector;
use hyper_sigv4::{HealingClient, SigV4Client};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::{SignOptions, Signer};
use tower::{Layer, ServiceExt};
use tower_sigv4::{Healing, ReqwestService, SignLayer, SignedBody};

use crate::Failure;
use crate::file_body::RequestBody;

/// A response, its body still to be read.
pub type Answer = Response<UnsyncBoxBody<Bytes, Failure>>;

/// A signing client of one of the three kinds.
#[derive(Debug, Clone)]
pub enum SigningClient {
    /// `reqwest-middleware` with [`SigV4Middleware`].
    Reqwest(reqwest_middleware::ClientWithMiddleware),
    /// [`SignLayer`] over a `reqwest::Client`.
    Tower(SignLayer<tower_sigv4::Wrap>, ReqwestService),
    /// The same, with refusals explained.
    ExplainingTower(Box<Healing<ReqwestService, tower_sigv4::Wrap>>),
    /// [`SigV4Client`] over hyper-util's client.
    Hyper(SigV4Client<Https>),
    /// The same, with refusals explained.
    ExplainingHyper(HealingClient<Https>),
}

type Https = Client<HttpsConnector<HttpConnector>, SignedBody<RequestBody>>;

impl SigningClient {
    /// The names of the kinds.
    pub const KINDS: [&str; 3] = ["reqwest", "tower", "hyper"];

    /// A client of the kind with this name.
    pub fn new(kind: &str, signer: Signer) -> Result<Self, Failure> {
        // Two rustls users, one provider of cryptography. An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(match kind {
            "reqwest" => Self::reqwest(signer, true)?,
            "tower" => Self::Tower(
                SignLayer::new(signer).wrap(),
                ReqwestService::new(reqwest_sigv4::harden(reqwest::Client::builder()).build()?),
            ),
            "hyper" => {
                let connector = hyper_rustls::HttpsConnectorBuilder::new()
                    .with_webpki_roots()
                    .https_or_http()
                    .enable_all_versions()
                    .build();
                Self::Hyper(SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build(connector)))
            }
            other => return Err(format!("no client {other:?}: reqwest, tower or hyper").into()),
        })
    }

    /// A client of the kind with this name, with an explanation among the extensions of a refused request's answer. Nothing is
    /// sent twice.
    pub fn explaining(kind: &str, signer: Signer) -> Result<Self, Failure> {
        Ok(match Self::new(kind, signer.clone())? {
            Self::Tower(layer, service) => {
                Self::ExplainingTower(Box::new(layer.healing().with_replay(false).layer(service)))
            }
            Self::Hyper(client) => Self::ExplainingHyper(client.healing().with_replay(false)),
            _ => Self::reqwest(signer, false)?,
        })
    }

    fn reqwest(signer: Signer, healing: bool) -> Result<Self, Failure> {
        let client = reqwest_sigv4::harden(reqwest::Client::builder()).build()?;
        let middleware = SigV4Middleware::new(signer).with_plus_as_space(false).with_healing(healing);
        Ok(Self::Reqwest(reqwest_middleware::ClientBuilder::new(client).with(middleware).build()))
    }

    /// Signs and sends.
    pub async fn send(&self, request: Request<RequestBody>) -> Result<Answer, Failure> {
        Ok(match self {
            Self::Reqwest(client) => {
                let options = request.extensions().get::<SignOptions>().cloned().unwrap_or_default();
                let request = reqwest_request(request)?;
                let response = client.execute_with_extensions(request, &mut extensions(options)).await?;
                http::Response::from(response)
                    .map(|body: reqwest::Body| body.map_err(Failure::from).boxed_unsync())
            }
            Self::ExplainingTower(service) => {
                let answer = service.clone().oneshot(request).await?;
                answer.map(|body| body.map_err(Failure::from).boxed_unsync())
            }
            Self::ExplainingHyper(client) => {
                client.request(request).await?.map(|body| body.map_err(Failure::from).boxed_unsync())
            }
            Self::Tower(layer, service) => {
                let service = layer.layer(service.clone());
                service.oneshot(request).await?.map(|body| body.map_err(Failure::from).boxed_unsync())
            }
            Self::Hyper(client) => {
                client.request(request).await?.map(|body| body.map_err(Failure::from).boxed_unsync())
            }
        })
    }
}

fn extensions(options: SignOptions) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    extensions.insert(options);
    extensions
}

/// The same request for reqwest, whose URL type can rewrite a path: then it is an error.
fn reqwest_request(request: Request<RequestBody>) -> Result<reqwest::Request, Failure> {
    let (parts, body) = request.into_parts();
    let url = url::Url::parse(&parts.uri.to_string())?;
    if url.path() != parts.uri.path() || url.query() != parts.uri.query() {
        return Err("reqwest would rewrite the path or the query of this URL: use hyper".into());
    }
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = match body {
        RequestBody::Bytes(None) => None,
        RequestBody::Bytes(Some(bytes)) => Some(bytes.into()),
        file if file.is_end_stream() => None,
        file => Some(reqwest::Body::wrap(file)),
    };
    Ok(request)
}
