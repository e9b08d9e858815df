//! The receiving side: what was sent comes out, and anything else is refused.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use sigv4_core::ErrorKind;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, ChunkedPlan, DecodePlan, MIN_CHUNK_SIZE};
use sigv4_core::signature::Algorithm;

use crate::common::{Read, Step, Steps, Upload, every_way, noise, read, signer, verifier};

const NOTE: HeaderName = HeaderName::from_static("x-amz-meta-note");

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_sent_comes_out_in_any_split(
        size in 0..120_000usize,
        cuts in prop::collection::vec(0.0..1.0f64, 0..40),
        chunk in 1..70_000usize,
        way in 0..11usize,
    ) {
        let data = noise(size);
        let options = every_way().swap_remove(way).with_small_chunks(chunk.max(size / 200 + 1)).unwrap();
        let upload = Upload::new(&options, data.clone());
        let wire = Bytes::from(upload.wire.clone());
        let mut edges: Vec<usize> = cuts.iter().map(|cut| (cut * wire.len() as f64) as usize).collect();
        edges.extend([0, wire.len()]);
        edges.sort_unstable();
        let steps = edges.windows(2).flat_map(|pair| [Step::Data(wire.slice(pair[0]..pair[1])), Step::Pending]);
        let read = read(upload.plan().body(Steps::new(steps), verifier()));
        prop_assert!(read.whole() == data);
    }
}

#[test]
fn every_byte_in_a_frame_of_its_own() {
    for options in every_way() {
        let data = noise(1000);
        let upload = Upload::new(&options.with_small_chunks(300).unwrap(), data.clone());
        let frames = upload.wire.iter().map(|byte| Bytes::copy_from_slice(&[*byte]));
        assert!(read(upload.plan().body(Steps::data(frames), verifier())).whole() == data);
    }
}

#[test]
fn nothing_may_follow_the_end() {
    for options in every_way() {
        for data in [noise(0), noise(100)] {
            let upload = Upload::new(&options, data.clone());
            for more in ["\r\n", "0", "\0"] {
                for apart in [false, true] {
                    let mut frames = vec![Bytes::from(upload.wire.clone()), Bytes::from(more)];
                    if !apart {
                        frames = vec![Bytes::from(frames.concat())];
                    }
                    let read = read(upload.plan().body(Steps::data(frames), verifier()));
                    assert!(data.is_empty() || read.bytes().len() < data.len());
                    assert!(read.error().to_string().contains("bytes follow the end"));
                }
            }
        }
    }
}

#[test]
fn data_comes_out_chunk_by_chunk_once_verified() {
    let data = noise(1000);
    let options = ChunkedOptions::new(ChunkedMode::Signed).with_small_chunks(100).unwrap();
    let upload = Upload::new(&options, data.clone());
    // In the data of the fifth chunk.
    let line = upload.wire.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    let mut wire = upload.wire.clone();
    wire[4 * (line + 102) + line + 50] ^= 1;
    let read = upload.received_as(wire);
    // The fourth is verified, and kept back until something follows it.
    assert_eq!(read.bytes(), data[..300]);
    assert_eq!(read.error().to_string(), "the signature of a chunk does not match its data");
}

#[test]
fn chunks_cannot_change_places() {
    let data = noise(200);
    let options = ChunkedOptions::new(ChunkedMode::Signed).with_small_chunks(100).unwrap();
    let upload = Upload::new(&options, data);
    let chunk = upload.wire.windows(4).position(|w| w == b"\r\n64").unwrap() + 2;
    let mut wire = upload.wire[chunk..2 * chunk].to_vec();
    wire.extend(&upload.wire[..chunk]);
    wire.extend(&upload.wire[2 * chunk..]);
    assert_eq!(wire.len(), upload.wire.len());
    let read = upload.received_as(wire);
    assert!(read.frames.is_empty());
    assert!(read.error().to_string().contains("signature of a chunk"));
}

