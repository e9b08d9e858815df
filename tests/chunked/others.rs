//! Bodies as other clients write them, where they write them differently.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, DecodePlan};
use sigv4_core::signature::{Hex, SigningKey, sha256};

use crate::common::{Documented, Read, Step, Steps, Upload, chunked, noise, read, verifier};

const CRC32: &str = "x-amz-checksum-crc32:NhCmhg==\r\n";

/// Receives `wire` in frames of one byte, and in one: both must come to the same.
fn receive(plan: &DecodePlan, wire: &str) -> Read {
    let frames = wire.bytes().map(|byte| Bytes::copy_from_slice(&[byte]));
    let slowly = read(plan.clone().body(Steps::data(frames), verifier()));
    let at_once = read(plan.clone().body(Steps::data([wire.to_owned()]), verifier()));
    assert_eq!(slowly.error.is_some(), at_once.error.is_some(), "{wire:?}");
    at_once
}

/// What MinIO's client for Go sends, which S3 takes: each trailer ends with a line feed alone, and CR LF follows them all.
#[test]
fn trailers_that_end_with_a_line_feed() {
    let signed = Upload::new(&ChunkedOptions::new(ChunkedMode::SignedTrailer), Bytes::from("hello"));
    let unsigned = Upload::new(&ChunkedOptions::new(ChunkedMode::UnsignedTrailer), Bytes::from("hello"));
    for upload in [signed, unsigned] {
        let wire = String::from_utf8(upload.wire.clone()).unwrap();
        let loose = wire.replace(CRC32, "x-amz-checksum-crc32:NhCmhg==\n\r\n");
        assert_ne!(wire, loose);
        let received = receive(&upload.plan(), &loose);
        assert_eq!(received.trailers.as_ref().unwrap()["x-amz-checksum-crc32"], "NhCmhg==");
        assert_eq!(received.whole(), b"hello");

        for (spoilt, words) in [
            (loose.replace("NhCmhg", "NhCmhh"), "x-amz-checksum-crc32 is not that of the data"),
            (wire.replace(CRC32, "x-amz-checksum-crc32:NhCmhg==\n"), "ended before its last chunk"),
            (wire.replace(CRC32, "x-amz-checksum-crc32:NhCmhg==\n\n"), "not of the form name:value"),
            (format!("{loose}\r\n"), "bytes follow the end"),
            (loose.replace("hello\r\n", "hello\n"), "does not end with CR LF"),
            (loose.replacen("\r\n", "\n", 1), "does not end with CR LF"),
        ] {
            let refused = receive(&upload.plan(), &spoilt);
            assert!(refused.frames.is_empty(), "{spoilt:?}");
            let error = refused.error().to_string();
            // Of signed trailers their signature is found wrong before their checksum is.
            let signature = upload.mode.signs_chunks() && error.contains("signature of the trailers");
            assert!(error.contains(words) || signature, "{spoilt:?}: {error}");
        }
    }
}

/// Two of them, in one block; names in any case.
#[test]
fn several_trailers_that_end_with_a_line_feed() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", HeaderValue::from_static("5"));
    headers.append("x-amz-trailer", HeaderValue::from_static("X-Amz-Meta-Note, x-amz-checksum-crc32"));
    let plan = DecodePlan::new(ChunkedMode::UnsignedTrailer, &headers).unwrap();
    let end = "X-Amz-Checksum-Crc32:NhCmhg==\nx-amz-meta-note:so be it\n\r\n\r\n";
    assert_eq!(receive(&plan, &format!("5\r\nhello\r\n0\r\n{end}")).whole(), b"hello");
}

/// The string to sign of trailers, put together by hand: sorted by name, whatever their order on the wire.
#[test]
fn trailers_are_signed_in_the_order_of_their_names() {
    let note = HeaderName::from_static("x-amz-meta-zz");
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_trailer(note.clone(), 3).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert(note, HeaderValue::from_static("t v"));
    let body = Steps::data(["hello"]).then(Step::Trailers(trailers));
    let wire = String::from_utf8(read(chunked(&options, 5, body)).whole()).unwrap();

    let (chunks, end) = wire.split_once("\r\nx-amz-meta-zz:").unwrap();
    let previous = &chunks[chunks.len() - 64..];
    let canonical = format!("{}\nx-amz-meta-zz:t v\n", CRC32.trim_end());
    let example = Documented::new();
    let text = format!(
        "AWS4-HMAC-SHA256-TRAILER\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{previous}\n{}",
        Hex::of(&sha256(canonical.as_bytes()))
    );
    let secret = example.credentials.secret_access_key();
    let key = SigningKey::derive(secret, example.date.date(), "us-east-1", "s3");
    let signature = Hex::of(&key.sign(text.as_bytes()));
    assert_eq!(end, format!("t v\r\n{CRC32}x-amz-trailer-signature:{}\r\n\r\n", signature.as_str()));
}

/// What the AWS CRT's client for S3 sends: one chunk that is not signed, of any size.
#[test]
fn one_chunk_over_every_limit() {
    let data = noise(100_000);
    let options = ChunkedOptions::new(ChunkedMode::UnsignedTrailer).with_small_chunks(data.len()).unwrap();
    let upload = Upload::new(&options, data.clone());
    let plan = upload.plan().with_max_chunk_size(1000);
    assert!(read(plan.body(Steps::data([upload.wire.clone()]), verifier())).whole() == data);
}

/// A checksum that is there twice is checked twice.
#[test]
fn each_checksum_in_the_headers_is_checked() {
    let mut upload = Upload::new(&ChunkedOptions::new(ChunkedMode::Signed), Bytes::from("hello"));
    let name = ChecksumAlgorithm::Crc32.header();
    for (value, right) in [("NhCmhg==", true), ("NhCmhh==", false)] {
        upload.headers.append(name.clone(), HeaderValue::from_static(value));
        assert_eq!(upload.received().error.is_none(), right, "{value}");
    }
}
