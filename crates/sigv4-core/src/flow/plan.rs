//! The payload's plan: how the body is covered, decided before it is touched.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};

use crate::body::Payload;
#[cfg(feature = "chunked")]
use crate::body::chunked::{ChunkedMode, ChunkedOptions};
use crate::error::{Error, ErrorKind};
use crate::request::X_AMZ_CONTENT_SHA256;
use crate::service::{ServiceRules, UnsignedPayload};
use crate::signer::PayloadMode;

/// What an adapter knows of a body before it reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyShape {
    /// There is none, or it has no bytes.
    Empty,
    /// All of it is in memory: this many bytes.
    InMemory(u64),
    /// It comes in pieces; its length in bytes, if that is known for sure.
    Stream(Option<u64>),
}

/// What is to be done with a body.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PayloadPlan {
    /// Sign the hash of no bytes.
    Empty,
    /// Hash the body, which is in memory.
    Hash,
    /// Read the stream into memory, no more than this many bytes, and hash it.
    Buffer {
        /// In bytes.
        limit: u64,
    },
    /// Send the body in chunks, each signed or summed up in a trailer.
    #[cfg(feature = "chunked")]
    Chunked(ChunkedOptions),
    /// Send the body as it is; sign `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// Send the body as it is; sign the hash that the caller computed.
    Precomputed([u8; 32]),
    /// Send the body as it is; sign what the caller put into `x-amz-content-sha256`.
    Given,
}

impl BodyShape {
    /// The length in bytes, if it is known for sure.
    pub fn length(self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::InMemory(length) => Some(length),
            Self::Stream(length) => length,
        }
    }
}

impl PayloadPlan {
    /// Whether the body goes out untouched.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Unsigned | Self::Precomputed(_) | Self::Given)
    }

    /// What is signed of a body that nobody has to look at: of none, or of one that goes out untouched.
    pub fn payload(&self) -> Option<Payload<'static>> {
        match self {
            // The caller's own header outranks it.
            Self::Empty | Self::Given => Some(Payload::EMPTY),
            Self::Unsigned => Some(Payload::UNSIGNED),
            Self::Precomputed(digest) => Some(Payload::precomputed(*digest)),
            _ => None,
        }
    }
}

/// What the plan is made from.
pub(crate) struct PlanFacts<'a> {
    pub(crate) rules: &'a ServiceRules,
    pub(crate) service: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) tls: bool,
    pub(crate) buffer_limit: u64,
    /// Whether the method is one that sends a body.
    #[cfg_attr(not(feature = "chunked"), expect(dead_code, reason = "chunks are a feature"))]
    pub(crate) uploads: bool,
    /// Whether the adapter can send a body in chunks.
    #[cfg_attr(not(feature = "chunked"), expect(dead_code, reason = "chunks are a feature"))]
    pub(crate) chunks: bool,
}

