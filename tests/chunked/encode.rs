//! The sending side: any frames in, exact chunks out.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use sigv4_core::ErrorKind;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, MIN_CHUNK_SIZE};

use crate::common::{Step, Steps, chunked, every_way, noise, read};

const MODES: [ChunkedMode; 3] =
    [ChunkedMode::Signed, ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer];

/// The body as one frame, sent in a way.
fn in_one(options: &ChunkedOptions, data: &Bytes) -> Vec<u8> {
    read(chunked(options, data.len() as u64, Steps::data([data.clone()]))).whole()
}

#[test]
fn announced_is_sent_around_every_chunk_edge() {
    const MOST: usize = 300 * 1024;
    let data = noise(MOST);
    for chunk_size in [MIN_CHUNK_SIZE, MIN_CHUNK_SIZE + 1, 65_536, 100_000, MOST, MOST + 1] {
        let mut sizes = vec![0, 1, 15, 16, 255, 256, 4095, 4096];
        for edge in (chunk_size..=MOST + 1).step_by(chunk_size) {
            sizes.extend([edge - 1, edge, edge + 1].into_iter().filter(|size| *size <= MOST));
        }
        for mode in MODES {
            let options = ChunkedOptions::new(mode).with_chunk_size(chunk_size).unwrap();
            for &size in &sizes {
                let body = chunked(&options, size as u64, Steps::data([data.slice(..size)]));
                let announced = http_body::Body::size_hint(&body).exact().expect("the length is known");
                let sent = read(body).whole();
                assert_eq!(sent.len() as u64, announced, "{mode:?}, {size} bytes by {chunk_size}");
                let chunks = size.div_ceil(chunk_size);
                let lines = sent.len() - size;
                assert!(lines >= chunks * 6 + 5, "{mode:?}, {size} bytes by {chunk_size}: {lines}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_bytes(
        size in 0..120_000usize,
        cuts in prop::collection::vec(0.0..1.0f64, 0..40),
        pauses in prop::collection::vec(any::<bool>(), 40),
        small in 1..70_000usize,
        way in 0..11usize,
    ) {
        let data = noise(size);
        let options = every_way().swap_remove(way).with_small_chunks(small.max(size / 200 + 1)).unwrap();
        let mut edges: Vec<usize> = cuts.iter().map(|cut| (cut * size as f64) as usize).collect();
        edges.extend([0, size]);
        edges.sort_unstable();
        // Edges that coincide make empty frames.
        let mut steps = Vec::new();
        for (pair, pause) in edges.windows(2).zip(pauses.iter().chain(std::iter::repeat(&false))) {
            if *pause {
                steps.push(Step::Pending);
            }
            steps.push(Step::Data(data.slice(pair[0]..pair[1])));
        }
        let pauses = steps.iter().filter(|step| matches!(step, Step::Pending)).count();
        let read = read(chunked(&options, size as u64, Steps::new(steps)));
        prop_assert_eq!(read.pending, pauses);
        prop_assert!(read.whole() == in_one(&options, &data));
    }
}

#[test]
fn data_is_passed_on_not_copied() {
    let data = noise(200_000);
    let here = data.as_ptr() as usize..data.as_ptr() as usize + data.len();
    for options in every_way() {
        let frames: Vec<Bytes> = (0..20).map(|at| data.slice(at * 10_000..(at + 1) * 10_000)).collect();
        let read = read(chunked(&options, 200_000, Steps::data(frames)));
        let shared = read.frames.iter().filter(|frame| here.contains(&(frame.as_ptr() as usize)));
        assert_eq!(shared.map(Bytes::len).sum::<usize>(), data.len(), "{:?}", options.mode());
    }
}

#[test]
fn one_byte_at_a_time_is_gathered() {
    let data = noise(20_000);
    let options = ChunkedOptions::new(ChunkedMode::Signed).with_chunk_size(MIN_CHUNK_SIZE).unwrap();
    let frames = (0..data.len()).map(|at| data.slice(at..at + 1));
    let read = read(chunked(&options, 20_000, Steps::data(frames)));
    // A line and its data for each of three chunks, and the end.
    assert_eq!(read.frames.len(), 7);
    assert!(read.whole() == in_one(&options, &data));
}

#[test]
fn an_unsigned_chunk_is_not_held() {
    let options = ChunkedOptions::new(ChunkedMode::UnsignedTrailer);
    let body = Steps::new([Step::Data(noise(10)), Step::Error("later")]);
    let read = read(chunked(&options, 30, body));
    assert_eq!(read.bytes()[..4], *b"1e\r\n");
    assert_eq!(read.bytes().len(), 14);
    assert!(read.error.is_some());
}

#[test]
fn a_wrong_length_is_an_error() {
    for options in every_way() {
        for (frames, announced, words) in [
            (vec![100usize], 99, "longer than announced: 100 bytes so far, 99 announced"),
            (vec![99, 1], 99, "longer than announced: 100 bytes so far, 99 announced"),
            (vec![70_000, 70_000, 1], 140_000, "longer than announced"),
            (vec![1], 0, "longer than announced"),
            (vec![99], 100, "shorter than announced: 99 of 100 bytes"),
            (vec![65_536], 131_072, "shorter than announced: 65536 of 131072 bytes"),
            (vec![], 1, "shorter than announced: 0 of 1 bytes"),
        ] {
            let body = Steps::data(frames.into_iter().map(noise));
            let error = read(chunked(&options, announced, body)).error();
            assert_eq!(error.kind(), ErrorKind::Body);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn an_error_midway_is_passed_on() {
    for options in every_way() {
        let body = Steps::new([Step::Data(noise(70_000)), Step::Pending, Step::Error("the disk is gone")]);
        let read = read(chunked(&options, 100_000, body));
        assert!(!read.frames.is_empty());
        let error = read.error();
        assert_eq!(error.kind(), ErrorKind::Body);
        let source = std::error::Error::source(&error).expect("a source").to_string();
        assert_eq!(source, "the disk is gone");
    }
}

const NOTE: HeaderName = HeaderName::from_static("x-amz-meta-note");

fn trailers(pairs: &[(HeaderName, &'static str)]) -> Step {
    let mut trailers = HeaderMap::new();
    for (name, value) in pairs {
        trailers.append(name.clone(), HeaderValue::from_static(value));
    }
    Step::Trailers(trailers)
}

#[test]
fn trailers_of_the_body_are_carried() {
    for mode in [ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer] {
        for len in [Some(5), None] {
            let options = ChunkedOptions::new(mode).with_trailer(NOTE, len).unwrap();
            let body = chunked(&options, 5, Steps::data(["hello"]).then(trailers(&[(NOTE, " so be ")])));
            assert_eq!(http_body::Body::size_hint(&body).exact().is_some(), len.is_some());
            let sent = String::from_utf8(read(body).whole()).unwrap();
            assert!(
                sent.contains("\r\nx-amz-meta-note:so be\r\nx-amz-checksum-crc32:NhCmhg==\r\n"),
                "{sent}"
            );
        }
    }
}

#[test]
fn trailers_other_than_announced_are_errors() {
    let other = HeaderName::from_static("x-other");
    let crc32 = ChecksumAlgorithm::Crc32.header();
    let announced = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_trailer(NOTE, 2).unwrap();
    let not_announced = ChunkedOptions::new(ChunkedMode::Signed);
    for (options, sent, words) in [
        (&announced, &[][..], "x-amz-meta-note was announced, but the body ended without it"),
        (&announced, &[(NOTE, "abc")], "x-amz-meta-note has 3 bytes, but 2 were announced"),
        (&announced, &[(NOTE, "ab"), (NOTE, "ab")], "x-amz-meta-note is there twice"),
        (&announced, &[(NOTE, "ab"), (other, "")], "x-other was not announced"),
        (&announced, &[(NOTE, "ab"), (crc32, "AAAAAA==")], "x-amz-checksum-crc32 was not announced"),
        (&not_announced, &[(NOTE, "ab")], "x-amz-meta-note was not announced"),
    ] {
        let error = read(chunked(options, 5, Steps::data(["hello"]).then(trailers(sent)))).error();
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(error.to_string().contains(words), "{error}");
    }
}
