//! S3, as two servers serve it.

use std::time::Duration;

use http::{Method, Request, StatusCode};

use crate::server::{Client, Server};

/// Keys as they stand in the URL: in the wire form, and in spellings that the signer has to bring into it.
const KEYS: [&str; 12] = [
    "plain.txt",
    "folder/with%20space/%C3%BC.txt",
    "%2B%28%29%27%2A%21%40%3D%26%3A%2C%3B%24",
    "raw+()'*!@=&:,;$",
    "%41lower%7ehex%c3%bc",
    "pipe%7Cand%5Bbrackets%5D~",
    "literal%252Fslash",
    "percent%25",
    "query%3Fmark%23hash",
    "%E6%97%A5%E6%9C%AC%E8%AA%9E",
    "plus%2Band%20space",
    "dots.in...name",
];

#[tokio::test]
async fn seaweedfs() {
    let Some(server) = Server::up("SEAWEEDFS") else { return };
    exercise(&server).await;
}

#[tokio::test]
async fn ministack() {
    let Some(server) = Server::up("MINISTACK") else { return };
    exercise(&server).await;
}

async fn exercise(server: &Server) {
    for client in server.clients("s3") {
        let bucket = format!("/live-{}", client.kind);
        assert_eq!(client.call(Method::PUT, &bucket, "").await.0, StatusCode::OK, "{}: create", client.kind);
        for key in KEYS {
            round_trip(&client, &format!("{bucket}/{key}")).await;
        }
        list(&client, &bucket).await;
        presigned(server, &client, &bucket).await;
        for key in KEYS {
            let (status, _) = client.call(Method::DELETE, &format!("{bucket}/{key}"), "").await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{}: delete {key}", client.kind);
        }
        let (status, _) = client.call(Method::GET, &format!("{bucket}/{}", KEYS[0]), "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}: deleted", client.kind);
    }
    for client in server.with_wrong_secret().clients("s3") {
        let (status, _) = client.call(Method::GET, "/live-hyper?list-type=2", "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}: a wrong secret", client.kind);
    }
}

async fn round_trip(client: &Client, path: &str) {
    let body = format!("the content of {path} by {}", client.kind);
    let (status, answer) = client.call(Method::PUT, path, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{}: put {path}: {}", client.kind, String::from_utf8_lossy(&answer));
    let (status, read) = client.call(Method::GET, path, "").await;
    assert_eq!((status, &read[..]), (StatusCode::OK, body.as_bytes()), "{}: get {path}", client.kind);
}

async fn list(client: &Client, bucket: &str) {
    let target = format!("{bucket}?prefix=&list-type=2&max-keys=100&encoding-type=url");
    let (status, listing) = client.call(Method::GET, &target, "").await;
    let listing = String::from_utf8_lossy(&listing);
    assert_eq!(status, StatusCode::OK, "{}: list: {listing}", client.kind);
    assert_eq!(listing.matches("<Key>").count(), KEYS.len(), "{}: {listing}", client.kind);
}

async fn presigned(server: &Server, client: &Client, bucket: &str) {
    let signer = server.signer("s3");
    let url = |method: Method, path: &str| {
        let request =
            Request::builder().method(method).uri(format!("{}{path}", client.endpoint)).body(()).unwrap();
        signer.presign(&request, Duration::from_secs(60)).unwrap().uri().unwrap()
    };
    // A key that exists already, so that the listing's count stays right.
    let path = format!("{bucket}/{}", KEYS[3]);
    let (status, answer) = client.open(Method::PUT, &url(Method::PUT, &path), "put by URL").await;
    assert_eq!(status, StatusCode::OK, "{}: {}", client.kind, String::from_utf8_lossy(&answer));
    let (status, read) = client.open(Method::GET, &url(Method::GET, &path), "").await;
    assert_eq!((status, &read[..]), (StatusCode::OK, &b"put by URL"[..]), "{}", client.kind);
    // The URL is good for its method alone.
    let (status, _) = client.open(Method::DELETE, &url(Method::GET, &path), "").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{}", client.kind);
}
