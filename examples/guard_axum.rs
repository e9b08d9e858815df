//! Guards an axum app: whoever calls it signs, and what does not verify never reaches a handler.
//!
//! ```sh
//! cargo run --example guard_axum                     # calls itself: signed, unsigned, tampered with
//! cargo run --example guard_axum -- 127.0.0.1:3000   # serves until it is stopped
//! ```
#![allow(clippy::print_stdout)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::StatusCode;
use sigv4_core::verify::{CredentialMap, Verified, Verifier};
use sigv4_core::{Payload, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::requests::{EXECUTE_API as SCOPE, add_event};
use sigv4_examples::{Failure, arguments, example_credentials, text};
use tokio::net::TcpListener;
use tower_sigv4::VerifyLayer;

/// A free port.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The app: `/health` is for everybody, all else for those who sign.
fn app() -> Result<Router, Failure> {
    // In an application, an implementation of `FindCredentials` looks keys up by their id.
    let known: CredentialMap = [example_credentials()?].into_iter().collect();
    let guard = VerifyLayer::new(Verifier::new(SCOPE.0, SCOPE.1, known)).with_body_limit(1024 * 1024);
    Ok(Router::new()
        .route("/prod/events/add-event", post(add))
        .layer(guard.with_body_type::<Body>())
        // Routes that are added below a layer are not guarded by it.
        .route("/health", get(async || "up\n")))
}

/// Handlers get who signed as an extension, and a body that is the one that was signed.
async fn add(Extension(signed): Extension<Verified>, body: Bytes) -> String {
    format!("{} added {} bytes\n", signed.access_key_id(), body.len())
}

async fn serve(address: SocketAddr) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let app = app()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// What the app answers to a request that is signed, one that is not, one that was changed on its way, and a free one.
async fn calls(endpoint: &str) -> Result<Vec<(StatusCode, String)>, Failure> {
    let signer = Signer::new(SCOPE.0, SCOPE.1, example_credentials()?);
    let signing = SigningClient::new("hyper", signer.clone())?;
    let mut answers = Vec::new();

    let answer = signing.send(add_event(endpoint)?).await?;
    answers.push((answer.status(), text(answer).await?));

    let mut unsigned = add_event(endpoint)?;
    unsigned.extensions_mut().insert(SignOptions::skip());
    let answer = signing.send(unsigned).await?;
    answers.push((answer.status(), text(answer).await?));

    let mut changed = add_event(endpoint)?;
    signer.sign(&mut changed, Payload::bytes(b"{}"))?;
    changed.headers_mut().insert("content-type", "text/plain".parse()?);
    changed.extensions_mut().insert(SignOptions::skip());
    let answer = signing.send(changed).await?;
    answers.push((answer.status(), text(answer).await?));

    let mut free = http::Request::get(format!("{endpoint}/health")).body(RequestBody::EMPTY)?;
    free.extensions_mut().insert(SignOptions::skip());
    let answer = signing.send(free).await?;
    answers.push((answer.status(), text(answer).await?));
    Ok(answers)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let asked = arguments("guard_axum [ADDRESS:PORT]", |words| match words {
        [] => Some(None),
        [address] => address.parse().ok().map(Some),
        _ => None,
    });
    if let Some(address) = asked {
        println!("serving on http://{}", serve(address).await?);
        std::future::pending::<()>().await;
    }
    let endpoint = format!("http://{}", serve(LOOPBACK).await?);
    for (status, text) in calls(&endpoint).await? {
        println!("{status}  {}", text.trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_verifies_reaches_a_handler() -> Result<(), Failure> {
        let endpoint = format!("http://{}", serve(LOOPBACK).await?);
        let answers = calls(&endpoint).await?;
        let statuses: Vec<u16> = answers.iter().map(|(status, _)| status.as_u16()).collect();
        assert_eq!(statuses, [200, 403, 403, 200]);
        assert_eq!(answers[0].1, "AKIDEXAMPLE added 33 bytes\n");
        assert!(answers[1].1.contains("Missing Authentication Token"), "{}", answers[1].1);
        assert!(answers[2].1.contains("signature we calculated does not match"), "{}", answers[2].1);
        assert_eq!(answers[3].1, "up\n");
        Ok(())
    }
}
