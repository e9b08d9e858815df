//! AWS Signature Version 4, sans-IO: signs, presigns, verifies and explains HTTP requests.
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
