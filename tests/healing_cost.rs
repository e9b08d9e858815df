//! What healing and the adapters cost a request that is accepted, counted by the allocator, in a binary of its own: healing no
//! allocation, reqwest's middleware two; and futures that are still small.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{Extensions, HeaderValue, Request, Response};
use http_body_util::Full;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::clock::ManualClock;
use sigv4_core::flow::Kept;
use sigv4_core::{Credentials, Payload, Signer, Watch};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

/// Requests that are counted together.
const REQUESTS: usize = 100;

/// A new second has a new date, which allocates: none begins here.
const NOW: (&str, &str) = ("20261121T120000Z", "Sat, 21 Nov 2026 12:00:00 GMT");

fn signer() -> Signer {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret").unwrap();
    Signer::new("dynamodb", "us-east-2", credentials.with_session_token("token").unwrap())
        .with_clock(ManualClock::at_amz_date(NOW.0).unwrap())
}

fn request(body: Bytes) -> Request<Full<Bytes>> {
    Request::post("https://dynamodb.us-east-2.amazonaws.com/?a=b")
        .header(CONTENT_TYPE, "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("user-agent", "healing-cost/1.0")
        .body(Full::new(body))
        .unwrap()
}

/// Accepts everything at once, and tells the time as a server does.
#[derive(Clone)]
struct Accepts(HeaderValue);

impl Accepts {
    fn now() -> Self {
        Self(HeaderValue::from_static(NOW.1))
    }
}

impl Service<Request<Full<Bytes>>> for Accepts {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        drop(black_box(request));
        let mut response = Response::new(Full::default());
        response.headers_mut().insert(DATE, self.0.clone());
        ready(Ok(response))
    }
}

/// Polls a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Allocations per hundred requests, made beforehand, through one service; the first hundred do not count.
fn through<S>(mut service: S, body: impl Fn() -> Bytes) -> u64
where
    S: Service<Request<Full<Bytes>>>,
    S::Error: std::fmt::Debug,
{
    let mut round = || {
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(body())).collect();
        let counted = measure(|| {
            for request in requests {
                drop(black_box(now(service.call(request)).unwrap()));
            }
        });
        counted.count_total
    };
    round();
    round()
}

type MakeBody = fn() -> Bytes;

/// Bodies: none, in a static, in memory of their own that a `Bytes` would have to begin to count.
fn bodies() -> [(&'static str, MakeBody); 4] {
    [
        ("none", Bytes::new),
        ("static", || Bytes::from_static(b"{}")),
        ("small", || Bytes::from(vec![b'x'; 300])),
        ("4 KiB", || Bytes::from(vec![b'x'; 4096])),
    ]
}

#[test]
fn tower_allocates_nothing_more() {
    assert_eq!(measure(|| drop(black_box(Box::new(7)))).count_total, 1, "the allocator counts");
    for (what, body) in bodies() {
        let plain = through(SignLayer::new(signer()).layer(Accepts::now()), body);
        let healing = through(SignLayer::new(signer()).healing().layer(Accepts::now()), body);
        assert_eq!(healing, plain, "a body: {what}");
    }
}

#[test]
fn a_large_body_is_shared_and_not_copied() {
    let body = || Bytes::from(vec![b'x'; 100_000]);
    let plain = through(SignLayer::new(signer()).layer(Accepts::now()), body);
    let healing = through(SignLayer::new(signer()).healing().layer(Accepts::now()), body);
    // The count of a `Bytes` that is shared for the first time, once for each body.
    assert_eq!(healing - plain, REQUESTS as u64);
}

#[test]
fn watching_allocates_nothing_in_core() {
    let (signer, headers) = (signer(), Accepts::now().0);
    let answer = http::HeaderMap::from_iter([(DATE, headers)]);
    let round = |watched: bool| {
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(Bytes::new()).into_parts().0).collect();
        let counted = measure(|| {
            for mut parts in requests {
                if watched {
                    let host = Some("dynamodb.us-east-2.amazonaws.com");
                    let uri = ["https://dynamodb.us-east-2.amazonaws.com", "/?a=b"];
                    let mut watch = Watch::new(Kept::new(&parts.method, host, &uri, &parts.headers));
                    assert!(signer.try_sign_watched(&mut parts, Payload::EMPTY, &mut watch).unwrap());
                    signer.accepted(&watch, &answer);
                } else {
                    assert!(signer.try_sign(&mut parts, Payload::EMPTY).unwrap());
                }
            }
        });
        counted.count_total
    };
    round(true);
    assert_eq!(round(true), round(false));
}

