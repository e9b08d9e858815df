//! AWS Signature Version 4 for hyper: [`SigV4Client`] around hyper-util's client, [`SigV4Connection`] around a raw
//! connection.
//!
//! ```no_run
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper_sigv4::SigV4Client;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use sigv4_core::{Credentials, Signer};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let signer = Signer::new("execute-api", "us-east-2", Credentials::from_env()?);
//! let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build_http());
//!
//! let request = http::Request::post("http://localhost:8080/prod/events").body(Full::<Bytes>::from("{}"))?;
//! let response = client.request(request).await?;
//! # Ok(()) }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod client;
#[cfg(any(feature = "http1", feature = "http2"))]
mod connection;
#[cfg(feature = "refusals")]
mod healing;
#[cfg(all(feature = "refusals", any(feature = "http1", feature = "http2")))]
mod healing_connection;
mod ready;
#[cfg(any(feature = "http1", feature = "http2"))]
mod sender;

pub use client::SigV4Client;
#[cfg(any(feature = "http1", feature = "http2"))]
pub use connection::SigV4Connection;
#[cfg(feature = "refusals")]
pub use healing::HealingClient;
#[cfg(all(feature = "refusals", any(feature = "http1", feature = "http2")))]
pub use healing_connection::HealingConnection;
pub use sigv4_core;
pub use tower_sigv4::{BoxError, Same, SignedBody, With, Wrap};
