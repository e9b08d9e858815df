//! A million requests through each client over loopback, while everything that can go wrong goes wrong at times.
//!
//! Credentials live five seconds and are other ones each time; their source fails one call in five and hangs one in nine;
//! connections are cut before a request is read and after it was accepted; failed requests are sent again. A server in the
//! same process verifies every request, and both sides count. All log lines at TRACE are searched for secrets and tokens.
//!
//! Ends with an error where a request was refused, or was lost and no fault explains it, where memory grew, or where a
//! secret was told. `soak REQUESTS` takes another number.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::credentials::CredentialCache;
use sigv4_core::refusal::{Cause, Explanation};
use sigv4_core::verify::{FindCredentials, Rejection, RejectionKind, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, Signer};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sigv4::{SignLayer, VerifiedBody, VerifyLayer};

const CLIENTS: [&str; 3] = ["reqwest", "tower", "hyper"];
const WORKERS: u64 = 64;
const ATTEMPTS: u32 = 4;
const LIFETIME: Duration = Duration::from_secs(5);
/// What no log line may hold; the number of the credentials follows.
const SECRET: &str = "SoakSecretAccessKey";
const TOKEN: &str = "SoakSessionToken";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Credentials with a number. Both sides reckon them, so that nothing has to be shared.
fn credentials(number: u64, issued: u64) -> Result<Credentials, Error> {
    let expiry = SystemTime::UNIX_EPOCH + Duration::from_millis(issued) + LIFETIME;
    Ok(Credentials::new(format!("AKID.{number}.{issued}"), format!("{SECRET}{number}"))?
        .with_session_token(format!("{TOKEN}{number}"))?
        .with_expiry(expiry)
        .with_source("soak"))
}

/// Issues other credentials each time, unless it fails or hangs.
#[derive(Default)]
struct Source {
    calls: AtomicU64,
    failed: AtomicU64,
    hung: AtomicU64,
}

struct Shared(Arc<Source>);

#[async_trait]
impl ProvideCredentials for Shared {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let call = self.0.calls.fetch_add(1, Relaxed) + 1;
        if call.is_multiple_of(9) {
            self.0.hung.fetch_add(1, Relaxed);
            std::future::pending::<()>().await;
        }
        if call.is_multiple_of(5) {
            self.0.failed.fetch_add(1, Relaxed);
            return Err(
                Error::new(ErrorKind::Credentials, "the source fails for a while").with_retryable(true)
            );
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        credentials(call, now.as_millis() as u64)
    }
}

/// The server's side of the same: reads number and time out of the access key id, and keeps the last ones.
#[derive(Default)]
struct Known(std::sync::Mutex<BTreeMap<String, Credentials>>);

#[async_trait]
impl FindCredentials for Known {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(access_key_id) {
            return Ok(Some(found.clone()));
        }
        let mut parts = access_key_id.split('.').skip(1).map(str::parse);
        let (Some(Ok(number)), Some(Ok(issued))) = (parts.next(), parts.next()) else { return Ok(None) };
        let found = credentials(number, issued)?;
        if known.len() > 64 {
            known.clear();
        }
        known.insert(access_key_id.to_owned(), found.clone());
        Ok(Some(found))
    }
}

/// What the server saw.
struct Seen {
    arrived: AtomicU64,
    accepted: AtomicU64,
    /// With credentials that expired on their way, while their source failed: they are served for as long as they live.
    expired: AtomicU64,
    /// For any other reason.
    refused: AtomicU64,
    cut: AtomicU64,
    /// How often each request was accepted, plus one.
    requests: Vec<AtomicU8>,
    refusals: std::sync::Mutex<BTreeMap<String, u64>>,
}

impl Seen {
    fn new(requests: u64) -> Arc<Self> {
        Arc::new(Self {
            arrived: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            expired: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            // Written to once, so that it is resident from the start.
            requests: (0..requests).map(|_| AtomicU8::new(std::hint::black_box(1))).collect(),
            refusals: Default::default(),
        })
    }

    /// A connection that ends here.
    fn cut(&self) -> std::io::Error {
        self.cut.fetch_add(1, Relaxed);
        std::io::Error::other("cut")
    }
}

