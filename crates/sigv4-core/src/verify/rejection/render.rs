//! Rejections as responses.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response};
use quick_xml::escape::partial_escape;

use super::{Dialect, Inner, Told};

const X_AMZN_ERRORTYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const X_AMZ_BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

pub(super) fn response(rejection: &Inner) -> Response<Bytes> {
    let (content_type, body) = match rejection.dialect {
        Dialect::S3 => ("application/xml", s3(rejection)),
        Dialect::Query => ("text/xml", query(rejection)),
        Dialect::Json => ("application/json", json(rejection)),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = rejection.text.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    match rejection.dialect {
        Dialect::Json => {
            headers.insert(X_AMZN_ERRORTYPE, HeaderValue::from_static(rejection.text.code));
        }
        Dialect::S3 => {
            let region = rejection.text.fields.iter().find(|(name, _)| *name == "Region");
            if let Some(Ok(region)) = region.map(|(_, region)| HeaderValue::from_str(region)) {
                headers.insert(X_AMZ_BUCKET_REGION, region);
            }
        }
        Dialect::Query => {}
    }
    response
}

fn s3(rejection: &Inner) -> String {
    let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    element(&mut body, "Code", rejection.text.code);
    element(&mut body, "Message", &rejection.text.message);
    for (name, value) in &rejection.text.fields {
        element(&mut body, name, value);
    }
    if let Some(told) = &rejection.told {
        let Told { canonical_request, string_to_sign, access_key_id, signature } = &**told;
        element(&mut body, "AWSAccessKeyId", access_key_id);
        element(&mut body, "StringToSign", string_to_sign);
        element(&mut body, "SignatureProvided", signature);
        element(&mut body, "StringToSignBytes", &spaced_hex(string_to_sign.as_bytes()));
        element(&mut body, "CanonicalRequest", &String::from_utf8_lossy(canonical_request));
        element(&mut body, "CanonicalRequestBytes", &spaced_hex(canonical_request));
    }
    body.push_str("</Error>");
    body
}

fn query(rejection: &Inner) -> String {
    let mut body = String::from("<ErrorResponse><Error>");
    let at_fault = if rejection.text.status.is_server_error() { "Receiver" } else { "Sender" };
    element(&mut body, "Type", at_fault);
    element(&mut body, "Code", rejection.text.code);
    element(&mut body, "Message", &message(rejection));
    body.push_str("</Error></ErrorResponse>");
    body
}

fn json(rejection: &Inner) -> String {
    serde_json::json!({ "message": message(rejection) }).to_string()
}

/// The message with all that may be told, in the wording of the services that have no elements for it.
fn message(rejection: &Inner) -> String {
    let mut message = rejection.text.message.clone().into_owned();
    if let Some(told) = &rejection.told {
        message.push_str("\n\nThe Canonical String for this request should have been\n'");
        message.push_str(&String::from_utf8_lossy(&told.canonical_request));
        message.push_str("'\n\nThe String-to-Sign should have been\n'");
        message.push_str(&told.string_to_sign);
        message.push_str("'\n");
    }
    message
}

fn element(body: &mut String, name: &str, text: &str) {
    // XML 1.0 has no way to write these, escaped or not.
    let text = text.replace(|c: char| !is_xml(c), "\u{fffd}");
    // Writing into a string does not fail.
    let _ = write!(body, "<{name}>{}</{name}>", partial_escape(text));
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// `47 45 54 0a`: bytes as S3 shows them, for what a reader could not see.
fn spaced_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !out.is_empty() {
            out.push(' ');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out
}
