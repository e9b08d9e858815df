//! One deadline over all that a request waits for: each client ends in time, and says what hung. Time is tokio's, paused: it
//! moves on by itself while something takes its time on purpose, and stands still while bytes are on their way.

use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper_sigv4::{SigV4Client, SigV4Connection};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::{
    Credentials, Error, ErrorKind, Outcome, PayloadMode, ProvideCredentials, Signer, async_trait,
};
use sigv4_tests::clients::plain_reqwest;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt};
use tower_sigv4::{BoxError, ReqwestService, SignLayer};

const LIMIT: Duration = Duration::from_secs(5);
const CLIENTS: [&str; 8] = [
    "reqwest",
    "reqwest-own",
    "tower",
    "tower-reqwest",
    "healing",
    "hyper",
    "connection",
    "healing-connection",
];

/// Holds tokio's paused time, which would else jump to the next timer whenever the runtime has nothing to do: also while the
/// kernel still has bytes to hand over. A blocking task holds it, which waits for this to be let go.
#[derive(Clone)]
struct Brake(Arc<Mutex<Held>>);

enum Held {
    Until(#[allow(dead_code, reason = "dropped, it lets go")] mpsc::Sender<()>),
    No,
    NeverAgain,
}

impl Brake {
    fn new() -> Self {
        let brake = Self(Arc::new(Mutex::new(Held::No)));
        brake.hold();
        brake
    }

    fn hold(&self) {
        let (sender, dropped) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || dropped.recv());
        self.set(Held::Until(sender));
    }

    /// For good: a server that is still busy with what nobody waits for may not hold what comes next.
    fn end(&self) {
        self.set(Held::NeverAgain);
    }

    fn set(&self, to: Held) {
        let mut held = self.0.lock().unwrap();
        if !matches!(*held, Held::NeverAgain) {
            *held = to;
        }
    }

    /// Lets so much time pass.
    fn pass(&self, takes: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let brake = self.clone();
        Box::pin(async move {
            brake.set(Held::No);
            sleep(takes).await;
            brake.hold();
        })
    }
}

/// A provider that takes this long.
struct Slow(Brake, Duration);

#[async_trait]
impl ProvideCredentials for Slow {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.0.pass(self.1).await;
        Credentials::new("AKIDEXAMPLE", "secret")
    }
}

/// A body whose one frame takes this long.
struct SlowBody(Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>);

impl SlowBody {
    fn new(brake: &Brake, takes: Duration) -> Self {
        Self(Some(brake.pass(takes)))
    }
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(timer) = &mut self.0 else { return Poll::Ready(None) };
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"late")))))
    }
}

const AT_ONCE: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_secs(86_400);

/// What takes how long.
#[derive(Clone, Copy)]
struct Takes {
    provider: Duration,
    body: Duration,
    server: Duration,
}

/// Accepts connections, and answers whatever comes after a while.
async fn server(brake: &Brake, takes: Duration) -> String {
    let brake = brake.clone();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let brake = brake.clone();
            tokio::spawn(async move {
                let answer = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let pass = brake.pass(takes);
                    async move {
                        request.into_body().collect().await?;
                        pass.await;
                        Ok::<_, hyper::Error>(http::Response::new(Full::<Bytes>::default()))
                    }
                });
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await
            });
        }
    });
    format!("http://{address}")
}

fn boxed(body: SlowBody) -> http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError> {
    body.boxed_unsync()
}