async fn serve(seen: Arc<Seen>) -> std::io::Result<std::net::SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let accepted = seen.clone();
    let inner = service_fn(move |request: Request<VerifiedBody>| {
        let number = request.headers().get("x-amz-meta-number").and_then(|value| value.to_str().ok());
        let number = number.and_then(|value| value.parse::<usize>().ok()).unwrap_or(usize::MAX);
        if let Some(count) = accepted.requests.get(number) {
            count.fetch_add(1, Relaxed);
        }
        accepted.accepted.fetch_add(1, Relaxed);
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok")))))
    });
    let verifier = Verifier::new("execute-api", "us-east-1", Known::default());
    let layered = VerifyLayer::new(verifier).layer(inner);
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (seen, layered) = (seen.clone(), layered.clone());
        async move {
            let arrived = seen.arrived.fetch_add(1, Relaxed) + 1;
            if arrived % 1009 == 0 {
                return Err(seen.cut());
            }
            let response = layered.oneshot(request).await.map_err(std::io::Error::other)?;
            if let Some(rejection) = response.extensions().get::<Rejection>() {
                let is_expired = rejection.kind() == RejectionKind::ExpiredToken;
                let count = if is_expired { &seen.expired } else { &seen.refused };
                count.fetch_add(1, Relaxed);
                let mut refusals = seen.refusals.lock().unwrap_or_else(PoisonError::into_inner);
                *refusals.entry(rejection.to_string()).or_default() += 1;
            } else if arrived % 1013 == 0 {
                return Err(seen.cut());
            }
            Ok::<_, std::io::Error>(response)
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address)
}

/// Sends again what a cut connection took along; an error of the signer stays one.
#[derive(Clone)]
struct Again(u32);

impl<Rs> tower::retry::Policy<Request<Full<Bytes>>, Response<Rs>, Failure> for Again {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Full<Bytes>>,
        result: &mut Result<Response<Rs>, Failure>,
    ) -> Option<Self::Future> {
        let again = result.as_ref().is_err_and(|error| Error::find(&**error).is_none());
        self.0 += 1;
        (again && self.0 < ATTEMPTS).then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

impl reqwest_retry::RetryPolicy for Again {
    fn should_retry(&self, _: SystemTime, past: u32) -> reqwest_retry::RetryDecision {
        match past + 1 < ATTEMPTS {
            true => reqwest_retry::RetryDecision::Retry { execute_after: SystemTime::UNIX_EPOCH },
            false => reqwest_retry::RetryDecision::DoNotRetry,
        }
    }
}

/// reqwest's middleware stack as a service, so that all clients are driven alike.
#[derive(Clone)]
struct Reqwest(reqwest_middleware::ClientWithMiddleware);

impl Service<Request<Full<Bytes>>> for Reqwest {
    type Response = Response<()>;
    type Error = Failure;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await?.to_bytes();
            let builder = client.request(parts.method, parts.uri.to_string()).headers(parts.headers);
            let response = builder.body(body).send().await?;
            let answer = empty(response.status(), response.extensions());
            response.bytes().await?;
            Ok(answer)
        })
    }
}

/// What is left of an answer: its status, and why it was refused.
fn empty(status: StatusCode, extensions: &http::Extensions) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    if let Some(why) = extensions.get::<Explanation>() {
        response.extensions_mut().insert(why.clone());
    }
    response
}

/// Whether credentials expired on the way, and no others were to be had: such a refusal is handed on.
fn is_expired(response: &Response<()>) -> bool {
    let why = response.extensions().get::<Explanation>();
    why.is_some_and(|why| why.cause() == Cause::TokenExpired)
}

/// Reads the response to its end, so that its connection can be used again.
async fn drained<B: http_body::Body<Error: Into<Failure>>>(
    response: Response<B>,
) -> Result<Response<()>, Failure> {
    let (parts, body) = response.into_parts();
    http_body_util::BodyExt::collect(body).await.map_err(Into::into)?;
    Ok(empty(parts.status, &parts.extensions))
}

