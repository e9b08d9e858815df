//! Bodies that go wrong, seen from the other end of the connection: no server can take such an upload for complete.

mod http1;
mod http2;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, MIN_CHUNK_SIZE};
use sigv4_core::{Credentials, Error, ErrorKind, PayloadMode, Signer};
use tower::ServiceExt;
use tower_sigv4::{ReqwestService, SignLayer};

use crate::common::{Step, Steps, noise};

const SIZE: usize = 20_000;
const CLIENTS: [&str; 3] = ["hyper", "reqwest", "tower"];
const MODES: [ChunkedMode; 3] =
    [ChunkedMode::Signed, ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer];

/// How a body of announced [`SIZE`] bytes goes on after the first 15,000.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Right,
    Longer,
    Shorter,
    Error,
    Trailer,
    Hang,
}

const WRONG: [Fate; 5] = [Fate::Longer, Fate::Shorter, Fate::Error, Fate::Trailer, Fate::Hang];

impl Fate {
    fn body(self) -> Announced {
        let data = noise(SIZE + 1);
        let start = Steps::data([data.slice(..15_000)]);
        let end = match self {
            Self::Right | Self::Trailer => SIZE,
            Self::Longer => SIZE + 1,
            Self::Shorter => SIZE - 1,
            Self::Error | Self::Hang => 16_000,
        };
        let steps = start.then(Step::Data(data.slice(15_000..end)));
        Announced(match self {
            Self::Right | Self::Longer | Self::Shorter => steps,
            Self::Error => steps.then(Step::Error("the disk is gone")),
            Self::Hang => steps.then(Step::Hang),
            Self::Trailer => {
                let mut trailers = HeaderMap::new();
                trailers.insert(HeaderName::from_static("x-late"), HeaderValue::from_static("1"));
                steps.then(Step::Trailers(trailers))
            }
        })
    }

    /// What the error says, where there is one of ours.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Right | Self::Hang => None,
            Self::Longer => Some("longer than announced"),
            Self::Shorter => Some("shorter than announced: 19999 of 20000"),
            Self::Error => Some("failed while it was read"),
            Self::Trailer => Some("the trailer x-late was not announced"),
        }
    }
}

/// A body that says that it has [`SIZE`] bytes.
struct Announced(Steps);

impl Body for Announced {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(SIZE as u64)
    }
}

type Sent = Result<http::StatusCode, Box<dyn std::error::Error + Send + Sync>>;

/// Sends a body of this fate to a server on loopback; gives up on one that hangs.
async fn send(
    client: &str,
    http2: bool,
    address: std::net::SocketAddr,
    mode: ChunkedMode,
    fate: Fate,
) -> Sent {
    // Two rustls users, one provider of cryptography. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
    let options = ChunkedOptions::new(mode).with_chunk_size(MIN_CHUNK_SIZE)?;
    let signer = Signer::new("s3", "us-east-1", credentials).with_payload(PayloadMode::Chunked(options));
    let url = format!("http://{address}/bucket/key");
    let reqwest_client = || {
        let builder = reqwest_sigv4::harden(reqwest::Client::builder());
        if http2 { builder.http2_prior_knowledge() } else { builder }.build()
    };
    let sending: Pin<Box<dyn Future<Output = Sent> + Send>> = match client {
        "hyper" => {
            let inner = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
            let client = SigV4Client::new(signer, inner);
            let request = Request::put(url).body(fate.body())?;
            Box::pin(async move { Ok(client.request(request).await?.status()) })
        }
        "tower" => {
            let service =
                tower::Layer::layer(&SignLayer::new(signer).wrap(), ReqwestService::new(reqwest_client()?));
            let request = Request::put(url).body(fate.body())?;
            Box::pin(async move { Ok(service.oneshot(request).await?.status()) })
        }
        _ => {
            let client = reqwest_middleware::ClientBuilder::new(reqwest_client()?)
                .with(SigV4Middleware::new(signer))
                .build();
            let request = client.put(url).body(reqwest::Body::wrap(fate.body()));
            Box::pin(async move { Ok(request.send().await?.status()) })
        }
    };
    // Nothing but a body that hangs takes this long.
    let patience = if fate == Fate::Hang { Duration::from_millis(300) } else { Duration::from_secs(60) };
    tokio::time::timeout(patience, sending).await?
}

/// What the caller is told.
fn check(client: &str, fate: Fate, sent: Sent) {
    let what = format!("{fate:?} through {client}");
    let Some(words) = fate.words() else {
        match fate {
            Fate::Right => assert_eq!(sent.expect(&what), 200, "{what}"),
            _ => assert!(sent.unwrap_err().is::<tokio::time::error::Elapsed>(), "{what}"),
        }
        return;
    };
    let error = sent.expect_err(&what);
    let ours = Error::find(&*error).unwrap_or_else(|| panic!("{what}: no error of ours in {error:?}"));
    assert_eq!(ours.kind(), ErrorKind::Body, "{what}");
    assert!(ours.to_string().contains(words), "{what}: {ours}");
}
