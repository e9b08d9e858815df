//! What a chunked body does to the headers of its request.

use http::HeaderMap;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions, ChunkedPlan};
use sigv4_core::flow::{BodyShape, PayloadPlan};
use sigv4_core::request::HeaderView;
use sigv4_core::signature::Algorithm;
use sigv4_core::{Error, ErrorKind, PayloadMode, Signer};

use crate::common::Documented;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn plan(options: &ChunkedOptions, length: Option<u64>, headers: &HeaderMap) -> Result<ChunkedPlan, Error> {
    ChunkedPlan::new(options, Algorithm::V4, length, headers)
}

/// The headers after a plan, and as they were seen before by the signer: both sorted, and the same.
fn applied(options: &ChunkedOptions, length: Option<u64>, before: &HeaderMap) -> Result<Vec<String>, Error> {
    let planned = plan(options, length, before)?;
    let mut seen = Vec::new();
    planned
        .headers(before)
        .each(|name, value| seen.push(format!("{name}: {}", String::from_utf8_lossy(value))));
    seen.sort();
    let mut after = before.clone();
    planned.apply(&mut after)?;
    let mut list: Vec<String> =
        after.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    list.sort();
    assert_eq!(list, seen);
    assert_eq!(planned.encoded_length().is_some(), after.contains_key("content-length"));
    Ok(list)
}

#[test]
fn sets_what_is_due() {
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer);
    let before = headers(&[
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("content-type", "text/plain"),
        ("transfer-encoding", "chunked"),
    ]);
    assert_eq!(
        applied(&options, Some(3), &before).unwrap(),
        [
            "content-encoding: gzip,br,aws-chunked",
            "content-length: 296",
            "content-type: text/plain",
            "x-amz-decoded-content-length: 3",
            "x-amz-trailer: x-amz-checksum-crc32",
        ]
    );
}

#[test]
fn a_length_is_not_kept_where_that_of_the_whole_is_not_known() {
    let note = http::HeaderName::from_static("x-amz-meta-note");
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_trailer(note, None).unwrap();
    // That of the data: with it, a client would cut the chunks off.
    let before = headers(&[("content-length", "3")]);
    assert_eq!(
        applied(&options, Some(3), &before).unwrap(),
        [
            "content-encoding: aws-chunked",
            "x-amz-decoded-content-length: 3",
            "x-amz-trailer: x-amz-meta-note,x-amz-checksum-crc32",
        ]
    );
}

/// A mode that a signer has for all of its requests gives no body to those that have none.
#[test]
fn a_request_without_a_body_gets_no_chunks() {
    let options = ChunkedOptions::new(ChunkedMode::UnsignedTrailer);
    let signer = Signer::new("s3", "us-east-1", Documented::new().credentials)
        .with_payload(PayloadMode::Chunked(options.clone()));
    for (method, shape, planned) in [
        ("GET", BodyShape::Empty, PayloadPlan::Empty),
        ("HEAD", BodyShape::Empty, PayloadPlan::Empty),
        ("DELETE", BodyShape::Empty, PayloadPlan::Empty),
        ("PUT", BodyShape::Empty, PayloadPlan::Chunked(options.clone())),
        ("PUT", BodyShape::Stream(Some(7)), PayloadPlan::Chunked(options.clone())),
        ("DELETE", BodyShape::InMemory(7), PayloadPlan::Chunked(options.clone())),
    ] {
        let request = http::Request::builder().method(method).uri("http://localhost/bucket/key");
        let request = request.body(()).unwrap();
        assert_eq!(signer.plan(&request, shape, true).unwrap(), planned, "{method} {shape:?}");
    }
}

#[test]
fn codings_are_kept() {
    let options = ChunkedOptions::new(ChunkedMode::Signed);
    for (codings, expected) in [
        (&[][..], "aws-chunked"),
        (&["gzip, br"], "gzip, br,aws-chunked"),
        (&["gzip, AWS-Chunked"], "gzip, AWS-Chunked"),
        (&["gzip", "aws-chunked"], "gzip,aws-chunked"),
    ] {
        let before: Vec<_> = codings.iter().map(|coding| ("content-encoding", *coding)).collect();
        let lines = applied(&options, Some(3), &headers(&before)).unwrap();
        assert_eq!(lines[0], format!("content-encoding: {expected}"));
    }
}

#[test]
fn planned_twice_is_planned_once() {
    let options = ChunkedOptions::new(ChunkedMode::UnsignedTrailer);
    let mut once = HeaderMap::new();
    plan(&options, Some(1000), &once).unwrap().apply(&mut once).unwrap();
    let mut twice = once.clone();
    plan(&options, Some(1000), &once).unwrap().apply(&mut twice).unwrap();
    assert_eq!(once, twice);
    // The length that is announced as decoded tells the length of a body that does not.
    let planned = plan(&options, None, &once).unwrap();
    assert_eq!(planned.decoded_length(), 1000);
}

