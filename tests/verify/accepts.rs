//! What was signed right, in every form.

use std::time::Duration;

use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::signature::sha256;
use sigv4_core::verify::{CredentialMap, Form, PayloadClaim, RejectionKind, Verifier};
use sigv4_core::{Credentials, Payload};

use crate::support::*;

fn json_request() -> Request {
    let headers =
        [("host", "api.example.com"), ("content-type", "application/json"), ("x-amz-target", "T.Do")];
    Request::new("POST", "/prod/items%2F1", "b=2&a=1&a=%20x", &headers, "{\"a\":1}")
}

fn s3_request() -> Request {
    let headers =
        [("host", "bucket.s3.us-east-1.amazonaws.com"), ("x-amz-acl", "private"), ("range", "bytes=0-1")];
    Request::new("PUT", "/a//../b%20c", "acl", &headers, "content")
}

#[test]
fn every_form_with_and_without_a_token() {
    for (request, service, region) in
        [(json_request(), "execute-api", "us-east-2"), (s3_request(), "s3", "us-east-1")]
    {
        for credentials in [credentials(), session()] {
            for presigned in [false, true] {
                let request = request.clone();
                let signed = if presigned {
                    request.presigned(service, region, &credentials, 60)
                } else {
                    request.signed(service, region, &credentials)
                };
                let verified = verify(&verifier(service, region, &credentials), &signed)
                    .unwrap_or_else(|rejection| panic!("{service} {presigned}: {rejection}\n{signed:#?}"));
                assert_eq!(verified.access_key_id(), "AKIDEXAMPLE");
                assert_eq!((verified.service(), verified.region()), (service, region));
                assert_eq!(verified.date(), AmzDate::parse(NOW).unwrap());
                assert!(verified.signs("host") && !verified.signs("x-amz-other"));
                assert_eq!(verified.form(), if presigned { Form::Presigned } else { Form::Header });
                assert_eq!(verified.lifetime(), presigned.then_some(Duration::from_secs(60)));
                assert!(verified.stream().is_none());
            }
        }
    }
}

/// AWS's own `get-vanilla` of 2011, dated by `Date` alone in the form of HTTP; the others were signed by other means. botocore
/// writes `-0000`.
#[test]
fn a_date_header_stands_in_for_x_amz_date() {
    const IN_HTTP: &str = "Mon, 09 Sep 2011 23:36:00 GMT";
    const UNSIGNED: &str = "b5e852346e37f475dae8fdb2600aac8eef1d857b7f443d56efd694826875048c";
    let key = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap();
    let at = |now| verifier("host", "us-east-1", &key).with_clock(ManualClock::at_amz_date(now).unwrap());
    let dated = |date: &str, names: &str, signature: &str| {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20110909/us-east-1/host/aws4_request, SignedHeaders={names}, \
             Signature={signature}"
        );
        let headers = [("date", date), ("host", "host.foo.com"), ("authorization", authorization.as_str())];
        Request::new("GET", "/", "", &headers, "")
    };
    for (date, names, signature) in [
        (IN_HTTP, "date;host", "b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470"),
        ("20110909T233600Z", "date;host", "3576498fabe29305d8fbe7ebae518bd911549c9fb124b935f64366d72c1f7983"),
        (IN_HTTP, "host", UNSIGNED),
        ("Fri, 09 Sep 2011 23:36:00 -0000", "host", UNSIGNED),
        ("Sat, 10 Sep 2011 01:36:00 +0200", "host", UNSIGNED),
    ] {
        let request = dated(date, names, signature);
        let verified = verify(&at("20110909T234500Z"), &request).unwrap();
        assert_eq!(verified.date(), AmzDate::parse("20110909T233600Z").unwrap(), "{date} {names}");
        let late = verify(&at("20110909T235101Z"), &request).unwrap_err();
        assert_eq!(late.kind(), RejectionKind::Skew, "{date} {names}");
    }
    for (date, kind) in [
        ("Mon, 09 Sep 2011 23:36:01 GMT", RejectionKind::SignatureMismatch),
        ("Mon, 10 Sep 2011 23:36:00 GMT", RejectionKind::ScopeDate),
        ("2011-09-09T23:36:00Z", RejectionKind::Malformed),
    ] {
        let refused = verify(&at("20110909T234500Z"), &dated(date, "host", UNSIGNED)).unwrap_err();
        assert_eq!(refused.kind(), kind, "{date}");
    }
    // Where both are there, `x-amz-date` counts.
    let mut both = dated(IN_HTTP, "host", UNSIGNED);
    both.set("x-amz-date", "20110909T233600Z");
    let refused = verify(&at("20110909T234500Z"), &both).unwrap_err();
    assert_eq!(refused.kind(), RejectionKind::HeadersNotSigned);
    let mut both = json_request();
    both.set("date", IN_HTTP);
    verify(
        &verifier("execute-api", "us-east-2", &credentials()),
        &both.signed("execute-api", "us-east-2", &credentials()),
    )
    .unwrap();
}