type AnyClient = tower::util::BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, Failure>;

fn client(kind: &str, signer: Signer) -> Result<AnyClient, Failure> {
    let retries = tower::retry::RetryLayer::new(Again(0));
    Ok(match kind {
        "reqwest" => AnyClient::new(Reqwest(
            reqwest_middleware::ClientBuilder::new(
                reqwest_sigv4::harden(reqwest::Client::builder()).build()?,
            )
            .with(reqwest_retry::RetryTransientMiddleware::new_with_policy(Again(0)))
            .with(SigV4Middleware::new(signer))
            .build(),
        )),
        "tower" => {
            let client = Client::builder(TokioExecutor::new()).build_http();
            let layer = SignLayer::new(signer).wrap().healing();
            AnyClient::new(retries.layer(layer.layer(client).and_then(drained)))
        }
        _ => {
            let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build_http());
            AnyClient::new(retries.layer(client.healing().and_then(drained)))
        }
    })
}

fn request(origin: &str, number: u64) -> Result<Request<Full<Bytes>>, http::Error> {
    let builder = Request::builder().header("x-amz-meta-number", number.to_string());
    match number % 3 {
        0 => builder.uri(format!("{origin}/items/{number}?a=b&c=d%20e")).body(Full::default()),
        1 => builder
            .method("POST")
            .header("content-type", "application/json")
            .uri(format!("{origin}/items"))
            .body(Full::from(format!("{{\"number\":{number},\"text\":\"{}\"}}", "x".repeat(500)))),
        _ => builder
            .method("PUT")
            .uri(format!("{origin}/caf%C3%A9/{number}"))
            .body(Full::new(Bytes::from_static(&[7; 1024]))),
    }
}

/// What the client's side came to.
#[derive(Default)]
struct Sent {
    done: AtomicU64,
    answered: AtomicU64,
    /// No credentials alive: the source had failed for too long.
    without_credentials: AtomicU64,
    /// Failed in every attempt.
    cut: AtomicU64,
    other: std::sync::Mutex<BTreeMap<String, u64>>,
}

