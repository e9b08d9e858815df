//! What cannot be signed gets an error that names it, and stays as it was; what is merely odd is signed.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Request};
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::flow::{BodyShape, PayloadPlan};
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{
    Credentials, Error, ErrorKind, Payload, PayloadMode, ProvideCredentials, SignOptions, Signer,
};

const URL: &str = "https://api.example.com/items?a=b";

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret").unwrap()
}

fn signer() -> Signer {
    Signer::new("execute-api", "us-east-1", credentials())
}

/// Signs, and asserts that the error is of this kind, names this, and leaves the request alone.
fn refused(signer: &Signer, mut request: Request<()>, kind: ErrorKind, names: &str) {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let error = signer.sign(&mut request, Payload::EMPTY).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(names), "{error} does not name {names:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!((request.uri(), request.headers()), (&uri, &headers), "{error}: the request was changed");
}

fn get(url: &str) -> Request<()> {
    Request::get(url).body(()).unwrap()
}

fn with_header(name: &'static str, value: &'static str) -> Request<()> {
    Request::get(URL).header(name, value).body(()).unwrap()
}

#[test]
fn requests_that_cannot_be_signed() {
    refused(&signer(), get("/items"), ErrorKind::Request, "no host");
    refused(&signer(), get("https://user:pw@api.example.com/"), ErrorKind::Request, "user name");
    refused(&signer(), with_header("authorization", "Basic c2Vj"), ErrorKind::Header, "Authorization");
    let mut twice = with_header("x-amz-date", "20150830T123600Z");
    twice.headers_mut().append("x-amz-date", HeaderValue::from_static("20150830T123601Z"));
    refused(&signer(), twice, ErrorKind::Header, "x-amz-date");
    refused(
        &signer(),
        get("https://api.example.com/?X-Amz-Signature=0"),
        ErrorKind::Request,
        "presigned already",
    );
    let bounded = signer().with_allowed_origins(["https://other.example.com".parse().unwrap()]);
    refused(&bounded, get(URL), ErrorKind::Origin, "https://api.example.com:443");
    refused(&Signer::infer(credentials(), ["s3"]), get(URL), ErrorKind::Inference, "api.example.com");
    let sqs = get("https://sqs.us-east-1.amazonaws.com/");
    refused(&Signer::infer(credentials(), ["s3"]), sqs, ErrorKind::Inference, "sqs");
}

#[test]
fn options_out_of_range() {
    for wrong in ["", "us/east", "us east", "us-east-1\n", "üs"] {
        refused(&Signer::new("s3", wrong, credentials()), get(URL), ErrorKind::Option, "region");
        refused(&Signer::new(wrong, "us-east-1", credentials()), get(URL), ErrorKind::Option, "service");
        let mut request = get(URL);
        request.extensions_mut().insert(SignOptions::new().region(wrong));
        refused(&signer(), request, ErrorKind::Option, "region");
    }
    for expires in [0, 604_801] {
        let error = signer().presign(&get(URL), Duration::from_secs(expires)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option, "{error}");
        assert!(error.to_string().contains("604800"), "{error}");
    }
}

#[test]
fn credentials_that_are_no_use() {
    let expired =
        credentials().with_expiry(SystemTime::now() - Duration::from_secs(1)).with_source("the vault");
    refused(&Signer::new("s3", "us-east-1", expired), get(URL), ErrorKind::ExpiredCredentials, "the vault");

    struct Down;

    #[sigv4_core::async_trait]
    impl ProvideCredentials for Down {
        async fn provide_credentials(&self) -> Result<Credentials, Error> {
            Err(Error::new(ErrorKind::Credentials, "the vault is sealed"))
        }
    }
    refused(&Signer::new("s3", "us-east-1", Down), get(URL), ErrorKind::Credentials, "the vault is sealed");
}

