//! Chunks signed with SigV4a: the signatures differ in length, and the length of the body is known all the same.

use http::HeaderMap;
use http_body::Body;
use sigv4_core::body::chunked::{ChunkSigner, ChunkedMode, ChunkedOptions, ChunkedPlan};
use sigv4_core::signature::sigv4a::{KeyPair, unpadded};
use sigv4_core::signature::{Algorithm, EMPTY_SHA256, Hex, RegionSet, sha256};

use crate::common::{Documented, SEED, Steps, noise, read};

#[test]
fn signatures_verify_and_are_padded() {
    let example = Documented::new();
    let region_set = RegionSet::all();
    let mut params = example.params();
    params.algorithm = Algorithm::V4a { region_set: &region_set };
    let data = noise(20_000);
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_chunk_size(8192).unwrap();
    let plan = ChunkedPlan::new(&options, params.algorithm, Some(20_000), &HeaderMap::new()).unwrap();
    assert_eq!(plan.payload().hash().unwrap().as_str(), "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER");
    let body = plan.body(Steps::data([data.clone()]), ChunkSigner::new(&params, SEED).unwrap());
    let announced = body.size_hint().exact().unwrap();
    let sent = read(body).whole();
    assert_eq!(sent.len() as u64, announced);

    let key = KeyPair::derive(example.credentials.access_key_id(), example.credentials.secret_access_key());
    let key = key.unwrap().public_key();
    let (mut rest, mut previous, mut chunks) = (&sent[..], SEED, data.chunks(8192).chain([&[][..]]));
    let mut lengths = Vec::new();
    let fixed = |about: &str, previous: &str| {
        format!("AWS4-ECDSA-P256-SHA256-{about}\n20130524T000000Z\n20130524/s3/aws4_request\n{previous}\n")
    };
    for chunk in &mut chunks {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        let (size, signature) = line.split_once(";chunk-signature=").unwrap();
        assert_eq!(usize::from_str_radix(size, 16).unwrap(), chunk.len());
        assert_eq!(signature.len(), 144);
        let text = format!("{}{EMPTY_SHA256}\n{}", fixed("PAYLOAD", previous), Hex::of(&sha256(chunk)));
        key.verify(text.as_bytes(), signature).unwrap();
        previous = unpadded(signature);
        lengths.push(previous.len());
        rest = &rest[end + 2..];
        if !chunk.is_empty() {
            rest = &rest[chunk.len() + 2..];
        }
    }
    let (trailer, signature) =
        std::str::from_utf8(rest).unwrap().split_once("\r\nx-amz-trailer-signature:").unwrap();
    let text =
        format!("{}{}", fixed("TRAILER", previous), Hex::of(&sha256(format!("{trailer}\n").as_bytes())));
    key.verify(text.as_bytes(), signature.strip_suffix("\r\n\r\n").unwrap()).unwrap();
    assert!(lengths.iter().any(|length| *length < 144), "{lengths:?}");
}
