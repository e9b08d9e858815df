//! What healing costs a request that is accepted, beside the same request that is only signed.
//!
//! Both go through tower to a service that answers at once, in turns of a hundred. What is told is the tenth of the turns that was
//! disturbed least: its slowest one.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use sigv4_bench::allocations::{Counting, counted};
use sigv4_core::flow::Kept;
use sigv4_core::{Credentials, Payload, Signer, Watch};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TURNS: usize = 10_000;
const REQUESTS: usize = 100;

fn main() {
    let accepts = Accepts::now();
    let plain = SignLayer::new(signer()).layer(accepts.clone());
    let healing = SignLayer::new(signer()).healing().layer(accepts.clone());
    let (mut plain, mut healing) = (Through(plain), Through(healing));
    let (signer, answer) = (signer(), Response::builder().header(DATE, accepts.0).body(()).unwrap());
    let mut watches: Vec<_> = (0..REQUESTS).map(|_| watched(&signer)).collect();

    let (mut signed, mut healed, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    let mut allocated = (0, 0);
    for turn in 0..TURNS {
        // Whichever goes first is the other one in the next turn.
        for which in [turn % 2, 1 - turn % 2] {
            let requests: Vec<_> = (0..REQUESTS).map(|_| request()).collect();
            if which == 0 {
                let (time, count) = timed(|| plain.send(requests));
                signed.push(time);
                allocated.0 = count;
            } else {
                let (time, count) = timed(|| healing.send(requests));
                healed.push(time);
                allocated.1 = count;
            }
        }
        let (time, _) = timed(|| watches.iter().for_each(|watch| signer.accepted(watch, answer.headers())));
        answered.push(time);
        watches.rotate_left(1);
    }
    let (signed, healed, answered) = (undisturbed(signed), undisturbed(healed), undisturbed(answered));
    println!("| | per request | allocations |\n|---|--:|--:|");
    println!("| signed | {signed:.0} ns | {} |", allocated.0 / REQUESTS as u64);
    println!(
        "| signed, explained and healed if refused | {healed:.0} ns | {} |",
        allocated.1 / REQUESTS as u64
    );
    println!(
        "| the difference | {:.0} ns | {} |",
        healed - signed,
        (allocated.1 - allocated.0) / REQUESTS as u64
    );
    println!("| of it, what is done with the accepted answer | {answered:.0} ns | 0 |");
}

/// Nanoseconds for each request, and allocations in all.
fn timed(work: impl FnOnce()) -> (f64, u64) {
    let ((elapsed, ()), allocated) = counted(|| {
        let began = Instant::now();
        work();
        (began.elapsed(), ())
    });
    (Duration::as_nanos(&elapsed) as f64 / REQUESTS as f64, allocated.count)
}

fn undisturbed(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 10]
}

fn signer() -> Signer {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret").unwrap();
    Signer::new("dynamodb", "us-east-2", credentials.with_session_token("token").unwrap())
}

fn request() -> Request<Full<Bytes>> {
    Request::post("https://dynamodb.us-east-2.amazonaws.com/")
        .header(CONTENT_TYPE, "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("user-agent", "heal-cost/1.0")
        .body(Full::from(&br#"{"TableName":"Music","Key":{"Artist":{"S":"No One You Know"}}}"#[..]))
        .unwrap()
}

fn watched(signer: &Signer) -> Watch {
    let (mut parts, _) = request().into_parts();
    let host = Some("dynamodb.us-east-2.amazonaws.com");
    let uri = ["https://dynamodb.us-east-2.amazonaws.com/"];
    let mut watch = Watch::new(Kept::new(&parts.method, host, &uri, &parts.headers));
    assert!(signer.try_sign_watched(&mut parts, Payload::EMPTY, &mut watch).unwrap());
    watch
}

/// Accepts everything at once, and tells the time as a server does.
#[derive(Clone)]
struct Accepts(HeaderValue);

impl Accepts {
    fn now() -> Self {
        Self(httpdate::fmt_http_date(SystemTime::now()).parse().unwrap())
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

struct Through<S>(S);

impl<S: Service<Request<Full<Bytes>>>> Through<S> {
    fn send(&mut self, requests: Vec<Request<Full<Bytes>>>) {
        for request in requests {
            let future = pin!(self.0.call(request));
            let Poll::Ready(answer) = future.poll(&mut Context::from_waker(Waker::noop())) else {
                unreachable!("the service answers at once")
            };
            drop(black_box(answer));
        }
    }
}
