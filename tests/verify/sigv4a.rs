//! Signatures of SigV4a: accepted where the verifier was told to, for regions of their set, and refused once anything
//! is changed.

use std::time::Duration;

use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::request::{SignedHeaders, SigningParams, presign, sign};
use sigv4_core::signature::{Algorithm, RegionSet};
use sigv4_core::verify::{Form, RejectionKind, Verifier};
use sigv4_core::{Credentials, Payload};

use crate::support::*;

fn plain(service: &str) -> Request {
    let host = if service == "s3" { "bucket.s3.amazonaws.com" } else { "api.example.com" };
    Request::new("PUT", "/a/b%20c", "x=1", &[("host", host), ("x-amz-meta-a", "1")], "content")
}

fn signed(service: &str, regions: &str, credentials: &Credentials, presigned: bool) -> Request {
    let mut request = plain(service);
    let (date, policy) = (AmzDate::parse(NOW).unwrap(), SignedHeaders::everything());
    let region_set = RegionSet::parse(regions).unwrap();
    let mut params = SigningParams::new(credentials, &date, "", service);
    params.algorithm = Algorithm::V4a { region_set: &region_set };
    params.signed_headers = &policy;
    let body = request.body.clone();
    if presigned {
        let payload = if service == "s3" { Payload::UNSIGNED } else { Payload::bytes(&body) };
        let signature = presign(&request.view(), &params, Duration::from_secs(60), payload, None).unwrap();
        request.query = signature.query().to_owned();
    } else {
        let signature = sign(&request.view(), &params, Payload::bytes(&body), None).unwrap();
        for (name, value) in signature.headers() {
            request.set(name.as_str(), value.as_bytes());
        }
    }
    request
}

fn accepting(service: &str, credentials: &Credentials) -> Verifier {
    verifier(service, "eu-west-1", credentials).with_sigv4a(true)
}

#[test]
fn every_form_with_and_without_a_token() {
    for service in ["s3", "execute-api"] {
        for credentials in [credentials(), session()] {
            for (presigned, regions) in [false, true]
                .into_iter()
                .flat_map(|form| ["*", "eu-*", "us-east-1,eu-west-1"].map(|set| (form, set)))
            {
                let request = signed(service, regions, &credentials, presigned);
                let verified =
                    verify(&accepting(service, &credentials), &request).unwrap_or_else(|rejection| {
                        panic!("{service} {regions} {presigned}: {rejection}\n{request:#?}")
                    });
                assert_eq!((verified.service(), verified.region()), (service, "eu-west-1"));
                assert_eq!(verified.form(), if presigned { Form::Presigned } else { Form::Header });
                assert!(presigned || verified.signs("x-amz-region-set"));
                assert!(verified.stream().is_none());
            }
        }
    }
}

#[test]
fn refused_unless_asked_for() {
    for presigned in [false, true] {
        let request = signed("s3", "*", &credentials(), presigned);
        let refused = verify(&verifier("s3", "eu-west-1", &credentials()), &request).unwrap_err();
        assert_eq!(refused.kind(), RejectionKind::UnsupportedAlgorithm);
    }
}

#[test]
fn regions_that_are_not_served_and_other_services() {
    for (service, regions, told) in
        [("s3", "us-*", "us-*"), ("s3", "eu-west-11", "eu-west-11"), ("sqs", "*", "sqs")]
    {
        let request = signed(service, regions, &credentials(), false);
        let refused = verify(&accepting("s3", &credentials()), &request).unwrap_err();
        assert_eq!(refused.kind(), RejectionKind::WrongScope, "{regions}");
        assert!(refused.to_string().contains(told), "{refused}");
    }
}

/// A signature of either algorithm does not pass for one of the other.
#[test]
fn algorithms_are_not_mixed() {
    let both = accepting("execute-api", &credentials());
    let v4 = plain("execute-api").signed("execute-api", "eu-west-1", &credentials());
    verify(&both, &v4).unwrap();
    let v4a = signed("execute-api", "*", &credentials(), false);
    let swapped = |request: &Request, from: &str, to: &str| {
        let mut request = request.clone();
        let authorization = request.header("authorization").replace(from, to);
        request.set("authorization", authorization);
        verify(&both, &request).unwrap_err().kind()
    };
    let (hmac, ecdsa) = ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    assert_eq!(swapped(&v4, hmac, ecdsa), RejectionKind::Malformed);
    assert_eq!(swapped(&v4a, ecdsa, hmac), RejectionKind::Malformed);
    // A region in the scope, and none.
    assert_eq!(swapped(&v4a, "/execute-api/", "/eu-west-1/execute-api/"), RejectionKind::Malformed);
    assert_eq!(swapped(&v4, "/eu-west-1/", "/"), RejectionKind::Malformed);
}

