//! Signatures that are missing, malformed, for another scope, or of too little.

use http::HeaderName;
use sigv4_core::refusal::{Malformed, RefusalKind};
use sigv4_core::verify::{RejectionKind, Verifier};

use super::*;
use crate::support::*;

#[test]
fn a_request_without_a_signature() {
    let strip = |request: &mut Request| request.headers.retain(|(name, _)| name != "authorization");
    let [s3, json, query] = in_header(strip);
    s3.is("403 MissingAuthenticationToken: The request was not signed.", RefusalKind::MissingAuthorization);
    json.is(
        "403 MissingAuthenticationTokenException: Missing Authentication Token",
        RefusalKind::MissingAuthorization,
    );
    query.is(
        "403 MissingAuthenticationToken: Missing Authentication Token",
        RefusalKind::MissingAuthorization,
    );
}

#[test]
fn another_scheme_and_another_algorithm() {
    let [s3, json, query] = in_header(|request| request.set("authorization", "Bearer c2VjcmV0"));
    s3.is(
        "400 InvalidRequest: The authorization mechanism you have provided is not supported. Please use \
         AWS4-HMAC-SHA256.",
        malformed(Malformed::Algorithm),
    );
    for refused in [json, query] {
        assert_eq!(refused.rejection.kind(), RejectionKind::MissingAuthentication);
        assert!(!refused.rejection.to_string().contains("c2VjcmV0"));
    }
    let [s3, json, _] =
        in_header(|r| replace(r, "authorization", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"));
    assert_eq!(s3.rejection.code(), "InvalidRequest");
    json.is(
        "403 IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. ",
        malformed(Malformed::Algorithm),
    );
    let [s3, ..] = in_query(|request| replace_query(request, "HMAC-SHA256", "HMAC-SHA1"));
    assert_eq!(
        s3.rejection.to_string(),
        "400 AuthorizationQueryParametersError: X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""
    );
}

#[test]
fn signed_in_both_forms() {
    let signed = plain().signed("s3", "us-east-1", &credentials());
    let [s3, json, _] = in_query(|request| request.set("authorization", signed.header("authorization")));
    s3.is(
        "400 InvalidArgument: Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature \
         query string parameter or the Authorization header should be specified",
        malformed(Malformed::Twice),
    );
    json.is(
        "403 InvalidSignatureException: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as \
         HTTP header.",
        malformed(Malformed::Twice),
    );
    // Whatever the header says, and however little of a signature is in the query.
    let [s3, ..] = in_query(|request| request.set("authorization", "Bearer x"));
    assert_eq!(s3.rejection.kind(), RejectionKind::MultipleAuthentication);
    for part in ["X-Amz-Algorithm=", "X-Amz-Credential=", "x-amz-signature=00"] {
        let [s3, ..] = in_header(|request| request.query = part.into());
        assert_eq!(s3.rejection.kind(), RejectionKind::MultipleAuthentication, "{part}");
    }
}

#[test]
fn parts_that_are_missing_or_there_twice() {
    let [s3, json, query] = in_header(|request| replace(request, "authorization", "Signature=", "Signed="));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; the authorization header requires \
         three components: Credential, SignedHeaders, and Signature.",
        malformed(Malformed::Missing(vec![])),
    );
    json.is(
        "403 IncompleteSignatureException: Authorization header requires 'Signature' parameter.",
        malformed(Malformed::Missing(vec!["Signature"])),
    );
    query.is(
        "400 IncompleteSignature: Authorization header requires 'Signature' parameter.",
        malformed(Malformed::Missing(vec!["Signature"])),
    );
    let [_, json, _] = in_header(|request| replace(request, "authorization", "/us-east-1", " /us-east-1, "));
    json.is(
        "403 IncompleteSignatureException: Invalid key=value pair (missing equal-sign) in Authorization header.",
        malformed(Malformed::WhiteSpace),
    );
    let [s3, ..] =
        in_header(|request| replace(request, "authorization", ", Signature", ", Signature=0, Signature"));
    assert_eq!(s3.rejection.message(), "Authorization holds Credential, SignedHeaders or Signature twice");
    let [s3, json, _] = in_query(|request| replace_query(request, "X-Amz-Expires=60&", ""));
    s3.is(
        "400 AuthorizationQueryParametersError: Query-string authentication version 4 requires the X-Amz-Algorithm, \
         X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        malformed(Malformed::Missing(vec![])),
    );
    json.is(
        "403 IncompleteSignatureException: AWS query-string parameters must include 'X-Amz-Expires'. Re-examine the \
         query-string parameters.",
        malformed(Malformed::Other),
    );
    for name in ["authorization", "host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
        let twice = |request: &mut Request| {
            let value = b"0".to_vec();
            request.headers.push((name.into(), value.clone()));
            if request.headers.iter().filter(|(other, _)| other == name).count() == 1 {
                request.headers.push((name.into(), value));
            }
        };
        let [s3, ..] = in_header(twice);
        assert_eq!(s3.rejection.message(), format!("{name} is there twice: send it once."));
    }
    let [s3, ..] = in_query(|request| request.query.push_str("&X-Amz-Expires=60"));
    assert_eq!(s3.rejection.message(), "X-Amz-Expires is there twice: send it once.");
}

#[test]
fn a_credential_of_another_shape() {
    let [s3, json, _] = in_header(|request| replace(request, "authorization", "/aws4_request", ""));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; the Credential is mal-formed; \
         expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        malformed(Malformed::Credential),
    );
    json.is(
        "403 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. \
         keyid/date/region/service/term, got 4",
        malformed(Malformed::Credential),
    );
    // Who mixes up id and secret sends a secret there: it is told to nobody.
    for (from, to) in [("AKIDEXAMPLE", SECRET), ("Credential=", &*format!("Credential={SECRET}/"))] {
        for refused in in_header(|request| replace(request, "authorization", from, to)) {
            assert_eq!(refused.rejection.kind(), RejectionKind::Malformed);
            let body = String::from_utf8_lossy(refused.rejection.response().body()).into_owned();
            for told in [refused.rejection.to_string(), format!("{:?}", refused.rejection), body] {
                assert!(!told.contains("wJalr") && !told.contains("MDENG"), "{told}");
            }
        }
    }
    let [s3, json, _] = in_header(|request| replace(request, "authorization", "AKIDEXAMPLE", ""));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; a non-empty Access Key (AKID) must be \
         provided in the credential.",
        malformed(Malformed::EmptyAccessKeyId),
    );
    assert_eq!(json.rejection.code(), "IncompleteSignatureException");
    // Nobody's key is this long, and no lookup is spent on it.
    let [s3, ..] = in_header(|request| replace(request, "authorization", "AKIDEXAMPLE", &"A".repeat(257)));
    assert_eq!(s3.rejection.kind(), RejectionKind::Malformed);
}

