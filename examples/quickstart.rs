//! Signs two requests and sends them through each of the three clients to a server that verifies them, then
//! changes a request after it was signed and shows how it is refused.
//!
//! ```sh
//! cargo run --example quickstart
//! ```

use bytes::Bytes;
use http::StatusCode;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Payload, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{EXECUTE_API, LAMBDA, add_event, invoke_async};
use sigv4_examples::{Failure, example_credentials, server, text};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let credentials = example_credentials()?;
    let known: CredentialMap = [credentials.clone()].into_iter().collect();
    let verifier =
        Verifier::new(EXECUTE_API.0, EXECUTE_API.1, known).with_scope(LAMBDA.0, LAMBDA.1).with_details(true);
    let endpoint = format!("http://{}", server::serve(verifier).await?);

    // One signer for each service and region; clients share it by cloning.
    let api = Signer::new(EXECUTE_API.0, EXECUTE_API.1, credentials.clone());
    let lambda = Signer::new(LAMBDA.0, LAMBDA.1, credentials);

    for kind in SigningClient::KINDS {
        for (signer, request) in [(&api, add_event(&endpoint)?), (&lambda, invoke_async(&endpoint)?)] {
            let answer = SigningClient::new(kind, signer.clone())?.send(request).await?;
            let status = answer.status();
            let line = text(answer).await?;
            println!("{kind:8} {status}  {}", line.trim_end());
            if status != StatusCode::OK {
                return Err("a signed request was refused".into());
            }
        }
    }

    // Somebody changes the body on the way.
    let mut request = add_event(&endpoint)?;
    api.sign(&mut request, Payload::bytes(br#"{"event":"signup","user":"alice"}"#))?;
    *request.body_mut() = Bytes::from_static(br#"{"event":"signup","user":"mallory"}"#).into();
    request.extensions_mut().insert(SignOptions::skip());
    let answer = SigningClient::new("hyper", api)?.send(request).await?;
    let status = answer.status();
    println!("\ntampered {status}\n{}", text(answer).await?);
    if status != StatusCode::FORBIDDEN {
        return Err("a tampered request was accepted".into());
    }
    Ok(())
}
