//! Bodies that go wrong, seen from the other end of the connection: no server can take such an upload for complete.

mod fate;
mod http1;
mod http2;

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, MIN_CHUNK_SIZE};
use sigv4_core::{Credentials, Error, ErrorKind, PayloadMode, Signer};
use tokio::sync::Notify;
use tower::timeout::TimeoutLayer;
use tower::{ServiceBuilder, ServiceExt};
use tower_sigv4::{ReqwestService, SignLayer};

use fate::{Fate, NOTE};

const CLIENTS: [&str; 3] = ["hyper", "reqwest", "tower"];

/// How a body is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Signed,
    SignedTrailer,
    UnsignedTrailer,
    /// With a trailer of the body's own whose length is not known: so nobody can announce the length of the whole.
    OpenEnd,
}

impl Way {
    const ALL: [Self; 4] = [Self::Signed, Self::SignedTrailer, Self::UnsignedTrailer, Self::OpenEnd];

    fn options(self) -> Result<ChunkedOptions, Error> {
        let options = match self {
            Self::Signed => ChunkedOptions::new(ChunkedMode::Signed),
            Self::SignedTrailer => ChunkedOptions::new(ChunkedMode::SignedTrailer),
            Self::UnsignedTrailer => {
                ChunkedOptions::new(ChunkedMode::UnsignedTrailer).with_checksum(ChecksumAlgorithm::Crc64Nvme)
            }
            Self::OpenEnd => ChunkedOptions::new(ChunkedMode::SignedTrailer).with_trailer(NOTE, None)?,
        };
        options.with_chunk_size(MIN_CHUNK_SIZE)
    }

    /// Whether the last chunk is among these bytes.
    fn is_ended(self, body: &[u8]) -> bool {
        let last = if self == Self::UnsignedTrailer { "\r\n0\r\n" } else { "\r\n0;chunk-signature=" };
        body.windows(last.len()).any(|window| window == last.as_bytes())
    }
}

type Sent = Result<StatusCode, Box<dyn StdError + Send + Sync>>;
type Sending = Pin<Box<dyn Future<Output = Sent> + Send>>;

/// A client of each kind, and one upload through it.
struct Upload {
    client: &'static str,
    http2: bool,
    way: Way,
    fate: Fate,
    /// The client's own time-out.
    timeout: Duration,
}

impl Upload {
    fn new(client: &'static str, http2: bool, way: Way, fate: Fate) -> Self {
        Self { client, http2, way, fate, timeout: Duration::from_secs(60) }
    }

    /// Sends to a server on loopback.
    fn send(&self, address: SocketAddr) -> Result<Sending, Box<dyn StdError + Send + Sync>> {
        // Two rustls users, one provider of cryptography. An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
        let payload = PayloadMode::Chunked(self.way.options()?);
        let signer = Signer::new("s3", "us-east-1", credentials).with_payload(payload);
        let url = format!("http://{address}/bucket/key");
        let (body, timeout) = (self.fate.body(self.way == Way::OpenEnd), self.timeout);
        Ok(match self.client {
            "hyper" => {
                let inner = Client::builder(TokioExecutor::new()).http2_only(self.http2).build_http();
                let client = SigV4Client::new(signer, inner);
                let request = Request::put(url).body(body)?;
                Box::pin(async move {
                    Ok(tokio::time::timeout(timeout, client.request(request)).await??.status())
                })
            }
            "tower" => {
                let service = ServiceBuilder::new()
                    .layer(TimeoutLayer::new(timeout))
                    .layer(SignLayer::new(signer).wrap())
                    .service(ReqwestService::new(self.reqwest()?));
                let request = Request::put(url).body(body)?;
                Box::pin(async move { Ok(service.oneshot(request).await?.status()) })
            }
            _ => {
                let client = reqwest_middleware::ClientBuilder::new(self.reqwest()?)
                    .with(SigV4Middleware::new(signer))
                    .build();
                let request = client.put(url).timeout(timeout).body(reqwest::Body::wrap(body));
                Box::pin(async move { Ok(request.send().await?.status()) })
            }
        })
    }

    fn reqwest(&self) -> reqwest::Result<reqwest::Client> {
        let builder = reqwest_sigv4::harden(reqwest::Client::builder());
        if self.http2 { builder.http2_prior_knowledge() } else { builder }.build()
    }

    /// Sends, and checks what the caller is told. A caller of a body that hangs gives up once the server has seen data.
    async fn run(&self, address: SocketAddr, data_seen: Arc<Notify>) {
        let sending = self.send(address).expect("a request");
        if self.fate.hangs() {
            tokio::select! {
                sent = sending => panic!("{self}: {sent:?}"),
                () = data_seen.notified() => return,
            }
        }
        let sent = sending.await;
        let Some(words) = self.fate.words() else {
            assert_eq!(sent.expect("an answer"), 200, "{self}");
            return;
        };
        let error = sent.expect_err("an error");
        let ours = Error::find(&*error).unwrap_or_else(|| panic!("{self}: no error of ours in {error:?}"));
        assert_eq!(ours.kind(), ErrorKind::Body, "{self}");
        assert!(ours.to_string().contains(words), "{self}: {ours}");
    }

    /// Sends a body that hangs, and checks that the client says that it took too long.
    async fn time_out(&self, address: SocketAddr) {
        let error = self.send(address).expect("a request").await.expect_err("a time-out");
        let mut told: Option<&(dyn StdError + 'static)> = Some(&*error);
        let mut words = String::new();
        while let Some(error) = told {
            words += &format!("{error}; ");
            told = error.source();
        }
        let clear = ["timed out", "deadline has elapsed"].iter().any(|clear| words.contains(clear));
        assert!(clear, "{self}: {words}");
    }
}

impl std::fmt::Display for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} as {:?} through {}", self.fate, self.way, self.client)
    }
}

#[test]
fn chunks_under_the_minimum_are_never_planned() {
    for way in Way::ALL {
        let error = way.options().unwrap().with_chunk_size(MIN_CHUNK_SIZE - 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        assert!(error.to_string().contains("8191 bytes is under S3's minimum of 8192"), "{error}");
    }
}
