//! Bodies and headers.

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderValue, Method, Request};
use http_body_util::StreamBody;
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest, Sha256};
use sigv4_core::{PayloadMode, SignOptions};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::{Client, Kind, reqwest_builder};
use sigv4_tests::plain::hex;

use crate::{Wire, expected, signer};

#[tokio::test]
async fn bodies_are_covered_as_they_arrive() {
    for kind in Kind::ALL {
        for (service, method) in [("s3", Method::PUT), ("execute-api", Method::POST), ("es", Method::GET)] {
            let request = |request: Builder| {
                request.method(method).header("content-type", "application/json").header("x-amz-meta-a", "1")
            };
            let wire = Wire::new(kind, service).await;
            let captured = wire.arrived("/a/b", request, b"{\"name\":\"reinvent\"}").await;
            assert_eq!(captured.body, b"{\"name\":\"reinvent\"}", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_upload_says_that_it_is_empty() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "s3").await;
        for method in [Method::PUT, Method::POST, Method::PATCH] {
            let captured = wire.arrived("/bucket/empty", |request| request.method(&method), b"").await;
            assert_eq!(captured.header("content-length"), Some("0"), "{kind:?} {method}");
        }
        for method in [Method::GET, Method::DELETE, Method::HEAD] {
            let captured = wire.arrived("/bucket/none", |request| request.method(&method), b"").await;
            assert_eq!(captured.header("content-length"), None, "{kind:?} {method}");
        }
    }
}

#[tokio::test]
async fn payloads_as_the_options_ask() {
    let digest: [u8; 32] = Sha256::digest(b"data").into();
    let stated = hex(&digest);
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "s3").await;
        for (mode, stated) in [
            (PayloadMode::Unsigned, "UNSIGNED-PAYLOAD"),
            (PayloadMode::Precomputed(digest), stated.as_str()),
            (PayloadMode::Signed, stated.as_str()),
        ] {
            let options = SignOptions::new().payload(mode);
            let request = |request: Builder| request.method(Method::PUT).extension(options);
            let captured = wire.arrived("/bucket/key", request, b"data").await;
            assert_eq!(captured.header("x-amz-content-sha256"), Some(stated), "{kind:?}");
        }
    }
}

