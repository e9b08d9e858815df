//! Each attempt carries a signature of its own, made when it is sent; and a service is called only once it is ready.

mod readiness;
mod reqwest_stack;
mod tonic_channel;
mod tower_stack;

use std::sync::Arc;
use std::time::Duration;

use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Signer};
use sigv4_tests::capture::{Captured, Expected, Server};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn expected() -> Expected<'static> {
    Expected {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: SECRET,
        session_token: None,
        region: "us-east-2",
        service: "execute-api",
    }
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_amz_date("20261121T120000Z").unwrap())
}

fn signer(clock: &Arc<ManualClock>) -> Signer {
    Signer::new("execute-api", "us-east-2", credentials()).with_clock(Arc::clone(clock))
}

/// A server that fails twice, then succeeds; a minute passes with each request.
async fn failing_twice(clock: &Arc<ManualClock>) -> Server {
    let clock = Arc::clone(clock);
    Server::http1_with(&[503, 503, 200], move |_| clock.advance(Duration::from_secs(60))).await
}

/// Three attempts arrived, each signed at its own time, with the same body.
fn assert_three_fresh(requests: &[Captured], body: &[u8]) {
    let dates: Vec<_> = requests.iter().map(|request| request.header("x-amz-date").unwrap()).collect();
    assert_eq!(dates, ["20261121T120000Z", "20261121T120100Z", "20261121T120200Z"]);
    for request in requests {
        assert_eq!(request.body, body);
        request.assert_signed(&expected());
    }
}
