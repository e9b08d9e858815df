//! The three clients, behind one call.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_sigv4::{HealingClient, SigV4Client, SignedBody};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use reqwest_middleware::ClientWithMiddleware;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::Signer;
use sigv4_core::refusal::Explanation;
use sigv4_tests::clients::reqwest_builder;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt};
use tower_sigv4::{Healing, SignLayer};

/// Sends every name to one address, so that the hosts of AWS can be played on the loopback.
pub(crate) type Resolver = BoxCloneSyncService<Name, std::iter::Once<SocketAddr>, std::convert::Infallible>;
type Connector = HttpConnector<Resolver>;
type Hyper<B> = hyper_util::client::legacy::Client<Connector, B>;

#[derive(Clone)]
pub(crate) enum Client {
    Reqwest(ClientWithMiddleware),
    Tower(Healing<Hyper<Full<Bytes>>>),
    Hyper(HealingClient<Hyper<SignedBody<Full<Bytes>>>>),
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) explanation: Option<Explanation>,
    pub(crate) body: Bytes,
}

impl Client {
    /// All three, each with a signer of its own.
    pub(crate) fn all(signer: impl Fn() -> Signer) -> [Self; 3] {
        Self::resolving(signer, SocketAddr::from(([127, 0, 0, 1], 80)))
    }

    /// All three, for whom every name stands for one address.
    pub(crate) fn resolving(signer: impl Fn() -> Signer, address: SocketAddr) -> [Self; 3] {
        let resolver = tower::service_fn(move |_: Name| async move { Ok(std::iter::once(address)) });
        let connector = || HttpConnector::new_with_resolver(BoxCloneSyncService::new(resolver));
        let builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
        let hosts = ["b.s3.amazonaws.com", "b.s3.eu-west-3.amazonaws.com"];
        let reqwest = hosts.iter().fold(reqwest_builder(), |client, host| client.resolve(host, address));
        let reqwest = reqwest.build().unwrap();
        [
            Self::Reqwest(
                reqwest_middleware::ClientBuilder::new(reqwest).with(SigV4Middleware::new(signer())).build(),
            ),
            Self::Tower(SignLayer::new(signer()).healing().layer(builder.build(connector()))),
            Self::Hyper(SigV4Client::new(signer(), builder.build(connector())).healing()),
        ]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Reqwest(_) => "reqwest",
            Self::Tower(_) => "tower",
            Self::Hyper(_) => "hyper",
        }
    }

    pub(crate) async fn send(&self, request: Request<&'static str>) -> Answer {
        match self {
            Self::Reqwest(client) => {
                let request = reqwest::Request::try_from(request).unwrap();
                let response = client.execute(request).await.unwrap();
                let status = response.status();
                let explanation = response.extensions().get::<Explanation>().cloned();
                Answer { status, explanation, body: response.bytes().await.unwrap() }
            }
            Self::Tower(client) => {
                let mut client = client.clone();
                answer(client.ready().await.unwrap().call(request.map(Full::from)).await.unwrap()).await
            }
            Self::Hyper(client) => answer(client.request(request.map(Full::from)).await.unwrap()).await,
        }
    }

    pub(crate) async fn post(&self, url: &str, body: &'static str) -> Answer {
        self.send(Request::post(url).body(body).unwrap()).await
    }
}

async fn answer<B: http_body::Body<Data = Bytes>>(response: Response<B>) -> Answer
where
    B::Error: std::fmt::Debug,
{
    let (parts, body) = response.into_parts();
    let explanation = parts.extensions.get::<Explanation>().cloned();
    Answer { status: parts.status, explanation, body: body.collect().await.unwrap().to_bytes() }
}