/// The caller's own `x-amz-content-sha256` is signed, and nothing else is put in its place.
#[tokio::test]
async fn the_callers_own_payload_hash() {
    for kind in Kind::ALL {
        for service in ["s3", "execute-api"] {
            let request = |request: Builder| {
                request.method(Method::PUT).header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
            };
            let captured = Wire::new(kind, service).await.arrived("/key", request, b"data").await;
            assert_eq!(captured.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn repeated_empty_and_odd_headers() {
    for kind in Kind::ALL {
        let request = |request: Builder| {
            request
                .header("x-amz-meta-a", "1")
                .header("x-amz-meta-b", "")
                .header("x-amz-meta-a", "  two   words ")
                .header("x-amz-meta-a", "\"a   b\"")
                .header("x-amz-meta-c", HeaderValue::from_bytes("ü日".as_bytes()).unwrap())
                .header("user-agent", "not signed")
                .header("x-amzn-trace-id", "Root=1")
        };
        let captured = Wire::new(kind, "execute-api").await.arrived("/", request, b"").await;
        let repeated = captured.headers.iter().filter(|(name, _)| name == "x-amz-meta-a").count();
        assert_eq!(repeated, 3, "{kind:?}");
    }
}

/// All but hyper-util's client over HTTP/2, which says what it dials in `:authority`, beside any `host`.
const OTHER_HOSTS: [Kind; 6] = [
    Kind::Reqwest,
    Kind::ReqwestByHand,
    Kind::TowerReqwest,
    Kind::Hyper1,
    Kind::Connection1,
    Kind::Connection2,
];

#[tokio::test]
async fn a_host_of_the_callers_own() {
    for kind in OTHER_HOSTS {
        let request = |request: Builder| request.header("host", "bucket.example.com");
        let captured = Wire::new(kind, "s3").await.arrived("/key", request, b"").await;
        assert_eq!(captured.header("host"), Some("bucket.example.com"), "{kind:?}");
    }
}

/// A tunnel or a VPC endpoint: another host is dialled than the one that the service knows itself by.
#[tokio::test]
async fn a_host_to_sign_that_is_not_dialled() {
    for kind in OTHER_HOSTS {
        let options = SignOptions::new().sign_host("bucket.s3.us-east-1.amazonaws.com:8443");
        let request = |request: Builder| request.extension(options);
        let captured = Wire::new(kind, "s3").await.arrived("/key", request, b"").await;
        assert_eq!(captured.header("host"), Some("bucket.s3.us-east-1.amazonaws.com:8443"), "{kind:?}");
    }
}

/// A connection knows its origin: requests may name the path alone, and hosts in any case.
#[tokio::test]
async fn connections_fill_in_their_origin() {
    for kind in [Kind::Connection1, Kind::Connection2] {
        let server = kind.server().await;
        let port = server.address().port();
        let origin = format!("http://localhost:{port}");
        let client = Client::new(kind, signer("s3"), &server, &origin).await;
        for uri in
            ["/a/b?c", &format!("http://localhost:{port}/a/b?c"), &format!("http://LocalHost:{port}/a/b?c")]
        {
            client.send(Request::get(uri).body(Bytes::new()).unwrap()).await.unwrap();
            let captured = server.take_one();
            assert_eq!(captured.target, "/a/b?c", "{kind:?} {uri}");
            assert!(captured.header("host").unwrap().eq_ignore_ascii_case(&format!("localhost:{port}")));
            captured.assert_signed(&expected("s3"));
        }
        // The same host over TLS is another origin, too: what only TLS protects must not go out here.
        for elsewhere in ["http://example.com", &format!("https://localhost:{port}")] {
            let request = Request::get(format!("{elsewhere}/")).body(Bytes::new()).unwrap();
            let error = client.send(request).await.unwrap_err();
            let error = sigv4_core::Error::find(&*error).unwrap();
            assert_eq!(error.kind(), sigv4_core::ErrorKind::Origin);
            let expected = format!("the request is for {elsewhere}, and the connection goes to {origin}");
            assert_eq!(error.to_string(), expected);
            assert_eq!(server.take().len(), 0);
        }
    }
}

/// A stream of unknown length is read whole, and its hash signed.
#[tokio::test]
async fn streams_are_buffered_and_hashed() {
    fn frames() -> impl futures_lite::Stream<Item = Result<http_body::Frame<Bytes>, std::io::Error>> + Send {
        let frames = ["one ", "", "two ", "three"].map(|data| Ok(http_body::Frame::data(Bytes::from(data))));
        futures_lite::stream::iter(frames)
    }
    fn check(server: &Server) {
        let captured = server.take_one();
        assert_eq!(captured.body, b"one two three");
        assert_eq!(captured.header("content-length"), Some("13"));
        captured.assert_signed(&expected("execute-api"));
    }

    let server = Server::http1(&[200]).await;
    let url = format!("{}/prod", server.origin());

    let client = HyperClient::builder(TokioExecutor::new()).build_http::<SignedBody<_>>();
    let client = SigV4Client::new(signer("execute-api"), client);
    let body = StreamBody::new(Box::pin(frames()));
    client.request(Request::post(&url).body(body).unwrap()).await.unwrap();
    check(&server);

    let client = Client::new(Kind::Reqwest, signer("execute-api"), &server, &url).await;
    let Client::Reqwest(client) = client else { unreachable!() };
    let body = reqwest::Body::wrap(StreamBody::new(Box::pin(frames())));
    client.post(&url).body(body).send().await.unwrap();
    check(&server);
}

/// What the client below adds by itself is told to the signer, and signed.
#[tokio::test]
async fn default_headers_that_the_signer_is_told_of() {
    let mut defaults = http::HeaderMap::new();
    defaults.insert("x-amz-request-payer", HeaderValue::from_static("requester"));
    defaults.append("x-amz-meta-team", HeaderValue::from_static("a"));
    let server = Server::http1(&[200]).await;
    let client = reqwest_builder().default_headers(defaults.clone()).build().unwrap();
    let client = reqwest_middleware::ClientBuilder::new(client)
        .with(reqwest_sigv4::SigV4Middleware::new(signer("s3").with_default_headers(defaults)))
        .build();
    let url = format!("{}/bucket/key", server.origin());
    client.get(&url).send().await.unwrap();
    let captured = server.take_one();
    assert_eq!(captured.header("x-amz-request-payer"), Some("requester"));
    captured.assert_signed(&expected("s3"));
    // The request's own value stands.
    client.get(&url).header("x-amz-meta-team", "b").send().await.unwrap();
    let captured = server.take_one();
    assert_eq!(captured.header("x-amz-meta-team"), Some("b"));
    captured.assert_signed(&expected("s3"));
}