#[test]
fn another_scope() {
    let [s3, json, query] = in_header(|request| replace(request, "authorization", "us-east-1", "eu-west-1"));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; the region 'eu-west-1' is wrong; \
         expecting 'us-east-1'",
        scope(Some((Some("eu-west-1"), Some("us-east-1"))), None),
    );
    assert_eq!(s3.rejection.response().headers()["x-amz-bucket-region"], "us-east-1");
    json.is(
        "403 InvalidSignatureException: Credential should be scoped to a valid region, not 'eu-west-1'. ",
        scope(Some((Some("eu-west-1"), None)), None),
    );
    query.is(
        "403 SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'eu-west-1'. ",
        scope(Some((Some("eu-west-1"), None)), None),
    );
    let [s3, ..] = in_query(|request| replace_query(request, "us-east-1", "eu-west-1"));
    s3.is(
        "400 AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' \
         is wrong; expecting 'us-east-1'",
        scope(Some((Some("eu-west-1"), Some("us-east-1"))), None),
    );
    let [s3, json, _] = in_header(|request| {
        for service in ["/s3/", "/lambda/", "/sts/"] {
            if request.header("authorization").contains(service) {
                replace(request, "authorization", service, "/ec2/");
            }
        }
    });
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; incorrect service \"ec2\". This \
         endpoint belongs to \"s3\".",
        scope(None, Some((Some("ec2"), Some("s3")))),
    );
    json.is(
        "403 InvalidSignatureException: Credential should be scoped to correct service: 'lambda'. ",
        scope(None, Some((None, Some("lambda")))),
    );
    let [s3, json, _] =
        in_header(|request| replace(request, "authorization", "aws4_request", "aws3_request"));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; incorrect terminal \"aws3_request\". \
         This endpoint uses \"aws4_request\".",
        malformed(Malformed::Other),
    );
    json.is(
        "403 InvalidSignatureException: Credential should be scoped with a valid terminator: 'aws4_request', not \
         'aws3_request'. ",
        malformed(Malformed::Credential),
    );
    let [s3, json, _] = in_header(|request| replace(request, "authorization", "20150830", "20150829"));
    s3.is(
        "400 AuthorizationHeaderMalformed: The authorization header is malformed; Invalid credential date \
         \"20150829\". This date is not the same as X-Amz-Date: \"20150830\".",
        malformed(Malformed::ScopeDate),
    );
    json.is(
        "403 InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
         from HTTP: '20150829' != '20150830', from '20150830T123600Z'.",
        malformed(Malformed::ScopeDate),
    );
}

