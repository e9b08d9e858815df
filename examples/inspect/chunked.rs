//! A body sent as aws-chunked.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkSigner, ChunkedMode, ChunkedOptions, ChunkedPlan};

use crate::case::{Case, Failure};
use crate::http_kinds;

pub fn chunked(case: &Case) -> Result<Value, Failure> {
    let mut answer = http_kinds::header(case)?;
    let seed = answer["signature"].as_str().ok_or("no signature")?.to_owned();

    let prepared = case.prepare()?;
    let params = case.params(&prepared);
    let mode = ChunkedMode::of_payload_hash(&case.payload, params.algorithm)
        .ok_or("the payload is not one of chunks")?;
    let chunk_size = case.chunk_sizes.first().copied().unwrap_or_default().max(1);
    let mut options = ChunkedOptions::new(mode).without_checksum().with_small_chunks(chunk_size)?;
    // The signer puts a checksum of its own after all others; where it is elsewhere, it is one of those given.
    let mut given = case.trailers.as_slice();
    if let (Some(name), [before @ .., (last, _)]) = (&case.checksum, given) {
        let checksum: ChecksumAlgorithm = name.parse()?;
        if checksum.header().as_str().eq_ignore_ascii_case(last) {
            options = options.with_checksum(checksum);
            given = before;
        }
    }
    let mut trailers = HeaderMap::new();
    for (name, value) in given {
        let name: HeaderName = name.parse()?;
        options = options.with_trailer(name.clone(), value.trim().len())?;
        trailers.append(name, HeaderValue::from_bytes(value.as_bytes())?);
    }

    let length = prepared.body.len() as u64;
    let plan = ChunkedPlan::new(&options, params.algorithm, Some(length), &HeaderMap::new())?;
    let announced = plan.encoded_length();
    let signer = ChunkSigner::new(&params, &seed)?;
    let inner = Full::new(Bytes::copy_from_slice(&prepared.body)).with_trailers(async {
        let trailers: Option<Result<HeaderMap, Infallible>> = (!trailers.is_empty()).then_some(Ok(trailers));
        trailers
    });
    // The data are in memory, so that one look at the body finds all of it.
    let collected = pin!(plan.body(Box::pin(inner), signer).collect());
    let Poll::Ready(collected) = collected.poll(&mut Context::from_waker(Waker::noop())) else {
        return Err("a body in memory was not ready".into());
    };
    let encoded = collected?.to_bytes();
    if announced != Some(encoded.len() as u64) {
        return Err(format!("{} bytes sent, {announced:?} announced", encoded.len()).into());
    }

    let (chunk_signatures, trailer_signature) = signatures(&encoded)?;
    answer["chunk_signatures"] = json!(chunk_signatures);
    answer["trailer_signature"] = json!(trailer_signature);
    answer["encoded_body_b64"] = json!(BASE64_STANDARD.encode(&encoded));
    Ok(answer)
}

/// The signatures in a body of chunks that this program just made.
fn signatures(mut encoded: &[u8]) -> Result<(Vec<String>, Option<String>), Failure> {
    let mut signatures = Vec::new();
    loop {
        let line = next_line(&mut encoded)?;
        let (size, signature) = line.split_once(";chunk-signature=").unwrap_or((line, ""));
        if !signature.is_empty() {
            signatures.push(signature.to_owned());
        }
        match usize::from_str_radix(size, 16)? {
            0 => break,
            size => encoded = encoded.get(size + 2..).ok_or("a chunk is cut short")?,
        }
    }
    let mut trailer_signature = None;
    while !encoded.is_empty() {
        if let Some(signature) = next_line(&mut encoded)?.strip_prefix("x-amz-trailer-signature:") {
            trailer_signature = Some(signature.to_owned());
        }
    }
    Ok((signatures, trailer_signature))
}

fn next_line<'a>(encoded: &mut &'a [u8]) -> Result<&'a str, Failure> {
    let end = encoded.windows(2).position(|pair| pair == b"\r\n").ok_or("a line has no end")?;
    let (line, rest) = encoded.split_at(end);
    *encoded = &rest[2..];
    Ok(std::str::from_utf8(line)?)
}
