//! Cases that botocore and the AWS CRT signed: random ones, and the requests of a real user.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Request};
use serde_json::Value;
use sha2::Sha256;
use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::request::{RequestView, SignedText, SigningParams, presign, sign};
use sigv4_core::service::{ContentSha256, TokenPlacement};
use sigv4_core::signature::SigningKey;
use sigv4_core::{Credentials, Payload, SignOptions, SignedHeaders, Signer};
use sigv4_tests::plain::{hex, query_pairs, sorted_headers};

fn read(file: &str) -> String {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

fn pairs_of(value: &Value) -> Vec<(String, String)> {
    let pairs = value.as_array().expect("a list of pairs").iter();
    pairs.map(|pair| (pair[0].as_str(), pair[1].as_str())).map(|(a, b)| (own(a), own(b))).collect()
}

fn own(text: Option<&str>) -> String {
    text.expect("a text").to_owned()
}

/// One case of `vectors/`, and what it needs to be signed.
struct Case {
    value: Value,
    credentials: Credentials,
    date: AmzDate,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    signed_headers: SignedHeaders,
}

impl Case {
    fn all(file: &str) -> Vec<Self> {
        read(&format!("vectors/{file}.jsonl")).lines().map(Self::read).collect()
    }

    fn read(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a case is JSON");
        let keys = &value["credentials"];
        let mut credentials =
            Credentials::new(text(keys, "access_key"), text(keys, "secret_key")).expect("keys");
        if let Some(token) = keys["session_token"].as_str() {
            credentials = credentials.with_session_token(token).expect("a token");
        }
        let mut signed_headers = SignedHeaders::everything();
        for name in value["exclude_headers"].as_array().into_iter().flatten() {
            signed_headers = signed_headers.never(own(name.as_str()).parse().expect("a header's name"));
        }
        Self {
            credentials,
            date: AmzDate::parse(text(&value, "timestamp")).expect("a time"),
            headers: value["headers"]
                .as_array()
                .map_or_else(Vec::new, |_| pairs_of(&value["headers"]))
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: BASE64_STANDARD.decode(value["body_b64"].as_str().unwrap_or_default()).expect("base64"),
            signed_headers,
            value,
        }
    }

    fn id(&self) -> &str {
        text(&self.value, "id")
    }

    fn flag(&self, field: &str) -> bool {
        self.value[field].as_bool().unwrap_or_else(|| panic!("{}: no {field}", self.id()))
    }

    /// The URL without its query, and the request as it stands on the wire.
    fn view(&self) -> (&str, RequestView<'_, [(String, String)]>) {
        let url = text(&self.value, "url");
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (_, rest) = base.split_once("://").expect("a scheme");
        let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let view = RequestView {
            method: text(&self.value, "method"),
            host: Some(host),
            sign_host: None,
            path,
            query,
            headers: self.headers.as_slice(),
        };
        (base, view)
    }

    fn params(&self) -> SigningParams<'_> {
        let (region, service) = (text(&self.value, "region"), text(&self.value, "service"));
        let mut params = SigningParams::new(&self.credentials, &self.date, region, service);
        params.rules.normalize_path = self.flag("normalize_path");
        params.rules.double_encode = self.flag("double_encode");
        // The case itself says what becomes of the token and of the payload, not the table of services.
        params.rules.token = TokenPlacement::Signed;
        params.rules.content_sha256 = match self.flag("content_sha256_header") {
            true => ContentSha256::Header,
            false => ContentSha256::Omitted,
        };
        params.signed_headers = &self.signed_headers;
        params.omit_session_token = self.flag("omit_session_token");
        params
    }

    fn payload(&self) -> Payload<'_> {
        match text(&self.value, "payload") {
            "sha256" => Payload::bytes(&self.body),
            literal => Payload::literal(literal),
        }
    }

    fn compare(&self, signed: &SignedText, signature: &str) {
        let expected = &self.value["expected"];
        assert_eq!(signed.canonical_request, text(expected, "canonical_request"), "{}", self.id());
        assert_eq!(signed.string_to_sign, text(expected, "string_to_sign"), "{}", self.id());
        assert_eq!(signature, text(expected, "signature"), "{}", self.id());
    }
}

#[test]
fn every_header_case() {
    let cases = Case::all("header");
    assert_eq!(cases.len(), 319);
    for case in &cases {
        let mut signed = SignedText::default();
        let signature = sign(&case.view().1, &case.params(), case.payload(), Some(&mut signed))
            .unwrap_or_else(|error| panic!("{}: {error}", case.id()));
        case.compare(&signed, signature.signature());

        let expected = &case.value["expected"];
        let mut added = Vec::new();
        for (name, value) in signature.headers() {
            let value = value.to_str().unwrap();
            match name.as_str() {
                "authorization" => assert_eq!(value, text(expected, "authorization"), "{}", case.id()),
                name => added.push((name.to_owned(), value.to_owned())),
            }
        }
        assert_eq!(
            sorted_headers(added),
            sorted_headers(pairs_of(&expected["added_headers"])),
            "{}",
            case.id()
        );
        assert!(signature.headers().any(|(name, _)| name == "authorization"), "{}", case.id());
    }
}

