//! The decoder of chunked bodies: no input makes it panic, hang, or hand out more than it was told of.
//!
//! The first two bytes choose the mode and how the rest is cut into frames. What the decoder accepts without a
//! signature is compared with what an encoder makes of the same data.
#![no_main]

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use libfuzzer_sys::fuzz_target;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkVerifier, ChunkedMode, DecodePlan};
use sigv4_core::clock::AmzDate;
use sigv4_core::signature::{CredentialScope, SigningKey};

/// What the head announces, in bytes.
const ANNOUNCED: u64 = 5;

struct Frames(Bytes, usize);

impl Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let size = self.1.min(self.0.len());
        Poll::Ready((size > 0).then(|| Ok(Frame::data(self.0.split_to(size)))))
    }
}

fuzz_target!(|input: &[u8]| {
    let [mode, size, wire @ ..] = input else { return };
    let mode = match mode % 3 {
        0 => ChunkedMode::Signed,
        1 => ChunkedMode::SignedTrailer,
        _ => ChunkedMode::UnsignedTrailer,
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", ANNOUNCED.into());
    if mode.has_trailer() {
        headers.insert("x-amz-trailer", HeaderValue::from_static("x-amz-checksum-crc32"));
    }
    let date = AmzDate::parse("20130524T000000Z").expect("a date");
    let scope = CredentialScope::new(&date, "us-east-1", "s3");
    let key = SigningKey::derive("secret", date.date(), "us-east-1", "s3");
    let verifier = ChunkVerifier::new(key, &date, scope, "");
    let plan = DecodePlan::new(mode, &headers).expect("headers that fit").with_min_chunk_size(0);
    let frames = Frames(Bytes::copy_from_slice(wire), usize::from(*size).max(1));
    let mut body = pin!(plan.body(frames, verifier));

    let (mut data, mut failed) = (Vec::new(), false);
    let mut polls = 0;
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop())) {
        polls += 1;
        assert!(polls <= wire.len() + 2, "more frames than bytes");
        match frame {
            Ok(frame) => data.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(_) => {
                failed = true;
                break;
            }
        }
    }
    if failed {
        assert!((data.len() as u64) < ANNOUNCED, "all data was handed out, and then an error");
    } else {
        assert_eq!(data.len() as u64, ANNOUNCED);
        assert!(!mode.signs_chunks(), "nobody signed this");
        // Accepted: then the right checksum is in the trailer.
        let checksum = ChecksumAlgorithm::Crc32.checksum(&data);
        assert!(wire.windows(checksum.len()).any(|window| window == checksum.as_bytes()));
    }
});
