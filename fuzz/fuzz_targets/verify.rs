//! A request is signed, then changed, then verified: what is accepted must mean what was signed. And whatever else
//! arrives is answered.
#![no_main]

use std::time::Duration;

use futures_lite::future::block_on;
use libfuzzer_sys::fuzz_target;
use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::flow::wire_path;
use sigv4_core::request::{RequestView, SigningParams, presign, sign};
use sigv4_core::service::{PresignPayload, ServiceRules};
use sigv4_core::verify::{Dialect, Verifier, WireForm};
use sigv4_core::{Credentials, Payload, SignedHeaders};

const NOW: &str = "20150830T123600Z";

#[derive(Clone, Debug, PartialEq)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    fn view(&self) -> RequestView<'_, [(String, Vec<u8>)]> {
        RequestView {
            method: &self.method,
            host: None,
            sign_host: None,
            path: &self.path,
            query: &self.query,
            headers: &self.headers[..],
        }
    }

    fn text(&mut self, field: u8) -> Option<&mut String> {
        match field % 3 {
            0 => Some(&mut self.method),
            1 => Some(&mut self.path),
            _ => Some(&mut self.query),
        }
    }

    /// One small change, in a place that the fuzzer chooses.
    fn change(&mut self, (field, at, what, byte): (u8, u16, u8, u8)) {
        let at = usize::from(at);
        let headers = self.headers.len();
        match field % 8 {
            0 | 1 | 2 => {
                if let Some(text) = self.text(field) {
                    let mut bytes = std::mem::take(text).into_bytes();
                    edit(&mut bytes, at, what, byte & 0x7f);
                    *text = String::from_utf8(bytes).unwrap_or_default();
                }
            }
            3 => edit(&mut self.body, at, what, byte),
            4 => edit(&mut self.headers[usize::from(byte) % headers].1, at, what, byte),
            5 => {
                let mut name = std::mem::take(&mut self.headers[usize::from(byte) % headers].0).into_bytes();
                edit(&mut name, at, what, byte & 0x7f);
                self.headers[usize::from(byte) % headers].0 = String::from_utf8(name).unwrap_or_default();
            }
            6 => {
                let header = self.headers[at % headers].clone();
                self.headers.insert(usize::from(byte) % (headers + 1), header);
            }
            _ => self.headers.swap(at % headers, usize::from(byte) % headers),
        }
    }

    /// The query's parameters but for the signature, decoded; their order counts where they share a name only by
    /// their values.
    fn parameters(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut pairs: Vec<_> = pairs
            .map(|(key, value)| (decode(key), decode(value)))
            .filter(|(key, _)| key != b"X-Amz-Signature")
            .collect();
        pairs.sort();
        pairs
    }

    /// All values of a name in one, white space folded.
    fn value(&self, name: &str) -> Vec<u8> {
        let values = self.headers.iter().filter(|(other, _)| other == name);
        let folded = values.map(|(_, value)| {
            let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(&b' ')
        });
        folded.collect::<Vec<_>>().join(&b',')
    }

    fn exact_query(&self) -> String {
        let pairs = self.query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature="));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn edit(bytes: &mut Vec<u8>, at: usize, what: u8, byte: u8) {
    let at = at % (bytes.len() + 1);
    match what % 4 {
        0 if at < bytes.len() => bytes[at] = byte,
        1 if at < bytes.len() => drop(bytes.remove(at)),
        2 => {
            let tail: Vec<u8> = bytes[at..].iter().copied().take(usize::from(byte)).collect();
            bytes.splice(at..at, tail);
        }
        _ => bytes.insert(at, byte),
    }
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .filter(|hex| bytes[at] == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        match hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

type Input =
    ((bool, bool, bool), (String, String, String, Vec<(u8, String)>, Vec<u8>), Vec<(u8, u16, u8, u8)>, bool);

fuzz_target!(|input: Input| {
    let ((s3, presigned, session), (method, path, query, values, body), changes, signs) = input;
    let service = if s3 { "s3" } else { "execute-api" };
    let mut credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG").expect("keys");
    if session {
        credentials = credentials.with_session_token("AQoDYXdzEPT//wE=").expect("a token");
    }
    let mut base =
        Request { method, path, query, headers: vec![("host".into(), b"h.example.com".to_vec())], body };
    base.headers.extend(
        values.into_iter().map(|(name, value)| (format!("x-amz-meta-{}", name % 4), value.into_bytes())),
    );
    // As the signer does.
    if let Some(path) = wire_path(&base.path, &ServiceRules::for_service(service)) {
        base.path = path;
    }
    let unsigned_query = base.query.clone();
    if signs && !signed(&mut base, service, presigned, &credentials) {
        return;
    }
    let mut request = base.clone();
    changes.iter().for_each(|change| request.change(*change));

    let verifier = |form| {
        Verifier::new(service, "us-east-1", credentials.clone())
            .with_clock(ManualClock::at_amz_date(NOW).expect("a time"))
            .with_wire_form(form)
            .with_details(true)
            .with_dialect(if s3 { Dialect::S3 } else { Dialect::Json })
    };
    for form in [WireForm::Equivalent, WireForm::Standard, WireForm::Exact] {
        let outcome = block_on(verifier(form).verify(&request.view(), Payload::bytes(&request.body)));
        let verified = match outcome {
            Ok(verified) => verified,
            Err(rejection) => {
                let response = rejection.response();
                let body = std::str::from_utf8(response.body()).expect("text");
                assert!(!body.contains("wJalrXUtnFEMI/K7MDENG"), "the secret is told");
                continue;
            }
        };
        assert!(signs, "accepted, and nobody signed it: {request:?}");
        assert_eq!(base.method, request.method);
        assert_eq!(base.parameters(), request.parameters());
        for name in verified.signed_headers() {
            assert_eq!(base.value(name), request.value(name), "{name}: {base:?} {request:?}");
        }
        // Everything that was there was signed, and every name of the family has to be.
        for (name, _) in base.headers.iter().chain(&request.headers) {
            let exempt = name == "authorization" || name == "x-amz-cf-id" || !name.starts_with("x-amz-");
            assert!(exempt || verified.signs(name), "{name} is not signed: {request:?}");
        }
        if verified.payload().needs_body() {
            assert_eq!(base.body, request.body);
        }
        let accepts_base =
            || block_on(verifier(form).verify(&base.view(), Payload::bytes(&base.body))).is_ok();
        // A path that is refused as it was signed (no slash in front, segments that are normalized away) shares its
        // signature with the one that it stands for. To S3, all spellings of a key are one path.
        let root = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        if s3 {
            assert_eq!(decode(&root(&base.path)), decode(&root(&request.path)));
        }
        if (form == WireForm::Exact || (!s3 && form == WireForm::Standard)) && accepts_base() {
            assert_eq!(root(&base.path), root(&request.path));
        }
        // Of all requests with one signature, one is in the exact form: if the signed one is, there is no other.
        if form == WireForm::Exact && accepts_base() {
            assert_eq!(base.exact_query(), request.exact_query());
            for name in verified.signed_headers() {
                let values = |request: &Request| -> Vec<Vec<u8>> {
                    let of_name = request.headers.iter().filter(|(other, _)| other == name);
                    of_name.map(|(_, value)| value.clone()).collect()
                };
                assert!(name == "host" || values(&base) == values(&request), "{name}: {base:?} {request:?}");
            }
        }
    }
    // What was not changed is accepted, unless it cannot be a request at all, or has parameters of a signature that
    // are not one's.
    let own = decode(&unsigned_query).to_ascii_lowercase();
    if signs && request == base && !own.windows(6).any(|part| part == b"x-amz-") {
        let outcome =
            block_on(verifier(WireForm::Equivalent).verify(&base.view(), Payload::bytes(&base.body)));
        if let Err(rejection) = outcome {
            let words = rejection.to_string();
            let no_request =
                ["the path ", "the method ", "Authorization ", "the parameter ", "twice", "Only one auth"];
            assert!(no_request.iter().any(|part| words.contains(part)), "{words} {base:?}");
        }
    }
});

fn signed(request: &mut Request, service: &str, presigned: bool, credentials: &Credentials) -> bool {
    let date = AmzDate::parse(NOW).expect("a time");
    let everything = SignedHeaders::everything();
    let mut params = SigningParams::new(credentials, &date, "us-east-1", service);
    params.signed_headers = &everything;
    if presigned {
        let payload = match params.rules.presign_payload {
            PresignPayload::Unsigned => Payload::UNSIGNED,
            _ => Payload::bytes(&request.body),
        };
        let Ok(signature) = presign(&request.view(), &params, Duration::from_secs(600), payload, None) else {
            return false;
        };
        request.query = signature.query().to_owned();
        return true;
    }
    let Ok(signature) = sign(&request.view(), &params, Payload::bytes(&request.body), None) else {
        return false;
    };
    for (name, value) in signature.headers() {
        request.headers.retain(|(other, _)| other != name.as_str());
        request.headers.push((name.to_string(), value.as_bytes().to_vec()));
    }
    true
}