#[test]
fn every_presigned_case() {
    let cases = Case::all("presign");
    assert_eq!(cases.len(), 191);
    for case in &cases {
        let expires = Duration::from_secs(case.value["expires_in"].as_u64().unwrap());
        let (base, view) = case.view();
        let mut signed = SignedText::default();
        let signature = presign(&view, &case.params(), expires, case.payload(), Some(&mut signed))
            .unwrap_or_else(|error| panic!("{}: {error}", case.id()));
        case.compare(&signed, signature.signature());

        let expected = &case.value["expected"];
        let (expected_base, expected_query) = text(expected, "url").split_once('?').unwrap();
        assert_eq!(base, expected_base, "{}", case.id());
        let pairs = query_pairs(signature.query());
        assert_eq!(pairs, query_pairs(expected_query), "{}", case.id());
        for (name, value) in expected["query_params"].as_object().unwrap() {
            let wanted = (name.clone(), own(value.as_str()));
            assert_eq!(pairs.iter().filter(|pair| **pair == wanted).count(), 1, "{}: {name}", case.id());
        }
    }
}

/// The cases reach what is odd; a thinned file would not go unnoticed.
#[test]
fn the_cases_reach_what_is_odd() {
    for (file, least) in [
        (
            "header",
            [("tab-in-header", 30), ("raw-plus-query", 4), ("trailing-dot-segment", 30), ("unicode", 50)],
        ),
        (
            "presign",
            [("tab-in-header", 15), ("raw-plus-query", 1), ("trailing-dot-segment", 10), ("unicode", 30)],
        ),
    ] {
        let mut tags: BTreeMap<String, usize> = BTreeMap::new();
        for case in Case::all(file) {
            for tag in case.value["tags"].as_array().unwrap() {
                *tags.entry(own(tag.as_str())).or_default() += 1;
            }
        }
        for (tag, least) in least {
            assert!(tags[tag] >= least, "{file}: {tag} {tags:?}");
        }
        assert!(tags["duplicate-header"] > 50 && tags["duplicate-query-key"] > 50, "{file}: {tags:?}");
    }
}

/// A key shows in what it signs only: the recorded one, in an HMAC of its own, signs the same.
#[test]
fn every_signing_key() {
    let cases = Case::all("signing-key");
    assert_eq!(cases.len(), 14);
    for case in &cases {
        let secret = case.credentials.secret_access_key();
        let (region, service) = (text(&case.value, "region"), text(&case.value, "service"));
        let key = SigningKey::derive(secret, case.date.date(), region, service);
        let recorded = text(&case.value["expected"], "signing_key_hex");
        let recorded: Vec<u8> =
            (0..64).step_by(2).map(|at| u8::from_str_radix(&recorded[at..at + 2], 16).unwrap()).collect();
        for message in ["", "AWS4-HMAC-SHA256\n20150830T123600Z"] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&recorded).unwrap();
            mac.update(message.as_bytes());
            assert_eq!(
                hex(&key.sign(message.as_bytes())),
                hex(&mac.finalize().into_bytes()),
                "{}",
                case.id()
            );
        }
    }
}

/// A request of `oracles/requests.json`, and the signer that a user makes for it.
fn recorded(file: &Value, case: &Value) -> (Request<String>, Signer) {
    let mut credentials =
        Credentials::new(text(file, "access_key_id"), text(file, "secret_access_key")).unwrap();
    if let Some(token) = case["session_token"].as_str() {
        credentials = credentials.with_session_token(token).unwrap();
    }
    let signer = Signer::new(text(case, "service"), text(case, "region"), credentials)
        .with_clock(ManualClock::at_amz_date(text(file, "timestamp")).unwrap());
    let mut request = Request::builder().method(text(case, "method")).uri(text(case, "url"));
    let mut also = SignedHeaders::standard();
    for (name, value) in pairs_of(&case["headers"]) {
        let name: HeaderName = name.parse().unwrap();
        also = also.also(name.clone());
        request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let mut request = request.body(text(case, "body").to_owned()).unwrap();
    request.extensions_mut().insert(SignOptions::new().signed_headers(also));
    (request, signer)
}

/// The two requests that the project was made for among them: to execute-api with JSON, and to Lambda without a body.
#[test]
fn requests_of_users_as_botocore_signs_them() {
    let file: Value = serde_json::from_str(&read("oracles/requests.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let mut pinned = BTreeMap::new();
    for case in cases {
        let (mut request, signer) = recorded(&file, case);
        let (id, expected) = (text(case, "id"), &case["expected"]);
        pinned.insert(id, text(expected, "signature"));
        if text(case, "location") == "query" {
            let expires = Duration::from_secs(case["expires_seconds"].as_u64().unwrap());
            let presigned = signer.presign(&request, expires).unwrap();
            let (base, query) = text(expected, "url").split_once('?').unwrap();
            let url = presigned.url().to_owned();
            let (our_base, our_query) = url.split_once('?').unwrap();
            assert_eq!((our_base, query_pairs(our_query)), (base, query_pairs(query)), "{id}");
            assert_eq!(presigned.headers(), request.headers(), "{id}");
            assert_eq!(presigned.lifetime(), expires, "{id}");
            continue;
        }
        let body = request.body().clone();
        let before = request.headers().clone();
        signer.sign(&mut request, Payload::bytes(body.as_bytes())).unwrap();
        assert_eq!(request.headers()["authorization"], text(expected, "authorization"), "{id}");
        let added = request.headers().iter().filter(|(name, _)| !before.contains_key(*name));
        let added: Vec<_> = added
            .filter(|(name, _)| *name != "authorization")
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        assert_eq!(sorted_headers(added), sorted_headers(pairs_of(&expected["added_headers"])), "{id}");
        assert_eq!(request.uri().to_string(), text(case, "url"), "{id}: the wire form is the given one");
    }
    assert_eq!(cases.len(), 20);
    assert_eq!(pinned["execute_api"], "888296ac1705c626f75c5bfe780069509b260baf4331327fcda2ae8a3bca08bc");
    assert_eq!(pinned["lambda_invoke"], "08ac21722066a950ddd4e20e6183fcdba3fbd5ae9e3d7c694787b27a72cd6f49");
}
