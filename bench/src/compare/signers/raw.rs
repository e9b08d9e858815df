//! Nothing but the hashes, over the bytes that a signer has to hash.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sigv4_bench::random::Random;

use super::Signer;
use crate::compare::floor::{Texts, texts};
use crate::compare::workload::{Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// The signing key as ready states of its HMAC.
pub struct Raw {
    key: Hmac<Sha256>,
    workload: Workload,
}

/// What is to be hashed, and what came of it.
pub struct Input {
    texts: Texts,
    body: Bytes,
    signature: [u8; 32],
}

impl Signer for Raw {
    const NAME: &'static str = "the hashes alone";

    type Input = Input;

    fn new(workload: &Workload) -> Option<Self> {
        let date = texts(workload, &workload.sample(&mut Random::new(1))).date;
        let mut key = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
        for part in [&date[..8], REGION, workload.service, "aws4_request"] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        let key = Hmac::new_from_slice(&key).expect("any length");
        Some(Self { key, workload: workload.clone() })
    }

    fn input(&self, sample: &Sample) -> Input {
        let texts = texts(&self.workload, sample);
        let body = match self.workload.cover {
            Cover::Hashed => sample.body.clone(),
            _ => Bytes::new(),
        };
        Input { texts, body, signature: [0; 32] }
    }

    fn sign(&self, input: &mut Input) {
        if !input.body.is_empty() {
            std::hint::black_box(Sha256::digest(&input.body));
        }
        std::hint::black_box(Sha256::digest(&input.texts.canonical_request));
        let mut mac = self.key.clone();
        mac.update(input.texts.string_to_sign.as_bytes());
        input.signature = mac.finalize().into_bytes().into();
    }

    fn signed(&self, input: &Input) -> (String, String) {
        (input.texts.date.clone(), hex::encode(input.signature))
    }
}