#[test]
fn payloads_that_cannot_be_covered() {
    let planned = |signer: &Signer, request: &Request<()>, shape| signer.plan(request, shape, false);
    let error = planned(&signer(), &get(URL), BodyShape::Stream(Some(11 << 20))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payload);
    for option in ["with_buffer_limit", "PayloadMode::Precomputed", "PayloadMode::Unsigned"] {
        assert!(error.to_string().contains(option), "{error} does not name {option}");
    }
    let tables = Signer::new("s3tables", "us-east-1", credentials()).with_payload(PayloadMode::Unsigned);
    let error = planned(&tables, &get(URL), BodyShape::Empty).unwrap_err();
    assert!(error.kind() == ErrorKind::Payload && error.to_string().contains("s3tables"), "{error}");
    let error = planned(&signer(), &with_header("content-length", "3"), BodyShape::InMemory(4)).unwrap_err();
    assert!(error.kind() == ErrorKind::Header && error.to_string().contains("content-length"), "{error}");
    assert_eq!(PayloadMode::precomputed_hex("abc").unwrap_err().kind(), ErrorKind::Payload);
}

#[test]
fn a_stream_is_as_long_as_the_caller_says() {
    let planned = |url: &str, service: &str, length: &'static str| {
        let request = Request::put(url).header("content-length", length).body(()).unwrap();
        let signer = Signer::new(service, "us-east-1", credentials());
        signer.plan(&request, BodyShape::Stream(None), true)
    };
    // 1 GiB, which could not be buffered.
    let over_tls = planned("https://bucket.s3.us-east-1.amazonaws.com/key", "s3", "1073741824").unwrap();
    assert_eq!(over_tls, PayloadPlan::Unsigned);
    let plain = planned("http://localhost:9000/bucket/key", "s3", "1073741824").unwrap();
    assert!(matches!(plain, PayloadPlan::Chunked(_)), "{plain:?}");
    let error = planned(URL, "execute-api", "1073741824").unwrap_err();
    assert!(error.to_string().contains("a stream of 1073741824 bytes"), "{error}");
    // What is no number is of no use.
    let unknown = planned("https://bucket.s3.us-east-1.amazonaws.com/key", "s3", "many").unwrap();
    assert!(matches!(unknown, PayloadPlan::Buffer { .. }), "{unknown:?}");

    let headers = HeaderMap::from_iter([(http::header::CONTENT_LENGTH, HeaderValue::from_static("3"))]);
    signer().check_length(&headers, b"abc").unwrap();
    signer().check_length(&HeaderMap::new(), b"abc").unwrap();
    let error = signer().check_length(&headers, b"abcd").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    assert!(error.to_string().contains("content-length is stale: the body has 4 bytes"), "{error}");
}

#[test]
fn chunks_are_for_services_that_take_them() {
    let chunked = PayloadMode::Chunked(ChunkedOptions::new(ChunkedMode::Signed));
    let request = Request::put(URL).body(()).unwrap();
    let error = signer().with_payload(chunked).plan(&request, BodyShape::Stream(Some(9)), true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payload);
    assert!(error.to_string().contains("\"execute-api\" takes no body in chunks"), "{error}");
}

/// Signed, and accepted by the other side.
fn accepted(request: Request<()>) {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let verifier = Verifier::new("execute-api", "us-east-1", known)
        .with_wire_form(sigv4_core::verify::WireForm::Equivalent);
    let mut request = request;
    signer().sign(&mut request, Payload::EMPTY).unwrap();
    let view = sigv4_core::request::RequestView::received(request.method(), request.uri(), request.headers());
    futures_lite::future::block_on(verifier.verify(&view, Payload::EMPTY)).unwrap();
}

#[test]
fn what_is_merely_odd_is_signed() {
    let mut headers = HeaderMap::new();
    headers.append("x-amz-meta-bytes", HeaderValue::from_bytes(b"\xff\xfe outside ASCII \xe9").unwrap());
    headers.append("x-amz-meta-empty", HeaderValue::from_static(""));
    for value in ["b", "", "a", "  two  words  "] {
        headers.append("x-amz-meta-again", HeaderValue::from_static(value));
    }
    for number in 0..1000 {
        let name = http::HeaderName::try_from(format!("x-amz-meta-{number}")).unwrap();
        headers.append(name, HeaderValue::from(number));
    }
    let mut request = get(URL);
    *request.headers_mut() = headers;
    accepted(request);

    let query: String = (0..6400).map(|number| format!("k{}={number:05}&", number % 50)).collect();
    assert!(query.len() > 60 * 1024);
    accepted(get(&format!("https://api.example.com/?{query}")));
}
