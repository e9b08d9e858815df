//! What a service refused, as a type.

use std::fmt;
use std::time::SystemTime;

use http::StatusCode;

/// A service's refusal of a signature, of the credentials behind it, or of what the signature covers.
///
/// Made by [`Refusal::read`]. Refusals of other sorts, a missing permission above all, are none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) kind: RefusalKind,
    pub(super) status: StatusCode,
    pub(super) code: Option<String>,
    pub(super) date: Option<SystemTime>,
    pub(super) bucket_region: Option<String>,
    /// Whether it is sure that the request was not executed, or would do no harm if it was.
    pub(super) unexecuted: bool,
}

impl Refusal {
    /// What was refused, with what the service told about it.
    pub fn kind(&self) -> &RefusalKind {
        &self.kind
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The service's own error code, such as `SignatureDoesNotMatch`: ASCII letters, digits, `.`, `-` and `_`.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The region of the bucket, where S3 tells it: in `x-amz-bucket-region`, also beside a refusal without a word.
    pub fn bucket_region(&self) -> Option<&str> {
        self.bucket_region.as_deref()
    }

    /// The service's clock: from the refusal's own text, else the `Date` header (absent on a cached response).
    pub fn server_time(&self) -> Option<SystemTime> {
        match self.kind {
            RefusalKind::Skew { server_time: Some(told), .. }
            | RefusalKind::ExpiredUrl { server_time: Some(told), .. } => Some(told),
            _ => self.date,
        }
    }
}

/// `403 SignatureDoesNotMatch`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        match &self.code {
            Some(code) => write!(f, " {code}"),
            None => Ok(()),
        }
    }
}

/// The kinds of [`Refusal`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The service computed another signature.
    SignatureMismatch {
        /// The canonical request as the service computed it, where it tells.
        canonical_request: Option<ServerText>,
        /// The string to sign as the service computed it, where it tells.
        string_to_sign: Option<ServerText>,
    },
    /// Region, service or terminator in the credential scope are not the service's.
    WrongScope {
        /// The region, if that is wrong.
        region: Option<ScopePart>,
        /// The service's signing name, if that is wrong.
        service: Option<ScopePart>,
    },
    /// The request went to an endpoint of another region: a redirect of S3 that is not to be followed blindly.
    WrongEndpoint {
        /// The region to go to, where it is told.
        region: Option<String>,
    },
    /// The time in the signature is too far from the service's clock.
    Skew {
        /// The time that was signed, where it is told.
        request_time: Option<SystemTime>,
        /// The service's clock, where it is told.
        server_time: Option<SystemTime>,
    },
    /// A presigned URL is past its time.
    ExpiredUrl {
        /// When the URL expired, where it is told.
        expired_at: Option<SystemTime>,
        /// The service's clock, where it is told.
        server_time: Option<SystemTime>,
    },
    /// The session token is past its time.
    ExpiredToken,
    /// The session token, or the access key it belongs to, is not valid. Services other than S3 say the same of
    /// an access key id that they do not know.
    InvalidToken,
    /// No such access key id.
    UnknownKey,
    /// No signature arrived.
    MissingAuthorization,
    /// The signature's header or query parameters cannot be read.
    MalformedAuthorization(Malformed),
    /// Headers arrived that must be signed and were not.
    HeadersNotSigned {
        /// Their names, in lower case; empty if they are not told.
        names: Vec<String>,
    },
    /// The body that arrived is not the body whose hash was signed.
    BodyHashMismatch {
        /// The hash in the request, lower-case hex, where it is told.
        claimed: Option<String>,
        /// The hash of what arrived, lower-case hex, where it is told.
        computed: Option<String>,
    },
    /// `x-amz-content-sha256` is absent, not signed, or of a form that the service does not take.
    MissingContentSha256,
    /// The credentials or the request were refused and the service does not say why.
    Untold,
}

/// One part of a credential scope that a service does not accept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScopePart {
    /// What was signed, where it is told.
    pub given: Option<String>,
    /// What the service expects, where it is told.
    pub expected: Option<String>,
}

/// What is wrong with the form of an authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// The access key id is empty: `Credential=/20150830/...`.
    EmptyAccessKeyId,
    /// White space, usually inside or after the access key id, splits the header in the wrong place; or the
    /// header is of another scheme.
    WhiteSpace,
    /// Parts are missing, named as in the header: `Credential`, `SignedHeaders`, `Signature`, `X-Amz-Date`.
    Missing(Vec<&'static str>),
    /// The credential is not of the form `ID/YYYYMMDD/REGION/SERVICE/aws4_request`.
    Credential,
    /// The date in the credential scope is not the date that was signed.
    ScopeDate,
    /// The date is not of the form `YYYYMMDDTHHMMSSZ`.
    Date,
    /// The lifetime of a presigned URL is over seven days, negative or no number.
    Expires,
    /// A header is listed as signed and did not arrive.
    AbsentHeader(Vec<String>),
    /// The service wants another algorithm.
    Algorithm,
    /// Both a header and query parameters sign the request.
    Twice,
    /// The access key id is not of the service's form.
    AccessKeyId,
    /// Something else.
    Other,
}

/// Text that a service computed from the request. It can hold tokens and customers' keys.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerText(pub(super) String);

impl ServerText {
    /// The text as it came. It may hold session tokens and other secrets of the request: keep it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}
