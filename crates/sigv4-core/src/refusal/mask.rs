//! A session token that was sent is shown nowhere, not even where a service repeats it as something that may be shown.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::explanation::Explanation;
use super::lines::{Canonical, Line};
use super::sent::SentSignature;

/// So many bytes in a row that stand in the token are taken to be of it. No word of an explanation is that long and in a token.
const RUN: usize = 16;

/// Takes what is of the request's session token out of everything that `explanation` shows.
pub(super) fn token(explanation: &mut Explanation, sent: &SentSignature) {
    let Some(canonical) = &sent.canonical_request else { return };
    let tokens = tokens(&Canonical::parse(canonical));
    let runs: BTreeSet<&[u8]> = tokens.iter().flat_map(|token| token.windows(RUN)).collect();
    if runs.is_empty() {
        return;
    }
    // What holds a token is no error code.
    explanation.refusal.code = explanation.refusal.code.take().filter(|code| masked(code, &runs).is_none());
    let mask = |text: &mut String| {
        if let Some(masked) = masked(text, &runs) {
            *text = masked;
        }
    };
    let line = |line: &mut Line| {
        if let Line::Query(name) | Line::Header(name) = line {
            mask(name);
        }
    };
    for finding in &mut explanation.findings {
        mask(&mut finding.evidence);
        mask(&mut finding.advice);
        finding.line.iter_mut().for_each(line);
    }
    explanation.differing.iter_mut().for_each(line);
}

/// The token in each form in which it was signed: as it is, and percent-encoded in a query. In lower case, as regions and names of
/// headers are shown.
fn tokens(canonical: &Canonical<'_>) -> Vec<Vec<u8>> {
    let headers = ["x-amz-security-token", "x-amz-s3session-token"].map(|name| canonical.header(name));
    let queries = ["X-Amz-Security-Token", "X-Amz-S3session-Token"].map(|name| canonical.parameter(name));
    let decoded = queries.iter().flatten().map(|encoded| percent_decode_str(encoded).collect());
    let written = headers.iter().chain(&queries).flatten().map(|text| text.as_bytes().to_vec());
    written.chain(decoded).map(|token: Vec<u8>| token.to_ascii_lowercase()).collect()
}

/// `text` with `...` for what is in `runs`; `None` when nothing is.
fn masked(text: &str, runs: &BTreeSet<&[u8]>) -> Option<String> {
    let mut hidden = vec![false; text.len()];
    for (at, run) in text.to_ascii_lowercase().as_bytes().windows(RUN).enumerate() {
        if runs.contains(run) {
            hidden[at..at + RUN].fill(true);
        }
    }
    if !hidden.contains(&true) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut before = false;
    for (at, character) in text.char_indices() {
        match hidden[at] {
            false => out.push(character),
            true if !before => out.push_str("..."),
            true => {}
        }
        before = hidden[at];
    }
    Some(out)
}