/// Posts through one of the clients, each with a deadline of its own; what came of it, how long it took, and what the outcome
/// hook saw.
async fn post(client: &str, takes: Takes) -> (Result<u16, BoxError>, Duration, Vec<String>) {
    let brake = Brake::new();
    let origin = server(&brake, takes.server).await;
    let url = format!("{origin}/prod");
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&outcomes);
    let signer = Signer::new("execute-api", "us-east-2", Slow(brake.clone(), takes.provider))
        .with_outcome_hook(move |outcome| {
            log.lock().unwrap().push(match outcome {
                Outcome::Signed { .. } => "signed".to_owned(),
                Outcome::NoCredentials(error) => format!("no credentials: {:?}", error.kind()),
                Outcome::Failed(error) => format!("failed: {:?}", error.kind()),
                _ => "other".to_owned(),
            });
        });
    let body = SlowBody::new(&brake, takes.body);
    let began = Instant::now();
    let rebuild = |bytes: Bytes| Full::new(bytes).map_err(BoxError::from).boxed_unsync();
    let request = |body| Request::post(&url).body(body).unwrap();
    let hyper = || Client::builder(TokioExecutor::new());
    let sent: Result<u16, BoxError> = match client {
        "reqwest" | "reqwest-own" => {
            let middleware = SigV4Middleware::new(signer).with_healing(client == "reqwest");
            let middleware = if client == "reqwest" { middleware.with_deadline(LIMIT) } else { middleware };
            let client_ = reqwest_middleware::ClientBuilder::new(plain_reqwest()).with(middleware).build();
            let mut request = client_.post(&url).body(reqwest::Body::wrap(SyncBody(body)));
            if client == "reqwest-own" {
                request = request.timeout(LIMIT);
            }
            request.send().await.map(|response| response.status().as_u16()).map_err(BoxError::from)
        }
        "tower" => {
            let layer = SignLayer::new(signer).with_rebuild(rebuild).with_deadline(LIMIT);
            let service = layer.layer(hyper().build_http());
            service.oneshot(request(boxed(body))).await.map(|response| response.status().as_u16())
        }
        "healing" => {
            let layer = SignLayer::new(signer).with_rebuild(rebuild).with_deadline(LIMIT).healing();
            let service = layer.layer(hyper().build_http());
            service.oneshot(request(boxed(body))).await.map(|response| response.status().as_u16())
        }
        "tower-reqwest" => {
            let layer = SignLayer::new(signer).wrap().with_deadline(LIMIT);
            let service = layer.layer(ReqwestService::new(plain_reqwest()));
            let request = Request::post(&url).body(SyncBody(body)).unwrap();
            service.oneshot(request).await.map(|response| response.status().as_u16())
        }
        "hyper" => {
            let client = SigV4Client::new(signer, hyper().build_http()).with_deadline(LIMIT);
            client.request(request(boxed(body))).await.map(|response| response.status().as_u16())
        }
        _ => {
            let stream = TcpStream::connect(origin.strip_prefix("http://").unwrap()).await.unwrap();
            let (sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let connection = SigV4Connection::new(signer, sender, &origin.parse().unwrap()).unwrap();
            let mut connection = connection.with_deadline(LIMIT);
            if client == "healing-connection" {
                let sent = connection.healing().send_request(request(boxed(body))).await;
                return (sent.map(|response| response.status().as_u16()), began.elapsed(), taken(&outcomes));
            }
            connection.send_request(request(boxed(body))).await.map(|response| response.status().as_u16())
        }
    };
    brake.end();
    (sent, began.elapsed(), taken(&outcomes))
}

fn taken(outcomes: &Mutex<Vec<String>>) -> Vec<String> {
    outcomes.lock().unwrap().clone()
}

/// reqwest wants its bodies `Sync`.
struct SyncBody(SlowBody);

impl Body for SyncBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

