//! The words of the other services. Those that speak JSON and those of the query protocol differ in the codes alone.

use std::borrow::Cow;
use std::time::SystemTime;

use http::StatusCode;

use super::reason::{moment, quoted, span};
use super::{Dialect, Reason, Text, Wording};
use crate::verify::Form;

/// An error code as JSON services and as the query protocol spell it, and its status in the latter. (Of the former,
/// some say 403, some 400.)
struct Code(&'static str, &'static str, StatusCode);

const MISSING: Code =
    Code("MissingAuthenticationTokenException", "MissingAuthenticationToken", StatusCode::FORBIDDEN);
const INCOMPLETE: Code = Code("IncompleteSignatureException", "IncompleteSignature", StatusCode::BAD_REQUEST);
const MISMATCH: Code = Code("InvalidSignatureException", "SignatureDoesNotMatch", StatusCode::FORBIDDEN);
const UNKNOWN: Code = Code("UnrecognizedClientException", "InvalidClientTokenId", StatusCode::FORBIDDEN);
const EXPIRED: Code = Code("ExpiredTokenException", "ExpiredToken", StatusCode::FORBIDDEN);
const VALIDATION: Code = Code("ValidationException", "ValidationError", StatusCode::BAD_REQUEST);
const TOO_LARGE: Code =
    Code("RequestEntityTooLargeException", "RequestEntityTooLarge", StatusCode::PAYLOAD_TOO_LARGE);
