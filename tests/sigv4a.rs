//! SigV4a: AWS's own suite, verified with its public keys, and the ways in which it can be asked for wrongly.

use std::time::Duration;

use http::{HeaderValue, Request};
use serde_json::Value;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{Authorization, RequestView, SignedText, SigningParams, presign, sign};
use sigv4_core::service::ContentSha256;
use sigv4_core::signature::sigv4a::PublicKey;
use sigv4_core::signature::{Algorithm, RegionSet};
use sigv4_core::{Credentials, ErrorKind, Payload, SignedHeaders};
use sigv4_tests::official_suite::{Case, cases};

const EVERYTHING: &SignedHeaders = &SignedHeaders::everything();

fn params<'a>(case: &'a Case, region_set: &'a RegionSet) -> SigningParams<'a> {
    let mut params = SigningParams::new(&case.credentials, &case.date, "", case.text("service"));
    params.algorithm = Algorithm::V4a { region_set };
    params.signed_headers = EVERYTHING;
    params.rules.normalize_path = case.flag("normalize");
    params.omit_session_token = case.flag("omit_session_token");
    params
}

fn public_key(case: &Case) -> PublicKey {
    let key: Value = serde_json::from_str(&case.file("public-key.json")).unwrap();
    let coordinate = |name: &str| {
        let digits = key[name].as_str().unwrap();
        let bytes: Vec<u8> =
            (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
        <[u8; 32]>::try_from(bytes).unwrap()
    };
    PublicKey::from_coordinates(&coordinate("X"), &coordinate("Y")).unwrap()
}

/// What was signed is what the suite says, the signature verifies, and the suite's own one does too.
fn compare(case: &Case, form: &str, text: &SignedText, signature: &str) {
    let expected = |what: &str| case.file(&format!("{form}-{what}.txt"));
    assert_eq!(text.canonical_request, expected("canonical-request"), "{} {form}", case.name);
    assert_eq!(text.string_to_sign, expected("string-to-sign"), "{} {form}", case.name);
    let key = public_key(case);
    key.verify(text.string_to_sign.as_bytes(), signature).unwrap();
    key.verify(text.string_to_sign.as_bytes(), expected("signature").trim()).unwrap();
    assert_eq!(key, case.credentials.key_pair().unwrap().public_key(), "{} {form}", case.name);
}

#[test]
fn every_case_of_the_official_suite() {
    let cases = cases("v4a");
    assert_eq!(cases.len(), 38);
    for case in &cases {
        let region_set = RegionSet::parse(case.text("region")).unwrap();
        let params = params(case, &region_set);

        let mut header_params = params;
        if case.flag("sign_body") {
            header_params.rules.content_sha256 = ContentSha256::Header;
        }
        let mut text = SignedText::default();
        let payload = Payload::bytes(&case.body);
        let signed = sign(&case.view(), &header_params, payload, Some(&mut text)).unwrap();
        compare(case, "header", &text, signed.signature());
        let authorization = signed.headers().find(|(name, _)| *name == "authorization").unwrap().1;
        let parts = Authorization::parse(authorization.to_str().unwrap()).unwrap();
        assert_eq!(parts.algorithm, "AWS4-ECDSA-P256-SHA256");
        assert_eq!((parts.signature, parts.scope), (signed.signature(), "20150830/service/aws4_request"));

        let mut text = SignedText::default();
        let expires = Duration::from_secs(case.number("expiration_in_seconds"));
        let signed = presign(&case.view(), &params, expires, payload, Some(&mut text)).unwrap();
        compare(case, "query", &text, signed.signature());
        assert!(signed.query().contains("&X-Amz-Region-Set=us-east-1&"), "{}", signed.query());
    }
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap()
}

#[test]
fn signs_the_same_request_the_same_way_each_time() {
    let (credentials, date) = (credentials(), AmzDate::parse("20261121T120000Z").unwrap());
    let region_set = RegionSet::all();
    let mut params = SigningParams::new(&credentials, &date, "", "s3");
    params.algorithm = Algorithm::V4a { region_set: &region_set };
    let request =
        Request::get("https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/key").body(()).unwrap();
    let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    let first = sign(&view, &params, Payload::EMPTY, None).unwrap();
    let again = sign(&view, &params, Payload::EMPTY, None).unwrap();
    assert_eq!(first.signature(), again.signature());
    let set: Vec<_> = first.headers().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert!(set.contains(&("x-amz-region-set", "*")), "{set:?}");
}

#[test]
fn a_request_can_be_signed_anew_by_the_other_algorithm() {
    let (credentials, date) = (credentials(), AmzDate::parse("20261121T120000Z").unwrap());
    let regions = RegionSet::new(["us-east-1"]).unwrap();
    let v4 = SigningParams::new(&credentials, &date, "us-east-1", "s3");
    let mut v4a = v4;
    v4a.algorithm = Algorithm::V4a { region_set: &regions };

    let mut request = Request::get("https://example.com/").body(()).unwrap();
    let mut sign_with = |params: &SigningParams<'_>| {
        let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
        let signature = sign(&view, params, Payload::EMPTY, None).unwrap();
        signature.apply(request.headers_mut()).unwrap();
        request.headers().clone()
    };
    let first = sign_with(&v4);
    let second = sign_with(&v4a);
    assert_eq!(second["x-amz-region-set"], "us-east-1");
    assert!(second["authorization"].to_str().unwrap().contains("x-amz-region-set,"), "{second:?}");
    assert_eq!(sign_with(&v4a), second);
    // Nothing of SigV4a is left.
    assert_eq!(sign_with(&v4), first);
}

#[test]
fn a_callers_own_region_set_is_signed_as_a_header_of_theirs() {
    let (credentials, date) = (credentials(), AmzDate::parse("20261121T120000Z").unwrap());
    let params = SigningParams::new(&credentials, &date, "us-east-1", "service");
    let mut request = Request::get("https://example.com/").body(()).unwrap();
    request.headers_mut().insert("x-amz-region-set", HeaderValue::from_static("eu-*"));
    let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    let mut text = SignedText::default();
    let signature = sign(&view, &params, Payload::EMPTY, Some(&mut text)).unwrap();
    assert!(text.canonical_request.contains("\nx-amz-region-set:eu-*\n"), "{}", text.canonical_request);
    assert!(signature.headers().all(|(name, _)| name != "x-amz-region-set"));

    request.headers_mut().append("x-amz-region-set", HeaderValue::from_static("*"));
    let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    let error = sign(&view, &params, Payload::EMPTY, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    assert!(error.to_string().contains("x-amz-region-set"), "{error}");
}

#[test]
fn a_service_that_takes_nothing_else_says_so() {
    let (credentials, date) = (credentials(), AmzDate::parse("20261121T120000Z").unwrap());
    let params = SigningParams::new(&credentials, &date, "us-east-1", "cloudfront-keyvaluestore");
    let request = Request::get("https://example.com/").body(()).unwrap();
    let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    let error = sign(&view, &params, Payload::EMPTY, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert_eq!(
        error.to_string(),
        "cloudfront-keyvaluestore takes SigV4a signatures only: choose a region set, such as \"*\""
    );
}
