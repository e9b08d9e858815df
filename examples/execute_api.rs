//! Posts JSON to an API behind Amazon API Gateway that wants IAM authorization.
//!
//! ```sh
//! cargo run --example execute_api                     # against an embedded server
//! cargo run --example execute_api -- https://abcdef1234.execute-api.us-east-2.amazonaws.com
//! ```
//! With an endpoint, the keys come from the environment.

use sigv4_core::Credentials;
use sigv4_core::Signer;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{EXECUTE_API as SCOPE, add_event};
use sigv4_examples::{Failure, arguments, endpoint, example_credentials, server, text};

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
    let client = SigningClient::new("reqwest", Signer::new(SCOPE.0, SCOPE.1, credentials))?;
    let answer = client.send(add_event(&endpoint)?).await?;
    println!("{}", answer.status());
    println!("{}", text(answer).await?);
    Ok(())
}