#[test]
fn missing_and_malformed_parts() {
    let both = accepting("s3", &credentials());
    let base = signed("s3", "*", &credentials(), false);
    let refused = |change: &dyn Fn(&mut Request)| {
        let mut request = base.clone();
        change(&mut request);
        verify(&both, &request).unwrap_err()
    };
    let no_set = refused(&|request| request.headers.retain(|(name, _)| name != "x-amz-region-set"));
    assert_eq!(no_set.kind(), RejectionKind::Malformed);
    for set in ["", "a b", "eu/*"] {
        assert_eq!(
            refused(&|request| request.set("x-amz-region-set", set)).kind(),
            RejectionKind::Malformed,
            "{set}"
        );
    }
    // Another set than the signed one.
    let widened = refused(&|request| request.set("x-amz-region-set", "eu-west-1"));
    assert_eq!(widened.kind(), RejectionKind::SignatureMismatch);
    for signature in ["", "00", "3045", "zz", "AB"] {
        let wrong = refused(&|request| {
            let authorization = request.header("authorization");
            let (start, _) = authorization.split_once("Signature=").unwrap();
            request.set("authorization", format!("{start}Signature={signature}"));
        });
        assert!(
            matches!(wrong.kind(), RejectionKind::SignatureMismatch | RejectionKind::Malformed),
            "{signature}: {wrong}"
        );
    }
    // The set of a presigned URL.
    let url = signed("s3", "*", &credentials(), true);
    for query in [url.query.replace("X-Amz-Region-Set=%2A", "X-Amz-Region-Set=eu-west-1"), {
        let pairs = url.query.split('&').filter(|pair| !pair.starts_with("X-Amz-Region-Set"));
        pairs.collect::<Vec<_>>().join("&")
    }] {
        assert!(query != url.query);
        verify(&both, &Request { query, ..url.clone() }).unwrap_err();
    }
}

/// Every byte of the request line, the headers and the body, each with another bit.
#[test]
fn one_changed_byte_is_enough() {
    let both = accepting("execute-api", &session());
    for presigned in [false, true] {
        let base = signed("execute-api", "eu-*", &session(), presigned);
        verify(&both, &base).unwrap();
        let refuse = |request: &Request| assert!(verify(&both, request).is_err(), "{request:#?}");
        let other = |byte: u8| if byte == b'x' { b'y' } else { b'x' };
        for at in 0..base.query.len() {
            let mut query = base.query.clone().into_bytes();
            query[at] = other(query[at]);
            refuse(&Request { query: String::from_utf8(query).unwrap(), ..base.clone() });
        }
        for at in 0..base.path.len() {
            let mut path = base.path.clone().into_bytes();
            path[at] = other(path[at]);
            refuse(&Request { path: String::from_utf8(path).unwrap(), ..base.clone() });
        }
        for header in 0..base.headers.len() {
            for at in 0..base.headers[header].1.len() {
                let mut request = base.clone();
                let value = &mut request.headers[header].1;
                value[at] = other(value[at]);
                refuse(&request);
            }
        }
        for at in 0..base.body.len() {
            let mut request = base.clone();
            request.body[at] ^= 1;
            refuse(&request);
        }
        refuse(&Request { method: "GET".into(), ..base.clone() });
    }
}

#[test]
fn time_tokens_keys_and_bodies_count_as_ever() {
    let request = signed("s3", "*", &session(), false);
    let late = accepting("s3", &session()).with_clock(ManualClock::at_amz_date("20150831T123600Z").unwrap());
    assert_eq!(verify(&late, &request).unwrap_err().kind(), RejectionKind::Skew);
    assert_eq!(
        verify(&accepting("s3", &credentials()), &request).unwrap_err().kind(),
        RejectionKind::InvalidToken
    );
    let other = Credentials::new("AKIDEXAMPLE", "another-secret").unwrap().with_session_token(TOKEN).unwrap();
    assert_eq!(
        verify(&accepting("s3", &other), &request).unwrap_err().kind(),
        RejectionKind::SignatureMismatch
    );
    let changed = Request { body: b"other".to_vec(), ..request };
    assert_eq!(
        verify(&accepting("s3", &session()), &changed).unwrap_err().kind(),
        RejectionKind::BodyMismatch
    );
}

/// Chunks that SigV4a signs are not verified here, and so not taken.
#[test]
fn streamed_bodies_are_refused() {
    let verifier = accepting("s3", &credentials()).with_streaming(true).with_unsigned_payload(true);
    for literal in ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"] {
        let mut request = plain("s3");
        let (date, policy, credentials) =
            (AmzDate::parse(NOW).unwrap(), SignedHeaders::everything(), credentials());
        let region_set = RegionSet::all();
        let mut params = SigningParams::new(&credentials, &date, "", "s3");
        params.algorithm = Algorithm::V4a { region_set: &region_set };
        params.signed_headers = &policy;
        let signature = sign(&request.view(), &params, Payload::literal(literal), None).unwrap();
        for (name, value) in signature.headers() {
            request.set(name.as_str(), value.as_bytes());
        }
        assert!(verify(&verifier, &request).is_err(), "{literal}");
    }
}
