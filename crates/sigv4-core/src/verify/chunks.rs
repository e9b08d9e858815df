//! Requests whose body is verified chunk by chunk.

use http::HeaderMap;

use super::claim::SignedHead;
use super::payload::PayloadClaim;
use super::rejection::{Reason, Rejection};
use super::verified::StreamSeed;
use crate::body::chunked::{ChunkFault, ChunkVerifier, ChunkedMode, DecodePlan};
use crate::error::Error;
use crate::signature::Algorithm;

impl StreamSeed {
    /// The chain of signatures that begins here.
    pub fn chunk_verifier(&self) -> ChunkVerifier {
        ChunkVerifier::new(self.key().clone(), &self.date(), self.scope(), self.signature())
    }
}

impl SignedHead {
    /// How the chunked body of this request is to be decoded, and the chain of its signatures; `None` where the body is
    /// not chunked. Headers that do not fit such a body are a refusal.
    pub fn chunks(&self, headers: &HeaderMap) -> Result<Option<(DecodePlan, ChunkVerifier)>, Rejection> {
        let PayloadClaim::Streaming(literal) = self.payload() else { return Ok(None) };
        let Some(mode) = ChunkedMode::of_payload_hash(literal, Algorithm::V4) else { return Ok(None) };
        let Some(seed) = self.seed() else { return Ok(None) };
        match DecodePlan::new(mode, headers) {
            Ok(plan) => Ok(Some((plan, seed.chunk_verifier()))),
            Err(error) => Err(self.refuse(Reason::Malformed(error.to_string().into()))),
        }
    }
}

impl Rejection {
    /// A refusal of a request for the error that its chunked body ended in. For those who read the body.
    pub fn chunks_refused(head: &SignedHead, error: Error) -> Self {
        head.refuse(match ChunkFault::of(&error) {
            Some(ChunkFault::Signature) => Reason::SignatureMismatch(None),
            Some(ChunkFault::Checksum) => Reason::ChecksumMismatch(error),
            _ => Reason::BodyUnreadable(error),
        })
    }
}
