//! Signing what is signed already.

use std::time::Duration;

use http::{HeaderMap, Request};
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, ErrorKind, Payload, SignOptions, Signer};

use crate::{NOW, SECRET, clock, credentials, signer};

fn request() -> Request<()> {
    Request::put("https://example.com/a/b?c=d")
        .header("content-type", "text/plain")
        .header("x-amz-meta-a", "1")
        .body(())
        .unwrap()
}

fn signed(mut request: Request<()>, signer: &Signer) -> Request<()> {
    signer.sign(&mut request, Payload::bytes(b"data")).unwrap();
    request
}

fn headers(request: &Request<()>) -> HeaderMap {
    request.headers().clone()
}

#[test]
fn twice_is_once() {
    for service in ["s3", "s3express", "execute-api", "aoss", "vpc-lattice-svcs", "iotdevicegateway"] {
        let signer = signer(service);
        let once = signed(request(), &signer);
        let twice = signed(once.clone(), &signer);
        assert_eq!(headers(&twice), headers(&once), "{service}");
        assert_eq!(twice.uri(), once.uri());
    }
}

/// Whatever signed it before: what is there now is as if nothing had.
#[test]
fn with_another_signer_as_if_for_the_first_time() {
    let plain = Credentials::new("AKIDOTHER", "other+secret").unwrap();
    let at = |date| ManualClock::at_amz_date(date).unwrap();
    let signers = [
        signer("s3"),
        signer("s3express"),
        signer("execute-api"),
        Signer::new("lambda", "eu-west-1", plain.clone()).with_clock(at("20261121T121500Z")),
        Signer::new("s3", "eu-west-1", plain.clone()).with_clock(at("20261122T000000Z")),
        Signer::new("s3express", "us-east-1", plain).with_clock(at(NOW)),
    ];
    for (a, first) in signers.iter().enumerate() {
        for (b, second) in signers.iter().enumerate() {
            let fresh = headers(&signed(request(), second));
            let again = headers(&signed(signed(request(), first), second));
            assert_eq!(again, fresh, "{a} then {b}");
        }
    }
}

#[test]
fn per_request_credentials_replace_those_of_an_earlier_signature() {
    let mut request = signed(request(), &signer("execute-api"));
    assert!(request.headers().contains_key("x-amz-security-token"));
    let tenant = Credentials::new("AKIDTENANT", SECRET).unwrap();
    request.extensions_mut().insert(SignOptions::new().credentials(tenant));
    let again = signed(request, &signer("execute-api"));
    assert!(!again.headers().contains_key("x-amz-security-token"));
    assert!(again.headers()["authorization"].to_str().unwrap().contains("Credential=AKIDTENANT/"));
}

/// The caller's own values are kept; those that the signer left are not taken for the caller's.
#[test]
fn the_callers_own_headers_are_told_from_the_signers() {
    let own = |name: &'static str, value: &'static str| {
        let mut request = request();
        request.headers_mut().insert(name, http::HeaderValue::from_static(value));
        request
    };
    let unsigned = signed(own("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), &signer("s3"));
    assert_eq!(unsigned.headers()["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");

    // A token of the caller's own is signed where the credentials bring none.
    let plain = || Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
    let without = Signer::new("execute-api", "us-east-1", plain()).with_clock(clock());
    let with = signed(own("x-amz-security-token", "mine"), &without);
    assert_eq!(with.headers()["x-amz-security-token"], "mine");
    assert!(with.headers()["authorization"].to_str().unwrap().contains(";x-amz-security-token,"));
    // And replaced where they do.
    let ours = signed(own("x-amz-security-token", "stale"), &signer("execute-api"));
    assert_eq!(ours.headers()["x-amz-security-token"], credentials().session_token().unwrap());
    // A date of the caller's own is not the time of the signature.
    let dated = signed(own("x-amz-date", "20000101T000000Z"), &signer("execute-api"));
    assert_eq!(headers(&dated), headers(&signed(request(), &signer("execute-api"))));
}

#[test]
fn presigning_a_presigned_url_makes_a_new_one() {
    let signer = signer("s3");
    let presign =
        |request: &Request<()>, signer: &Signer| signer.presign(request, Duration::from_secs(60)).unwrap();
    let first = presign(&request(), &signer);
    let plain = Credentials::new("AKIDOTHER", "other+secret").unwrap();
    let other = Signer::new("s3", "eu-west-1", plain)
        .with_clock(ManualClock::at_amz_date("20270101T000000Z").unwrap());
    for (signer, fresh) in [(&signer, presign(&request(), &signer)), (&other, presign(&request(), &other))] {
        let mut again = request();
        *again.uri_mut() = first.uri().unwrap();
        assert_eq!(presign(&again, signer).url(), fresh.url());
    }
}

#[test]
fn one_form_is_not_put_over_the_other() {
    let signer = signer("s3");
    let error = signer.presign(&signed(request(), &signer), Duration::from_secs(60)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    assert!(error.to_string().contains("Authorization"), "{error}");

    let mut presigned = request();
    *presigned.uri_mut() = signer.presign(&presigned, Duration::from_secs(60)).unwrap().uri().unwrap();
    let error = signer.sign(&mut presigned, Payload::EMPTY).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("X-Amz-Signature"), "{error}");
    assert_eq!(headers(&presigned), headers(&request()));
}
