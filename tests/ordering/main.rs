//! What people put around a signer: in the right order the server verifies each request; in a wrong one it is refused, and a
//! warning says why.

mod reqwest_stack;
mod server;
mod tower_queues;
mod tower_stack;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Signer};

const SCOPE: (&str, &str) = ("execute-api", "us-east-2");
const PLAIN: &str = "a body that is worth compressing: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Longer than a signature is good for.
const TOO_LONG: Duration = Duration::from_secs(20 * 60);

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_amz_date("20261121T120000Z").unwrap())
}

/// The server's `Date` is that of another clock than the one that counts here: nothing is learnt from it.
fn signer(clock: &Arc<ManualClock>) -> Signer {
    Signer::new(SCOPE.0, SCOPE.1, credentials()).with_clock(Arc::clone(clock)).with_clock_correction(false)
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap().into()
}

fn gunzip(compressed: &[u8]) -> String {
    let mut plain = String::new();
    GzDecoder::new(compressed).read_to_string(&mut plain).unwrap();
    plain
}
