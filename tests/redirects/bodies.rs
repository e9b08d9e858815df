//! A body that a redirect drops takes along what was said of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::{FollowRedirects, SigV4Middleware};
use sha2::{Digest, Sha256};
use sigv4_core::flow::RedirectRules;
use sigv4_core::{PayloadMode, SignOptions, Signer};
use sigv4_tests::clients::plain_reqwest;
use sigv4_tests::plain::hex;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http::follow_redirect::policy::{PolicyExt, clone_body_fn};
use tower_sigv4::{BoxError, SignLayer, SignedRedirects};

use crate::servers::{fine, raw, redirect};
use crate::{CODES, credentials};

const BODY: &str = "hello";

/// Posts to S3, with redirects followed above the signer.
async fn post(client: &str, url: &str, headers: HeaderMap, options: SignOptions) -> StatusCode {
    let signer = Signer::new("s3", "us-east-2", credentials());
    if client == "reqwest" {
        let client = reqwest_middleware::ClientBuilder::new(plain_reqwest())
            .with(FollowRedirects::new(RedirectRules::new()))
            .with(SigV4Middleware::new(signer))
            .build();
        let request = client.post(url).headers(headers).with_extension(options).body(BODY);
        return request.send().await.unwrap().status();
    }
    let policy = SignedRedirects::new(RedirectRules::new())
        .and::<_, Full<Bytes>, BoxError>(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())));
    let service = ServiceBuilder::new()
        .layer(FollowRedirectLayer::with_policy(policy))
        .layer(SignLayer::new(signer))
        .service(Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());
    let mut request = Request::post(url).extension(options).body(Full::from(BODY)).unwrap();
    *request.headers_mut() = headers;
    service.oneshot(request).await.unwrap().status()
}

/// The hash of no bytes is signed then, however that of the first body was given.
#[tokio::test]
async fn a_hop_without_a_body_has_its_own_hash() {
    let digest: [u8; 32] = Sha256::digest(BODY).into();
    let (given, none) = (hex(&digest), hex(&Sha256::digest(b"")));
    let mut stated = HeaderMap::new();
    stated.insert("x-amz-content-sha256", given.parse().unwrap());
    stated.insert("content-md5", HeaderValue::from_static("XUFAKrxLKna5cZ2REBfFkg=="));
    let precomputed = SignOptions::new().payload(PayloadMode::Precomputed(digest));
    for client in ["reqwest", "tower"] {
        for code in CODES {
            for (headers, options) in
                [(stated.clone(), SignOptions::new()), (HeaderMap::new(), precomputed.clone())]
            {
                let (port, seen) = raw(None, move |request| match request.split(' ').nth(1) {
                    Some("/a") => redirect(code, "/b"),
                    // Nothing comes back on a further hop, either.
                    Some("/b") => redirect(307, "/c"),
                    _ => fine(),
                })
                .await;
                let has_md5 = !headers.is_empty();
                let url = format!("http://127.0.0.1:{port}/a");
                assert_eq!(post(client, &url, headers, options).await, 200, "{client} {code}");
                let seen = seen.lock().unwrap();
                assert_eq!(seen.len(), 3, "{client} {code}");
                for hop in 0..3 {
                    let kept = hop == 0 || matches!(code, 307 | 308);
                    let hash = format!("x-amz-content-sha256: {}\r\n", if kept { &given } else { &none });
                    assert!(seen[hop].contains(&hash), "{client} {code}: {}", seen[hop]);
                    let md5 = seen[hop].contains("content-md5");
                    assert_eq!(md5, kept && has_md5, "{client} {code}: {}", seen[hop]);
                    assert_eq!(seen[hop].ends_with(BODY), kept, "{client} {code}: {}", seen[hop]);
                }
            }
        }
    }
}
