//! Inputs at the edge of what HTTP holds: signed right, without a panic.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use sigv4_core::{Credentials, Payload, SignOptions, SignedHeaders, Signer};
use sigv4_tests::clients::{Client, Kind};
use sigv4_tests::plain::{ByTheLetter, hex};

use crate::{NOW, SECRET, clock};

fn signer(service: &str) -> Signer {
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
    Signer::new(service, "us-east-1", credentials)
        .with_clock(clock())
        .with_signed_headers(SignedHeaders::everything())
}

/// Signs in place, and compares with the slow reckoning of what the request then is.
fn assert_signed(service: &str, mut request: Request<()>) {
    signer(service).sign(&mut request, Payload::bytes(b"data")).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let (_, signature) = authorization.split_once("Signature=").unwrap();
    let mut headers: Vec<(String, Vec<u8>)> = request
        .headers()
        .iter()
        .filter(|(name, _)| *name != "authorization")
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    if !request.headers().contains_key("host") {
        headers.push(("host".to_owned(), request.uri().authority().unwrap().as_str().into()));
    }
    let slow = ByTheLetter {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: &headers,
        payload_hash: &hex(&sigv4_core::signature::sha256(b"data")),
        secret_access_key: SECRET,
        date: NOW,
        region: "us-east-1",
        service,
    };
    assert_eq!(signature, slow.signature(), "{}", String::from_utf8_lossy(&slow.canonical_request()));
}

fn get(path: &str) -> http::request::Builder {
    Request::get(format!("https://example.com{path}"))
}

/// Every byte that a header can hold, at its ends and inside.
#[test]
fn header_bytes() {
    for byte in (0x20..=0xffu8).chain([b'\t']).filter(|byte| *byte != 0x7f) {
        for value in
            [vec![byte], vec![b'a', byte, b'b'], vec![byte, b'a', byte], vec![b'a', b' ', byte, b'\t', b'b']]
        {
            let value = HeaderValue::from_bytes(&value).unwrap();
            assert_signed("execute-api", get("/").header("x-amz-meta-a", value).body(()).unwrap());
        }
    }
}

#[test]
fn empty_values_and_repeated_names() {
    let request = get("/")
        .header("x-amz-meta-a", "")
        .header("x-amz-meta-b", "2")
        .header("x-amz-meta-a", "")
        .header("x-amz-meta-a", "1")
        .header("x-amz-meta-a", "   ")
        .header("x-amz-meta-c", "\t");
    assert_signed("execute-api", request.body(()).unwrap());
}

fn thousand(mut request: http::request::Builder) -> http::request::Builder {
    for number in 0..1000 {
        // Ten values for each of a hundred names.
        let name: HeaderName = format!("x-amz-meta-{}", number % 100).parse().unwrap();
        request = request.header(name, format!("value {number}"));
    }
    request
}

fn long_query() -> String {
    let pairs: Vec<String> = (0..).map(|n| format!("k{}={}%20+%2B", n * 7919 % 997, n)).take(4000).collect();
    let mut query = pairs.join("&");
    query.truncate(60 * 1024);
    query
}

#[test]
fn a_thousand_headers() {
    for service in ["s3", "execute-api"] {
        assert_signed(service, thousand(get("/")).body(()).unwrap());
    }
}

#[test]
fn a_query_of_60_kib() {
    let query = long_query();
    assert_eq!(query.len(), 60 * 1024);
    for service in ["s3", "execute-api"] {
        assert_signed(service, get(&format!("/?{query}")).body(()).unwrap());
        assert_signed(service, get(&format!("/?{}", "&=".repeat(30 * 1024))).body(()).unwrap());
        assert_signed(service, get(&format!("/?{}", "%ff".repeat(20 * 1024))).body(()).unwrap());
    }
}

#[test]
fn a_path_of_60_kib() {
    for piece in ["/a", "/", "/../", "/.", "/%41", "/%C3%BC"] {
        let path = format!("/{}", piece.repeat(60 * 1024 / 8));
        assert_signed("execute-api", get(&path).body(()).unwrap());
        assert_signed("s3", get(&path).body(()).unwrap());
    }
}

/// Bytes in a path or a query that are no UTF-8, and that `http::Uri` lets through.
#[test]
fn uri_bytes() {
    let raw = Bytes::from("https://example.com/ü%ff/日?q=ü%ff&é".to_owned());
    let uri = http::Uri::from_maybe_shared(raw).unwrap();
    for service in ["s3", "execute-api"] {
        assert_signed(service, Request::get(uri.clone()).body(()).unwrap());
    }
}

/// They arrive as they were signed.
#[tokio::test]
async fn on_the_wire() {
    for kind in [Kind::Reqwest, Kind::TowerReqwest, Kind::Hyper1, Kind::Connection1, Kind::Connection2] {
        let server = kind.server().await;
        let plain = SignOptions::new().signed_headers(SignedHeaders::standard());
        let client = Client::new(kind, signer("execute-api"), &server, &server.origin()).await;
        let query = long_query().replace('+', "-");
        let request = thousand(Request::get(format!("{}/?{query}", server.origin())));
        client.send(request.extension(plain).body(Bytes::new()).unwrap()).await.unwrap();
        let captured = server.take_one();
        assert_eq!(captured.target, format!("/?{query}"), "{kind:?}");
        let sent = captured.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).count();
        assert_eq!(sent, 1000, "{kind:?}");
        captured.assert_signed(&sigv4_tests::capture::Expected {
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: SECRET,
            session_token: None,
            region: "us-east-1",
            service: "execute-api",
        });
    }
}