#[test]
fn the_length_comes_from_the_body_or_a_header() {
    let options = ChunkedOptions::new(ChunkedMode::Signed);
    let length = |length, pairs: &[(&'static str, &'static str)]| {
        plan(&options, length, &headers(pairs)).map(|plan| plan.decoded_length())
    };
    assert_eq!(length(Some(7), &[]).unwrap(), 7);
    assert_eq!(length(None, &[("content-length", "7")]).unwrap(), 7);
    assert_eq!(length(Some(7), &[("content-length", "7")]).unwrap(), 7);
    assert_eq!(length(None, &[("x-amz-decoded-content-length", "7")]).unwrap(), 7);

    let error = length(None, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payload);
    for option in ["size hint", "content-length", "buffer"] {
        assert!(error.to_string().contains(option), "{error}");
    }
    for (known, name, value) in [
        (Some(7), "content-length", "8"),
        (Some(7), "x-amz-decoded-content-length", "8"),
        (Some(7), "content-length", "x"),
        (Some(7), "content-length", "+7"),
        (None, "content-length", ""),
        (None, "x-amz-decoded-content-length", "-1"),
    ] {
        let error = length(known, &[(name, value)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Header, "{name}: {value}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let twice = length(None, &[("content-length", "7"), ("content-length", "7")]).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Header);
    assert_eq!(length(Some(u64::MAX), &[]).unwrap_err().kind(), ErrorKind::Payload);
}

#[test]
fn a_checksum_in_the_headers_is_honoured() {
    let crc = ChecksumAlgorithm::Crc32;
    let before = headers(&[("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00=")]);
    let signed = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_checksum(crc);
    let planned = plan(&signed, Some(5), &before).unwrap();
    assert_eq!(planned.mode(), ChunkedMode::Signed);
    assert!(!applied(&signed, Some(5), &before).unwrap().iter().any(|line| line.contains("crc32")));

    let unsigned = ChunkedOptions::new(ChunkedMode::UnsignedTrailer);
    let error = plan(&unsigned, Some(5), &before).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payload);

    let given = ChunkedOptions::new(ChunkedMode::Signed).with_checksum_value(crc, "NhCmhg==").unwrap();
    let lines = applied(&given, Some(5), &HeaderMap::new()).unwrap();
    assert!(lines.contains(&"x-amz-checksum-crc32: NhCmhg==".to_owned()), "{lines:?}");
    let error = plan(&given, Some(5), &before).unwrap_err();
    assert!(error.to_string().contains("x-amz-checksum-sha1"), "{error}");
}

#[test]
fn options_that_cannot_be_are_refused() {
    let signed = || ChunkedOptions::new(ChunkedMode::Signed);
    let name = || http::HeaderName::from_static("x-amz-meta-a");
    let refused = [
        (signed().with_chunk_size(8191).unwrap_err(), "8191 bytes is under S3's minimum of 8192"),
        (signed().with_small_chunks(0).unwrap_err(), "0"),
        (signed().with_checksum_value(ChecksumAlgorithm::Crc32, "NhCmhg").unwrap_err(), "crc32"),
        (signed().with_checksum_value(ChecksumAlgorithm::Sha1, "NhCmhg==").unwrap_err(), "20 bytes"),
        (signed().with_trailer(name(), 1).unwrap().with_trailer(name(), 2).unwrap_err(), "x-amz-meta-a"),
        (
            signed().with_trailer(http::HeaderName::from_static("x-amz-trailer-signature"), 64).unwrap_err(),
            "x-amz-trailer-signature",
        ),
        (
            plan(&signed().with_trailer(name(), 1).unwrap(), Some(1), &HeaderMap::new()).unwrap_err(),
            "x-amz-meta-a",
        ),
        (
            plan(&signed().with_checksum(ChecksumAlgorithm::Crc32), Some(1), &HeaderMap::new()).unwrap_err(),
            "crc32",
        ),
        (
            plan(
                &ChunkedOptions::new(ChunkedMode::SignedTrailer)
                    .with_trailer(ChecksumAlgorithm::Crc32.header(), 8)
                    .unwrap()
                    .with_checksum(ChecksumAlgorithm::Crc32),
                Some(1),
                &HeaderMap::new(),
            )
            .unwrap_err(),
            "x-amz-checksum-crc32 is announced",
        ),
    ];
    for (error, word) in refused {
        assert_eq!(error.kind(), ErrorKind::Option, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let before = headers(&[("x-amz-trailer", "x-amz-checksum-crc32, X-Other")]);
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer);
    let error = plan(&options, Some(1), &before).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    assert!(error.to_string().contains("\"X-Other\""), "{error}");
}
