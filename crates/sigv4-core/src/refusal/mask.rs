//! A session token that was sent is shown nowhere, not even where a service repeats it as something that may be shown.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::explanation::Explanation;
use super::kind::{Malformed, Refusal, RefusalKind, ScopePart};
use super::lines::Line;
use super::sent::SentSignature;

/// So many bytes in a row that stand in the token are taken to be of it. No word of an explanation is that long and in a token.
const RUN: usize = 16;

/// Takes what is of the request's session token out of everything that `explanation` shows.
pub(super) fn token(explanation: &mut Explanation, sent: &SentSignature) {
    let Some(canonical) = &sent.canonical_request else { return };
    let tokens = tokens(canonical);
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
    told(&mut explanation.refusal).for_each(mask);
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

/// The names that a refusal carries on. They are part of its `Debug`.
fn told<'r>(refusal: &'r mut Refusal) -> impl Iterator<Item = &'r mut String> {
    let (mut parts, mut endpoint, mut names) = ([None, None], None, None);
    match &mut refusal.kind {
        RefusalKind::WrongScope { region, service } => parts = [region.as_mut(), service.as_mut()],
        RefusalKind::WrongEndpoint { region } => endpoint = region.as_mut(),
        RefusalKind::HeadersNotSigned { names: told }
        | RefusalKind::MalformedAuthorization(Malformed::AbsentHeader(told)) => names = Some(told),
        _ => {}
    }
    let of_part = |part: &'r mut ScopePart| [part.given.as_mut(), part.expected.as_mut()];
    let of_parts = parts.into_iter().flatten().flat_map(of_part).flatten();
    of_parts.chain(endpoint).chain(names.into_iter().flatten()).chain(refusal.bucket_region.as_mut())
}

/// The token in each form in which it was signed: as it is, and percent-encoded in a query. In lower case, as names of
/// headers are shown; what is shown is compared so, whatever its case. Looked for in every line, whatever that should be.
fn tokens(canonical: &str) -> Vec<Vec<u8>> {
    let of_header = ["x-amz-security-token:", "x-amz-s3session-token:"];
    let of_query = ["X-Amz-Security-Token=", "X-Amz-S3session-Token="];
    let mut found: Vec<Vec<u8>> = Vec::new();
    for line in canonical.lines() {
        found.extend(of_header.iter().filter_map(|name| Some(line.strip_prefix(name)?.into())));
        for pair in line.split('&') {
            for encoded in of_query.iter().filter_map(|name| pair.strip_prefix(name)) {
                found.extend([encoded.into(), percent_decode_str(encoded).collect()]);
            }
        }
    }
    found.iter().map(|token| token.to_ascii_lowercase()).collect()
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
