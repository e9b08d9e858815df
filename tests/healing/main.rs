//! Refusals explained and healed, end to end, through each client: clocks, sessions, regions, and what proxies change.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

mod chunked;
mod clients;
mod clock;
mod connections;
mod events;
mod lost;
mod proxy;
mod regions;
mod server;
mod sessions;
mod skipped;
