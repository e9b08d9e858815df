//! Streams that are damaged on the way: each turned bit, each end too early.

use bytes::Bytes;
use proptest::prelude::*;
use sigv4_core::ErrorKind;
use sigv4_core::body::chunked::{ChunkedMode, MIN_CHUNK_SIZE};

use crate::common::{Read, Steps, Upload, every_way, noise, read};

/// Whether the damage did nothing. Else it was found, before all data was handed out, and of signed data only what is right was.
fn is_harmless(upload: &Upload, data: &[u8], read: &Read) -> bool {
    let Some(error) = &read.error else {
        assert!(read.bytes() == data, "{:?}: other data was taken for right", upload.mode);
        return true;
    };
    assert_eq!(error.kind(), ErrorKind::Verification, "{error}");
    let out = read.bytes();
    assert!(out.len() < data.len(), "all data was handed out before {error}");
    assert!(data.starts_with(&out) || upload.mode == ChunkedMode::UnsignedTrailer);
    false
}

/// Every bit of the stream, each turned over in a stream of its own.
#[test]
fn each_flipped_bit_is_refused_or_changes_nothing() {
    let data = noise(70);
    for options in every_way() {
        let options = options.with_small_chunks(43).unwrap();
        let upload = Upload::new(&options, data.clone());
        let mut unchanged = Vec::new();
        for at in 0..upload.wire.len() {
            for bit in 0..8 {
                let mut wire = upload.wire.clone();
                wire[at] ^= 1 << bit;
                let turned = char::from(wire[at]);
                if is_harmless(&upload, &data, &upload.received_as(wire)) {
                    unchanged.push(turned);
                }
            }
        }
        // 43 is 2b in hex; names of trailers are letters in any case, and white space around a value is none of it.
        let fine = |turned: &char| turned.is_ascii_uppercase() || turned.is_ascii_whitespace();
        assert!(unchanged.iter().all(fine), "{:?}: {unchanged:?}", upload.mode);
        assert!(unchanged.contains(&'B'), "{:?}: {unchanged:?}", upload.mode);
    }
}

#[test]
fn a_stream_cut_anywhere_is_refused() {
    let data = noise(70);
    for options in every_way() {
        let upload = Upload::new(&options.with_small_chunks(43).unwrap(), data.clone());
        for at in 0..upload.wire.len() {
            let read = upload.received_as(upload.wire[..at].to_vec());
            assert!(read.bytes().len() < data.len(), "all data of a stream cut at {at}");
            assert!(read.error().to_string().contains("ended before its last chunk"));
        }
    }
}

/// A byte lost, doubled, or put in between, anywhere: also where trailers end with a line feed alone.
#[test]
fn each_byte_more_or_less_is_refused_or_changes_nothing() {
    let data = noise(70);
    for options in every_way() {
        let upload = Upload::new(&options.with_small_chunks(43).unwrap(), data.clone());
        let mut wires = vec![upload.wire.clone()];
        if let Some(trailer) = upload.wire.windows(15).rposition(|window| window == b"x-amz-checksum-") {
            let end = upload.wire[trailer..].iter().position(|byte| *byte == b'\r').unwrap() + trailer;
            let mut loose = upload.wire.clone();
            loose.insert(end, b'\n');
            assert_eq!(upload.received_as(loose.clone()).whole(), data);
            wires.push(loose);
        }
        for wire in wires {
            for at in 0..wire.len() {
                let mut less = wire.clone();
                less.remove(at);
                is_harmless(&upload, &data, &upload.received_as(less));
                for byte in [wire[at], b'\r', b'\n', b' ', b'0'] {
                    let mut more = wire.clone();
                    more.insert(at, byte);
                    is_harmless(&upload, &data, &upload.received_as(more));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Chunks of a size that S3 takes, and frames that end anywhere.
    #[test]
    fn a_bit_turned_anywhere_is_found_in_any_split(
        size in 1..30_000usize,
        place in 0.0..1.0f64,
        bit in 0..8u8,
        cuts in prop::collection::vec(0.0..1.0f64, 0..20),
        way in 0..11usize,
    ) {
        let data = noise(size);
        let options = every_way().swap_remove(way).with_chunk_size(MIN_CHUNK_SIZE).unwrap();
        let upload = Upload::new(&options, data.clone());
        let mut wire = upload.wire.clone();
        let at = (place * wire.len() as f64) as usize;
        wire[at] ^= 1 << bit;
        let turned = wire[at];

        let wire = Bytes::from(wire);
        let mut edges: Vec<usize> = cuts.iter().map(|cut| (cut * wire.len() as f64) as usize).collect();
        edges.extend([0, wire.len()]);
        edges.sort_unstable();
        let frames = edges.windows(2).map(|pair| wire.slice(pair[0]..pair[1]));
        let read = read(upload.plan().body(Steps::data(frames), upload.verifier.clone()));
        if is_harmless(&upload, &data, &read) {
            // Another case of a hex digit or of a name, or white space of another kind around a value.
            prop_assert!(turned.is_ascii_uppercase() || turned.is_ascii_whitespace());
        }
    }
}