#[test]
fn the_body_may_come_as_its_hash_and_after_the_head() {
    let verifier = verifier("s3", "us-east-1", &credentials());
    let signed = s3_request().signed("s3", "us-east-1", &credentials());
    let head = at_once(verifier.verify_head(&signed.view())).unwrap();
    assert_eq!(head.payload(), &PayloadClaim::Sha256(sha256(b"content")));
    assert!(head.payload().needs_body() && !head.payload().is_empty());
    let verified = head.check_body(Payload::precomputed(sha256(b"content"))).unwrap();
    assert_eq!(verified.signed_headers().collect::<Vec<_>>().first(), Some(&"host"));
}

#[test]
fn the_trait_can_be_left_out() {
    let signed = json_request().signed("execute-api", "us-east-2", &credentials());
    let verifier = Verifier::new("execute-api", "us-east-2", CredentialMap::default())
        .with_clock(ManualClock::at_amz_date(NOW).unwrap());
    let claim = verifier.read(&signed.view()).unwrap();
    assert_eq!((claim.access_key_id(), claim.payload()), ("AKIDEXAMPLE", &PayloadClaim::Body));
    let head = claim.check_key(Some(&credentials())).unwrap();
    head.check_body(Payload::bytes(&signed.body)).unwrap();
}

#[test]
fn several_scopes_each_by_its_own_rules() {
    let both = verifier("execute-api", "us-east-2", &credentials()).with_scope("s3", "us-east-1");
    verify(&both, &json_request().signed("execute-api", "us-east-2", &credentials())).unwrap();
    verify(&both, &s3_request().signed("s3", "us-east-1", &credentials())).unwrap();
    // Refused in the words of the service, wherever it stands in the list.
    let late = both.clone().with_clock(ManualClock::at_amz_date("20150831T123600Z").unwrap());
    let refused = verify(&late, &s3_request().signed("s3", "us-east-1", &credentials())).unwrap_err();
    assert_eq!(refused.code(), "RequestTimeTooSkewed");
    // Each service in its own region only.
    let crossed = s3_request().signed("s3", "us-east-2", &credentials());
    assert_eq!(verify(&both, &crossed).unwrap_err().code(), "InvalidSignatureException");
}

#[test]
fn a_streamed_body_starts_from_the_requests_signature() {
    let literal = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let signed = s3_request().signed_as("s3", "us-east-1", &credentials(), Payload::literal(literal));
    let verifier = verifier("s3", "us-east-1", &credentials()).with_streaming(true);
    let head = at_once(verifier.verify_head(&signed.view())).unwrap();
    assert!(!head.payload().needs_body());
    let verified = head.check_body(Payload::UNSIGNED).unwrap();
    let seed = verified.stream().unwrap();
    assert!(signed.header("authorization").ends_with(seed.signature()));
    assert_eq!(seed.scope().to_string(), "20150830/us-east-1/s3/aws4_request");
    assert_eq!(verified.payload(), &PayloadClaim::Streaming(literal));
    assert!(!format!("{seed:?}").contains(seed.signature()), "{seed:?}");
}