const INTERNAL: Code = Code("InternalFailure", "InternalFailure", StatusCode::INTERNAL_SERVER_ERROR);
const UNAVAILABLE: Code =
    Code("ServiceUnavailableException", "ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE);

pub(super) fn text(reason: &Reason, wording: Wording) -> Text {
    let (code, message) = words(reason, wording.form);
    let Code(json, query, status) = code;
    let signature_fault = status.is_client_error() && status != StatusCode::PAYLOAD_TOO_LARGE;
    let (code, status) = match wording.dialect {
        // API Gateway and Lambda: one status for all that is wrong with a signature.
        Dialect::Json if signature_fault && json != VALIDATION.0 => (json, StatusCode::FORBIDDEN),
        Dialect::Json => (json, status),
        Dialect::S3 | Dialect::Query => (query, status),
    };
    Text { status, code, message, fields: Vec::new() }
}

fn words(reason: &Reason, form: Form) -> (Code, Cow<'static, str>) {
    match reason {
        Reason::MissingAuthentication | Reason::OtherScheme => (MISSING, "Missing Authentication Token".into()),
        Reason::Multiple => (
            MISMATCH,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.".into(),
        ),
        Reason::Algorithm(given) => {
            (INCOMPLETE, format!("Unsupported AWS 'algorithm': '{}'. ", quoted(given)).into())
        }
        Reason::NotKeyValue => {
            (INCOMPLETE, "Invalid key=value pair (missing equal-sign) in Authorization header.".into())
        }
        Reason::MissingParts(names) => (INCOMPLETE, missing(names, form).into()),
        Reason::Repeated(name) => (INCOMPLETE, format!("{name} is there twice: send it once.").into()),
        Reason::Malformed(what) => (INCOMPLETE, what.clone()),
        Reason::CredentialShape { expected, given } => {
            // SigV4a has no region there.
            let region = if *expected == 5 { "region/" } else { "" };
            let words = format!(
                "Credential must have exactly {expected} slash-delimited elements, e.g. keyid/date/{region}service/term, \
                 got {given}"
            );
            (INCOMPLETE, words.into())
        }
        Reason::EmptyKeyId => {
            (INCOMPLETE, "a non-empty Access Key (AKID) must be provided in the credential.".into())
        }
        Reason::DateMissing => (
            INCOMPLETE,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".into(),
        ),
        Reason::DateFormat(given) => (
            INCOMPLETE,
            format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                quoted(given)
            )
            .into(),
        ),
        Reason::Scope { region, service, terminator } => {
            let region = region
                .as_ref()
                .map(|(given, _)| format!("Credential should be scoped to a valid region, not '{}'. ", quoted(given)));
            let service = service
                .as_ref()
                .map(|(_, expected)| format!("Credential should be scoped to correct service: '{expected}'. "));
            let terminator = terminator.as_ref().map(|given| {
                format!(
                    "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'. ",
                    quoted(given)
                )
            });
            let all: String = [region, service, terminator].into_iter().flatten().collect();
            (MISMATCH, all.into())
        }
        Reason::ScopeDate { given, date } => (
            MISMATCH,
            format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{}', from '{date}'.",
                quoted(given),
                date.date()
            )
            .into(),
        ),
        Reason::Skew { date, now, skew } if date.time() < *now => {
            (MISMATCH, expired(date.time(), *now, *skew).into())
        }
        Reason::Skew { date, now, skew } | Reason::NotYetValid { date, now, skew } => {
            let limit = now.checked_add(*skew).unwrap_or(*now);
            (
                MISMATCH,
                format!(
                    "Signature not yet current: {date} is still later than {} ({} + {})",
                    moment(limit),
                    moment(*now),
                    span(*skew)
                )
                .into(),
            )
        }
        Reason::Expired { date, lifetime, now } => (MISMATCH, expired(date.time(), *now, *lifetime).into()),
        Reason::Expires(what) => (INCOMPLETE, what.clone()),
        Reason::UnknownKey(_) | Reason::InvalidToken => {
            (UNKNOWN, "The security token included in the request is invalid.".into())
        }
        Reason::ExpiredToken => (EXPIRED, "The security token included in the request is expired".into()),
        Reason::HeadersNotSigned(names) => {
            let each = names.iter().map(|name| match name.as_str() {
                "host" => "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
                name => format!("'{}' must be a 'SignedHeader' in the AWS Authorization.", quoted(name)),
            });
            (MISMATCH, each.collect::<Vec<_>>().join(" ").into())
        }
        Reason::SignedHeaderAbsent(name) => (
            INCOMPLETE,
            format!("'{}' is named as a SignedHeader, but it does not exist in the HTTP request.", quoted(name)).into(),
        ),
        Reason::WireForm(what) => (VALIDATION, (*what).into()),
        Reason::MissingContentSha256 => {
            (INCOMPLETE, "Missing the 'x-amz-content-sha256' in canonical headers".into())
        }
        Reason::ContentSha256Form => {
            (INCOMPLETE, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.".into())
        }
        Reason::PayloadRefused(what) => (
            INCOMPLETE,
            format!("x-amz-content-sha256 must be a valid sha256 value: {what} is not accepted here.").into(),
        ),
        Reason::SignatureForm | Reason::SignatureMismatch(_) | Reason::BodyMismatch { .. } => (
            MISMATCH,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details."
                .into(),
        ),
        #[cfg(feature = "chunked")]
        Reason::ChecksumMismatch(error) => (VALIDATION, format!("The checksum {error}").into()),
        Reason::BodyTooLarge(limit) => (TOO_LARGE, format!("Request size exceeded {limit} bytes").into()),
        Reason::BodyUnreadable(_) => (VALIDATION, "The request body could not be read to its end.".into()),
        Reason::Internal(error) if error.is_retryable() => {
            (UNAVAILABLE, "The request has failed due to a temporary failure of the server.".into())
        }
        Reason::Internal(_) => (
            INTERNAL,
            "The request processing has failed because of an unknown error, exception or failure.".into(),
        ),
    }
}

fn missing(names: &[&str], form: Form) -> String {
    let each = names.iter().map(|name| match form {
        Form::Header => format!("Authorization header requires '{name}' parameter. "),
        Form::Presigned => format!("AWS query-string parameters must include '{name}'. "),
    });
    let mut all: String = each.collect();
    match form {
        Form::Header => all.truncate(all.trim_end().len()),
        Form::Presigned => all.push_str("Re-examine the query-string parameters."),
    }
    all
}

fn expired(date: SystemTime, now: SystemTime, good_for: std::time::Duration) -> String {
    let limit = now.checked_sub(good_for).unwrap_or(now);
    format!(
        "Signature expired: {} is now earlier than {} ({} - {})",
        moment(date),
        moment(limit),
        moment(now),
        span(good_for)
    )
}
