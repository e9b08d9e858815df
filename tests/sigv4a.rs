//! SigV4a: AWS's own suite, verified with its public keys, and the ways in which it can be asked for wrongly.

use std::time::Duration;

use http::{HeaderValue, Request};
use serde_json::Value;
use sigv4_core::clock::AmzDate;
use sigv4_core::clock::ManualClock;
use sigv4_core::request::{Authorization, RequestView, SignedText, SigningParams, presign, sign};
use sigv4_core::service::ContentSha256;
use sigv4_core::signature::sigv4a::PublicKey;
use sigv4_core::signature::{Algorithm, RegionSet};
use sigv4_core::{Credentials, ErrorKind, Payload, SignOptions, SignedHeaders, Signer};
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

/// Algorithm, scope and region set of a request that a signer signed.
fn signed(signer: &Signer, uri: &str, options: Option<SignOptions>) -> (String, String, Option<String>) {
    let mut request = Request::get(uri).body(()).unwrap();
    if let Some(options) = options {
        request.extensions_mut().insert(options);
    }
    let signer = signer.clone().with_clock(ManualClock::at_amz_date("20261121T120000Z").unwrap());
    signer.sign(&mut request, Payload::EMPTY).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let parts = Authorization::parse(authorization).unwrap();
    let region_set =
        request.headers().get("x-amz-region-set").map(|value| value.to_str().unwrap().to_owned());
    (parts.algorithm.to_owned(), parts.scope.to_owned(), region_set)
}

const V4A: &str = "AWS4-ECDSA-P256-SHA256";
const V4: &str = "AWS4-HMAC-SHA256";

#[test]
fn is_chosen_per_signer_and_per_request() {
    let regions = |text| RegionSet::parse(text).unwrap();
    let plain = Signer::new("events", "us-east-1", credentials());
    let wide = plain.clone().with_region_set(regions("us-east-1,us-west-2"));
    let uri = "https://abcde.veo.endpoint.events.amazonaws.com/";
    let everywhere = Some(SignOptions::new().region_set(RegionSet::all()));
    let v4a = |set: &str| (V4A.to_owned(), "20261121/events/aws4_request".to_owned(), Some(set.to_owned()));
    let v4 = |region| (V4.to_owned(), format!("20261121/{region}/events/aws4_request"), None);
    assert_eq!(signed(&plain, uri, None), v4("us-east-1"));
    assert_eq!(signed(&plain, uri, everywhere.clone()), v4a("*"));
    assert_eq!(signed(&wide, uri, None), v4a("us-east-1,us-west-2"));
    assert_eq!(signed(&wide, uri, everywhere), v4a("*"));
    assert_eq!(signed(&wide, uri, Some(SignOptions::new().region("eu-west-1"))), v4("eu-west-1"));
}

#[test]
fn hosts_and_services_that_take_nothing_else_get_it_unasked() {
    let access_point = "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/key";
    let v4a = |service: &str, set: &str| {
        (V4A.to_owned(), format!("20261121/{service}/aws4_request"), Some(set.to_owned()))
    };
    let explicit = Signer::new("s3", "us-east-1", credentials());
    assert_eq!(signed(&explicit, access_point, None), v4a("s3", "*"));
    assert_eq!(signed(&Signer::infer(credentials(), ["s3"]), access_point, None), v4a("s3", "*"));
    let narrow = explicit.clone().with_region_set(RegionSet::new(["us-east-1"]).unwrap());
    assert_eq!(signed(&narrow, access_point, None), v4a("s3", "us-east-1"));
    let store = Signer::new("cloudfront-keyvaluestore", "us-east-1", credentials());
    let uri = "https://111122223333.cloudfront-kvs.global.api.aws/";
    assert_eq!(signed(&store, uri, None), v4a("cloudfront-keyvaluestore", "*"));
    // A bucket is not an access point.
    let (algorithm, ..) = signed(&explicit, "https://s3-global.s3.us-east-1.amazonaws.com/key", None);
    assert_eq!(algorithm, V4);
}

#[test]
fn a_presigned_url_of_a_multi_region_access_point() {
    let signer = Signer::new("s3", "us-east-1", credentials())
        .with_clock(ManualClock::at_amz_date("20261121T120000Z").unwrap());
    let request =
        Request::get("https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/key").body(()).unwrap();
    let url = signer.presign(&request, Duration::from_secs(60)).unwrap();
    let (_, query) = url.url().split_once('?').unwrap();
    assert!(query.starts_with(
        "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Fs3%2Faws4_request&"
    ), "{query}");
    assert!(query.contains("&X-Amz-Region-Set=%2A&"), "{query}");
}