async fn soak(kind: &str, requests: u64) -> Result<bool, Failure> {
    let seen = Seen::new(requests);
    let origin = format!("http://{}", serve(seen.clone()).await?);
    let source = Arc::new(Source::default());
    let cache = CredentialCache::new(Shared(source.clone())).with_timeout(Duration::from_millis(300));
    let signer = Signer::new("execute-api", "us-east-1", cache);
    let client = client(kind, signer)?;
    let sent = Arc::new(Sent::default());
    let (told, began) = (TOLD.load(Relaxed), Instant::now());

    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (client, sent, seen, origin) = (client.clone(), sent.clone(), seen.clone(), origin.clone());
            tokio::spawn(async move {
                for number in (worker..requests).step_by(WORKERS as usize) {
                    let outcome = client.clone().oneshot(request(&origin, number)?).await;
                    sent.done.fetch_add(1, Relaxed);
                    let problem = match outcome {
                        Ok(response) if response.status() == 200 => {
                            sent.answered.fetch_add(1, Relaxed);
                            // An answer without a request that was accepted would be a wonder.
                            let accepted = seen.requests[number as usize].load(Relaxed) > 1;
                            (!accepted).then(|| "answered, not accepted".to_owned())
                        }
                        Ok(response) if is_expired(&response) => {
                            sent.without_credentials.fetch_add(1, Relaxed);
                            None
                        }
                        Ok(response) => Some(response.status().to_string()),
                        Err(error) => match Error::find(&*error).map(Error::kind) {
                            Some(ErrorKind::Credentials | ErrorKind::Timeout) => {
                                sent.without_credentials.fetch_add(1, Relaxed);
                                tokio::time::sleep(Duration::from_millis(5)).await;
                                None
                            }
                            Some(kind) => Some(format!("{kind:?}: {error}")),
                            None => {
                                sent.cut.fetch_add(1, Relaxed);
                                None
                            }
                        },
                    };
                    if let Some(problem) = problem {
                        let mut other = sent.other.lock().map_err(|_| "a panic")?;
                        *other.entry(problem).or_default() += 1;
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    let memory = tokio::spawn({
        let sent = sent.clone();
        async move {
            let mut quarters = [const { Vec::new() }; 4];
            loop {
                let done = sent.done.load(Relaxed);
                if done >= requests {
                    return quarters
                        .map(|sizes: Vec<u64>| sizes.iter().sum::<u64>() / sizes.len().max(1) as u64);
                }
                quarters[(done * 4 / requests) as usize].push(resident());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    for worker in workers {
        worker.await??;
    }
    let elapsed = began.elapsed();
    let quarters = memory.await?;

    let accepted = seen.accepted.load(Relaxed);
    let answered = sent.answered.load(Relaxed);
    let (without, lost) = (sent.without_credentials.load(Relaxed), sent.cut.load(Relaxed));
    let (expired, refused) = (seen.expired.load(Relaxed), seen.refused.load(Relaxed));
    let cut = seen.cut.load(Relaxed);
    let twice = seen.requests.iter().filter(|count| count.load(Relaxed) > 2).count() as u64;
    let told = TOLD.load(Relaxed) - told;
    println!(
        "| {kind} | {requests} | {:.0} | {answered} | {without} | {lost} | {accepted} | {twice} | {expired} | {refused} | {cut} | {} / {} / {} | {} | {} | {told} |",
        requests as f64 / elapsed.as_secs_f64(),
        source.calls.load(Relaxed),
        source.failed.load(Relaxed),
        source.hung.load(Relaxed),
        quarters.map(|mean| mean.to_string()).join(" → "),
        LINES.load(Relaxed),
    );
    let other = sent.other.lock().map_err(|_| "a panic")?;
    let refusals = seen.refusals.lock().map_err(|_| "a panic")?;
    for (problem, times) in other.iter().chain(refusals.iter()) {
        eprintln!("{kind}: {times} times {problem}");
    }
    let arrived = seen.arrived.load(Relaxed);
    // Every request ended, one way; every arrival ended, one way; what was accepted and not answered was cut.
    let balanced = answered + without + lost + other.values().sum::<u64>() == requests
        && arrived >= accepted + expired + refused
        && arrived - accepted - expired - refused <= cut
        && accepted - answered <= cut
        && twice <= cut;
    // Four cut attempts in a row need four cuts.
    let failures = source.failed.load(Relaxed) + source.hung.load(Relaxed);
    let explained = lost * u64::from(ATTEMPTS) <= cut && (without + expired == 0 || failures > 0);
    let flat = quarters[3] as f64 <= quarters[1] as f64 * 1.05;
    for (holds, what) in [
        (refused == 0 && other.is_empty(), "a request was refused, or failed for a reason of its own"),
        (balanced, "the two sides count differently"),
        (explained, "requests were lost, and no fault explains it"),
        (flat, "memory grew"),
        (told == 0, "a secret was told"),
    ] {
        if !holds {
            eprintln!("{kind}: {what}");
        }
    }
    Ok(refused == 0 && other.is_empty() && balanced && explained && flat && told == 0)
}

/// The resident set, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

static LINES: AtomicU64 = AtomicU64::new(0);
static TOLD: AtomicU64 = AtomicU64::new(0);

/// Takes log lines, and keeps none.
struct Searched;

impl Write for Searched {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.fetch_add(1, Relaxed);
        let text = String::from_utf8_lossy(line);
        if (text.contains(SECRET) || text.contains(TOKEN)) && TOLD.fetch_add(1, Relaxed) == 0 {
            eprintln!("told: {text}");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn main() -> Result<ExitCode, Failure> {
    let requests = std::env::args().nth(1).map_or(Ok(1_000_000), |requests| requests.parse())?;
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(|| Searched)
        .init();
    println!(
        "| client | requests | per s | answered | no credentials | lost | accepted | of these twice | expired on the way | refused | cut | source: calls / failed / hung | KiB in each quarter | log lines searched | secrets in them |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    let mut right = true;
    for kind in CLIENTS {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        right &= runtime.block_on(soak(kind, requests))?;
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
