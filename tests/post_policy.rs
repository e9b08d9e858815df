//! POST policies beside boto3's, and those that S3 would refuse.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{PostForm, PostPolicy, sign_post_policy};
use sigv4_core::{Credentials, ErrorKind};

const HOUR: Duration = Duration::from_secs(3600);

fn recorded() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/oracles/post-policy.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn credentials(session_token: Option<&str>) -> Credentials {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap();
    match session_token {
        Some(token) => credentials.with_session_token(token).unwrap(),
        None => credentials,
    }
}

fn now() -> SystemTime {
    AmzDate::parse("20261121T120000Z").unwrap().time()
}

/// The policy of a form, decoded.
fn policy(form: &PostForm) -> Value {
    serde_json::from_slice(&BASE64_STANDARD.decode(form.field("policy").unwrap()).unwrap()).unwrap()
}

fn conditions(policy: &Value) -> BTreeSet<String> {
    policy["conditions"].as_array().unwrap().iter().map(Value::to_string).collect()
}

#[test]
fn a_policy_demands_what_boto3s_demands() {
    let file = recorded();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let credentials = credentials(case["session_token"].as_str());
        let form = PostPolicy::new("amzn-s3-demo-bucket", now() + HOUR)
            .key("user/user1/${filename}")
            .field("acl", "public-read")
            .field("x-amz-meta-uuid", "14365123651274")
            .starts_with("Content-Type", "image/")
            .content_length_range(1..=10_485_760)
            .sign(&credentials, "us-east-1", now())
            .unwrap();
        let theirs: Value = serde_json::from_str(case["expected"]["policy_json"].as_str().unwrap()).unwrap();
        let ours = policy(&form);
        assert_eq!(ours["expiration"], theirs["expiration"]);
        assert_eq!(conditions(&ours), conditions(&theirs));
        let fields = case["expected"]["fields"].as_object().unwrap();
        assert_eq!(form.fields().count(), fields.len());
        for (name, value) in fields.iter().filter(|(name, _)| *name != "policy" && *name != "x-amz-signature")
        {
            assert_eq!(form.field(name), value.as_str(), "{name}");
        }
        // The policies differ in white space; signed as it is, theirs has their signature.
        let theirs = fields["policy"].as_str().unwrap();
        let form = sign_post_policy(theirs, &credentials, "us-east-1", now()).unwrap();
        assert_eq!(form.field("x-amz-signature"), fields["x-amz-signature"].as_str());
        assert_eq!(form.field("policy"), Some(theirs));

        // Read and signed a minute later, theirs speaks of its new signature only.
        let read = PostPolicy::from_json(case["expected"]["policy_json"].as_str().unwrap()).unwrap();
        let later = now() + Duration::from_secs(60);
        let again = policy(&read.sign(&credentials, "us-east-1", later).unwrap());
        let ours: BTreeSet<_> =
            conditions(&ours).iter().map(|condition| condition.replace("T120000Z", "T120100Z")).collect();
        assert_eq!(conditions(&again), ours);
    }
}

