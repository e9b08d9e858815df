//! Presigned URLs, as whoever was given one sends them.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use sigv4_core::{SignOptions, SignedHeaders};
use sigv4_tests::clients::{Client, Kind};

use crate::{expected, signer};

#[tokio::test]
async fn a_presigned_url_arrives_as_it_was_signed() {
    for kind in Kind::ALL {
        let server = kind.server().await;
        for (service, path, payload_hash) in [
            (
                "s3",
                "/bucket/a%20b/ü+(')//end?versionId=1&response-content-type=text%2Fplain",
                Some("UNSIGNED-PAYLOAD"),
            ),
            ("s3", "/bucket/key", Some("UNSIGNED-PAYLOAD")),
            ("execute-api", "/prod/%40connections/a%3D?b=2&a=1", None),
        ] {
            let signer = signer(service);
            let also = SignedHeaders::standard().also(http::header::IF_NONE_MATCH);
            let request = Request::put(format!("{}{path}", server.origin()))
                .header("x-amz-meta-a", "1")
                .header("if-none-match", "*")
                .header("content-type", "text/plain")
                .extension(SignOptions::new().signed_headers(also))
                .body(())
                .unwrap();
            let presigned = signer.presign(&request, Duration::from_secs(900)).unwrap();
            let names: Vec<_> = presigned.headers().keys().map(|name| name.as_str()).collect();
            assert_eq!(names.len(), 2, "content-type is not signed unless asked for: {names:?}");

            let mut request = Request::put(presigned.url()).body(Bytes::new()).unwrap();
            *request.headers_mut() = presigned.headers().clone();
            request.extensions_mut().insert(SignOptions::skip());
            let client = Client::new(kind, signer, &server, &server.origin()).await;
            assert_eq!(client.send(request).await.unwrap(), 200, "{kind:?}");
            let captured = server.take_one();
            assert_eq!(captured.header("x-amz-meta-a"), Some("1"));
            captured.assert_presigned(&expected(service), payload_hash);
        }
    }
}
