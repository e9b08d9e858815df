//! Random requests, signed by this project and by a slow second implementation that follows AWS's description line by
//! line.
//!
//! It shares no code with the first, and has none of its short cuts: no look at whether a path is normalised already, no
//! borrowed pieces, no kept keys. `SIGV4_SAMPLES` sets how many requests are tried; in a release build a million take
//! minutes.

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sha2::{Digest, Sha256};
use sigv4_tests::plain::{ByTheLetter, hex};

use super::generator::{Sample, SamplePayload, sample};
use super::{Form, ours};

/// What is added to a request, and its signature.
struct ByHand {
    /// Headers or parameters.
    added: Vec<(String, String)>,
    signature: String,
}

fn token_name(sample: &Sample, form: Form) -> &'static str {
    match (form, sample.service.express) {
        (Form::Header, false) => "x-amz-security-token",
        (Form::Header, true) => "x-amz-s3session-token",
        (Form::Query, false) => "X-Amz-Security-Token",
        (Form::Query, true) => "X-Amz-S3session-Token",
    }
}

fn payload_hash(sample: &Sample) -> String {
    match &sample.payload {
        SamplePayload::Bytes(bytes) => hex(&Sha256::digest(bytes)),
        SamplePayload::Literal(literal) => (*literal).to_owned(),
    }
}

/// The host as clients send it: without its scheme's own port.
fn host(sample: &Sample) -> &'static str {
    match sample.origin.split_once("://") {
        Some(("https", authority)) => authority.strip_suffix(":443").unwrap_or(authority),
        Some((_, authority)) => authority.strip_suffix(":80").unwrap_or(authority),
        None => "",
    }
}

/// The request's own headers that are signed, and its host.
fn signed_headers(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let own = sample.headers.iter().filter(|(name, _)| sample.policy.signs(name));
    let own = own.map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes()));
    let host = ("host".to_owned(), host(sample).as_bytes().to_vec());
    own.chain([host]).collect()
}

fn scope(sample: &Sample) -> String {
    format!("{}/{}/{}/aws4_request", &sample.date[..8], sample.region, sample.service.name)
}

fn letter<'a>(
    sample: &'a Sample,
    query: &'a str,
    headers: &'a [(String, Vec<u8>)],
    hash: &'a str,
) -> ByTheLetter<'a> {
    ByTheLetter {
        method: sample.method,
        path: if sample.path.is_empty() { "/" } else { &sample.path },
        query,
        headers,
        payload_hash: hash,
        secret_access_key: &sample.secret_access_key,
        date: sample.date,
        region: sample.region,
        service: sample.service.name,
    }
}

fn in_headers(sample: &Sample) -> ByHand {
    let hash = payload_hash(sample);
    let mut added = vec![("x-amz-date".to_owned(), sample.date.to_owned())];
    if sample.service.s3 || matches!(sample.payload, SamplePayload::Literal(_)) {
        added.push(("x-amz-content-sha256".to_owned(), hash.clone()));
    }
    let token =
        sample.session_token.clone().map(|token| (token_name(sample, Form::Header).to_owned(), token));
    if !sample.omit_session_token {
        added.extend(token.clone());
    }
    let mut headers = signed_headers(sample);
    headers.extend(added.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())));
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(";");
    let signature = letter(sample, &sample.query, &headers, &hash).signature();
    if sample.omit_session_token {
        added.extend(token);
    }
    let scope = scope(sample);
    added.push((
        "authorization".to_owned(),
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
        ),
    ));
    added.sort();
    ByHand { added, signature }
}

fn in_query(sample: &Sample) -> ByHand {
    let hash = payload_hash(sample);
    let headers = signed_headers(sample);
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut added = vec![
        pair("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        pair("X-Amz-Credential", format!("AKIDEXAMPLE/{}", scope(sample))),
        pair("X-Amz-Date", sample.date.to_owned()),
        pair("X-Amz-Expires", sample.expires.to_string()),
        pair("X-Amz-SignedHeaders", names.join(";")),
    ];
    let token = sample.session_token.clone().map(|token| pair(token_name(sample, Form::Query), token));
    let is_signed = !(sample.omit_session_token || sample.service.appends_token);
    if is_signed {
        added.extend(token.clone());
    }
    let escaped = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut query = sample.query.clone();
    for (name, value) in &added {
        query = format!("{query}&{}={}", escaped(name), escaped(value));
    }
    let signature = letter(sample, &query, &headers, &hash).signature();
    if !is_signed {
        added.extend(token);
    }
    added.push(pair("X-Amz-Signature", signature.clone()));
    added.sort();
    ByHand { added, signature }
}

fn agree(form: Form) {
    let samples =
        std::env::var("SIGV4_SAMPLES").ok().map(|count| count.parse().expect("SIGV4_SAMPLES is a number"));
    let config = Config { cases: samples.unwrap_or(10_000), failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, b"by the letter...");
    let outcome = TestRunner::new_with_rng(config, rng).run(&sample(), |sample| {
        let (signed, text) = ours(&sample, form);
        let (mut added, by_hand) = match form {
            Form::Header => (signed.headers, in_headers(&sample)),
            Form::Query => (signed.parameters, in_query(&sample)),
        };
        added.sort();
        if (signed.signature, &added) != (by_hand.signature, &by_hand.added) {
            let text = text.canonical_request;
            return Err(TestCaseError::fail(format!("{form:?}: {added:#?}\n{:#?}\n{text}", by_hand.added)));
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn headers_are_signed_by_the_letter() {
    agree(Form::Header);
}

#[test]
fn urls_are_presigned_by_the_letter() {
    agree(Form::Query);
}
