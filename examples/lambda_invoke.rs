//! Calls a Lambda function, asynchronously.
//!
//! ```sh
//! cargo run --example lambda_invoke                   # against an embedded server
//! AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \
//!     cargo run --example lambda_invoke -- https://lambda.us-east-1.amazonaws.com
//! ```

use http_body_util::BodyExt;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sigv4_core::credentials::EnvironmentProvider;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Signer};
use sigv4_examples::requests::{LAMBDA as SCOPE, invoke_async};
use sigv4_examples::{Failure, arguments, endpoint, example_credentials, server};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (endpoint, credentials): (String, Credentials) =
        match arguments("lambda_invoke [https://HOST]", endpoint) {
            // Names the variable that is missing, or holds white space.
            Some(endpoint) => (endpoint, EnvironmentProvider::new().read()?),
            None => {
                let credentials = example_credentials()?;
                let known: CredentialMap = [credentials.clone()].into_iter().collect();
                let address = server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?;
                (format!("http://{address}"), credentials)
            }
        };
    // Two users of rustls, one provider of cryptography. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_all_versions().build();
    let signer = Signer::new(SCOPE.0, SCOPE.1, credentials);
    let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build(connector));

    let answer = client.request(invoke_async(&endpoint)?).await?;
    println!("{}", answer.status());
    println!("{}", String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes()));
    Ok(())
}
