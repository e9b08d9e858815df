//! The credential cache on one thread, every step chosen: a clock that is moved, a provider that answers when
//! told, an executor that polls only what was woken (so a lost wake-up shows as a caller that never ends).
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

mod cancellation;
mod clock;
mod failures;
mod harness;
mod interleavings;
mod invalidation;
mod rotation;
mod signing;
mod threads;