#[test]
fn data_is_handed_on_not_copied() {
    for options in every_way() {
        let data = noise(200_000);
        let upload = Upload::new(&options, data);
        let wire = Bytes::from(upload.wire.clone());
        let here = wire.as_ptr() as usize..wire.as_ptr() as usize + wire.len();
        let frames = (0..wire.len()).step_by(10_000).map(|at| wire.slice(at..wire.len().min(at + 10_000)));
        let read = read(upload.plan().body(Steps::data(frames), verifier()));
        let copied = read.frames.iter().filter(|frame| !here.contains(&(frame.as_ptr() as usize)));
        // Only crumbs at the edges.
        assert!(copied.map(Bytes::len).sum::<usize>() < 10_000, "{:?}", upload.mode);
        assert_eq!(read.whole().len(), 200_000);
    }
}

#[test]
fn trailers_come_out() {
    let mut trailers = HeaderMap::new();
    trailers.insert(NOTE, HeaderValue::from_static("so be it"));
    for mode in [ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer] {
        let options = ChunkedOptions::new(mode).with_trailer(NOTE, 8).unwrap();
        let mut headers = HeaderMap::new();
        let plan = ChunkedPlan::new(&options, Algorithm::V4, Some(5), &headers).unwrap();
        plan.apply(&mut headers).unwrap();
        let inner = Steps::data(["hello"]).then(Step::Trailers(trailers.clone()));
        let wire = read(plan.body(inner, signer())).whole();
        let body = DecodePlan::new(mode, &headers).unwrap().body(Steps::data([wire]), verifier());
        let read = read(body);
        let mut expected = trailers.clone();
        expected.insert(ChecksumAlgorithm::Crc32.header(), HeaderValue::from_static("NhCmhg=="));
        assert_eq!(read.trailers.as_ref(), Some(&expected));
        assert_eq!(read.whole(), b"hello");
    }
}

/// Receives `wire` in a mode, with the headers of a body of five bytes.
fn receive(mode: ChunkedMode, trailer: &'static str, wire: &str) -> Read {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", HeaderValue::from_static("5"));
    if !trailer.is_empty() {
        headers.insert("x-amz-trailer", HeaderValue::from_static(trailer));
    }
    let plan = DecodePlan::new(mode, &headers).unwrap();
    read(plan.body(Steps::data([wire.to_owned()]), verifier()))
}

