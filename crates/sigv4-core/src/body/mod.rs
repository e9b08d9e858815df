//! Bodies: what is signed of them.

#[cfg(feature = "chunked")]
mod checksum;
#[cfg(feature = "chunked")]
pub mod chunked;
mod error;
#[cfg(feature = "event-stream")]
pub mod event_stream;
mod payload;

#[cfg(feature = "chunked")]
pub use checksum::{Checksum, ChecksumAlgorithm};
pub use error::BodyError;
pub use payload::{Payload, PayloadHash, UNSIGNED_PAYLOAD};

#[cfg(feature = "refusals")]
pub(crate) use payload::SignedPayload;
pub(crate) use payload::{Hashing, decode_sha256};
