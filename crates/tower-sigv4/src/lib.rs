//! AWS Signature Version 4 as tower layers: [`SignLayer`] signs requests on their way out, `VerifyLayer` (feature `verify`)
//! verifies them on their way in.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_sigv4::SignLayer;
//! use tower_sigv4::sigv4_core::{Credentials, Signer};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sigv4::BoxError> {
//! let signer = Signer::new("es", "eu-west-1", Credentials::new("AKIDEXAMPLE", "secret")?);
//! // Any service of `http::Request`: hyper-util's client, a channel of tonic, reqwest's with the feature `reqwest`.
//! let client = service_fn(|request: Request<Full<Bytes>>| async move {
//!     assert!(request.headers().contains_key("authorization"));
//!     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
//! });
//! let service = ServiceBuilder::new().layer(SignLayer::new(signer)).service(client);
//!
//! let request = Request::get("https://search.eu-west-1.es.amazonaws.com/_search").body(Full::default())?;
//! assert_eq!(service.oneshot(request).await?.status(), 200);
//! # Ok(()) }
//! ```
//!
//! [`sign`] says in which order layers stand, and how bodies are covered. `SignLayer::healing` (feature `refusals`) explains refusals, and signs
//! anew once what was refused without having been executed: a clock that is off, credentials that were used up.
#![cfg_attr(docsrs, feature(doc_cfg))]
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
