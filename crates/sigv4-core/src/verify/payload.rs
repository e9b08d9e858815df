//! What a request says of its body, and what of that a verifier takes.

use super::rejection::Reason;
use super::verified::Form;
use crate::body::UNSIGNED_PAYLOAD;
use crate::service::{ContentSha256, PresignPayload, ServiceRules, UnsignedPayload};
use crate::signature::{EMPTY_SHA256, Hex};

/// What the signature of a request says about its body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadClaim {
    /// The body has this SHA-256 (raw): it must be read whole and compared.
    Sha256([u8; 32]),
    /// The request does not say: the body must be read whole before its signature can be checked.
    Body,
    /// `UNSIGNED-PAYLOAD`: the signature does not cover the body.
    Unsigned,
    /// The body is `aws-chunked`, or a stream of events, and its parts are signed one by one, or not at all: a
    /// literal such as `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`. Whoever decodes the body verifies the parts.
    Streaming(&'static str),
}

/// The literals for streams that `AWS4-HMAC-SHA256` has.
const STREAMS: [&str; 4] = [
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    UNSIGNED_STREAM,
    "STREAMING-AWS4-HMAC-SHA256-EVENTS",
];

const UNSIGNED_STREAM: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// Which claims a verifier takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PayloadPolicy {
    /// `None`: as the service does.
    pub(super) unsigned: Option<bool>,
    pub(super) streaming: bool,
}

impl PayloadClaim {
    /// Reads `x-amz-content-sha256`, or what stands for it where it is not there.
    pub(super) fn read(
        value: Option<&str>,
        form: Form,
        rules: &ServiceRules,
        policy: PayloadPolicy,
    ) -> Result<Self, Reason> {
        let Some(value) = value else {
            return match form {
                Form::Header if rules.content_sha256 == ContentSha256::Header => {
                    Err(Reason::MissingContentSha256)
                }
                Form::Presigned if rules.presign_payload == PresignPayload::Unsigned => {
                    // There is no other way to presign here: only an explicit no counts.
                    if policy.unsigned == Some(false) {
                        Err(refused(UNSIGNED_PAYLOAD))
                    } else {
                        Ok(Self::Unsigned)
                    }
                }
                Form::Header | Form::Presigned => Ok(Self::Body),
            };
        };
        let by_service = match rules.unsigned_payload {
            UnsignedPayload::StreamsOverTls | UnsignedPayload::Required => true,
            UnsignedPayload::OnRequest | UnsignedPayload::Rejected => false,
        };
        let by_form = form == Form::Presigned && rules.presign_payload == PresignPayload::Unsigned;
        let unsigned = policy.unsigned.unwrap_or(by_service || by_form);
        if value == UNSIGNED_PAYLOAD {
            return if unsigned { Ok(Self::Unsigned) } else { Err(refused(UNSIGNED_PAYLOAD)) };
        }
        if let Some(stream) = STREAMS.into_iter().find(|stream| *stream == value) {
            // Nobody signs the chunks of this one.
            let allowed = policy.streaming && (unsigned || stream != UNSIGNED_STREAM);
            return if allowed { Ok(Self::Streaming(stream)) } else { Err(refused(stream)) };
        }
        let mut digest = [0; 32];
        match hex::decode_to_slice(value, &mut digest) {
            Ok(()) if Hex::of(&digest).as_str() == value => Ok(Self::Sha256(digest)),
            _ => Err(Reason::ContentSha256Form),
        }
    }

    /// The last line of the canonical request, where the head tells it.
    pub(super) fn line(&self) -> Option<String> {
        match self {
            Self::Sha256(digest) => Some(Hex::of(digest).as_str().to_owned()),
            Self::Unsigned => Some(UNSIGNED_PAYLOAD.to_owned()),
            Self::Streaming(literal) => Some((*literal).to_owned()),
            Self::Body => None,
        }
    }

    /// Whether the body has to be read whole and handed to [`check_body`](super::SignedHead::check_body).
    pub fn needs_body(&self) -> bool {
        matches!(self, Self::Sha256(_) | Self::Body)
    }

    /// Whether the body is claimed to be empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Sha256(digest) if Hex::of(digest).as_str() == EMPTY_SHA256)
    }
}

fn refused(what: &'static str) -> Reason {
    Reason::PayloadRefused(what)
}
