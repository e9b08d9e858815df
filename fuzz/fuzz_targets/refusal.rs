//! Reads any body as a refusal, explains it against any request, and decides what to heal: without a panic, within
//! bounds, and with nothing but printable ASCII in what is shown.
#![no_main]

use http::{HeaderMap, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use sigv4_core::refusal::{ClockOffset, HealFacts, Refusal, SentSignature};

/// A secret of the request that no explanation may show.
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKENIQoJb3JpZ2lu";

/// Statuses that refusals have, and one that they do not.
const STATUSES: [u16; 6] = [403, 400, 401, 301, 307, 200];

fuzz_target!(|data: &[u8]| {
    let (choice, data) = data.split_first().unwrap_or((&0, data));
    let status = StatusCode::from_u16(STATUSES[usize::from(*choice) % STATUSES.len()]).unwrap_or_default();
    // Up to the first zero byte a header, then the canonical request that was signed, then the body.
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let (header, signed, body) = (parts.next(), parts.next(), parts.next());
    let (signed, body) = (signed.unwrap_or_default(), body.or(header).unwrap_or_default());
    let mut headers = HeaderMap::new();
    if let Some(Ok(value)) = header.map(HeaderValue::from_bytes) {
        let name = ["x-amzn-errortype", "date", "x-amz-bucket-region", "content-encoding"][usize::from(*choice >> 4) % 4];
        headers.insert(name, value);
    }
    let Some(refusal) = Refusal::read(status, &headers, body) else { return };
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    assert!(printable(&refusal.to_string()));

    let mut sent = SentSignature::default();
    let text = String::from_utf8_lossy(signed).into_owned();
    let mut lines = text.lines().map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let (method, path, query, header, hash) = (line(), line(), line(), line(), line());
    (sent.access_key_id, sent.region, sent.service) = (line(), line(), line());
    (sent.amz_date, sent.host) = (line(), line());
    sent.string_to_sign = Some(format!("AWS4-HMAC-SHA256\n{}\n{}\n00", line(), line()));
    sent.canonical_request = Some(format!(
        "{method}\n{path}\n{query}\nhost:{header}\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-security-token\n{hash}"
    ));
    sent.has_session_token = choice & 1 == 1;
    sent.presigned_for = (choice & 2 == 2).then_some(60);
    sent.body_len = (choice & 4 == 4).then_some(1);
    if let Some(explanation) = refusal.explain(&sent) {
        let shown = explanation.to_string();
        assert!(printable(&shown), "{shown:?}");
        assert!(shown.len() < 8_192, "{} bytes", shown.len());
        assert!((1..=3).contains(&explanation.findings().len()));
        // Not even where the service repeats it, in whatever place.
        let lower = (shown.to_ascii_lowercase(), TOKEN.to_ascii_lowercase());
        assert!(!lower.1.as_bytes().windows(20).any(|part| lower.0.as_bytes().windows(20).any(|at| at == part)), "{shown}");
    }
    let mut facts = HealFacts::default();
    facts.offset_learnt = Some(ClockOffset::from_millis(i64::from(*choice) * 10_000));
    (facts.region, facts.service, facts.host) = (&sent.region, &sent.service, &sent.host);
    let _ = refusal.heal(&facts);
});
