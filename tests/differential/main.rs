//! Random requests, signed by this project and by `aws-sigv4`.
//!
//! Where the two are known to differ, the difference has a name in [`difference::Difference`]; every sample shows
//! either none and both agree, or some and both agree once exactly those are taken away.

mod difference;
mod generator;
mod letter;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{RequestView, SignedText, SigningParams, presign, sign};
use sigv4_core::signature::sha256;
use sigv4_core::{Credentials, Payload, SignedHeaders};
use sigv4_tests::peer::{Peer, Signed};
use sigv4_tests::plain::{hex, query_pairs, sorted_headers};

use difference::Difference;
use generator::{HEADERS, Policy, Sample, SamplePayload, sample};

const SAMPLES: u32 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Header,
    Query,
}

/// How this project signs a sample, in the terms of the other.
fn ours(sample: &Sample, form: Form) -> (Signed, SignedText) {
    let credentials = Credentials::new("AKIDEXAMPLE", &*sample.secret_access_key).unwrap();
    let credentials = match &sample.session_token {
        Some(token) => credentials.with_session_token(&**token).unwrap(),
        None => credentials,
    };
    let credentials = if sample.service.express { credentials.into_s3_session() } else { credentials };
    let date = AmzDate::parse(sample.date).unwrap();
    let policy = signed_headers(sample.policy);
    let mut params = SigningParams::new(&credentials, &date, sample.region, sample.service.name);
    params.signed_headers = &policy;
    params.omit_session_token = sample.omit_session_token;
    let payload = match &sample.payload {
        SamplePayload::Bytes(bytes) => Payload::bytes(bytes),
        SamplePayload::Literal(literal) => Payload::literal(literal),
    };

    let method: Method = sample.method.parse().unwrap();
    let uri: Uri = sample.url().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in &sample.headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    let view = RequestView::new(&method, &uri, &headers).unwrap();

    let mut text = SignedText::default();
    let signed = match form {
        Form::Header => {
            let signature = sign(&view, &params, payload, Some(&mut text)).unwrap();
            let headers = signature.headers().map(|(name, value)| (name, value.as_bytes()));
            Signed {
                headers: sorted_headers(headers),
                parameters: Vec::new(),
                signature: signature.signature().to_owned(),
            }
        }
        Form::Query => {
            let expires = Duration::from_secs(sample.expires);
            let signature = presign(&view, &params, expires, payload, Some(&mut text)).unwrap();
            let mut added = query_pairs(signature.query());
            for pair in query_pairs(view.query) {
                added.remove(added.iter().position(|added| *added == pair).unwrap());
            }
            Signed { headers: Vec::new(), parameters: added, signature: signature.signature().to_owned() }
        }
    };
    (signed, text)
}

fn signed_headers(policy: Policy) -> SignedHeaders {
    match policy {
        Policy::Standard => SignedHeaders::standard(),
        Policy::StandardAndMore => SignedHeaders::standard().also(HeaderName::from_static("if-none-match")),
        Policy::All => SignedHeaders::all(),
        Policy::Everything => SignedHeaders::everything(),
        Policy::EverythingButOne => {
            SignedHeaders::everything().never(HeaderName::from_static("x-amz-meta-a"))
        }
    }
}

/// How `aws-sigv4` signs it.
fn theirs(sample: &Sample, form: Form) -> Signed {
    let payload_hash = match &sample.payload {
        SamplePayload::Bytes(bytes) => hex(&sha256(bytes)),
        SamplePayload::Literal(literal) => (*literal).to_owned(),
    };
    let literal = matches!(sample.payload, SamplePayload::Literal(_));
    let own = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
    Peer {
        method: sample.method.to_owned(),
        url: sample.url(),
        headers: sample.headers.iter().map(own).collect(),
        unsigned: HEADERS.iter().filter(|name| !sample.policy.signs(name)).map(ToString::to_string).collect(),
        payload_hash,
        content_sha256: form == Form::Header && (sample.service.s3 || literal),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: sample.secret_access_key.clone(),
        session_token: sample.session_token.clone(),
        omit_session_token: sample.omit_session_token
            || (form == Form::Query && sample.service.appends_token),
        s3_express: sample.service.express,
        date: sample.date.to_owned(),
        region: sample.region.to_owned(),
        service: sample.service.name.to_owned(),
        normalize_path: !sample.service.s3,
        double_encode: !sample.service.s3,
        expires: (form == Form::Query).then(|| Duration::from_secs(sample.expires)),
    }
    .sign()
}

