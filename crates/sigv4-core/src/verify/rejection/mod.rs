//! Why a request was refused, in AWS's words.

mod coral;
mod reason;
mod render;
mod s3;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;

use super::verified::Form;
use crate::error::Error;

pub(super) use reason::Reason;
pub use reason::RejectionKind;

/// The language in which a service refuses: error codes, words and the shape of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// Amazon S3: XML, `<Error><Code>SignatureDoesNotMatch</Code>…`.
    S3,
    /// The services that speak JSON (API Gateway, Lambda, DynamoDB): `{"message":"…"}`, and the error code, such as
    /// `InvalidSignatureException`, in the header `x-amzn-errortype`.
    Json,
    /// The query protocol (STS, IAM, SNS): XML, `<ErrorResponse><Error><Type>Sender</Type><Code>…`.
    Query,
}

/// A refusal: why, and the answer to send.
///
/// `Display` is for the server's own log: status, code and message, without the canonical request. Parts of the
/// request that it quotes are escaped and cut short; it never holds a secret, a token or a signature.
#[derive(Clone)]
pub struct Rejection(Arc<Inner>);

struct Inner {
    kind: RejectionKind,
    dialect: Dialect,
    text: Text,
    told: Option<Box<Told>>,
    source: Option<Error>,
}

/// How to say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    pub(super) dialect: Dialect,
    pub(super) form: Form,
}

/// What one dialect says of one reason.
struct Text {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// Elements beside the message, in XML; the header `x-amz-bucket-region` among them as `Region`.
    fields: Vec<(&'static str, String)>,
}

/// What the verifier computed, to be told when details are on.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) canonical_request: Vec<u8>,
    pub(super) string_to_sign: String,
    pub(super) access_key_id: String,
    /// The one that came with the request.
    pub(super) signature: String,
}

impl Rejection {
    pub(super) fn new(reason: Reason, wording: Wording) -> Self {
        let kind = reason.kind();
        let text = match wording.dialect {
            Dialect::S3 => s3::text(&reason, wording.form),
            Dialect::Json | Dialect::Query => coral::text(&reason, wording),
        };
        let (told, source) = match reason {
            Reason::SignatureMismatch(told) => (told, None),
            // S3 has a code of its own for this; the others hash what arrived, and find another signature.
            Reason::BodyMismatch { told, .. } if wording.dialect != Dialect::S3 => (told, None),
            Reason::Internal(source) | Reason::BodyUnreadable(source) => (None, Some(source)),
            _ => (None, None),
        };
        Self(Arc::new(Inner { kind, dialect: wording.dialect, text, told, source }))
    }

    /// A refusal of a request whose body is over a limit of `limit` bytes: 413. For those who read the body.
    pub fn body_too_large(head: &super::SignedHead, limit: u64) -> Self {
        head.refuse(Reason::BodyTooLarge(limit))
    }

    /// A refusal of a request whose body could not be read to its end, and why. For those who read the body.
    pub fn body_unreadable(head: &super::SignedHead, error: Error) -> Self {
        head.refuse(Reason::BodyUnreadable(error))
    }

    /// Why, to match on.
    pub fn kind(&self) -> RejectionKind {
        self.0.kind
    }

    /// AWS's error code in this dialect: `SignatureDoesNotMatch`, `InvalidSignatureException`.
    pub fn code(&self) -> &str {
        self.0.text.code
    }

    /// The status to answer with.
    pub fn status(&self) -> StatusCode {
        self.0.text.status
    }

    /// What is wrong, for people. Without the canonical request, whatever
    /// [`with_details`](super::Verifier::with_details) says.
    pub fn message(&self) -> &str {
        &self.0.text.message
    }

    /// The dialect of code, message and response.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// The response to send: status, headers and body as the service whose dialect it is would send them.
    pub fn response(&self) -> http::Response<Bytes> {
        render::response(&self.0)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Text { status, code, message, .. } = &self.0.text;
        write!(f, "{} {code}: {message}", status.as_u16())
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("kind", &self.0.kind)
            .field("status", &self.0.text.status)
            .field("code", &self.0.text.code)
            .field("message", &self.0.text.message)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Rejection {
    /// What went wrong, for [`RejectionKind::Internal`] and [`RejectionKind::BodyUnreadable`]. It is not sent.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}