#[test]
fn the_grammar_is_strict() {
    let unsigned = |wire: &str| receive(ChunkedMode::UnsignedTrailer, "x-amz-checksum-crc32", wire);
    let end = "0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    for right in ["5\r\nhello\r\n", "0000000000000005\r\nhello\r\n"] {
        assert_eq!(unsigned(&format!("{right}{end}")).whole(), b"hello");
    }
    let spaced = "5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg== \r\n\r\n";
    assert_eq!(unsigned(spaced).whole(), b"hello");

    for (wire, words) in [
        ("5\nhello\r\n", "does not end with CR LF"),
        ("5\r\nhello\n", "does not end with CR LF"),
        ("5\r\nhello0\r\n", "longer than it may be"),
        ("5\r\nhello\r0\r\n", "longer than it may be"),
        ("00000000000000005\r\nhello\r\n", "longer than it may be"),
        ("\r\n5\r\nhello\r\n", "not a size in hex"),
        (" 5\r\nhello\r\n", "not a size in hex"),
        ("+5\r\nhello\r\n", "not a size in hex"),
        ("0x5\r\nhello\r\n", "not a size in hex"),
        ("5;\r\nhello\r\n", "not a size in hex"),
        ("5;chunk\r\nhello\r\n", "not a size in hex"),
        ("g\r\nhello\r\n", "not a size in hex"),
        ("6\r\nhello!\r\n", "more data than the 5 bytes"),
        ("ffffffffffffffff\r\nhello", "more data than the 5 bytes"),
        ("4\r\nhell\r\n", "has 4 bytes of data"),
        ("2\r\nhe\r\n3\r\nllo\r\n", "a chunk that is not the last has 2 bytes, fewer than the 8192"),
    ] {
        let error = unsigned(&format!("{wire}{end}")).error();
        assert_eq!(error.kind(), ErrorKind::Verification);
        assert!(error.to_string().contains(words), "{wire:?}: {error}");
    }
    for (end, words) in [
        ("0\r\n\r\n", "x-amz-checksum-crc32 was announced and did not come"),
        ("0\r\nx-amz-checksum-crc32\r\n\r\n", "not of the form name:value"),
        ("0\r\n:NhCmhg==\r\n\r\n", "not of the form name:value"),
        ("0\r\nx-amz-checksum-crc32 :NhCmhg==\r\n\r\n", "not of the form name:value"),
        ("0\r\nx-amz-checksum-crc32:NhCm\rhg==\r\n\r\n", "not of the form name:value"),
        ("0\r\nx-amz-checksum-crc32:NhCmhh==\r\n\r\n", "x-amz-checksum-crc32 is not that of the data"),
        ("0\r\nx-amz-checksum-crc32:\r\n\r\n", "x-amz-checksum-crc32 is not that of the data"),
        ("0\r\nx-other:1\r\n\r\n", "does not announce"),
        ("0\r\nx-amz-trailer-signature:1\r\n\r\n", "does not announce"),
        (
            "0\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
            "x-amz-checksum-crc32 came twice",
        ),
    ] {
        let error = unsigned(&format!("5\r\nhello\r\n{end}")).error();
        assert!(error.to_string().contains(words), "{end:?}: {error}");
    }
    let long = format!("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{}", "N".repeat(9000));
    assert!(unsigned(&long).error().to_string().contains("longer than it may be"));
}

#[test]
fn a_signature_of_another_form_is_refused() {
    let upload = Upload::new(&ChunkedOptions::new(ChunkedMode::Signed), Bytes::from("hello"));
    let wire = String::from_utf8(upload.wire.clone()).unwrap();
    assert_eq!(upload.received().whole(), b"hello");
    let at = wire.find('=').unwrap() + 1;
    let signature = &wire[at..at + 64];
    for other in ["", &signature[..63], &signature.to_uppercase(), &"0".repeat(64), &format!("{signature}0")]
    {
        let read = upload.received_as(wire.replacen(signature, other, 1));
        assert!(read.frames.is_empty());
        assert_eq!(read.error().kind(), ErrorKind::Verification, "{other}");
    }
    // The last one, which no other follows.
    let last = &wire[wire.rfind('=').unwrap() + 1..][..64];
    assert_ne!(last, last.to_uppercase());
    let error = upload.received_as(wire.replacen(last, &last.to_uppercase(), 1)).error();
    assert!(error.to_string().contains("signature of a chunk"), "{error}");
    let unsigned = wire.replacen(&format!(";chunk-signature={signature}"), "", 1);
    assert!(upload.received_as(unsigned).error().to_string().contains("followed by its signature"));
    let extended = wire.replacen(signature, &format!("{signature};a=b"), 1);
    assert!(upload.received_as(extended).error.is_some());
}

#[test]
fn the_signature_of_the_trailers_is_needed() {
    let upload = Upload::new(&ChunkedOptions::new(ChunkedMode::SignedTrailer), Bytes::from("hello"));
    let wire = String::from_utf8(upload.wire.clone()).unwrap();
    let at = wire.find("x-amz-trailer-signature").unwrap();
    let without = format!("{}\r\n", &wire[..at]);
    let error = upload.received_as(without).error();
    assert_eq!(error.to_string(), "the signature of the trailers is missing");
    let after = format!("{}x-amz-checksum-crc32:NhCmhg==\r\n\r\n", &wire[..wire.len() - 2]);
    let error = upload.received_as(after).error();
    assert_eq!(error.to_string(), "a trailer follows the signature of the trailers");
    // A trailer with its right checksum, but not the one that was signed.
    let wrong = wire.replace("NhCmhg==", "AAAAAA==");
    let error = upload.received_as(wrong).error();
    assert_eq!(error.to_string(), "the signature of the trailers does not match them");
}

