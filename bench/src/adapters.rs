//! What an adapter adds to the signature, over a service that does nothing.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_sigv4::SigV4Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_sigv4::SigV4Middleware;
use sigv4_bench::allocations::{Allocated, counted};
use sigv4_bench::random::Random;
use sigv4_bench::stats::Series;
use sigv4_core::{Payload, Signer};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

use crate::compare::{self, Workload};

/// One adapter.
#[derive(Debug)]
pub struct Cost {
    pub name: &'static str,
    /// Of a request through it, in nanoseconds.
    pub signed: Series,
    /// The same service or client without it.
    pub bare: Series,
    pub signed_allocated: Allocated,
    pub bare_allocated: Allocated,
}

/// All adapters, and the signature alone.
#[derive(Debug)]
pub struct Costs {
    pub alone: Series,
    /// The end of an unsigned request, which is part of that.
    pub dropped: Series,
    pub alone_allocated: Allocated,
    pub adapters: Vec<Cost>,
}

/// A service that does nothing, for requests of any body.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl<B> Service<Request<B>> for Nothing {
    type Response = Response<()>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Response<()>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // What is signed is dropped by whoever measures, as in the other cases.
        drop(black_box(request));
        ready(Ok(Response::new(())))
    }
}

/// The end of a chain of middlewares, which sends nothing.
#[derive(Debug, Clone, Copy)]
pub struct NothingSent;

#[async_trait::async_trait]
impl Middleware for NothingSent {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let url = request.url().clone();
        drop(black_box(request));
        let response = reqwest::ResponseBuilderExt::url(Response::builder(), url).body("");
        Ok(response.expect("a response").into())
    }
}

/// A reqwest client that sends nothing, with a signer or without.
pub fn reqwest_client(signer: Option<Signer>) -> ClientWithMiddleware {
    let client = ClientBuilder::new(reqwest::Client::new());
    match signer {
        Some(signer) => client.with(SigV4Middleware::new(signer)).with(NothingSent).build(),
        None => client.with(NothingSent).build(),
    }
}

/// What a future that needs no waiting gives.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing had to be waited for"),
    }
}

/// Prepares so many requests, then sends them: how long that took.
type Round<'a> = Box<dyn FnMut(&[Request<()>]) -> Duration + 'a>;

/// Something that takes a request, its types aside.
struct Case<'a> {
    name: &'static str,
    round: Round<'a>,
}

fn case<'a, I: 'a>(
    name: &'static str,
    input: impl Fn(&Request<()>) -> I + 'a,
    mut send: impl FnMut(I) + 'a,
) -> Case<'a> {
    let mut inputs = Vec::new();
    let round = Box::new(move |requests: &[Request<()>]| {
        inputs.extend(requests.iter().map(&input));
        let began = Instant::now();
        inputs.drain(..).for_each(&mut send);
        began.elapsed()
    });
    Case { name, round }
}

/// Measures all for `budget`, in turns.
pub fn run(workload: &Workload, budget: Duration) -> Costs {
    let signer = compare::ours::signer(workload);
    let body = Full::<Bytes>::default;
    let full = |request: &Request<()>| request.clone().map(|()| body());
    let ours =
        |request: &Request<()>| reqwest::Request::try_from(request.clone().map(|()| "")).expect("a URL");
    let (mut bare_tower, mut tower) = (Nothing, SignLayer::new(signer.clone()).layer(Nothing));
    let hyper = SigV4Client::new(signer.clone(), Nothing);
    let mut bare_hyper = Nothing;
    let (bare_reqwest, reqwest) = (reqwest_client(None), reqwest_client(Some(signer.clone())));
    let mut cases = [
        case("the signature alone", full, |mut request| {
            signer.sign(&mut request, Payload::EMPTY).expect("it can be signed");
            drop(black_box(request));
        }),
        case("the end of a request", full, |request| drop(black_box(request))),
        case("tower", full, |request| drop(now(bare_tower.call(request)))),
        case("tower", full, |request| drop(now(tower.call(request)).expect("it can be signed"))),
        case("hyper", full, |request: Request<Full<Bytes>>| drop(now(bare_hyper.call(request)))),
        case("hyper", full, |request: Request<Full<Bytes>>| {
            drop(now(hyper.request::<Full<Bytes>, ()>(request)).expect("it can be signed"));
        }),
        case("reqwest", ours, |request| drop(now(bare_reqwest.execute(request)).expect("an answer"))),
        case("reqwest", ours, |request| drop(now(reqwest.execute(request)).expect("it can be signed"))),
    ];

    let mut random = Random::new(9);
    let mut times = vec![Series::default(); cases.len()];
    let began = Instant::now();
    for round in 0.. {
        if round > 20 && began.elapsed() > budget {
            break;
        }
        let requests: Vec<_> = (0..workload.batch).map(|_| workload.sample(&mut random).request()).collect();
        for turn in 0..cases.len() {
            let at = (round + turn) % cases.len();
            for pass in 0..4 {
                let took = (cases[at].round)(&requests);
                // What ran before has filled the caches.
                if round >= 10 && pass > 0 {
                    times[at].push(took, requests.len());
                }
            }
        }
    }
    let requests = [workload.sample(&mut random).request()];
    let counts: Vec<Allocated> = cases
        .iter_mut()
        .map(|case| {
            // The inputs are prepared within: what that takes is the same with nothing sent.
            let _ = (case.round)(&requests);
            counted(|| (case.round)(&requests)).1
        })
        .collect();
    let mut request = full(&requests[0]);
    let (signed, alone_allocated) = counted(|| signer.sign(&mut request, Payload::EMPTY));
    signed.expect("it can be signed");
    let mut results: Vec<_> = cases.iter().map(|case| case.name).zip(times).zip(counts).collect();
    let mut adapters = Vec::new();
    while results.len() > 2 {
        let ((name, signed), signed_allocated) = results.pop().expect("two are left");
        let ((_, bare), bare_allocated) = results.pop().expect("one is left");
        adapters.insert(0, Cost { name, signed, bare, signed_allocated, bare_allocated });
    }
    let ((_, dropped), _) = results.remove(1);
    let ((_, alone), _) = results.remove(0);
    Costs { alone, dropped, alone_allocated, adapters }
}
