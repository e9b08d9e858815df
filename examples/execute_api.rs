//! Posts JSON to an API behind Amazon API Gateway that wants IAM authorization.
//!
//! ```sh
//! cargo run --example execute_api                     # against an embedded server
//! cargo run --example execute_api -- https://abcdef1234.execute-api.us-east-2.amazonaws.com
//! ```
//! With an endpoint, the keys come from the environment.

use reqwest_middleware::ClientBuilder;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Signer};
use sigv4_examples::requests::EXECUTE_API as SCOPE;
use sigv4_examples::{Failure, arguments, endpoint, example_credentials, server};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (endpoint, credentials) = match arguments("execute_api [https://HOST]", endpoint) {
        Some(endpoint) => (endpoint, Credentials::from_env()?),
        None => {
            let credentials = example_credentials()?;
            let known: CredentialMap = [credentials.clone()].into_iter().collect();
            let address = server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?;
            (format!("http://{address}"), credentials)
        }
    };
    // Two users of rustls, one provider of cryptography. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = ClientBuilder::new(reqwest_sigv4::harden(reqwest::Client::builder()).build()?)
        .with(SigV4Middleware::new(Signer::new(SCOPE.0, SCOPE.1, credentials)))
        .build();

    let request = client
        .post(format!("{endpoint}/prod/events/add-event"))
        .header("content-type", "application/json")
        .body(r#"{"event":"signup","user":"alice"}"#);
    let answer = request.send().await?;
    println!("{}", answer.status());
    println!("{}", answer.text().await?);
    Ok(())
}
