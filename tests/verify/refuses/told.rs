//! What a refusal tells of the canonical request, and that it stays well-formed.

use sigv4_core::Credentials;
use sigv4_core::refusal::RefusalKind;
use sigv4_core::verify::Verifier;

use super::*;
use crate::support::*;

#[test]
fn the_canonical_request_is_told_only_when_asked_for() {
    let show = |verifier: Verifier| verifier.with_details(true);
    let sabotage = |request: &mut Request| request.set("x-amz-meta-a", "1 < 2 & 'x' \u{fc} ]]>");
    for presigned in [false, true] {
        for refused in refused(presigned, &session(), sabotage, |verifier| verifier) {
            assert_eq!(refused.read.unwrap().kind(), &mismatch());
        }
        for refused in refused(presigned, &session(), sabotage, show) {
            let response = refused.rejection.response();
            let read = refused.read.unwrap();
            let RefusalKind::SignatureMismatch {
                canonical_request: Some(canonical),
                string_to_sign: Some(to_sign),
            } = read.kind()
            else {
                panic!("{read:?}");
            };
            let canonical = canonical.expose();
            assert!(canonical.starts_with("PUT\n/a/b\n"), "{canonical}");
            assert!(canonical.contains("x-amz-meta-a:1 < 2 & 'x' \u{fc} ]]>\n"), "{canonical}");
            // The string to sign is that of the canonical request that is told.
            let digest = hex(&sigv4_core::signature::sha256(canonical.as_bytes()));
            assert!(to_sign.expose().ends_with(&digest), "{}", to_sign.expose());
            // Neither the secret nor the right signature are in it, and the log has no canonical request.
            let body = String::from_utf8(response.body().to_vec()).unwrap();
            let key = sigv4_core::signature::SigningKey::derive(
                SECRET,
                "20150830",
                "us-east-1",
                to_sign.expose().lines().nth(2).unwrap().split('/').nth(2).unwrap(),
            );
            assert!(!body.contains(&hex(&key.sign(to_sign.expose().as_bytes()))), "{body}");
            assert!(!body.contains(SECRET));
            let log = format!("{} {:?}", refused.rejection, refused.rejection);
            assert!(!log.contains(TOKEN) && !log.contains("x-amz-meta"), "{log}");
        }
    }
    // S3 also shows the bytes.
    let [s3, json, _] = refused(false, &credentials(), sabotage, show);
    let body = String::from_utf8(s3.rejection.response().body().to_vec()).unwrap();
    assert!(body.contains("<StringToSignBytes>41 57 53 34 2d 48 4d 41 43"), "{body}");
    assert!(body.contains("<CanonicalRequestBytes>50 55 54 0a 2f 61 2f 62 0a"), "{body}");
    assert!(body.contains("<AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId>"), "{body}");
    let json: serde_json::Value = serde_json::from_slice(json.rejection.response().body()).unwrap();
    let message = json["message"].as_str().unwrap();
    assert!(
        message.contains("\n\nThe Canonical String for this request should have been\n'PUT\n/a/b\n"),
        "{message}"
    );
    assert!(
        message.contains("\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n"),
        "{message}"
    );
}

#[test]
fn a_body_that_differs_is_told_of_with_its_own_hash() {
    let change = |request: &mut Request| request.body = b"other".to_vec();
    let show = |verifier: Verifier| verifier.with_details(true);
    let [_, json, _] = refused(false, &credentials(), change, show);
    let read = json.read.unwrap();
    let RefusalKind::SignatureMismatch { canonical_request: Some(canonical), .. } = read.kind() else {
        panic!("{read:?}");
    };
    assert!(canonical.expose().ends_with(&hex(&sigv4_core::signature::sha256(b"other"))));
}

#[test]
fn bytes_that_xml_cannot_hold_do_not_break_it() {
    let sabotage = |request: &mut Request| {
        request.set("x-amz-meta-a", &b"\x01\x0b\xff\xef\xbf\xbf<![CDATA["[..]);
        replace(request, "authorization", "AKIDEXAMPLE", "<AKID>&\"']]>");
    };
    for refused in in_header(sabotage) {
        let response = refused.rejection.response();
        let body = std::str::from_utf8(response.body()).unwrap();
        assert!(!body.contains("<AKID>") && !body.contains('\u{1}'), "{body}");
        assert!(refused.read.is_some(), "{body}");
    }
    let known = Credentials::new("<AKID>", SECRET).unwrap();
    let show = |verifier: Verifier| verifier.with_details(true);
    let change =
        |request: &mut Request| request.set("x-amz-meta-a", &b"\x01\x0b\xff\xef\xbf\xbf<![CDATA["[..]);
    for refused in refused(false, &known, change, show) {
        let response = refused.rejection.response();
        let body = std::str::from_utf8(response.body()).unwrap();
        assert!(!body.chars().any(|c| c.is_control() && c != '\n'), "{body:?}");
        assert!(matches!(
            refused.read.unwrap().kind(),
            RefusalKind::SignatureMismatch { canonical_request: Some(_), string_to_sign: Some(_) }
        ));
    }
}
