//! Calls a Lambda function, asynchronously.
//!
//! ```sh
//! cargo run --example lambda_invoke                   # against an embedded server
//! AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \
//!     cargo run --example lambda_invoke -- https://lambda.us-east-1.amazonaws.com
//! ```

use sigv4_core::Credentials;
use sigv4_core::Signer;
use sigv4_core::credentials::EnvironmentProvider;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{LAMBDA as SCOPE, invoke_async};
use sigv4_examples::{Failure, arguments, endpoint, example_credentials, server, text};

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
    let client = SigningClient::new("hyper", Signer::new(SCOPE.0, SCOPE.1, credentials))?;
    let answer = client.send(invoke_async(&endpoint)?).await?;
    println!("{}", answer.status());
    println!("{}", text(answer).await?);
    Ok(())
}
