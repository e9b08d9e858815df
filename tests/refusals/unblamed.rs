//! What is right in a request, and must not be blamed for a refusal that tells nothing.

use http::{HeaderMap, HeaderValue, StatusCode};
use sigv4_core::refusal::{Cause, Confidence, Refusal, SentSignature};

use crate::table::*;

/// What S3 and its like say of a permission that is missing, and of a secret that is wrong.
const MUTE: [&str; 2] =
    ["<Error><Code>AccessDenied</Code></Error>", "<Error><Code>SignatureDoesNotMatch</Code></Error>"];

fn causes(refusal: &Refusal, sent: &SentSignature) -> Vec<Cause> {
    let explanation = refusal.explain(sent);
    explanation.iter().flat_map(|told| told.findings()).map(|finding| finding.cause()).collect()
}

fn to(host: &str, region: &str) -> SentSignature {
    let mut sent = sent();
    (sent.service, sent.host, sent.region) = ("s3".to_owned(), host.to_owned(), region.to_owned());
    sent
}

#[test]
fn the_region_where_the_host_does_not_settle_it() {
    let account = "0123456789abcdef0123456789abcdef";
    for (host, region, blamed) in [
        // Its buckets are in every region.
        ("bucket.s3.amazonaws.com", "eu-west-1", false),
        ("s3.amazonaws.com", "eu-west-1", false),
        ("bucket.s3-external-1.amazonaws.com", "eu-west-1", false),
        // An alias of `auto`; any region; any region.
        (&format!("{account}.r2.cloudflarestorage.com"), "us-east-1", false),
        ("storage.googleapis.com", "us-east-1", false),
        ("nyc3.digitaloceanspaces.com", "us-east-1", false),
        ("bucket.s3.eu-west-1.amazonaws.com", "us-east-1", true),
        ("s3.eu-west-1.amazonaws.com", "us-east-1", true),
        ("bucket.s3-eu-west-1.amazonaws.com", "us-east-1", true),
    ] {
        for body in MUTE {
            let found = causes(&refused(403, body), &to(host, region));
            assert_eq!(found.contains(&Cause::WrongRegion), blamed, "{host} {body}: {found:?}");
        }
    }
}

#[test]
fn the_region_that_the_service_tells_of_the_bucket() {
    let told = HeaderMap::from_iter([(
        http::HeaderName::from_static("x-amz-bucket-region"),
        HeaderValue::from_static("eu-west-1"),
    )]);
    for body in MUTE {
        let refusal = Refusal::read(StatusCode::FORBIDDEN, &told, body.as_bytes()).unwrap();
        for host in ["bucket.s3.amazonaws.com", "bucket.s3-accelerate.amazonaws.com"] {
            let right = causes(&refusal, &to(host, "eu-west-1"));
            assert!(!right.contains(&Cause::WrongRegion), "{host} {body}: {right:?}");
            let wrong = causes(&refusal, &to(host, "us-east-1"));
            assert!(wrong.contains(&Cause::WrongRegion), "{host} {body}: {wrong:?}");
        }
    }
}

#[test]
fn a_region_is_advised_only_where_the_host_settles_it() {
    let wrong = refused(403, r#"{"message":"Credential should be scoped to a valid region, not 'x-1'. "}"#);
    for (host, advice) in [
        ("bucket.s3.amazonaws.com", "sign for the region of the endpoint"),
        ("bucket.s3.eu-west-1.amazonaws.com", "sign for \"eu-west-1\""),
    ] {
        let told = wrong.explain(&to(host, "x-1")).unwrap().to_string();
        assert!(told.ends_with(advice), "{host}: {told}");
    }
}

#[test]
fn the_session_token_where_none_was_sent() {
    let expired = error("ExpiredToken", "The provided token has expired.", "");
    let mut sent = to("storage.googleapis.com", "auto");
    sent.amz_date = "20260102T010405Z".to_owned();
    assert_eq!(causes(&expired, &sent), [Cause::TokenExpired]);
    sent.presigned_for = Some(60);
    assert_eq!(causes(&expired, &sent), [Cause::UrlExpired]);
    sent.has_session_token = true;
    assert_eq!(causes(&expired, &sent), [Cause::TokenExpired]);
}

/// The path tells which of the services at one host was asked.
#[test]
fn the_service_that_the_path_names() {
    let mut mqtt = sent();
    mqtt.host = "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com".to_owned();
    mqtt.service = "iotdevicegateway".to_owned();
    mqtt.presigned_for = Some(86_400);
    let canonical = |path: &str| format!("GET\n{path}\n\nhost:{}\n\nhost\n{EMPTY}", mqtt.host);
    let denied = refused(403, r#"{"message":"Forbidden","traceId":"x"}"#);
    for (path, blamed) in [("/mqtt", false), ("/topics/a", true)] {
        let mut sent = mqtt.clone();
        sent.canonical_request = Some(canonical(path));
        let found = causes(&denied, &sent);
        assert_eq!(found.contains(&Cause::WrongService), blamed, "{path}: {found:?}");
    }
}

/// A digest of another header can be wrong: only hashes that the service tells are proof.
#[test]
fn the_payload_hash_where_the_service_tells_none() {
    let digest = error("BadDigest", "The CRC32 you specified did not match the calculated checksum.", "");
    let hashes = format!(
        "<ClientComputedContentSHA256>{EMPTY}</ClientComputedContentSHA256><S3ComputedContentSHA256>{SOME}</S3ComputedContentSHA256>"
    );
    let told = error("XAmzContentSHA256Mismatch", "", &hashes);
    for (refusal, payload, len, cause, confidence) in [
        (&digest, EMPTY, None, Cause::BodyNotHashed, Confidence::Likely),
        (&digest, EMPTY, Some(5), Cause::BodyNotHashed, Confidence::Likely),
        (&digest, EMPTY, Some(0), Cause::BodyChanged, Confidence::Likely),
        (&digest, "UNSIGNED-PAYLOAD", Some(0), Cause::BodyChanged, Confidence::Likely),
        (&digest, SOME, Some(0), Cause::BodyNotSent, Confidence::Likely),
        (&digest, SOME, Some(5), Cause::BodyChanged, Confidence::Likely),
        (&told, EMPTY, None, Cause::BodyNotHashed, Confidence::Certain),
    ] {
        let mut sent = s3(&Request::new().payload(payload));
        sent.body_len = len;
        let explanation = refusal.explain(&sent).unwrap();
        let finding = &explanation.findings()[0];
        assert_eq!(
            (finding.cause(), finding.confidence()),
            (cause, confidence),
            "{payload} {len:?}: {explanation}"
        );
    }
}