impl PlanFacts<'_> {
    /// Decides. An error of kind `Payload` names the options that there are; kind `Header` a `content-length` that
    /// is not that of the body.
    pub(crate) fn plan(&self, mode: &PayloadMode, shape: BodyShape) -> Result<PayloadPlan, Error> {
        let shape = self.stated(shape);
        let plan = self.by_mode(mode, shape)?;
        #[cfg(feature = "chunked")]
        if matches!(plan, PayloadPlan::Chunked(_)) {
            // The length on the wire is another one; the chunks' own plan checks it.
            return Ok(plan);
        }
        shape.length().map_or(Ok(()), |length| check_content_length(self.headers, length))?;
        Ok(plan)
    }

    /// A stream that does not tell its length is as long as the caller says in `content-length`: the client sends no more, and
    /// what is hashed or cut into chunks is held to it.
    fn stated(&self, shape: BodyShape) -> BodyShape {
        let stated = || self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok();
        match shape {
            BodyShape::Stream(None) => BodyShape::Stream(stated()),
            known => known,
        }
    }

    fn by_mode(&self, mode: &PayloadMode, shape: BodyShape) -> Result<PayloadPlan, Error> {
        // A value that an earlier signature left is ours, and says nothing of what the caller wants.
        if self.headers.contains_key(X_AMZ_CONTENT_SHA256) && !self.headers.contains_key(AUTHORIZATION) {
            return Ok(PayloadPlan::Given);
        }
        match mode {
            PayloadMode::Unsigned if self.rules.unsigned_payload == UnsignedPayload::Rejected => {
                Err(self.refused("refuses UNSIGNED-PAYLOAD: use PayloadMode::Signed"))
            }
            PayloadMode::Unsigned => Ok(PayloadPlan::Unsigned),
            PayloadMode::Precomputed(_) | PayloadMode::Signed
                if self.rules.unsigned_payload == UnsignedPayload::Required =>
            {
                Err(self
                    .refused("takes UNSIGNED-PAYLOAD only: use PayloadMode::Auto or PayloadMode::Unsigned"))
            }
            PayloadMode::Precomputed(digest) => Ok(PayloadPlan::Precomputed(*digest)),
            PayloadMode::Signed => self.hashed(shape),
            // A signer's own mode is for its uploads: a GET is not to get a body.
            #[cfg(feature = "chunked")]
            PayloadMode::Chunked(_) if shape == BodyShape::Empty && !self.uploads => Ok(PayloadPlan::Empty),
            #[cfg(feature = "chunked")]
            PayloadMode::Chunked(_) if !self.chunks => Err(self.refused(
                "is to be sent the body in chunks, which this client's body type cannot hold: use SignLayer::wrap (tower), \
                 SigV4Middleware with the feature `chunked` (reqwest), or PayloadMode::Signed",
            )),
            #[cfg(feature = "chunked")]
            PayloadMode::Chunked(_) if !self.rules.aws_chunked => Err(self.refused(
                "takes no body in chunks (aws-chunked), and would keep their frames as part of it: use PayloadMode::Auto or \
                 PayloadMode::Signed",
            )),
            #[cfg(feature = "chunked")]
            PayloadMode::Chunked(options) => Ok(PayloadPlan::Chunked(options.clone())),
            PayloadMode::Auto => self.by_rule(shape),
        }
    }

    fn by_rule(&self, shape: BodyShape) -> Result<PayloadPlan, Error> {
        match (self.rules.unsigned_payload, shape) {
            // The two cases in which a body goes out that no signature covers and nobody asked for it. This service takes no other.
            (UnsignedPayload::Required, _) => Ok(PayloadPlan::Unsigned),
            // And here TLS covers it.
            (UnsignedPayload::StreamsOverTls, BodyShape::Stream(Some(_))) if self.tls => {
                Ok(PayloadPlan::Unsigned)
            }
            #[cfg(feature = "chunked")]
            (_, BodyShape::Stream(Some(_))) if self.rules.aws_chunked && self.chunks => {
                Ok(PayloadPlan::Chunked(ChunkedOptions::new(ChunkedMode::Signed)))
            }
            _ => self.hashed(shape),
        }
    }

    fn hashed(&self, shape: BodyShape) -> Result<PayloadPlan, Error> {
        match shape {
            BodyShape::Empty => Ok(PayloadPlan::Empty),
            BodyShape::InMemory(_) => Ok(PayloadPlan::Hash),
            BodyShape::Stream(Some(length)) if length > self.buffer_limit => Err(self.refused(&format!(
                "needs the hash of the body, a stream of {length} bytes, more than the {} that are buffered: raise \
                 the limit (Signer::with_buffer_limit), give the hash (PayloadMode::Precomputed), {}or leave the body \
                 out of the signature (PayloadMode::Unsigned)",
                self.buffer_limit,
                if self.rules.aws_chunked { "send it in chunks (PayloadMode::Chunked, of the feature `chunked`), " } else { "" }
            ))),
            BodyShape::Stream(_) => Ok(PayloadPlan::Buffer { limit: self.buffer_limit }),
        }
    }

    fn refused(&self, why: &str) -> Error {
        Error::new(ErrorKind::Payload, format!("the service {:?} {why}", self.service))
    }
}

/// Refuses a `content-length` that is not that of the body, which has `length` bytes: a client would cut it off, or wait for the
/// rest of it. An error of kind `Header`.
pub(crate) fn check_content_length(headers: &HeaderMap, length: u64) -> Result<(), Error> {
    let Some(stated) = headers.get(CONTENT_LENGTH) else { return Ok(()) };
    if stated.to_str().is_ok_and(|stated| stated.trim().parse() == Ok(length)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Header,
        format!(
            "the header content-length is stale: the body has {length} bytes; leave the header to the client"
        ),
    ))
}
