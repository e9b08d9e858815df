//! What was signed right, in every form.

use std::time::Duration;

use sigv4_core::Payload;
use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::signature::sha256;
use sigv4_core::verify::{CredentialMap, Form, PayloadClaim, Verifier};

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
