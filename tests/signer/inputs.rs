//! Inputs that get a clear error: of the right kind, naming the thing, with nothing sent, and the request as it was.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, request};
use sigv4_core::{
    Credentials, Error, ErrorKind, Origin, Payload, PayloadMode, ProvideCredentials, SignOptions, Signer,
    async_trait,
};
use sigv4_tests::clients::{Client, Kind, plain_reqwest};

use crate::{SECRET, TOKEN, clock, credentials, head, signer};

/// What is expected of an error: its kind, and words of its message.
type Expected<'a> = (ErrorKind, &'a [&'a str]);

fn check(what: &str, error: &(dyn std::error::Error + 'static), (kind, words): Expected<'_>) {
    let error = Error::find(error).unwrap_or_else(|| panic!("{what}: {error:?}"));
    assert_eq!(error.kind(), kind, "{what}: {error}");
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{what}: no {word:?} in {message:?}");
    }
    let whole = format!("{error:?} {message}");
    assert!(!whole.contains(SECRET) && !whole.contains(TOKEN), "{what}: {whole}");
}

/// Refused by these clients, with nothing sent.
async fn refused_by(
    kinds: &[Kind],
    signer: impl Fn() -> Signer,
    request: impl Fn(&str) -> request::Builder,
    expected: Expected<'_>,
) {
    for &kind in kinds {
        let server = kind.server().await;
        let client = Client::new(kind, signer(), &server, &server.origin()).await;
        let request = request(&server.origin()).body(Bytes::from_static(b"data")).unwrap();
        let error = client.send(request).await.expect_err(&format!("{kind:?}"));
        check(&format!("{kind:?}"), &*error, expected);
        assert!(server.take().is_empty() && server.bytes() == 0, "{kind:?}: something was sent");
    }
}

/// Refused in place, with the request as it was.
fn refused_in_place(signer: &Signer, request: impl Fn(&str) -> request::Builder, expected: Expected<'_>) {
    let mut request = request("http://127.0.0.1:9").body(()).unwrap();
    let before = head(&request);
    let error = signer.sign(&mut request, Payload::bytes(b"data")).unwrap_err();
    check("in place", &error, expected);
    assert_eq!(head(&request), before);
    let (mut parts, ()) = request.into_parts();
    signer.sign(&mut parts, Payload::bytes(b"data")).unwrap_err();
    assert_eq!(parts.headers, before.2);
}

/// Refused everywhere.
async fn refused(
    signer: impl Fn() -> Signer,
    request: impl Fn(&str) -> request::Builder,
    expected: Expected<'_>,
) {
    refused_in_place(&signer(), &request, expected);
    refused_by(&Kind::ALL, signer, request, expected).await;
}

fn put(origin: &str) -> request::Builder {
    Request::put(format!("{origin}/bucket/a+key"))
}

#[tokio::test]
async fn no_host() {
    let request = |_: &str| Request::put("/bucket/key");
    let expected: Expected<'_> = (ErrorKind::Request, &["no host", "absolute URI"]);
    refused_in_place(&signer("s3"), request, expected);
    refused_by(&[Kind::TowerReqwest, Kind::Hyper1, Kind::Hyper2], || signer("s3"), request, expected).await;
    let empty = |_: &str| Request::put("/bucket/key").header("host", " ");
    refused_in_place(&signer("s3"), empty, expected);
}

#[tokio::test]
async fn a_host_that_cannot_be_inferred() {
    let infer = || Signer::infer(credentials(), ["s3"]).with_clock(clock());
    refused(infer, put, (ErrorKind::Inference, &["127.0.0.1", "Signer::new"])).await;
    let other = |_: &str| Request::get("https://sqs.us-east-1.amazonaws.com/");
    refused_in_place(&infer(), other, (ErrorKind::Inference, &["sqs", "Signer::infer"]));
    let bucket = |_: &str| Request::get("https://sqs.us-east-1.amazonaws.com.example.com/");
    refused_in_place(&infer(), bucket, (ErrorKind::Inference, &["sqs.us-east-1.amazonaws.com.example.com"]));
}

#[tokio::test]
async fn an_origin_that_is_not_allowed() {
    let bound = || {
        signer("s3").with_allowed_origins(["https://s3.us-east-1.amazonaws.com".parse::<Origin>().unwrap()])
    };
    refused(bound, put, (ErrorKind::Origin, &["http://127.0.0.1:", "allowed origins"])).await;
}

#[tokio::test]
async fn a_user_name_in_the_url() {
    let request = |origin: &str| {
        let origin = origin.replace("http://", "http://alice:hunter2@");
        Request::put(format!("{origin}/bucket/key"))
    };
    refused(|| signer("s3"), request, (ErrorKind::Request, &["user name"])).await;
    let error = signer("s3").sign(&mut request("http://h").body(()).unwrap(), Payload::EMPTY).unwrap_err();
    assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("alice"));

    // reqwest's own builder has made a header of it before anybody sees the URL.
    let server = Kind::Reqwest.server().await;
    let Client::Reqwest(client) = Client::new(Kind::Reqwest, signer("s3"), &server, &server.origin()).await
    else {
        unreachable!()
    };
    let url = server.origin().replace("http://", "http://alice:hunter2@");
    let error = client.get(url).send().await.unwrap_err();
    check("reqwest", &error, (ErrorKind::Header, &["Authorization", "user name"]));
    assert_eq!(server.bytes(), 0);
}

