//! Against real servers on loopback: `tests/live/with-servers cargo test -p sigv4-tests --test live`.
//!
//! Without the servers each test says that it did not run; with `SIGV4_LIVE_REQUIRED` set, it fails.

mod chunked;
mod protocol;
mod proxy;
mod refusals;
mod s3;
mod server;
mod services;
