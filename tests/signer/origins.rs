//! Allowed origins, and scopes that are read from hosts.

use http::Request;
use sigv4_core::{Credentials, ErrorKind, Origin, Payload, SignOptions, Signer};

use crate::{SECRET, clock, credentials, signer};

#[test]
fn scheme_host_and_port_make_an_origin() {
    let allowed: Vec<Origin> = [
        "https://Example.com",
        "http://127.0.0.1:9000/path?query",
        "https://[::1]:8443",
        "wss://iot.example.com",
    ]
    .map(|url| url.parse().unwrap())
    .to_vec();
    let signer = signer("s3").with_allowed_origins(allowed);
    let sign = |url: &str| signer.sign(&mut Request::get(url).body(()).unwrap(), Payload::EMPTY);
    for url in [
        "https://example.com/a",
        "https://EXAMPLE.com:443/",
        "http://127.0.0.1:9000/",
        "https://[::1]:8443/",
        "wss://iot.example.com/mqtt",
    ] {
        sign(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    }
    for (url, named) in [
        ("http://example.com/", "http://example.com:80"),
        ("https://example.com:8443/", "https://example.com:8443"),
        ("https://example.com.evil.test/", "https://example.com.evil.test:443"),
        ("https://evil.test/example.com", "https://evil.test:443"),
        ("http://127.0.0.1/", "http://127.0.0.1:80"),
        ("https://[::1]/", "https://[::1]:443"),
        ("https://iot.example.com/", "https://iot.example.com:443"),
    ] {
        let error = sign(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Origin, "{url}");
        assert!(error.to_string().starts_with(named), "{url}: {error}");
    }
    let presigned = Request::get("https://evil.test/").body(()).unwrap();
    let error = signer.presign(&presigned, std::time::Duration::from_secs(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Origin);
}

/// Another host to sign does not open another origin: it is the one dialled that counts.
#[test]
fn the_origin_is_the_one_that_is_dialled() {
    let signer = signer("s3").with_allowed_origins(["https://example.com".parse::<Origin>().unwrap()]);
    let mut request = Request::get("https://evil.test/").body(()).unwrap();
    request.extensions_mut().insert(SignOptions::new().sign_host("example.com"));
    assert_eq!(signer.sign(&mut request, Payload::EMPTY).unwrap_err().kind(), ErrorKind::Origin);
    let mut request = Request::get("https://evil.test/").header("host", "example.com").body(()).unwrap();
    assert_eq!(signer.sign(&mut request, Payload::EMPTY).unwrap_err().kind(), ErrorKind::Origin);
    // A URI without scheme and host has no origin that could be allowed.
    let mut request = Request::get("/").header("host", "example.com").body(()).unwrap();
    assert_eq!(signer.sign(&mut request, Payload::EMPTY).unwrap_err().kind(), ErrorKind::Origin);
}

#[test]
fn service_and_region_from_the_host() {
    let plain = || Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
    let signer = Signer::infer(plain(), ["s3", "execute-api", "sts"]).with_clock(clock());
    let scope = |url: &str, options: SignOptions| {
        let mut request = Request::get(url).body(()).unwrap();
        request.extensions_mut().insert(options);
        signer.sign(&mut request, Payload::EMPTY).map(|()| {
            let value = request.headers()["authorization"].to_str().unwrap().to_owned();
            let scope = value.split_once("/20261121/").unwrap().1;
            scope.split_once("/aws4_request").unwrap().0.to_owned()
        })
    };
    for (url, found) in [
        ("https://bucket.s3.eu-central-1.amazonaws.com/key", "eu-central-1/s3"),
        ("https://us-west-2.s3.amazonaws.com/key", "us-east-1/s3"),
        ("https://abc.execute-api.us-east-2.amazonaws.com/prod", "us-east-2/execute-api"),
        ("https://sts.amazonaws.com/", "us-east-1/sts"),
        ("https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/bucket/key", "auto/s3"),
    ] {
        assert_eq!(scope(url, SignOptions::new()).unwrap(), found, "{url}");
    }
    // A service that is asked for by name is allowed by that.
    let url = "https://lambda.us-east-1.amazonaws.com/";
    assert_eq!(scope(url, SignOptions::new()).unwrap_err().kind(), ErrorKind::Inference);
    assert_eq!(scope(url, SignOptions::new().service("lambda")).unwrap(), "us-east-1/lambda");
    let options = SignOptions::new().service("s3").region("garage");
    assert_eq!(scope("http://localhost:3900/bucket", options).unwrap(), "garage/s3");
}

/// A session token of AWS is not handed to somebody who happens to speak S3.
#[test]
fn a_session_token_goes_to_aws_only() {
    let signer = Signer::infer(credentials(), ["s3"]).with_clock(clock());
    let mut request =
        Request::get("https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/bucket/key")
            .body(())
            .unwrap();
    let error = signer.sign(&mut request, Payload::EMPTY).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Inference);
    assert!(error.to_string().contains("session token"), "{error}");
    assert!(request.headers().is_empty());
}