#[tokio::test]
async fn an_authorization_of_somebody_else() {
    for value in ["Basic YWxpY2U6aHVudGVyMg==", "Bearer eyJhbGciOi", "AWS AKID:sig", "aws4-hmac-sha256 x", ""]
    {
        let request = |origin: &str| put(origin).header("authorization", value);
        refused(|| signer("s3"), request, (ErrorKind::Header, &["Authorization", "SignOptions::skip"])).await;
    }
    let twice = |origin: &str| {
        put(origin)
            .header("authorization", "AWS4-HMAC-SHA256 a")
            .header("authorization", "AWS4-HMAC-SHA256 b")
    };
    refused(|| signer("s3"), twice, (ErrorKind::Header, &["authorization", "twice"])).await;
}

#[tokio::test]
async fn headers_that_may_come_once() {
    for name in ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "host"] {
        let request = |origin: &str| put(origin).header(name, "a").header(name, "a");
        refused(|| signer("s3"), request, (ErrorKind::Header, &[name, "twice"])).await;
    }
}

#[tokio::test]
async fn a_payload_hash_that_is_none() {
    for value in [
        HeaderValue::from_static("two words"),
        HeaderValue::from_static(""),
        HeaderValue::from_bytes(b"\xfc").unwrap(),
    ] {
        let request = |origin: &str| put(origin).header("x-amz-content-sha256", value.clone());
        refused_in_place(
            &signer("s3"),
            request,
            (
                if value.to_str().is_ok() { ErrorKind::Payload } else { ErrorKind::Header },
                &["x-amz-content-sha256"],
            ),
        );
    }
}

#[tokio::test]
async fn expired_static_credentials() {
    let expired = || {
        let expiry = sigv4_tests::peer::moment("20261121T115959Z");
        Signer::new("s3", "us-east-1", credentials().with_expiry(expiry)).with_clock(clock())
    };
    refused(expired, put, (ErrorKind::ExpiredCredentials, &["expired"])).await;
    let request = put("http://h").body(()).unwrap();
    let error = expired().presign(&request, Duration::from_secs(60)).unwrap_err();
    check("presign", &error, (ErrorKind::ExpiredCredentials, &["expired"]));
}

/// A source of credentials that is down, and takes its time to say so or not.
struct Sealed {
    waits: bool,
}

#[async_trait]
impl ProvideCredentials for Sealed {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        if self.waits {
            tokio::task::yield_now().await;
        }
        Err(Error::new(ErrorKind::Credentials, "the vault is sealed: unseal it"))
    }
}

