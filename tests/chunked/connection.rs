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
use sigv4_core::credentials::Sleep;
use sigv4_core::flow::TimeLimit;
use sigv4_core::{Credentials, Error, ErrorKind, PayloadMode, Signer};
use sigv4_tests::clients::reqwest_builder;
use tokio::net::TcpStream;
use tokio::sync::Notify;
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

/// A timer that is up once the server has seen data.
struct OnceSeen(Arc<Notify>);

impl Sleep for OnceSeen {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let seen = Arc::clone(&self.0);
        Box::pin(async move { seen.notified().await })
    }
}

/// One upload through a client.
struct Upload {
    client: &'static str,
    http2: bool,
    way: Way,
    fate: Fate,
}

impl Upload {
    fn new(client: &'static str, http2: bool, way: Way, fate: Fate) -> Self {
        Self { client, http2, way, fate }
    }

    /// Sends to a server on loopback, which tells when it has `seen` data: then the time is up for a body that hangs.
    fn send(
        &self,
        address: SocketAddr,
        seen: &Arc<Notify>,
    ) -> Result<Sending, Box<dyn StdError + Send + Sync>> {
        let (signer, url) = (self.signer()?, format!("http://{address}/bucket/key"));
        let body = self.fate.body(self.way == Way::OpenEnd);
        let limit = match self.fate.hangs() {
            true => TimeLimit::new(Duration::from_secs(1), OnceSeen(Arc::clone(seen))),
            false => TimeLimit::none(),
        };
        Ok(match self.client {
            "hyper" => {
                let inner = Client::builder(TokioExecutor::new()).http2_only(self.http2).build_http();
                let client = SigV4Client::new(signer, inner).with_time_limit(limit);
                let request = Request::put(url).body(body)?;
                Box::pin(async move { Ok(client.request(request).await?.status()) })
            }
            "tower" => {
                let service = ServiceBuilder::new()
                    .layer(SignLayer::new(signer).wrap().with_time_limit(limit))
                    .service(ReqwestService::new(self.reqwest()?));
                let request = Request::put(url).body(body)?;
                Box::pin(async move { Ok(service.oneshot(request).await?.status()) })
            }
            _ => {
                let client = reqwest_middleware::ClientBuilder::new(self.reqwest()?)
                    .with(SigV4Middleware::new(signer))
                    .build();
                let request = client.put(url).body(reqwest::Body::wrap(body));
                Box::pin(async move { Ok(request.send().await?.status()) })
            }
        })
    }

    fn signer(&self) -> Result<Signer, Error> {
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
        let payload = PayloadMode::Chunked(self.way.options()?);
        Ok(Signer::new("s3", "us-east-1", credentials).with_payload(payload))
    }

    fn reqwest(&self) -> reqwest::Result<reqwest::Client> {
        if self.http2 { reqwest_builder().http2_prior_knowledge() } else { reqwest_builder() }.build()
    }

    /// Sends, and checks what the caller is told.
    async fn run(&self, address: SocketAddr, seen: &Arc<Notify>) {
        let sending = self.send(address, seen).expect("a request");
        if self.fate.hangs() && self.client == "reqwest" {
            // Its timer is tokio's: the caller gives up, as the timer would.
            tokio::select! {
                sent = sending => panic!("{self}: {sent:?}"),
                () = seen.notified() => return,
            }
        }
        let sent = sending.await;
        if self.fate == Fate::Right {
            assert_eq!(sent.expect("an answer"), 200, "{self}");
            return;
        }
        let error = sent.expect_err("an error");
        let ours = Error::find(&*error).unwrap_or_else(|| panic!("{self}: no error of ours in {error:?}"));
        let kind = if self.fate.hangs() { ErrorKind::Timeout } else { ErrorKind::Body };
        assert_eq!(ours.kind(), kind, "{self}");
        assert!(ours.to_string().contains(self.fate.words()), "{self}: {ours}");
    }
}

impl std::fmt::Display for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} as {:?} through {}", self.fate, self.way, self.client)
    }
}

/// Reads what a client still sends, until it closes: a socket that is closed with something unread is reset, and may take the
/// answer with it.
async fn linger(mut stream: TcpStream) {
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

#[test]
fn chunks_under_the_minimum_are_never_planned() {
    for way in Way::ALL {
        let error = way.options().unwrap().with_chunk_size(MIN_CHUNK_SIZE - 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        assert!(error.to_string().contains("8191 bytes is under S3's minimum of 8192"), "{error}");
    }
}

#[tokio::test]
async fn a_hang_is_told_as_a_time_out_by_reqwest() {
    let upload = Upload::new("reqwest", false, Way::SignedTrailer, Fate::Hang);
    // Nobody accepts: what is sent waits in the socket.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = reqwest_middleware::ClientBuilder::new(upload.reqwest().unwrap())
        .with(SigV4Middleware::new(upload.signer().unwrap()))
        .build();
    let request = client
        .put(format!("http://{}/bucket/key", listener.local_addr().unwrap()))
        .timeout(Duration::from_millis(50))
        .body(reqwest::Body::wrap(upload.fate.body(false)));
    match request.send().await.unwrap_err() {
        reqwest_middleware::Error::Reqwest(error) => assert!(error.is_timeout(), "{error:?}"),
        reqwest_middleware::Error::Middleware(error) => {
            assert_eq!(Error::find(&*error).map(Error::kind), Some(ErrorKind::Timeout), "{error:?}");
        }
    }
}
