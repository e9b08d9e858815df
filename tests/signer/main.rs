//! What the signer promises whichever client is below: clear errors with nothing sent, signing again, presigning.

mod again;
mod extremes;
mod inputs;
mod origins;
mod outcomes;
mod payloads;
mod presigning;
mod refused;
mod skipped;
mod streams;

use http::Request;
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Signer};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str =
    "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+EXAMPLE/token+with=all/of+base64==";
const NOW: &str = "20261121T120000Z";

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).unwrap().with_session_token(TOKEN).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at_amz_date(NOW).unwrap()
}

fn signer(service: &str) -> Signer {
    let credentials = credentials();
    let credentials = if service == "s3express" { credentials.into_s3_session() } else { credentials };
    Signer::new(service, "us-east-1", credentials).with_clock(clock())
}

/// All of a request but its body and extensions.
fn head<B>(request: &Request<B>) -> (http::Method, http::Uri, http::HeaderMap) {
    (request.method().clone(), request.uri().clone(), request.headers().clone())
}