#[test]
fn what_is_outside_ascii_is_escaped() {
    let form = PostPolicy::new("bucket", now() + HOUR)
        .key("ümläut/😀\"\\")
        .sign(&credentials(None), "us-east-1", now())
        .unwrap();
    let text = String::from_utf8(BASE64_STANDARD.decode(form.field("policy").unwrap()).unwrap()).unwrap();
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains(r#""\u00fcml\u00e4ut/\ud83d\ude00\"\\""#), "{text}");
    assert!(conditions(&policy(&form)).contains(r#"{"key":"ümläut/😀\"\\"}"#));
}

#[test]
fn a_policy_ends_with_the_credentials() {
    let credentials = credentials(None).with_expiry(now() + HOUR / 2);
    let wanted = PostPolicy::new("bucket", now() + HOUR).key("key");
    let form = wanted.sign(&credentials, "us-east-1", now()).unwrap();
    assert_eq!(form.expires_at(), Some(now() + HOUR / 2));
    assert_eq!(policy(&form)["expiration"], "2026-11-21T12:30:00Z");
    let error = wanted.sign(&credentials, "us-east-1", now() + HOUR / 2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
}

/// The policy tells whole seconds, and the form no more than that.
#[test]
fn parts_of_a_second_are_dropped() {
    let (lasting, part) = (credentials(None), Duration::from_millis(700));
    let short = credentials(None).with_expiry(now() + HOUR / 2 + part);
    for (credentials, lives) in [(&lasting, HOUR), (&short, HOUR / 2)] {
        let wanted = PostPolicy::new("bucket", now() + HOUR + part).key("key");
        let form = wanted.sign(credentials, "us-east-1", now() + part / 2).unwrap();
        assert_eq!(form.expires_at(), Some(now() + lives));
        let told = policy(&form)["expiration"].as_str().unwrap().replace(['-', ':'], "");
        assert_eq!(AmzDate::parse(&told).unwrap().time(), now() + lives);
    }
    // What ends within the second is past by then.
    let error =
        PostPolicy::new("bucket", now() + part).key("key").sign(&lasting, "us-east-1", now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option, "{error}");
    let ended = credentials(None).with_expiry(now() + part);
    let error =
        PostPolicy::new("bucket", now() + HOUR).key("key").sign(&ended, "us-east-1", now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCredentials, "{error}");
}

#[test]
fn a_policy_that_s3_would_refuse_is_refused_by_name() {
    let fine = || PostPolicy::new("bucket", now() + HOUR).key("key");
    for (policy, message) in [
        (
            PostPolicy::new("bucket", now()).key("key"),
            "the POST policy expires at 2026-11-21T12:00:00Z, which is past: give a later moment",
        ),
        (
            PostPolicy::new("bucket", now() + HOUR),
            "the POST policy says nothing of \"key\", and S3 would refuse every form",
        ),
        (
            #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
            fine().content_length_range(10..=1),
            "no file has a size of 10..=1 bytes: give the smaller number first",
        ),
        (
            fine().field("X-Amz-Date", "20261121T120000Z"),
            "the form field \"X-Amz-Date\" is not for a POST policy to set: leave it out",
        ),
    ] {
        let error = policy.sign(&credentials(None), "us-east-1", now()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Option, message));
    }
    let error = fine().sign(&credentials(None), "", now()).unwrap_err();
    assert!(error.to_string().contains("region"), "{error}");
}

#[test]
fn a_document_of_another_form_is_refused_by_name() {
    for (document, word) in [
        ("", "is not JSON"),
        (r#"{"conditions": []}"#, "has no expiration"),
        (r#"{"expiration": "tomorrow", "conditions": []}"#, "\"tomorrow\""),
        (r#"{"expiration": "2026-12-01T12:00:00.000Z"}"#, "has no conditions"),
        (
            r#"{"expiration": "2026-12-01T12:00:00.000Z", "conditions": [["ends-with", "$key", "x"]]}"#,
            "ends-with",
        ),
        (r#"{"expiration": "2026-12-01T12:00:00.000Z", "conditions": [["eq", "key", "x"]]}"#, "[\"eq\""),
        (r#"{"expiration": "2026-12-01T12:00:00.000Z", "conditions": [{"key": 1}]}"#, "{\"key\":1}"),
    ] {
        let error = PostPolicy::from_json(document).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        assert!(error.to_string().contains(word), "{document}: {error}");
    }
    let old = r#"{"expiration": "2007-12-01T12:00:00.000Z", "conditions": [{"bucket": "b"}, ["eq", "$key", "k"], ["content-length-range", "1", 2]]}"#;
    let error = PostPolicy::from_json(old).unwrap().sign(&credentials(None), "us-east-1", now()).unwrap_err();
    assert!(error.to_string().contains("expires at 2007-12-01T12:00:00Z, which is past"), "{error}");
}

#[test]
fn a_form_shows_no_signature() {
    let credentials = credentials(Some("TOKEN"));
    let form =
        PostPolicy::new("bucket", now() + HOUR).key("key").sign(&credentials, "us-east-1", now()).unwrap();
    let shown = format!("{form:?}");
    assert!(shown.contains("x-amz-signature"), "{shown}");
    for secret in ["TOKEN", form.field("x-amz-signature").unwrap(), form.field("policy").unwrap()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