#[test]
fn a_checksum_in_the_headers_is_checked() {
    for (value, right) in [("NhCmhg==", true), ("NhCmhh==", false)] {
        let options = ChunkedOptions::new(ChunkedMode::Signed);
        let mut upload = Upload::new(&options, Bytes::from("hello"));
        upload.headers.insert(ChecksumAlgorithm::Crc32.header(), HeaderValue::from_static(value));
        let read = upload.received();
        assert_eq!(read.error.is_none(), right);
        assert_eq!(read.bytes().is_empty(), !right);
    }
}

#[test]
fn a_signed_chunk_over_the_limit_is_not_held() {
    let upload = Upload::new(&ChunkedOptions::new(ChunkedMode::Signed), noise(MIN_CHUNK_SIZE * 4));
    let plan = upload.plan().with_max_chunk_size(MIN_CHUNK_SIZE);
    // What follows the first line is never asked for.
    let body = Steps::data([upload.wire[..100].to_vec()]).then(Step::Error("asked for more"));
    let error = read(plan.body(body, verifier())).error();
    assert!(error.to_string().contains("32768 bytes, more than the 8192"), "{error}");
}

#[test]
fn an_error_midway_is_passed_on() {
    let upload = Upload::new(&ChunkedOptions::new(ChunkedMode::Signed), noise(100));
    let body = Steps::data([upload.wire[..50].to_vec()]).then(Step::Error("reset by peer"));
    let error = read(upload.plan().body(body, verifier())).error();
    assert_eq!(error.kind(), ErrorKind::Body);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "reset by peer");
}

#[test]
fn headers_that_do_not_fit_are_refused() {
    let headers = |pairs: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    };
    let (length, trailer) = ("x-amz-decoded-content-length", "x-amz-trailer");
    for (mode, pairs, words) in [
        (ChunkedMode::Signed, &[][..], length),
        (ChunkedMode::Signed, &[(length, "+5")], length),
        (ChunkedMode::Signed, &[(length, "5"), (length, "5")], length),
        (ChunkedMode::Signed, &[(length, "5"), (trailer, "x-a")], "x-amz-content-sha256 none"),
        (ChunkedMode::SignedTrailer, &[(length, "5")], "x-amz-trailer none"),
        (ChunkedMode::UnsignedTrailer, &[(length, "5"), (trailer, "")], "list of header names"),
        (ChunkedMode::UnsignedTrailer, &[(length, "5"), (trailer, "x-a,X-A")], "twice"),
        (ChunkedMode::SignedTrailer, &[(length, "5"), (trailer, "x-amz-trailer-signature")], "signature"),
    ] {
        let error = DecodePlan::new(mode, &headers(pairs)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verification);
        assert!(error.to_string().contains(words), "{pairs:?}: {error}");
    }
}

#[test]
fn the_headers_become_those_of_the_data() {
    for (coding, rest) in [
        ("aws-chunked", None),
        ("gzip,aws-chunked", Some("gzip")),
        ("AWS-Chunked, br, zstd", Some("br, zstd")),
    ] {
        let mut upload = Upload::new(&ChunkedOptions::new(ChunkedMode::SignedTrailer), Bytes::from("hello"));
        upload.headers.insert("content-encoding", HeaderValue::from_static(coding));
        let plan = upload.plan();
        assert_eq!(plan.decoded_length(), 5);
        plan.apply(&mut upload.headers);
        assert_eq!(upload.headers.get("content-encoding").map(|value| value.to_str().unwrap()), rest);
        assert_eq!(upload.headers["content-length"], "5");
        assert!(!upload.headers.contains_key("x-amz-trailer"));
        assert!(!upload.headers.contains_key("x-amz-decoded-content-length"));
    }
}
