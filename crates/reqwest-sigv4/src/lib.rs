//! AWS Signature Version 4 for reqwest: add [`SigV4Middleware`] to a `reqwest-middleware` client, and every request
//! that it sends is signed.
//!
//! ```no_run
//! use reqwest_middleware::ClientBuilder;
//! use reqwest_sigv4::SigV4Middleware;
//! use sigv4_core::{Credentials, Signer};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let signer = Signer::new("execute-api", "us-east-2", Credentials::from_env()?);
//! let client = ClientBuilder::new(reqwest_sigv4::harden(reqwest::Client::builder()).build()?)
//!     .with(SigV4Middleware::new(signer))
//!     .build();
//! client.post("https://abc.execute-api.us-east-2.amazonaws.com/prod/events").body("{}").send().await?;
//! # Ok(()) }
//! ```
//!
//! # Order
//!
//! The signer stands last, next to the client, so that it signs what is sent, and each attempt and each hop afresh:
//!
//! ```text
//! BufferBody → retry → FollowRedirects → compression → SigV4Middleware → CheckSeal → the client
//! ```
//!
//! Below the signer, a retry sends the first signature again, which grows old; a redirect takes the token along, which is an error
//! where it can be seen ([`SigV4Middleware::with_redirect_guard`]); a body that is compressed is refused by the service. In debug builds,
//! [`SigV4Middleware::with_seal`] and `CheckSeal` (feature `tracing`) warn of a middleware that changes what was signed.
//!
//! # Without a middleware
//!
//! [`SignExt`] signs a `reqwest::Request` in place, for an existing `reqwest::Client`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attempt;
mod buffer;
#[cfg(feature = "tracing")]
mod check_seal;
mod error;
mod ext;
mod harden;
mod middleware;
mod redirect;
#[cfg(feature = "refusals")]
mod refused;
mod runtime;
mod signing;
mod target;

pub use buffer::BufferBody;
#[cfg(feature = "tracing")]
pub use check_seal::CheckSeal;
pub use ext::SignExt;
pub use harden::harden;
pub use middleware::SigV4Middleware;
pub use redirect::FollowRedirects;
pub use sigv4_core;
