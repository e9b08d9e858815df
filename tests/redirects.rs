//! Redirects over real sockets: what the second server gets to see.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sigv4_core::flow::{Elsewhere, RedirectRules};
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, Signer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http::follow_redirect::policy::{PolicyExt, clone_body_fn};
use tower_sigv4::{BoxError, SignLayer, SignedRedirects};

const SCOPE: (&str, &str) = ("execute-api", "us-east-2");
const CODES: [u16; 5] = [301, 302, 303, 307, 308];

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret").unwrap().with_session_token("the-token").unwrap()
}

/// A server that keeps the bytes of each request, and answers with what `respond` writes.
async fn raw_server(respond: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let record = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            let whole = loop {
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let length =
                    text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let complete =
                    text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0));
                if complete || read == 0 {
                    break text;
                }
            };
            let answer = respond(&whole);
            record.lock().unwrap().push(whole);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (endpoint, seen)
}

fn redirect(code: u16, to: &str) -> String {
    format!("HTTP/1.1 {code} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

async fn verifying_server() -> String {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let verifier = Verifier::new(SCOPE.0, SCOPE.1, known);
    format!("http://{}", sigv4_examples::server::serve(verifier).await.unwrap())
}

/// Posts through reqwest and through tower over hyper, with redirects followed by `rules`.
async fn post(client: &str, url: &str, rules: RedirectRules) -> Result<StatusCode, ErrorKind> {
    let signer = Signer::new(SCOPE.0, SCOPE.1, credentials());
    if client == "reqwest" {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = reqwest_sigv4::harden(reqwest::Client::builder()).build().unwrap();
        let client = reqwest_middleware::ClientBuilder::new(plain)
            .with(reqwest_sigv4::FollowRedirects::new(rules))
            .with(reqwest_sigv4::SigV4Middleware::new(signer))
            .build();
        let sent =
            client.post(url).header("x-amz-meta-key", "for the first server").body("hello").send().await;
        return sent
            .map(|response| response.status())
            .map_err(|error| Error::find(&error).expect("ours").kind());
    }
    let policy = SignedRedirects::new(rules)
        .and::<_, Full<Bytes>, BoxError>(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())));
    let service = ServiceBuilder::new()
        .layer(FollowRedirectLayer::with_policy(policy))
        .layer(SignLayer::new(signer))
        .service(Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());
    let request =
        Request::post(url).header("x-amz-meta-key", "for the first server").body(Full::from("hello"));
    let sent = service.oneshot(request.unwrap()).await;
    sent.map(|response| response.status()).map_err(|error| Error::find(&*error).expect("ours").kind())
}

#[tokio::test]
async fn nothing_goes_to_an_origin_that_is_not_allowed() {
    for client in ["reqwest", "tower"] {
        for code in CODES {
            let (second, seen) = raw_server(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into()).await;
            let to = format!("{second}/b");
            let (first, _) = raw_server(move |_| redirect(code, &to)).await;
            let refused = post(client, &format!("{first}/a"), RedirectRules::new()).await;
            assert_eq!(refused, Err(ErrorKind::Redirect), "{client} {code}");
            assert!(seen.lock().unwrap().is_empty(), "{client} {code}");
        }
    }
}

#[tokio::test]
async fn unsigned_hops_carry_nothing_made_for_the_first_server() {
    for client in ["reqwest", "tower"] {
        for code in CODES {
            let (second, seen) =
                raw_server(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into())
                    .await;
            let to = format!("{second}/b");
            let (first, at_first) = raw_server(move |_| redirect(code, &to)).await;
            let rules = RedirectRules::new().with_elsewhere(Elsewhere::Unsigned);
            assert_eq!(
                post(client, &format!("{first}/a"), rules).await,
                Ok(StatusCode::OK),
                "{client} {code}"
            );
            let (at_first, at_second) = (at_first.lock().unwrap().concat(), seen.lock().unwrap().concat());
            assert!(at_first.contains("the-token") && at_first.contains("AWS4-HMAC-SHA256"), "{at_first}");
            for secret in ["the-token", "AWS4", "x-amz-", "authorization", "referer", "first server"] {
                assert!(
                    !at_second.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()),
                    "{client}: {at_second}"
                );
            }
            let kept = matches!(code, 307 | 308);
            let line = if kept { "POST /b HTTP/1.1" } else { "GET /b HTTP/1.1" };
            assert!(at_second.starts_with(line), "{client} {code}: {at_second}");
            assert_eq!(at_second.ends_with("hello"), kept, "{client} {code}: {at_second}");
        }
    }
}

#[tokio::test]
async fn allowed_hops_are_signed_for_their_own_origin() {
    for client in ["reqwest", "tower"] {
        for code in CODES {
            let second = verifying_server().await;
            let to = format!("{second}/b?c=d");
            let (first, _) = raw_server(move |_| redirect(code, &to)).await;
            let rules = RedirectRules::new().with_allowed_origins([second.parse().unwrap()]);
            assert_eq!(
                post(client, &format!("{first}/a"), rules).await,
                Ok(StatusCode::OK),
                "{client} {code}"
            );
        }
    }
}

#[tokio::test]
async fn a_hop_within_the_origin_has_a_signature_of_its_own() {
    for client in ["reqwest", "tower"] {
        let (server, seen) = raw_server(|request| match request.starts_with("POST /a") {
            true => redirect(308, "/b"),
            false => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(),
        })
        .await;
        assert_eq!(post(client, &format!("{server}/a"), RedirectRules::new()).await, Ok(StatusCode::OK));
        let seen = seen.lock().unwrap();
        let signature =
            |request: &str| request.split_once("Signature=").map(|(_, rest)| rest[..64].to_owned());
        assert_eq!(seen.len(), 2, "{client}");
        assert!(seen[1].starts_with("POST /b"), "{client}: {}", seen[1]);
        assert!(signature(&seen[0]).is_some() && signature(&seen[1]).is_some(), "{client}");
        assert_ne!(signature(&seen[0]), signature(&seen[1]), "{client}");
    }
}
