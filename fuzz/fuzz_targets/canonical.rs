//! Any request, in its canonical form by the signer and by the slow second implementation of the tests.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/plain.rs"]
mod plain;

use libfuzzer_sys::fuzz_target;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{RequestView, SignedText, SigningParams, sign};
use sigv4_core::{Credentials, Payload, SignedHeaders};

const NOW: &str = "20150830T123600Z";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";
/// Some begin alike: names are sorted by their first bytes where those differ.
const NAMES: [&str; 16] = [
    "a",
    "b-c",
    "content-encoding",
    "content-md5",
    "content-type",
    "user-agent",
    "x-amz",
    "x-amz-cf-id",
    "x-amz-meta-a",
    "x-amz-meta-author",
    "x-amz-meta-authors",
    "x-amz-tagging",
    "x-amz-target",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "~",
];

/// Method, path, query, headers by the number of their name, and the service.
type Input = (String, String, String, Vec<(u8, Vec<u8>)>, bool);

fuzz_target!(|input: Input| {
    let (method, path, query, values, s3) = input;
    let service = if s3 { "s3" } else { "execute-api" };
    let mut headers: Vec<(String, Vec<u8>)> = values
        .into_iter()
        // What no header can hold is nothing that a request is signed with.
        .filter(|(_, value)| http::HeaderValue::from_bytes(value).is_ok())
        .map(|(name, value)| (NAMES[usize::from(name) % NAMES.len()].to_owned(), value))
        .collect();
    headers.push(("host".to_owned(), b"h.example.com".to_vec()));
    let view = RequestView {
        method: &method,
        host: None,
        sign_host: None,
        path: &path,
        query: &query,
        headers: &headers[..],
    };
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET).expect("keys");
    let date = AmzDate::parse(NOW).expect("a time");
    let everything = SignedHeaders::everything();
    let mut params = SigningParams::new(&credentials, &date, "us-east-1", service);
    params.signed_headers = &everything;
    let mut text = SignedText::default();
    let Ok(signature) = sign(&view, &params, Payload::UNSIGNED, Some(&mut text)) else { return };
    let added = signature.headers().filter(|(name, _)| name.as_str() != "authorization");
    let added: Vec<_> = added.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    headers.extend(added);
    let by_hand = plain::ByTheLetter {
        method: &method,
        path: if path.is_empty() { "/" } else { &path },
        query: &query,
        headers: &headers,
        payload_hash: "UNSIGNED-PAYLOAD",
        secret_access_key: SECRET,
        date: NOW,
        region: "us-east-1",
        service,
    };
    assert_eq!(
        signature.signature(),
        by_hand.signature(),
        "{text:?}\n{}",
        String::from_utf8_lossy(&by_hand.canonical_request())
    );
});