#[tokio::test]
async fn a_failing_provider() {
    let sealed = |waits| move || Signer::new("s3", "us-east-1", Sealed { waits }).with_clock(clock());
    let expected: Expected<'_> = (ErrorKind::Credentials, &["vault is sealed"]);
    refused(sealed(false), put, expected).await;
    let waiting: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::ReqwestByHand).collect();
    refused_by(&waiting, sealed(true), put, expected).await;
    // Where nothing is waited for, the error says what does.
    let expected: Expected<'_> = (ErrorKind::Credentials, &["fetched first", "sign_async"]);
    refused_in_place(&sealed(true)(), put, expected);
    refused_by(&[Kind::ReqwestByHand], sealed(true), put, expected).await;

    let sealed = sealed(true);
    let mut request = put("http://h").body(()).unwrap();
    let before = head(&request);
    let error = sealed().sign_async(&mut request, Payload::EMPTY).await.unwrap_err();
    check("sign_async", &error, (ErrorKind::Credentials, &["vault is sealed"]));
    assert_eq!(head(&request), before);
    let error = sealed().presign_async(&request, Duration::from_secs(60)).await.unwrap_err();
    check("presign_async", &error, (ErrorKind::Credentials, &["vault is sealed"]));
}

#[tokio::test]
async fn regions_and_services_that_no_scope_can_hold() {
    let wrong = ["", "a/b", "us east-1", " us-east-1", "us-east-1\n", "us\r\neast", "us\teast", "a,b", "é"];
    for value in wrong {
        let shown = format!("{value:?}");
        let with = |service: &'static str, region: &'static str| {
            move || Signer::new(service, region, credentials()).with_clock(clock())
        };
        refused_in_place(&with("s3", value)(), put, (ErrorKind::Option, &["region", &shown]));
        refused_in_place(&with(value, "us-east-1")(), put, (ErrorKind::Option, &["service", &shown]));
    }
    let options =
        |value: &'static str| move |origin: &str| put(origin).extension(SignOptions::new().region(value));
    for value in ["", "us east"] {
        refused(|| signer("s3"), options(value), (ErrorKind::Option, &["region"])).await;
    }
    let service = |origin: &str| put(origin).extension(SignOptions::new().service("s3/x"));
    refused(|| signer("s3"), service, (ErrorKind::Option, &["service", "\"s3/x\""])).await;
}

#[tokio::test]
async fn a_stale_content_length() {
    for value in ["5", "0", "-4", "four", "4, 4", "99999999999999999999999"] {
        let request = |origin: &str| put(origin).header("content-length", value);
        let expected: Expected<'_> = (ErrorKind::Header, &["content-length", "4 bytes"]);
        refused_by(&Kind::ALL, || signer("s3"), request, expected).await;
    }
}

/// reqwest parses a URL anew: what it would change after signing is not sent.
#[tokio::test]
async fn a_path_that_the_client_below_would_rewrite() {
    let expected: Expected<'_> = (ErrorKind::Request, &["reqwest", "dot segments"]);
    for path in ["/a/../b", "/a/./b", "/a/%2e%2e/b", "/a/%2E/b", "/.."] {
        let request = |origin: &str| Request::get(format!("{origin}{path}"));
        refused_by(&[Kind::TowerReqwest], || signer("execute-api"), request, expected).await;
    }
    // Keys of S3 whose wire form has dot segments: in the middleware it comes to light before signing.
    for path in ["/bucket/..%2Fkey", "/bucket/a%2F.%2Fb"] {
        let request = |origin: &str| Request::get(format!("{origin}{path}"));
        let kinds = [Kind::Reqwest, Kind::ReqwestByHand, Kind::TowerReqwest];
        refused_by(&kinds, || signer("s3"), request, expected).await;
    }
}

