//! Where AWS credentials come from, without an SDK.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod context;
pub mod http;
mod oneshot;
pub mod profile;
mod timer;

pub use timer::Sleep;
#[cfg(feature = "reqwest")]
pub use timer::TokioSleep;
