//! How long an adapter keeps a runtime's thread while it hashes a large body.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_sigv4::SigV4Client;
use sigv4_core::{Credentials, Signer};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

use crate::adapters::{Nothing, reqwest_client};

/// The body: 256 MiB in memory.
pub const BODY: usize = 256 << 20;

/// The longest poll of each adapter, the smallest of some runs: what is longer then is the machine's doing.
pub fn longest() -> Vec<(&'static str, Duration)> {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret").expect("good credentials");
    let signer = Signer::new("s3", "us-east-1", credentials);
    let bytes = Bytes::from(vec![0x5a; BODY]);
    let request = || {
        let request = Request::put("https://photos.s3.us-east-1.amazonaws.com/large");
        request.body(Full::new(bytes.clone())).expect("a request")
    };
    let least = |run: &dyn Fn() -> Duration| (0..3).map(|_| run()).min().unwrap_or_default();
    vec![
        ("tower", least(&|| polled(|| SignLayer::new(signer.clone()).layer(Nothing).call(request())))),
        ("hyper", least(&|| polled(|| SigV4Client::new(signer.clone(), Nothing).request(request())))),
        (
            "reqwest",
            least(&|| {
                let client = reqwest_client(Some(signer.clone()));
                let request = reqwest::Request::try_from(request().map(|_| bytes.clone())).expect("a URL");
                polled(|| client.execute(request))
            }),
        ),
    ]
}

/// The longest poll of a future that wakes itself; making it counts too.
fn polled<F: Future<Output: Outcome>>(make: impl FnOnce() -> F) -> Duration {
    let began = Instant::now();
    let mut future = pin!(make());
    let mut longest = began.elapsed();
    loop {
        let began = Instant::now();
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        longest = longest.max(began.elapsed());
        if let Poll::Ready(outcome) = polled {
            assert!(outcome.is_good(), "the request can be signed");
            return longest;
        }
    }
}

/// What came of a request.
trait Outcome {
    fn is_good(&self) -> bool;
}

impl<T, E> Outcome for Result<T, E> {
    fn is_good(&self) -> bool {
        self.is_ok()
    }
}
