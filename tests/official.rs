//! AWS's own suite of SigV4 cases, every one of them, in both forms.

use std::time::Duration;

use sigv4_core::clock::AmzDate;
use sigv4_core::request::{Authorization, SignedText, SigningParams, presign, sign};
use sigv4_core::service::ContentSha256;
use sigv4_core::{Credentials, Payload, SignedHeaders};
use sigv4_tests::official_suite::{Case, Message, cases, own_cases};
use sigv4_tests::plain::{query_pairs, sorted_headers};

const EVERYTHING: &SignedHeaders = &SignedHeaders::everything();

fn params(case: &Case) -> SigningParams<'_> {
    let mut params =
        SigningParams::new(&case.credentials, &case.date, case.text("region"), case.text("service"));
    params.signed_headers = EVERYTHING;
    params.rules.normalize_path = case.flag("normalize");
    params.omit_session_token = case.flag("omit_session_token");
    params
}

fn compare(case: &Case, form: &str, text: &SignedText, signature: &str) {
    let expected = |what: &str| case.file(&format!("{form}-{what}.txt"));
    assert_eq!(text.canonical_request, expected("canonical-request"), "{} {form}", case.name);
    assert_eq!(text.string_to_sign, expected("string-to-sign"), "{} {form}", case.name);
    assert_eq!(signature, expected("signature").trim(), "{} {form}", case.name);
}

#[test]
fn every_case_in_the_header_form() {
    let cases = cases("v4");
    assert_eq!(cases.len(), 38);
    for case in &cases {
        let mut params = params(case);
        if case.flag("sign_body") {
            params.rules.content_sha256 = ContentSha256::Header;
        }
        let mut text = SignedText::default();
        let signed = sign(&case.view(), &params, Payload::bytes(&case.body), Some(&mut text)).unwrap();
        compare(case, "header", &text, signed.signature());

        let mut headers = case.request.headers.clone();
        for (name, value) in signed.headers() {
            headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
        }
        let expected = case.signed_request("header");
        assert_eq!(sorted_headers(headers), sorted_headers(expected.headers), "{}", case.name);
        assert_eq!(case.request.query, expected.query, "{}", case.name);
    }
}

#[test]
fn every_case_in_the_query_form() {
    let cases = cases("v4");
    assert_eq!(cases.len(), 38);
    for case in &cases {
        let expires = Duration::from_secs(case.number("expiration_in_seconds"));
        let mut text = SignedText::default();
        let payload = Payload::bytes(&case.body);
        let signed = presign(&case.view(), &params(case), expires, payload, Some(&mut text)).unwrap();
        compare(case, "query", &text, signed.signature());
        assert_eq!(signed.lifetime(), expires);

        let expected = case.signed_request("query");
        assert_eq!(query_pairs(signed.query()), query_pairs(&expected.query), "{}", case.name);
        assert_eq!(
            sorted_headers(case.request.headers.clone()),
            sorted_headers(expected.headers),
            "{}",
            case.name
        );
    }
}

/// The suite holds what it is known for: what other signers skip is among the cases.
#[test]
fn the_suite_is_whole() {
    let cases = cases("v4");
    for name in [
        "get-header-value-multiline",
        "get-space-normalized",
        "get-space-unnormalized",
        "get-utf8",
        "get-vanilla-utf8-query",
    ] {
        assert!(cases.iter().any(|case| case.name == name), "{name}");
    }
    let count = |with: fn(&Case) -> bool| cases.iter().filter(|case| with(case)).count();
    assert_eq!(count(|case| !case.flag("normalize")), 7);
    assert_eq!(count(|case| case.flag("sign_body")), 2);
    assert_eq!(count(|case| case.credentials.session_token().is_some()), 3);
    assert_eq!(count(|case| case.flag("omit_session_token")), 1);
}

#[test]
fn paths_with_escapes_are_encoded_once_more() {
    let credentials = Credentials::new("ANOTREAL", "notrealrnrELgWzOk3IfjzDKtFBhDby").unwrap();
    let date = AmzDate::parse("20210511T154045Z").unwrap();
    let own = own_cases();
    let names: Vec<&str> = own.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["double-encode-path", "double-url-encode"]);
    for (name, request, canonical) in &own {
        let params = SigningParams::new(&credentials, &date, "us-east-1", "service");
        let mut text = SignedText::default();
        sign(&request.view(), &params, Payload::EMPTY, Some(&mut text)).unwrap();
        assert_eq!(&text.canonical_request, canonical, "{name}");
    }
}

/// What is written can be read again, by this project's own parser too.
#[test]
fn every_authorization_header_reads_back() {
    for case in cases("v4") {
        let Message { headers, .. } = case.signed_request("header");
        let value = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
        let parts = Authorization::parse(value).unwrap();
        assert_eq!(parts.to_string(), *value);
        assert_eq!(parts.scope, format!("{}/us-east-1/service/aws4_request", case.date.date()));
        assert_eq!(parts.signature, case.file("header-signature.txt").trim());
    }
}
