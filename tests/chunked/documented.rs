//! The worked examples of the S3 documentation: 65 KiB of the letter a, in chunks of 64 KiB.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use http_body_util::Full;
use sigv4_core::SignedHeaders;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkSigner, ChunkedMode, ChunkedOptions, ChunkedPlan};
use sigv4_core::request::{RequestView, sign};
use sigv4_core::signature::Algorithm;

use crate::common::{Documented, Read, read};

/// Sends the documented object, and gives the request's headers, its signature and its body.
fn send(options: &ChunkedOptions, also: &[&'static str]) -> (HeaderMap, String, Read) {
    let example = Documented::new();
    let mut signed_headers = SignedHeaders::standard();
    for name in also {
        signed_headers = signed_headers.also(HeaderName::from_static(name));
    }
    let mut params = example.params();
    params.signed_headers = &signed_headers;

    let mut headers = HeaderMap::new();
    headers.insert("x-amz-storage-class", "REDUCED_REDUNDANCY".parse().unwrap());
    let plan = ChunkedPlan::new(options, Algorithm::V4, Some(66_560), &headers).unwrap();
    let planned = plan.headers(&headers);
    let request = RequestView {
        method: "PUT",
        host: Some("s3.amazonaws.com"),
        sign_host: None,
        path: "/examplebucket/chunkObject.txt",
        query: "",
        headers: &planned,
    };
    let signature = sign(&request, &params, plan.payload(), None).unwrap();
    let seed = signature.signature().to_owned();
    let signer = ChunkSigner::new(&params, &seed).unwrap();
    plan.apply(&mut headers).unwrap();
    signature.apply(&mut headers).unwrap();
    let body = plan.body(Full::new(Bytes::from(vec![b'a'; 66_560])), signer);
    (headers, seed, read(body))
}

fn encoded(chunks: [&str; 3], end: &str) -> Vec<u8> {
    let [first, second, last] = chunks;
    let mut body = format!("10000;chunk-signature={first}\r\n").into_bytes();
    body.extend([b'a'; 65_536]);
    body.extend(format!("\r\n400;chunk-signature={second}\r\n").bytes());
    body.extend([b'a'; 1024]);
    body.extend(format!("\r\n0;chunk-signature={last}\r\n{end}\r\n").bytes());
    body
}

#[test]
fn chunks() {
    let options = ChunkedOptions::new(ChunkedMode::Signed);
    let (headers, seed, body) = send(&options, &["content-encoding", "content-length"]);
    assert_eq!(seed, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    assert_eq!(headers["content-length"], "66824");
    assert_eq!(headers["x-amz-decoded-content-length"], "66560");
    assert_eq!(headers["content-encoding"], "aws-chunked");
    assert_eq!(headers["x-amz-content-sha256"], "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    assert!(!headers.contains_key("x-amz-trailer"));
    let expected = encoded(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
        "",
    );
    assert_eq!(expected.len(), 66_824);
    assert!(body.whole() == expected);
}

#[test]
fn chunks_and_trailer() {
    let options = ChunkedOptions::new(ChunkedMode::SignedTrailer).with_checksum(ChecksumAlgorithm::Crc32c);
    let (headers, seed, body) = send(&options, &["content-encoding"]);
    assert_eq!(seed, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    assert_eq!(headers["x-amz-trailer"], "x-amz-checksum-crc32c");
    assert_eq!(headers["x-amz-content-sha256"], "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
    let expected = encoded(
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ],
        "x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    );
    assert_eq!(headers["content-length"], expected.len().to_string());
    assert!(body.whole() == expected);
}

#[test]
fn checksum_alone() {
    let options = ChunkedOptions::new(ChunkedMode::UnsignedTrailer).with_checksum(ChecksumAlgorithm::Crc32c);
    let (headers, _, body) = send(&options, &[]);
    assert_eq!(headers["x-amz-content-sha256"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let mut expected = b"10000\r\n".to_vec();
    expected.extend([b'a'; 65_536]);
    expected.extend(b"\r\n400\r\n");
    expected.extend([b'a'; 1024]);
    expected.extend(b"\r\n0\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n\r\n");
    assert_eq!(headers["content-length"], expected.len().to_string());
    assert!(body.whole() == expected);
}
