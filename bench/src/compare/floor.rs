//! The floor: the SHA-256 compressions that no signer can avoid, times what one costs here and now.

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use sha2::block_api::compress256;
use sigv4_bench::stats::Series;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{RequestView, SignedHeaders, SignedText, SigningParams, presign, sign};
use sigv4_core::{Credentials, Payload};

use super::workload::{ACCESS_KEY_ID, Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// What has to be hashed for one request.
#[derive(Debug)]
pub struct Texts {
    /// `YYYYMMDDTHHMMSSZ`.
    pub date: String,
    pub canonical_request: String,
    pub string_to_sign: String,
}

/// What is signed of a sample, now.
pub fn texts(workload: &Workload, sample: &Sample) -> Texts {
    let request = sample.request();
    let mut credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY).expect("good credentials");
    if let Some(token) = &workload.session_token {
        credentials = credentials.with_session_token(token).expect("a good token");
    }
    let date = AmzDate::new(SystemTime::now()).expect("a date of our time");
    let mut params = SigningParams::new(&credentials, &date, REGION, workload.service);
    let view = RequestView::new(request.method(), request.uri(), request.headers()).expect("a request");
    let mut text = SignedText::default();
    let presigned = SignedHeaders::presigned();
    match workload.cover {
        Cover::Hashed => drop(sign(&view, &params, Payload::bytes(&sample.body), Some(&mut text))),
        Cover::Unsigned => drop(sign(&view, &params, Payload::UNSIGNED, Some(&mut text))),
        Cover::Presigned(expires) => {
            params.signed_headers = &presigned;
            drop(presign(&view, &params, expires, Payload::UNSIGNED, Some(&mut text)));
        }
    }
    let SignedText { canonical_request, string_to_sign } = text;
    Texts { date: date.to_string(), canonical_request, string_to_sign }
}

/// The compressions that a workload cannot avoid.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Of the body; of the canonical request; of the string to sign and the outer hash, with the signing key kept as
    /// ready HMAC states.
    pub compressions: usize,
    /// What one costs, in nanoseconds.
    pub each: f64,
}

impl Floor {
    /// Of a workload. All its samples have the same.
    pub fn of(workload: &Workload, sample: &Sample, each: f64) -> Self {
        let texts = texts(workload, sample);
        let body = match workload.cover {
            Cover::Hashed if workload.body > 0 => blocks(workload.body),
            // The hash of nothing is known.
            _ => 0,
        };
        let outer = 1;
        let compressions =
            body + blocks(texts.canonical_request.len()) + blocks(texts.string_to_sign.len()) + outer;
        Self { compressions, each }
    }

    /// In nanoseconds.
    pub fn nanos(&self) -> f64 {
        self.compressions as f64 * self.each
    }
}

/// How many blocks SHA-256 makes of a message: its padding takes 9 bytes at least.
fn blocks(bytes: usize) -> usize {
    (bytes + 9).div_ceil(64)
}

/// Measures one compression, in rounds that are played among those of the signers.
#[derive(Debug)]
pub struct Compression {
    state: [u32; 8],
    blocks: [[u8; 64]; 64],
    pub time: Series,
}

impl Compression {
    /// Nothing measured yet.
    pub fn new() -> Self {
        Self { state: [0x6a09_e667; 8], blocks: [[0x5a; 64]; 64], time: Series::default() }
    }

    /// Some thousand compressions in a row.
    pub fn round(&mut self) {
        const REPEAT: usize = 16;
        let began = Instant::now();
        for _ in 0..REPEAT {
            compress256(black_box(&mut self.state), black_box(&self.blocks));
        }
        let took: Duration = began.elapsed();
        self.time.push(took, REPEAT * self.blocks.len());
    }
}
