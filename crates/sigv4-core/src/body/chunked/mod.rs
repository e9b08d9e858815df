//! Streamed bodies: `aws-chunked`, signed chunk by chunk or summed up in a trailer, in constant memory.
//!
//! A [`ChunkedPlan`] comes first: made of the [`ChunkedOptions`], the length of the body and the request's headers, it
//! tells which headers are due and what the payload hash is. With those the request is signed; its signature is the seed
//! of a [`ChunkSigner`]; plan, signer and body make the [`ChunkedBody`] that is sent. The example stands at
//! [`ChunkedPlan`].
//!
//! The receiving side mirrors it: a [`DecodePlan`] read from the request's headers and a [`ChunkVerifier`] make the
//! [`VerifiedChunks`] that a server reads instead of the raw body.
//!
//! - <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
//! - <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

mod body;
mod chain;
mod decode;
mod decode_plan;
mod encode;
mod fault;
mod given;
mod grammar;
mod length;
mod line;
mod options;
mod pieces;
mod plan;
mod signer;
mod trailers;
mod verified;
mod verifier;

pub use body::ChunkedBody;
pub use decode_plan::{DEFAULT_MAX_CHUNK_SIZE, DecodePlan};
pub use fault::ChunkFault;
pub use options::{ChunkedMode, ChunkedOptions, DEFAULT_CHUNK_SIZE, MIN_CHUNK_SIZE};
pub use plan::{ChunkedPlan, PlannedHeaders, X_AMZ_DECODED_CONTENT_LENGTH, X_AMZ_TRAILER};
pub use signer::ChunkSigner;
pub use verified::VerifiedChunks;
pub use verifier::ChunkVerifier;

use http::HeaderName;

/// `x-amz-trailer-signature`: the last trailer, where trailers are signed.
pub const X_AMZ_TRAILER_SIGNATURE: HeaderName = HeaderName::from_static("x-amz-trailer-signature");