/// Answers in the place of the client.
struct Answers(HeaderValue);

#[async_trait::async_trait]
impl Middleware for Answers {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        use reqwest::ResponseBuilderExt;
        let response = http::Response::builder().url(request.url().clone()).header(DATE, self.0.clone());
        Ok(reqwest::Response::from(response.body(reqwest::Body::default()).unwrap()))
    }
}

/// Allocations per hundred requests through a reqwest client; the first hundred do not count.
fn through_reqwest(client: &ClientWithMiddleware, body: MakeBody) -> u64 {
    let round = || {
        let request = || reqwest::Request::try_from(request(body()).map(|_| body())).unwrap();
        let requests: Vec<_> = (0..REQUESTS).map(|_| request()).collect();
        let counted = measure(|| {
            for request in requests {
                drop(black_box(now(client.execute(request)).unwrap()));
            }
        });
        counted.count_total
    };
    round();
    round()
}

/// A reqwest client that sends nothing.
fn reqwest_client(signing: Option<SigV4Middleware>) -> ClientWithMiddleware {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = ClientBuilder::new(reqwest::Client::new());
    let client = signing.into_iter().fold(client, ClientBuilder::with);
    client.with(Answers(Accepts::now().0)).build()
}

#[test]
fn reqwest_allocates_nothing_more() {
    let client = |healing| reqwest_client(Some(SigV4Middleware::new(signer()).with_healing(healing)));
    for (what, body) in bodies() {
        let (healing, plain) = (through_reqwest(&client(true), body), through_reqwest(&client(false), body));
        assert_eq!(healing, plain, "a body: {what}");
    }
}

#[test]
fn reqwests_middleware_allocates_its_future_and_where_it_sent_to() {
    // Not an empty one, which is sent with a `content-length` more.
    let body = || Bytes::from_static(b"{}");
    let bare = through_reqwest(&reqwest_client(None), body);
    let signing = through_reqwest(&reqwest_client(Some(SigV4Middleware::new(signer()))), body);
    let signer = signer();
    let in_place = |signs: bool| {
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(body())).collect();
        let counted = measure(|| {
            for mut request in requests {
                assert!(!signs || signer.try_sign(&mut request, Payload::bytes(b"{}")).unwrap());
            }
        });
        counted.count_total
    };
    in_place(true);
    let signatures = in_place(true) - in_place(false);
    assert!(signatures >= REQUESTS as u64, "{signatures}");
    assert_eq!(signing - bare - signatures, 2 * REQUESTS as u64);
}

/// Stands above the middleware, and fails with the size of its future.
struct Measures(SigV4Middleware);

#[async_trait::async_trait]
impl Middleware for Measures {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let size = size_of_val(&*self.0.handle(request, extensions, next));
        Err(reqwest_middleware::Error::middleware(std::io::Error::other(size.to_string())))
    }
}

#[test]
fn reqwests_future_is_no_larger_than_what_a_thread_keeps_memory_for() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let measures = Measures(SigV4Middleware::new(signer()));
    let client = ClientBuilder::new(reqwest::Client::new()).with(measures).build();
    let request = reqwest::Request::new(http::Method::GET, "http://localhost/".parse().unwrap());
    let size: usize = now(client.execute(request)).unwrap_err().to_string().parse().unwrap();
    // glibc's malloc keeps blocks of up to 1,032 bytes at hand for each thread.
    assert!((1..=1032).contains(&size), "{size} bytes");
}

#[test]
fn a_request_without_headers_gets_room_for_the_clients_in_one_step() {
    let mut request = Request::new(());
    *request.uri_mut() = "http://localhost:9/".parse().unwrap();
    signer().sign(&mut request, Payload::EMPTY).unwrap();
    let room = request.headers().capacity();
    let headers = request.headers_mut();
    for name in ["x-host", "x-accept"] {
        headers.insert(name, HeaderValue::from_static("the client's"));
    }
    assert_eq!(headers.capacity(), room);
}
