//! Requests that others signed: AWS's own suite, botocore and the AWS CRT. The project's signer has no part in it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sigv4_core::body::UNSIGNED_PAYLOAD;
use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::service::{PresignPayload, ServiceRules, TokenPlacement};
use sigv4_core::verify::{RejectionKind, Verifier, WireForm};
use sigv4_core::{Credentials, Payload};
use sigv4_tests::official_suite::cases;

use crate::support::{Request, at_once, verify};

/// A verifier for a case: as AWS, with the rules that the case names.
fn verifier(
    credentials: &Credentials,
    date: &AmzDate,
    region: &str,
    service: &str,
    rules: ServiceRules,
) -> Verifier {
    Verifier::new(service, region, credentials.clone())
        .with_clock(ManualClock::new(date.time()))
        .with_wire_form(WireForm::Equivalent)
        .with_unsigned_payload(true)
        .with_streaming(true)
        .with_rules(rules)
}

#[test]
fn the_official_suite() {
    let (mut accepted, mut unsigned_tokens) = (0, 0);
    for case in cases("v4") {
        for form in ["header", "query"] {
            let signed = case.signed_request(form);
            let mut request = Request::new(&signed.method, &signed.path, &signed.query, &[], "");
            request.headers =
                signed.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
            request.body.clone_from(&case.body);
            let mut rules = ServiceRules::STANDARD;
            rules.normalize_path = case.flag("normalize");
            let omitted = case.flag("omit_session_token");
            if omitted {
                rules.token = TokenPlacement::AppendedAfterSigning;
            }
            let (region, service) = (case.text("region"), case.text("service"));
            let verifier = verifier(&case.credentials, &case.date, region, service, rules);
            match verify(&verifier, &request) {
                Ok(verified) => {
                    assert_eq!(verified.access_key_id(), case.credentials.access_key_id());
                    accepted += 1;
                }
                // A token in a header must be signed: here one is not.
                Err(rejection) if omitted && form == "header" => {
                    assert_eq!(rejection.kind(), RejectionKind::HeadersNotSigned);
                    unsigned_tokens += 1;
                }
                Err(rejection) => panic!("{} {form}: {rejection}\n{request:?}", case.name),
            }
        }
    }
    assert_eq!((accepted, unsigned_tokens), (75, 1));
}

struct Recorded(Value);

impl Recorded {
    fn all(file: &str) -> Vec<Self> {
        let path = format!("{}/vectors/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| Self(serde_json::from_str(line).unwrap())).collect()
    }

    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_else(|| panic!("no {field}: {}", self.0))
    }

    fn flag(&self, field: &str) -> bool {
        self.0[field].as_bool().unwrap()
    }

    fn credentials(&self) -> Credentials {
        let keys = &self.0["credentials"];
        let credentials =
            Credentials::new(keys["access_key"].as_str().unwrap(), keys["secret_key"].as_str().unwrap())
                .unwrap();
        match keys["session_token"].as_str() {
            Some(token) => credentials.with_session_token(token).unwrap(),
            None => credentials,
        }
    }

    /// The request as the oracle sent it.
    fn request(&self) -> Request {
        let expected = &self.0["expected"];
        let url = expected["url"].as_str().unwrap_or(self.text("url"));
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (_, rest) = base.split_once("://").unwrap();
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        let mut request = Request::new(self.text("method"), path, query, &[], "");
        request.body = BASE64_STANDARD.decode(self.0["body_b64"].as_str().unwrap_or_default()).unwrap();
        let pairs = |list: &Value| -> Vec<(String, Vec<u8>)> {
            let pairs = list.as_array().into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            pairs.map(|pair| (text(&pair[0]).to_ascii_lowercase(), text(&pair[1]).into_bytes())).collect()
        };
        request.headers = pairs(&self.0["headers"]);
        for (name, value) in pairs(&expected["added_headers"]) {
            request.set(&name, value);
        }
        if let Some(authorization) = expected["authorization"].as_str() {
            request.set("authorization", authorization);
        }
        request
    }

    fn verifier(&self) -> Verifier {
        let mut rules = ServiceRules::STANDARD;
        rules.normalize_path = self.flag("normalize_path");
        rules.double_encode = self.flag("double_encode");
        if self.flag("omit_session_token") {
            rules.token = TokenPlacement::AppendedAfterSigning;
        }
        if self.text("payload") == UNSIGNED_PAYLOAD {
            rules.presign_payload = PresignPayload::Unsigned;
        }
        let date = AmzDate::parse(self.text("timestamp")).unwrap();
        verifier(&self.credentials(), &date, self.text("region"), self.text("service"), rules)
    }
}

#[test]
fn botocore_and_the_crt() {
    let mut outcomes: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for file in ["header", "presign"] {
        for case in Recorded::all(file) {
            let request = case.request();
            // The hash that some were given is not that of their body: it is handed over as it was signed.
            let payload =
                Payload::precomputed_hex(case.text("payload")).unwrap_or(Payload::bytes(&request.body));
            let outcome = at_once(case.verifier().verify(&request.view(), payload));
            let refused = outcome.err().map(|rejection| rejection.kind());
            // A token in a header must be signed: in some it is not.
            let unsigned_token = file == "header" && case.flag("omit_session_token");
            let expected = unsigned_token.then_some(RejectionKind::HeadersNotSigned);
            assert_eq!(refused, expected, "{}", case.text("id"));
            *outcomes.entry((file, refused.is_some())).or_default() += 1;
        }
    }
    let outcomes: Vec<usize> = outcomes.into_values().collect();
    assert_eq!(outcomes, [310, 9, 191]);
}