/// How often the samples showed what.
type Reach = BTreeMap<String, usize>;

fn compare(sample: &Sample, form: Form, reach: &mut Reach) -> Result<(), TestCaseError> {
    let (our_sample, their_sample, found) = difference::settle(sample, form);
    let (ours, text) = ours(&our_sample, form);
    let theirs_settled = theirs(&their_sample, form);
    let agree = ours.signature == theirs_settled.signature
        && ours.headers == theirs_settled.headers
        && ours.parameters == theirs_settled.parameters;
    if !agree {
        return Err(TestCaseError::fail(format!(
            "{form:?}, taken away: {found:?}\nours {ours:#?}\ntheirs {theirs_settled:#?}\n{}",
            text.canonical_request
        )));
    }
    // Nothing is taken away that makes no difference.
    if !found.is_empty() && self::ours(sample, form).0.signature == theirs(sample, form).signature {
        return Err(TestCaseError::fail(format!("{form:?}: agree, but taken away: {found:?}")));
    }
    for difference in found {
        *reach.entry(format!("{difference:?}")).or_default() += 1;
    }
    Ok(())
}

/// What the generator has to come by often enough.
fn note(sample: &Sample, reach: &mut Reach) {
    let repeats = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    };
    let pairs: Vec<&str> = sample.query.split('&').filter(|pair| !pair.is_empty()).collect();
    let keys = pairs.iter().map(|pair| pair.split('=').next().unwrap_or_default()).collect();
    let headers = |with: &dyn Fn(&str) -> bool| sample.headers.iter().any(|(_, value)| with(value));
    for (what, shown) in [
        ("tab in a header", headers(&|value| value.contains('\t'))),
        ("plus in the query", sample.query.contains('+')),
        ("plus in the path", sample.path.contains('+')),
        ("dot segment", sample.path.contains("/./") || sample.path.contains("/../")),
        ("path ends in a dot segment", sample.path.ends_with("/.") || sample.path.ends_with("/..")),
        ("empty segment", sample.path.contains("//")),
        ("duplicate key", repeats(keys)),
        ("duplicate pair", repeats(pairs.clone())),
        ("duplicate header", repeats(sample.headers.iter().map(|(name, _)| *name).collect())),
        ("empty header", headers(&str::is_empty)),
        ("spaces in a header", headers(&|value| value.contains("  "))),
        ("header outside ASCII", headers(&|value| !value.is_ascii())),
        ("header not signed", sample.headers.iter().any(|(name, _)| !sample.policy.signs(name))),
        ("path outside ASCII", !sample.path.is_ascii()),
        ("query outside ASCII", !sample.query.is_ascii()),
        ("empty pair", sample.query.contains("&&")),
        ("key without a value", pairs.iter().any(|pair| !pair.contains('='))),
        ("pair without a key", pairs.iter().any(|pair| pair.starts_with('='))),
        ("no path", sample.path.is_empty()),
        ("no query", sample.query.is_empty()),
        ("session token", sample.session_token.is_some()),
        ("S3", sample.service.s3),
        ("default port", sample.origin.ends_with(":443") || sample.origin.ends_with(":80")),
    ] {
        *reach.entry(what.to_owned()).or_default() += usize::from(shown);
    }
}

/// Ten thousand samples in one form, the same in each run.
fn ten_thousand(form: Form) {
    let reach = RefCell::new(Reach::new());
    let config = Config { cases: SAMPLES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, b"signed by two...");
    let outcome = TestRunner::new_with_rng(config, rng).run(&sample(), |sample| {
        let mut reach = reach.borrow_mut();
        note(&sample, &mut reach);
        compare(&sample, form, &mut reach)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let reach = reach.into_inner();
    for difference in Difference::ALL.into_iter().filter(|difference| difference.shows_in(form)) {
        assert!(reach.contains_key(&format!("{difference:?}")), "{difference:?} never showed");
    }
    for (what, shown) in &reach {
        assert!(*shown >= 200, "{what}: {shown} times");
    }
}

#[test]
fn ten_thousand_requests_signed_in_headers() {
    ten_thousand(Form::Header);
}

#[test]
fn ten_thousand_requests_presigned() {
    ten_thousand(Form::Query);
}