/// Ways to write an address that the `url` crate reads, and writes in its own way.
#[tokio::test]
async fn a_host_that_the_client_below_would_rewrite() {
    for host in ["LOCALHOST", "127.1", "0x7f.0.0.1", "2130706433"] {
        let expected: Expected<'_> = (ErrorKind::Request, &["reqwest", host]);
        let request = |origin: &str| Request::get(origin.replace("127.0.0.1", host));
        refused_by(&[Kind::TowerReqwest], || signer("execute-api"), request, expected).await;
        // A header of the caller's own is sent as it stands.
        let server = Kind::TowerReqwest.server().await;
        let client = Client::new(Kind::TowerReqwest, signer("s3"), &server, &server.origin()).await;
        let request = request(&server.origin()).header("host", "Example.com").body(Bytes::new()).unwrap();
        assert_eq!(client.send(request).await.unwrap(), 200, "{host}");
        assert_eq!(server.take_one().header("host"), Some("Example.com"), "{host}");
    }
}

#[tokio::test]
async fn a_port_that_the_client_below_would_rewrite() {
    let expected: Expected<'_> = (ErrorKind::Request, &["port", "zero"]);
    let request = |origin: &str| Request::get(origin.replace("127.0.0.1:", "127.0.0.1:0"));
    refused_in_place(&signer("s3"), request, expected);
    let padded = |_: &str| Request::get("https://example.com:0443/key");
    refused_in_place(&signer("s3"), padded, expected);
    refused_by(&[Kind::TowerReqwest, Kind::Hyper1, Kind::Hyper2], || signer("s3"), request, expected).await;
}

#[tokio::test]
async fn a_stream_where_a_hash_is_due() {
    use reqwest_sigv4::SignExt;
    let client = plain_reqwest();
    let stream = || reqwest::Body::wrap(crate::payloads::frames(&["data"]));
    let mut request = client.post("http://127.0.0.1:9/?a=b+c").body(stream()).build().unwrap();
    let (url, headers) = (request.url().clone(), request.headers().clone());
    let error = request.sign(&signer("execute-api"), SignOptions::new()).unwrap_err();
    check("by hand", &error, (ErrorKind::Payload, &["stream", "SigV4Middleware", "PayloadMode::Unsigned"]));
    assert_eq!((request.url(), request.headers()), (&url, &headers));
    assert!(request.body().is_some());

    let unsigned = SignOptions::new().payload(PayloadMode::Unsigned);
    request.sign(&signer("execute-api"), unsigned).unwrap();
    assert_eq!(request.headers()["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
}

/// What a service refuses in any case is not sent to it.
#[tokio::test]
async fn a_way_to_cover_the_payload_that_the_service_refuses() {
    let unsigned = |origin: &str| put(origin).extension(SignOptions::new().payload(PayloadMode::Unsigned));
    let expected: Expected<'_> = (ErrorKind::Payload, &["s3tables", "PayloadMode::Signed"]);
    refused_by(&Kind::ALL, || signer("s3tables"), unsigned, expected).await;
    let signed = |origin: &str| put(origin).extension(SignOptions::new().payload(PayloadMode::Signed));
    let expected: Expected<'_> = (ErrorKind::Payload, &["vpc-lattice-svcs", "PayloadMode::Unsigned"]);
    refused_by(&Kind::ALL, || signer("vpc-lattice-svcs"), signed, expected).await;
}

#[test]
fn lifetimes_out_of_range() {
    let request = put("http://h").body(()).unwrap();
    for seconds in [0.0, 0.999, 604_800.001, 604_801.0, 1e10] {
        let error = signer("s3").presign(&request, Duration::from_secs_f64(seconds)).unwrap_err();
        check("presign", &error, (ErrorKind::Option, &["expire", "1 second", "604800 (7 days)"]));
    }
    for seconds in [1, 604_800] {
        let presigned = signer("s3").presign(&request, Duration::from_secs(seconds)).unwrap();
        assert_eq!(presigned.lifetime(), Duration::from_secs(seconds));
    }
}

#[test]
fn a_host_to_sign_that_is_none() {
    for host in ["http://h", "h/path", "a b", "user@h", ""] {
        let request = |origin: &str| put(origin).extension(SignOptions::new().sign_host(host));
        let kind = if host.is_empty() { ErrorKind::Request } else { ErrorKind::Option };
        refused_in_place(&signer("s3"), request, (kind, &["host"]));
    }
}