#[test]
fn headers_that_are_not_signed() {
    let [s3, json, _] = in_header(|request| {
        request.set("x-amz-acl", "public-read");
        request.set("x-amz-meta-b", "2");
        // CloudFront adds it on the way.
        request.set("x-amz-cf-id", "3");
    });
    s3.is(
        "403 AccessDenied: There were headers present in the request which were not signed",
        RefusalKind::HeadersNotSigned { names: vec!["x-amz-acl".into(), "x-amz-meta-b".into()] },
    );
    json.is(
        "403 InvalidSignatureException: 'x-amz-acl' must be a 'SignedHeader' in the AWS Authorization. 'x-amz-meta-b' must be a 'SignedHeader' in the \
         AWS Authorization.",
        RefusalKind::HeadersNotSigned { names: vec!["x-amz-acl".into(), "x-amz-meta-b".into()] },
    );
    let [s3, json, _] = in_header(|request| replace(request, "authorization", "host;", ""));
    s3.is(
        "403 AccessDenied: There were headers present in the request which were not signed",
        RefusalKind::HeadersNotSigned { names: vec!["host".into()] },
    );
    json.is(
        "403 InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        RefusalKind::HeadersNotSigned { names: vec!["host".into()] },
    );
    let demand = |verifier: Verifier| verifier.with_demanded_header(HeaderName::from_static("content-type"));
    let drop_it = |request: &mut Request| replace(request, "authorization", "content-type;", "");
    let [s3, ..] = refused(false, &credentials(), drop_it, demand);
    assert_eq!(
        s3.read.unwrap().kind(),
        &RefusalKind::HeadersNotSigned { names: vec!["content-type".into()] }
    );
    let [s3, json, _] = in_header(|request| request.headers.retain(|(name, _)| name != "content-type"));
    s3.is(
        "400 MalformedSecurityHeader: Your request has a malformed header.",
        malformed(Malformed::AbsentHeader(vec!["content-type".into()])),
    );
    json.is(
        "403 IncompleteSignatureException: 'content-type' is named as a SignedHeader, but it does not exist in the \
         HTTP request.",
        malformed(Malformed::AbsentHeader(vec!["content-type".into()])),
    );
}
