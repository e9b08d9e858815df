//! AWS Signature Version 4, sans-IO: signs, presigns, verifies and explains HTTP requests.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod body;
pub mod canonical;
pub mod clock;
pub mod credentials;
mod error;
#[cfg(feature = "refusals")]
pub mod refusal;
pub mod request;
pub mod service;
pub mod signature;
#[cfg(feature = "tokens")]
pub mod tokens;

pub use async_trait::async_trait;
pub use body::Payload;
pub use credentials::{Credentials, ProvideCredentials};
pub use error::{Error, ErrorKind};
pub use request::SignedHeaders;