fn in_time(took: Duration) -> bool {
    (LIMIT..LIMIT + Duration::from_millis(100)).contains(&took)
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs() {
    for client in CLIENTS {
        let (sent, took, outcomes) =
            post(client, Takes { provider: NEVER, body: AT_ONCE, server: AT_ONCE }).await;
        let error = sent.unwrap_err();
        let error = Error::find(&*error).expect("ours");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{client}");
        assert_eq!(
            error.to_string(),
            "the request's deadline of 5s passed while its credentials were fetched: the provider is slow or hangs",
            "{client}"
        );
        assert!(in_time(took), "{client}: {took:?}");
        assert_eq!(outcomes, ["no credentials: Timeout"], "{client}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_hangs() {
    for client in CLIENTS {
        let (sent, took, outcomes) =
            post(client, Takes { provider: AT_ONCE, body: NEVER, server: AT_ONCE }).await;
        let error = sent.unwrap_err();
        let error = Error::find(&*error).expect("ours");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{client}");
        assert_eq!(
            error.to_string(),
            "the request's deadline of 5s passed while its body was read to be hashed: the source of the body is slow \
             or hangs",
            "{client}"
        );
        assert!(in_time(took), "{client}: {took:?}");
        assert_eq!(outcomes, ["failed: Timeout"], "{client}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs() {
    for client in CLIENTS {
        let (sent, took, outcomes) =
            post(client, Takes { provider: AT_ONCE, body: AT_ONCE, server: NEVER }).await;
        let error = sent.unwrap_err();
        if client.starts_with("reqwest") {
            // reqwest's own, as retries know it.
            let error = error.downcast_ref::<reqwest_middleware::Error>().unwrap();
            let reqwest_middleware::Error::Reqwest(error) = error else { panic!("{error:?}") };
            assert!(error.is_timeout() && error.is_request(), "{error:?}");
        } else {
            let error = Error::find(&*error).expect("ours");
            assert_eq!(error.kind(), ErrorKind::Timeout, "{client}");
            assert!(error.to_string().contains("while it was sent, or its answer waited for"), "{error}");
        }
        assert!(in_time(took), "{client}: {took:?}");
        assert_eq!(outcomes, ["signed"], "{client}");
    }
}

/// The time-out of a request is one over all redirects that it is sent through.
#[tokio::test(start_paused = true)]
async fn hops_that_are_slow_together() {
    for (hops, each, expected) in [(3, 2, None), (3, 1, Some(200))] {
        let brake = Brake::new();
        let origin = redirecting(&brake, hops, Duration::from_secs(each)).await;
        let client = reqwest_middleware::ClientBuilder::new(plain_reqwest())
            .with(reqwest_sigv4::FollowRedirects::default())
            .with(SigV4Middleware::new(Signer::new("execute-api", "us-east-2", Slow(brake.clone(), AT_ONCE))))
            .build();
        let began = Instant::now();
        let sent = client.post(format!("{origin}/0")).body("hello").timeout(LIMIT).send().await;
        match (expected, sent) {
            (Some(status), Ok(response)) => assert_eq!(response.status(), status),
            (None, Err(reqwest_middleware::Error::Reqwest(error))) => {
                assert!(
                    error.is_timeout() && in_time(began.elapsed()),
                    "{error:?} after {:?}",
                    began.elapsed()
                );
            }
            (_, other) => panic!("{hops} hops of {each} s: {other:?} after {:?}", began.elapsed()),
        }
        brake.end();
    }
}

/// Redirects from `/0` to `/1` and so on, as many times, and takes a while for each.
async fn redirecting(brake: &Brake, hops: usize, takes: Duration) -> String {
    let brake = brake.clone();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let brake = brake.clone();
            let answer = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                let pass = brake.pass(takes);
                async move {
                    let hop: usize = request.uri().path()[1..].parse().unwrap();
                    request.into_body().collect().await?;
                    pass.await;
                    let response = http::Response::builder().status(if hop < hops { 307 } else { 200 });
                    let response = response.header("location", format!("/{}", hop + 1));
                    Ok::<_, hyper::Error>(response.body(Full::<Bytes>::default()).unwrap())
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    format!("http://{address}")
}

/// A body that is not read beforehand hangs while it is sent.
#[tokio::test(start_paused = true)]
async fn a_streamed_body_that_hangs() {
    let brake = Brake::new();
    let origin = server(&brake, AT_ONCE).await;
    let signer =
        Signer::new("s3", "us-east-2", Slow(brake.clone(), AT_ONCE)).with_payload(PayloadMode::Unsigned);
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = SigV4Client::new(signer, client).with_deadline(LIMIT);
    let request =
        Request::put(format!("{origin}/bucket/key")).body(boxed(SlowBody::new(&brake, NEVER))).unwrap();
    let began = Instant::now();
    let error = client.request(request).await.unwrap_err();
    let error = Error::find(&*error).expect("ours");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("the source of a streamed body, is slow or hangs"), "{error}");
    assert!(in_time(began.elapsed()));
}

/// Three steps of two seconds each: none too long by itself, but together.
#[tokio::test(start_paused = true)]
async fn it_is_one_deadline_over_all() {
    let two = Duration::from_secs(2);
    for client in CLIENTS {
        let (sent, took, _) = post(client, Takes { provider: two, body: two, server: two }).await;
        sent.unwrap_err();
        assert!(in_time(took), "{client}: {took:?}");
        let one = Duration::from_secs(1);
        let (sent, took, outcomes) = post(client, Takes { provider: one, body: one, server: one }).await;
        assert_eq!(sent.unwrap(), 200, "{client}");
        assert!(took < LIMIT, "{client}: {took:?}");
        assert_eq!(outcomes, ["signed"], "{client}");
    }
}
