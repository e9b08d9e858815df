//! Whole clients over the loopback: signed, unsigned, and unsigned with heads as long as the signed ones, side by side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest_middleware::ClientBuilder;
use reqwest_sigv4::SigV4Middleware;
use sigv4_bench::random::Random;
use sigv4_bench::stats::Series;
use sigv4_core::{Payload, Signer};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

use crate::compare::{self, Workload};

/// How many requests are under way at a time, each on a connection of its own.
pub const CONNECTIONS: usize = 64;

/// Requests in a second, and ratios in each turn.
#[derive(Debug)]
pub struct Throughput {
    pub name: &'static str,
    pub signed: Series,
    pub unsigned: Series,
    /// Signed over unsigned.
    pub ratio: Series,
    /// Signed over unsigned with a head as long as a signed one: what the signing costs, apart from the bytes that it adds.
    pub ratio_alike: Series,
}

/// Measures all clients, each for `budget`.
pub fn run(workload: &Workload, budget: Duration) -> Vec<Throughput> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let address = serve().await;
        let mut sample = workload.sample(&mut Random::new(64)).request();
        let path = sample.uri().path().to_owned();
        *sample.uri_mut() = format!("http://{address}{path}").parse().expect("a URL");
        let signer = compare::ours::signer(workload);
        let alike = alike(&signer, &sample);
        let with_body = |request: &Request<()>| request.clone().map(|()| Full::<Bytes>::default());
        let bare = pool();
        let send_bare = |request: &Request<()>| {
            let (bare, request) = (bare.clone(), request.clone());
            move || {
                let response = bare.request(with_body(&request));
                async { drained(response.await.expect("an answer")).await }
            }
        };
        let (layered, request) = (SignLayer::new(signer.clone()).layer(pool()), sample.clone());
        let send = move || {
            let response = layered.clone().call(with_body(&request));
            async { drained(response.await.expect("an answer")).await }
        };
        let tower = compared("tower", budget, send_bare(&sample), send_bare(&alike), send).await;

        let (client, request) = (SigV4Client::new(signer.clone(), pool()), sample.clone());
        let send = move || {
            let response = client.request(with_body(&request));
            async { drained(response.await.expect("an answer")).await }
        };
        let hyper = compared("hyper", budget, send_bare(&sample), send_bare(&alike), send).await;

        let pool =
            || reqwest::Client::builder().pool_max_idle_per_host(CONNECTIONS).build().expect("a client");
        let bare = ClientBuilder::new(pool()).build();
        let signed = ClientBuilder::new(pool()).with(SigV4Middleware::new(signer)).build();
        let send = |client: &reqwest_middleware::ClientWithMiddleware, request: &Request<()>| {
            let (client, request) = (client.clone(), request.clone());
            move || {
                let request = reqwest::Request::try_from(request.clone().map(|()| "")).expect("a URL");
                let client = client.clone();
                async move {
                    let response = client.execute(request).await.expect("an answer");
                    assert!(response.status().is_success());
                    drop(response.bytes().await.expect("its body"));
                }
            }
        };
        let (unsigned, alike) = (send(&bare, &sample), send(&bare, &alike));
        let reqwest = compared("reqwest", budget, unsigned, alike, send(&signed, &sample)).await;
        vec![tower, hyper, reqwest]
    })
}

/// The request with the headers of a signature, under other names of the same length, so that nothing is signed or read as
/// signed.
fn alike(signer: &Signer, sample: &Request<()>) -> Request<()> {
    let mut signed = sample.clone();
    signer.sign(&mut signed, Payload::EMPTY).expect("it can be signed");
    let mut alike = sample.clone();
    for (name, value) in signed.headers() {
        if !sample.headers().contains_key(name) {
            let name = name.as_str().replace("x-amz", "x-bmz").replace("authorization", "buthorization");
            let name: http::HeaderName = name.parse().expect("a header's name");
            alike.headers_mut().insert(name, value.clone());
        }
    }
    alike
}

/// A client of hyper-util's.
fn pool<B>() -> Client<HttpConnector, B>
where
    B: hyper::body::Body<Data = Bytes> + Send,
{
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(CONNECTIONS).build(HttpConnector::new())
}

/// Reads an answer to its end, so that its connection can be used again.
async fn drained(response: Response<Incoming>) {
    assert!(response.status().is_success());
    drop(response.into_body().collect().await.expect("its body"));
}

/// A server that answers everything alike.
async fn serve() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let service = hyper::service::service_fn(|_: Request<Incoming>| async {
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(b"{}"))))
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

async fn compared<U, A, S>(
    name: &'static str,
    budget: Duration,
    unsigned: impl Fn() -> U + Clone + Send + 'static,
    alike: impl Fn() -> A + Clone + Send + 'static,
    signed: impl Fn() -> S + Clone + Send + 'static,
) -> Throughput
where
    U: Future<Output = ()> + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let mut found = Throughput {
        name,
        signed: Series::default(),
        unsigned: Series::default(),
        ratio: Series::default(),
        ratio_alike: Series::default(),
    };
    let slice = budget / (3 * TURNS);
    for turn in 0..=TURNS {
        let mut rates = [0.0; 3];
        for at in 0..rates.len() {
            // Which of them comes first changes.
            let at = (at + turn as usize) % rates.len();
            rates[at] = match at {
                0 => per_second(slice, &unsigned).await,
                1 => per_second(slice, &alike).await,
                _ => per_second(slice, &signed).await,
            };
        }
        // The first turn opens the connections.
        if turn > 0 {
            let [without, alike, with] = rates;
            found.unsigned.value(without);
            found.signed.value(with);
            found.ratio.value(with / without);
            found.ratio_alike.value(with / alike);
        }
    }
    found
}

const TURNS: u32 = 24;

/// Requests in a second, of tasks that each send one after the other.
async fn per_second<F: Future<Output = ()> + Send + 'static>(
    slice: Duration,
    send: &(impl Fn() -> F + Clone + Send + 'static),
) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (stop, send) = (Arc::clone(&stop), send.clone());
            tokio::spawn(async move {
                let mut count = 0u64;
                while !stop.load(Relaxed) {
                    send().await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    tokio::time::sleep(slice).await;
    stop.store(true, Relaxed);
    let mut count = 0;
    for task in tasks {
        count += task.await.expect("no task fails");
    }
    count as f64 / began.elapsed().as_secs_f64()
}
