//! Amazon S3's words.

use http::StatusCode;

use super::reason::{moment, quoted, rfc3339};
use super::{Reason, Text};
use crate::verify::Form;

const HEADER: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed");
const QUERY: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError");
const REQUEST: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "InvalidRequest");
const ARGUMENT: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "InvalidArgument");
const DENIED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "AccessDenied");
const MISMATCH: (StatusCode, &str) = (StatusCode::FORBIDDEN, "SignatureDoesNotMatch");

pub(super) fn text(reason: &Reason, form: Form) -> Text {
    let malformed = match form {
        Form::Header => HEADER,
        Form::Presigned => QUERY,
    };
    // Of the credential S3 speaks after an introduction of its own.
    let credential = |what: String| {
        let start = match form {
            Form::Header => "The authorization header is malformed; ",
            Form::Presigned => "Error parsing the X-Amz-Credential parameter; ",
        };
        new(malformed, start.to_owned() + &what)
    };
    match reason {
        Reason::MissingAuthentication => {
            new((StatusCode::FORBIDDEN, "MissingAuthenticationToken"), "The request was not signed.")
        }
        Reason::OtherScheme => old_algorithm(),
        Reason::Algorithm(_) if form == Form::Header => old_algorithm(),
        Reason::Algorithm(_) => new(QUERY, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""),
        Reason::Multiple => new(
            ARGUMENT,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified",
        ),
        Reason::NotKeyValue => new(
            HEADER,
            "The authorization header is malformed; a part is not a key=value pair (missing equal-sign).",
        ),
        Reason::MissingParts(_) if form == Form::Header => new(
            HEADER,
            "The authorization header is malformed; the authorization header requires three components: Credential, \
             SignedHeaders, and Signature.",
        ),
        Reason::MissingParts(_) => new(
            QUERY,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ),
        Reason::Repeated(name) => new(malformed, format!("{name} is there twice: send it once.")),
        Reason::Malformed(what) => new(malformed, what.clone()),
        Reason::CredentialShape { .. } => credential(
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".".into(),
        ),
        Reason::EmptyKeyId => {
            credential("a non-empty Access Key (AKID) must be provided in the credential.".into())
        }
        Reason::DateMissing => {
            new(DENIED, "AWS authentication requires a valid Date or x-amz-date header")
        }
        Reason::DateFormat(_) if form == Form::Header => {
            new(DENIED, "AWS authentication requires a valid Date or x-amz-date header")
        }
        Reason::DateFormat(_) => {
            new(QUERY, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        Reason::Scope { region: Some((given, expected)), .. } => {
            credential(format!("the region '{}' is wrong; expecting '{expected}'", quoted(given)))
                .field("Region", expected)
        }
        Reason::Scope { service: Some((given, expected)), .. } => credential(format!(
            "incorrect service \"{}\". This endpoint belongs to \"{expected}\".",
            quoted(given)
        )),
        Reason::Scope { terminator, .. } => credential(format!(
            "incorrect terminal \"{}\". This endpoint uses \"aws4_request\".",
            quoted(terminator.as_deref().unwrap_or_default())
        )),
        Reason::ScopeDate { given, date } => {
            let what = format!(
                "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                quoted(given),
                date.date()
            );
            match form {
                Form::Header => credential(what),
                Form::Presigned => new(QUERY, what),
            }
        }
        Reason::Skew { date, now, skew } => new(
            (StatusCode::FORBIDDEN, "RequestTimeTooSkewed"),
            "The difference between the request time and the current time is too large.",
        )
        .field("RequestTime", date)
        .field("ServerTime", rfc3339(*now))
        .field("MaxAllowedSkewMilliseconds", skew.as_millis()),
        Reason::Expired { date, lifetime, now } => {
            let end = date.time().checked_add(*lifetime).unwrap_or_else(|| date.time());
            new(DENIED, "Request has expired")
                .field("X-Amz-Expires", lifetime.as_secs())
                .field("Expires", rfc3339(end))
                .field("ServerTime", rfc3339(*now))
        }
        Reason::NotYetValid { date, now, .. } => new(DENIED, "Request is not yet valid")
            .field("RequestTime", moment(date.time()))
            .field("ServerTime", rfc3339(*now)),
        Reason::Expires(what) => new(QUERY, what.clone()),
        Reason::UnknownKey(id) => new(
            (StatusCode::FORBIDDEN, "InvalidAccessKeyId"),
            "The AWS Access Key Id you provided does not exist in our records.",
        )
        .field("AWSAccessKeyId", quoted(id)),
        Reason::InvalidToken => new(
            (StatusCode::BAD_REQUEST, "InvalidToken"),
            "The provided token is malformed or otherwise invalid.",
        ),
        Reason::ExpiredToken => {
            new((StatusCode::BAD_REQUEST, "ExpiredToken"), "The provided token has expired.")
        }
        Reason::HeadersNotSigned(names) => {
            let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
            new(DENIED, "There were headers present in the request which were not signed")
                .field("HeadersNotSigned", names.join(", "))
        }
        Reason::SignedHeaderAbsent(name) => new(
            (StatusCode::BAD_REQUEST, "MalformedSecurityHeader"),
            "Your request has a malformed header.",
        )
        .field("ParameterName", quoted(name))
        .field("Details", "Header was included in signedheaders, but not in the request."),
        Reason::WireForm(what) => new(REQUEST, *what),
        Reason::MissingContentSha256 => {
            new(REQUEST, "Missing required header for this request: x-amz-content-sha256")
        }
        Reason::ContentSha256Form => new(
            ARGUMENT,
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
             STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        )
        .field("ArgumentName", "x-amz-content-sha256"),
        Reason::PayloadRefused(what) => new(
            ARGUMENT,
            format!("x-amz-content-sha256 must be a valid sha256 value: {what} is not accepted here."),
        )
        .field("ArgumentName", "x-amz-content-sha256")
        .field("ArgumentValue", what),
        Reason::SignatureForm | Reason::SignatureMismatch(_) => new(
            MISMATCH,
            "The request signature we calculated does not match the signature you provided. Check your key and \
             signing method.",
        ),
        Reason::BodyMismatch { claimed, computed, .. } => new(
            (StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch"),
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
        .field("ClientComputedContentSHA256", claimed)
        .field("S3ComputedContentSHA256", computed),
        #[cfg(feature = "chunked")]
        Reason::ChecksumMismatch(error) => {
            new((StatusCode::BAD_REQUEST, "BadDigest"), format!("The checksum {error}."))
        }
        Reason::BodyTooLarge(limit) => new(
            (StatusCode::PAYLOAD_TOO_LARGE, "EntityTooLarge"),
            "Your proposed upload exceeds the maximum allowed size.",
        )
        .field("MaxSizeAllowed", limit),
        Reason::BodyUnreadable(_) => new(
            (StatusCode::BAD_REQUEST, "IncompleteBody"),
            "The request body could not be read to its end.",
        ),
        Reason::Internal(error) if error.is_retryable() => new(
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            "Service is unable to handle request.",
        ),
        Reason::Internal(_) => new(
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            "We encountered an internal error. Please try again.",
        ),
    }
}

fn old_algorithm() -> Text {
    new(
        REQUEST,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
}

fn new(
    (status, code): (StatusCode, &'static str),
    message: impl Into<std::borrow::Cow<'static, str>>,
) -> Text {
    Text { status, code, message: message.into(), fields: Vec::new() }
}

impl Text {
    fn field(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }
}
