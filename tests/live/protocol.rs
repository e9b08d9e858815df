//! What goes beyond signing a request with SigV4: SigV4a, upload forms, tokens.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, StatusCode};
use sigv4_core::request::{PostForm, PostPolicy};
use sigv4_core::signature::RegionSet;
use sigv4_core::tokens::TokenSigner;
use sigv4_core::{Credentials, SignOptions};
use sigv4_examples::clients::SigningClient;

use crate::server::{Client, Server};

#[tokio::test]
async fn sigv4a() {
    let Some(server) = Server::up("MINISTACK") else { return };
    let clients = |server: &Server, service: &str| {
        let signer = server.signer(service).with_region_set(RegionSet::parse("us-east-1,eu-*").unwrap());
        SigningClient::KINDS.map(|kind| Client {
            kind,
            inner: SigningClient::new(kind, signer.clone()).unwrap(),
            endpoint: server.endpoint.clone(),
        })
    };
    for client in clients(&server, "s3") {
        let bucket = format!("/live-sigv4a-{}", client.kind);
        for (method, path, body) in [
            (Method::PUT, bucket.clone(), ""),
            (Method::PUT, format!("{bucket}/a%20key"), "signed for many regions"),
            (Method::GET, format!("{bucket}/a%20key"), ""),
        ] {
            let (status, answer) = client.call(method.clone(), &path, body).await;
            let answer = String::from_utf8_lossy(&answer);
            assert_eq!(status, StatusCode::OK, "{}: {method} {path}: {answer}", client.kind);
        }
    }
    for client in clients(&server, "sts") {
        let (status, answer) = client.call(Method::GET, CALLER_IDENTITY, "").await;
        assert_eq!(status, StatusCode::OK, "{}: {}", client.kind, String::from_utf8_lossy(&answer));
    }
    let wrong = server.with_wrong_secret();
    for client in clients(&wrong, "s3").into_iter().chain(clients(&wrong, "sts")) {
        let (status, answer) = client.call(Method::GET, CALLER_IDENTITY, "").await;
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(status, StatusCode::FORBIDDEN, "{}: a wrong secret: {answer}", client.kind);
    }
}

const CALLER_IDENTITY: &str = "/?Action=GetCallerIdentity&Version=2011-06-15";

#[tokio::test]
async fn post_form_to_seaweedfs() {
    let Some(server) = Server::up("SEAWEEDFS") else { return };
    upload_forms(&server).await;
}

#[tokio::test]
async fn post_form_to_ministack() {
    let Some(server) = Server::up("MINISTACK") else { return };
    upload_forms(&server).await;
}

/// Uploads by forms of one policy, right ones and ones that break it.
async fn upload_forms(server: &Server) {
    const BUCKET: &str = "live-post-policy";
    let client = server.clients("s3").last().unwrap();
    let (status, _) = client.call(Method::PUT, &format!("/{BUCKET}"), "").await;
    assert_eq!(status, StatusCode::OK);
    let form = |credentials: &Credentials| {
        PostPolicy::new(BUCKET, SystemTime::now() + Duration::from_secs(600))
            .starts_with("key", "user/")
            .starts_with("Content-Type", "text/")
            .content_length_range(1..=64)
            .sign(credentials, &server.region, SystemTime::now())
            .unwrap()
    };
    let wrong = server.with_wrong_secret().credentials;
    let (good, bad) = (form(&server.credentials), form(&wrong));
    let long = "x".repeat(65);
    for (what, form, key, content_type, file, accepted) in [
        ("a form", &good, "user/one.txt", "text/plain", "uploaded by a form", true),
        ("another key", &good, "other/one.txt", "text/plain", "refused", false),
        ("another type", &good, "user/two.txt", "image/png", "refused", false),
        ("a longer file", &good, "user/three.txt", "text/plain", &long, false),
        ("a wrong secret", &bad, "user/four.txt", "text/plain", "refused", false),
    ] {
        let (boundary, body) = multipart(form, &[("key", key), ("Content-Type", content_type)], file);
        let mut request = client.request(Method::POST, &format!("/{BUCKET}"), body);
        let header = format!("multipart/form-data; boundary={boundary}").parse().unwrap();
        request.headers_mut().insert(CONTENT_TYPE, header);
        request.extensions_mut().insert(SignOptions::skip());
        let (status, answer) = client.send(request).await;
        let answer = String::from_utf8_lossy(&answer);
        let (read, content) = client.call(Method::GET, &format!("/{BUCKET}/{key}"), "").await;
        if accepted {
            assert!(status.is_success(), "{what}: {status} {answer}");
            assert_eq!((read, &content[..]), (StatusCode::OK, file.as_bytes()), "{what}");
        } else {
            assert!(status.is_client_error(), "{what}: {status} {answer}");
            assert_eq!(read, StatusCode::NOT_FOUND, "{what}");
        }
    }
}

/// A form as a browser sends it: the file comes last.
fn multipart(form: &PostForm, filled_in: &[(&str, &str)], file: &str) -> (&'static str, Bytes) {
    const BOUNDARY: &str = "----a-boundary-that-no-field-holds";
    let mut body = String::new();
    for (name, value) in form.fields().chain(filled_in.iter().copied()) {
        body +=
            &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{file}\r\n--{BOUNDARY}--\r\n"
    );
    (BOUNDARY, body.into())
}

#[tokio::test]
async fn presigned_sts_token() {
    let Some(server) = Server::up("MINISTACK") else { return };
    let client = server.clients("sts").last().unwrap();
    for (credentials, expected) in [
        (&server.credentials, StatusCode::OK),
        (&server.with_wrong_secret().credentials, StatusCode::FORBIDDEN),
    ] {
        let tokens = TokenSigner::new(credentials, &server.region, SystemTime::now()).unwrap();
        // As whoever is handed the token: send it on, here to the server that stands in for STS.
        let (host, target) = {
            let token = tokens.sts_caller_identity().unwrap();
            let (host, target) = token.as_str().strip_prefix("https://").unwrap().split_once('/').unwrap();
            (host.to_owned(), format!("/{target}"))
        };
        let mut request = client.request(Method::GET, &target, "");
        request.headers_mut().insert(HOST, host.parse().unwrap());
        request.extensions_mut().insert(SignOptions::skip());
        let (status, answer) = client.send(request).await;
        assert_eq!(status, expected, "presigned: {}", String::from_utf8_lossy(&answer));

        let login: Request<&str> =
            tokens.sts_caller_identity_request(HeaderMap::new()).unwrap().into_request();
        let mut request = client.request(Method::POST, "/", *login.body());
        request.headers_mut().extend(login.headers().clone());
        request.extensions_mut().insert(SignOptions::skip());
        let (status, answer) = client.send(request).await;
        assert_eq!(status, expected, "posted: {}", String::from_utf8_lossy(&answer));
    }
}
