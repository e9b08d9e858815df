//! Presigned URLs.

use std::time::Duration;

use http::{HeaderName, Request};
use sigv4_core::{
    Credentials, ErrorKind, Payload, PayloadMode, Presigned, SignOptions, SignedHeaders, Signer,
};
use sigv4_tests::capture::{Captured, Expected};
use sigv4_tests::peer::moment;
use sigv4_tests::plain::query_pairs;

use crate::{SECRET, TOKEN, clock, credentials, signer};

fn expected(service: &'static str) -> Expected<'static> {
    Expected {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: SECRET,
        session_token: Some(TOKEN),
        region: "us-east-1",
        service,
    }
}

/// The URL is right by the reckoning of `aws-sigv4`, used with the headers that came with it.
fn assert_right(presigned: &Presigned, method: &str, expected: &Expected<'_>, payload_hash: Option<&str>) {
    let uri = presigned.uri().unwrap();
    let mut headers: Vec<(String, Vec<u8>)> = presigned
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    if !presigned.headers().contains_key("host") {
        headers.push(("host".to_owned(), uri.authority().unwrap().as_str().into()));
    }
    let target = uri.path_and_query().unwrap().to_string();
    Captured { method: method.to_owned(), target, headers, body: Vec::new() }
        .assert_presigned(expected, payload_hash);
}

fn parameter(presigned: &Presigned, name: &str) -> Option<String> {
    let pairs = query_pairs(presigned.uri().unwrap().query().unwrap());
    let mut values = pairs.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let value = values.next();
    assert!(values.next().is_none(), "{name} is there twice");
    value
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn services_have_payloads_of_their_own() {
    let url = "https://example.com/a/b?c=d";
    let unsigned = Some("UNSIGNED-PAYLOAD");
    for (service, mode, payload_hash) in [
        ("s3", None, unsigned),
        (
            "s3",
            Some(PayloadMode::Precomputed([7; 32])),
            Some("0707070707070707070707070707070707070707070707070707070707070707"),
        ),
        ("execute-api", None, None),
        ("execute-api", Some(PayloadMode::Unsigned), unsigned),
        ("execute-api", Some(PayloadMode::Signed), None),
    ] {
        let mut request = Request::get(url).body(()).unwrap();
        if let Some(mode) = mode {
            request.extensions_mut().insert(SignOptions::new().payload(mode));
        }
        let presigned = signer(service).presign(&request, MINUTE).unwrap();
        assert_right(&presigned, "GET", &expected(service), payload_hash);
        assert!(presigned.headers().is_empty());
    }
}

#[test]
fn nothing_of_the_request_is_changed_but_the_query_of_the_url() {
    let request =
        Request::get("https://Example.com:443/a/b?c=d&e").header("x-amz-meta-a", "1").body(()).unwrap();
    let before = crate::head(&request);
    let presigned = signer("s3").presign(&request, MINUTE).unwrap();
    assert_eq!(crate::head(&request), before);
    let url = presigned.url().to_owned();
    assert!(url.starts_with("https://Example.com/a/b?c=d&e&X-Amz-Algorithm=AWS4-HMAC-SHA256&"), "{url}");
    assert_eq!(parameter(&presigned, "X-Amz-Security-Token").as_deref(), Some(TOKEN));
}

#[test]
fn the_lifetime_is_clamped_to_that_of_the_credentials() {
    let request = Request::get("https://example.com/key").body(()).unwrap();
    let until = |date: &str| {
        let credentials = credentials().with_expiry(moment(date));
        Signer::new("s3", "us-east-1", credentials).with_clock(clock())
    };
    for (expiry, asked, given) in [
        ("20261121T123000Z", 900, 900),
        ("20261121T123000Z", 1800, 1800),
        ("20261121T123000Z", 3600, 1800),
        ("20261121T120001Z", 604_800, 1),
    ] {
        let presigned = until(expiry).presign(&request, Duration::from_secs(asked)).unwrap();
        assert_eq!(presigned.lifetime(), Duration::from_secs(given), "{expiry} {asked}");
        assert_eq!(parameter(&presigned, "X-Amz-Expires"), Some(given.to_string()));
        assert_right(&presigned, "GET", &expected("s3"), Some("UNSIGNED-PAYLOAD"));
    }
    // Less than a second is left.
    let credentials = credentials().with_expiry(moment("20261121T120000Z") + Duration::from_millis(700));
    let signer = Signer::new("s3", "us-east-1", credentials).with_clock(clock());
    let error = signer.presign(&request, MINUTE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCredentials, "{error}");
}

/// IoT takes the session token in the URL, but not in the signature.
#[test]
fn a_token_that_is_appended_after_signing() {
    let request = Request::get("wss://data.iot.us-east-1.amazonaws.com/mqtt").body(()).unwrap();
    let presigned = signer("iotdevicegateway").presign(&request, MINUTE).unwrap();
    let url = presigned.url().to_owned();
    assert!(url.starts_with("wss://data.iot.us-east-1.amazonaws.com/mqtt?X-Amz-"), "{url}");
    let (signed, token) = url.rsplit_once('&').unwrap();
    assert!(token.starts_with("X-Amz-Security-Token=IQoJ"), "{token}");
    assert_eq!(parameter(&presigned, "X-Amz-Security-Token").as_deref(), Some(TOKEN));

    // The same signature as without a token at all.
    let plain = Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
    let without = Signer::new("iotdevicegateway", "us-east-1", plain).with_clock(clock());
    assert_eq!(without.presign(&request, MINUTE).unwrap().url().to_owned(), signed);
}

#[test]
fn web_sockets_have_default_ports_too() {
    for (url, host) in [
        ("wss://example.com:443/mqtt", "example.com"),
        ("ws://example.com:80/mqtt", "example.com"),
        (
            "wss://transcribestreaming.us-east-1.amazonaws.com:8443/ws?a=b",
            "transcribestreaming.us-east-1.amazonaws.com:8443",
        ),
    ] {
        let presigned = signer("transcribe").presign(&Request::get(url).body(()).unwrap(), MINUTE).unwrap();
        assert_eq!(presigned.uri().unwrap().authority().unwrap().as_str(), host);
        assert_eq!(presigned.uri().unwrap().scheme_str(), url.split(':').next());
        assert_right(&presigned, "GET", &expected("transcribe"), None);
    }
}

#[test]
fn headers_that_the_user_of_the_url_must_send() {
    let also = SignedHeaders::standard().also(HeaderName::from_static("if-none-match"));
    let request = Request::put("https://example.com/key")
        .header("x-amz-meta-b", "2")
        .header("x-amz-meta-a", "1")
        .header("x-amz-meta-a", "  3 ")
        .header("if-none-match", "*")
        .header("content-type", "text/plain")
        .header("user-agent", "mine")
        .extension(SignOptions::new().signed_headers(also))
        .body(())
        .unwrap();
    let presigned = signer("s3").presign(&request, MINUTE).unwrap();
    let names: Vec<_> =
        presigned.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(
        names,
        [("if-none-match", "*"), ("x-amz-meta-a", "1"), ("x-amz-meta-a", "  3 "), ("x-amz-meta-b", "2")]
    );
    assert_eq!(
        parameter(&presigned, "X-Amz-SignedHeaders").as_deref(),
        Some("host;if-none-match;x-amz-meta-a;x-amz-meta-b")
    );
    assert_right(&presigned, "PUT", &expected("s3"), Some("UNSIGNED-PAYLOAD"));
}

#[test]
fn the_callers_own_payload_hash_is_signed_and_handed_on() {
    let request =
        Request::put("https://example.com/key").header("x-amz-content-sha256", "abc").body(()).unwrap();
    let presigned = signer("s3").presign(&request, MINUTE).unwrap();
    assert_eq!(presigned.headers()["x-amz-content-sha256"], "abc");
    assert_right(&presigned, "PUT", &expected("s3"), Some("abc"));
}

#[test]
fn another_host_to_sign() {
    let mut request = Request::get("https://vpce-1.example.com/key").body(()).unwrap();
    request.extensions_mut().insert(SignOptions::new().sign_host("bucket.s3.us-east-1.amazonaws.com"));
    let presigned = signer("s3").presign(&request, MINUTE).unwrap();
    assert_eq!(presigned.uri().unwrap().host(), Some("vpce-1.example.com"));
    assert_eq!(presigned.headers()["host"], "bucket.s3.us-east-1.amazonaws.com");
    assert_right(&presigned, "GET", &expected("s3"), Some("UNSIGNED-PAYLOAD"));
}

/// The request's own host is what is signed, so whoever uses the URL has to send it where the URL's is another.
#[test]
fn a_host_of_the_requests_own() {
    for (url, own, told) in [
        ("https://127.0.0.1:9000/bucket/key", "minio.internal:9000", true),
        ("https://example.com/key", "example.com:443", true),
        ("https://example.com/key", "Example.com", true),
        ("https://example.com/key", "example.com", false),
        ("https://example.com:443/key", " example.com ", false),
    ] {
        let request = Request::get(url).header("host", own).body(()).unwrap();
        let presigned = signer("s3").presign(&request, MINUTE).unwrap();
        let host = presigned.headers().get("host").map(|host| host.to_str().unwrap());
        assert_eq!(host, told.then_some(own), "{url}");
        assert_right(&presigned, "GET", &expected("s3"), Some("UNSIGNED-PAYLOAD"));
    }
    let mut request = Request::get("https://vpce-1.example.com/key").header("host", "own").body(()).unwrap();
    request.extensions_mut().insert(SignOptions::new().sign_host("told"));
    assert_eq!(signer("s3").presign(&request, MINUTE).unwrap().headers()["host"], "told");
}

/// The wire form of S3 is that of the URL.
#[test]
fn keys_of_s3() {
    let request = Request::get("https://example.com/a+b/ü(c)//d?versionId=1+2").body(()).unwrap();
    let presigned = signer("s3").presign(&request, MINUTE).unwrap();
    assert_eq!(presigned.uri().unwrap().path(), "/a%2Bb/%C3%BC%28c%29//d");
    let express =
        signer("s3express").presign(&Request::get("https://example.com/key").body(()).unwrap(), MINUTE);
    let express = express.unwrap();
    assert_eq!(parameter(&express, "X-Amz-S3session-Token").as_deref(), Some(TOKEN));
    assert_eq!(parameter(&express, "X-Amz-Security-Token"), None);
    assert_right(&express, "GET", &expected("s3express"), Some("UNSIGNED-PAYLOAD"));
}

#[test]
fn a_url_needs_a_scheme_and_a_host() {
    let request = Request::get("/key").header("host", "example.com").body(()).unwrap();
    let error = signer("s3").presign(&request, MINUTE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("absolute URI"), "{error}");
    let long = format!("https://example.com/{}", "k".repeat(65_400));
    let error = signer("s3").presign(&Request::get(long).body(()).unwrap(), MINUTE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("too long"), "{error}");
}

/// Who holds a presigned URL can use it: `Debug` shows neither signature nor token.
#[test]
fn debug_gives_nothing_away() {
    let presigned =
        signer("s3").presign(&Request::get("https://example.com/key").body(()).unwrap(), MINUTE).unwrap();
    let shown = format!("{presigned:?}");
    let signature = parameter(&presigned, "X-Amz-Signature").unwrap();
    assert!(!shown.contains(&signature) && !shown.contains("IQoJ"), "{shown}");
    let mut signed = Request::get("https://example.com/key").body(()).unwrap();
    signer("s3").sign(&mut signed, Payload::EMPTY).unwrap();
    assert!(signed.headers()["authorization"].is_sensitive());
    assert!(signed.headers()["x-amz-security-token"].is_sensitive());
    assert!(!format!("{signed:?}").contains("IQoJ"), "{signed:?}");
}
