//! AWS Signature Version 4, sans-IO: signs, presigns, verifies and explains HTTP requests.
//!
//! A [`Signer`] signs any [`http::Request`] in place, in some microseconds and without a runtime. Programs with a client of reqwest, tower or hyper
//! rather take the adapter of that name (`reqwest-sigv4`, `tower-sigv4`, `hyper-sigv4`), which signs all that passes.
//!
//! ```
//! use std::time::Duration;
//! use sigv4_core::{Credentials, Payload, Signer};
//!
//! let signer = Signer::new("s3", "eu-west-1", Credentials::new("AKIDEXAMPLE", "secret")?);
//!
//! let mut request = http::Request::put("https://bucket.s3.eu-west-1.amazonaws.com/key").body("data").unwrap();
//! signer.sign(&mut request, Payload::bytes(b"data"))?;
//! assert!(request.headers().contains_key("authorization"));
//!
//! let request = http::Request::get("https://bucket.s3.eu-west-1.amazonaws.com/key").body(()).unwrap();
//! let presigned = signer.presign(&request, Duration::from_secs(300))?;
//! assert!(presigned.url().contains("X-Amz-Signature="));
//! # Ok::<(), sigv4_core::Error>(())
//! ```
//!
//! # Where things are
//!
//! | | |
//! |---|---|
//! | [`Signer`], [`SignOptions`] | signing by a service's rules, with credentials that are fetched and kept; options for one request |
//! | [`credentials`] | the trait [`ProvideCredentials`], the cache around it, the environment. More providers are in `sigv4-credentials` |
//! | [`service`] | what sets services apart, and how service and region are told from a host |
//! | [`request`], [`canonical`], [`signature`] | the steps of the specification, for who needs one of them alone |
//! | [`body`] | payloads and their hashes; streams in signed chunks (feature `chunked`); event streams (feature `event-stream`) |
//! | [`flow`] | what adapters are made of: for an adapter to a client of another kind |
//! | [`express`] | sessions of S3 Express buckets |
//! | `refusal` | feature `refusals`: what a service says when it refuses, which line differs, and whether another attempt can heal it |
//! | `verify` | feature `verify`: the server's side |
//! | `tokens` | feature `tokens`: authentication tokens of RDS, EKS, MSK and others, and S3 POST policies |
//!
//! Features `sigv4a` (ECDSA P-256, for a set of regions) and `tracing` (a span for each signature) add to what is there. None is on by default.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod blocks;
pub mod body;
pub mod canonical;
pub mod clock;
pub mod credentials;
mod error;
pub mod express;
pub mod flow;
#[cfg(feature = "refusals")]
pub mod refusal;
pub mod request;
pub mod service;
pub mod signature;
mod signer;
#[cfg(feature = "tokens")]
pub mod tokens;
#[cfg(feature = "verify")]
pub mod verify;

pub use async_trait::async_trait;
pub use body::Payload;
pub use credentials::{Credentials, ProvideCredentials};
pub use error::{Error, ErrorKind};
pub use request::SignedHeaders;
#[cfg(feature = "chunked")]
pub use signer::Chunks;
pub use signer::{
    DEFAULT_BUFFER_LIMIT, Location, Origin, Outcome, PayloadMode, Presigned, RequestHead, SignOptions,
    SignTarget, Signer,
};
#[cfg(feature = "refusals")]
pub use signer::{Refused, Watch};
