//! AWS Signature Version 4 as tower layers: [`SignLayer`] signs requests on their way out, `VerifyLayer` (feature `verify`)
//! verifies them on their way in.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "tracing")]
mod check_seal;
#[cfg(feature = "redirect")]
mod redirect;
#[cfg(feature = "reqwest")]
mod reqwest_service;
mod runtime;
pub mod sign;
#[cfg(feature = "verify")]
pub mod verify;

#[cfg(feature = "tracing")]
pub use check_seal::{CheckSeal, CheckSealLayer};
#[cfg(feature = "redirect")]
pub use redirect::SignedRedirects;
#[cfg(feature = "reqwest")]
pub use reqwest_service::ReqwestService;
#[cfg(feature = "tokio")]
pub use runtime::Tokio;
#[cfg(feature = "refusals")]
pub use sign::{Healing, HealingFuture, HealingLayer};
pub use sign::{Same, Sign, SignLayer, SignedBody, With, Wrap};
pub use sigv4_core;
#[cfg(all(feature = "verify", feature = "chunked"))]
pub use verify::StreamedBody;
#[cfg(feature = "verify")]
pub use verify::{VerifiedBody, Verify, VerifyLayer};

/// Any error that can cross threads, as tower's own middleware uses it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
