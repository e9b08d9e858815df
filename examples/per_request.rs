//! Two tenants share one client and its pool of connections; each request says whose it is.
//!
//! ```sh
//! cargo run --example per_request
//! ```

use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{EXECUTE_API as SCOPE, add_event};
use sigv4_examples::{Failure, server, text};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let tenants = [
        Credentials::new("TENANT-RED", "a secret that red has".replace(' ', "-"))?,
        Credentials::new("TENANT-BLUE", "a secret that blue has".replace(' ', "-"))?,
    ];
    let known: CredentialMap = tenants.iter().cloned().collect();
    let endpoint = format!("http://{}", server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?);

    // The signer's own credentials serve the requests that do not say otherwise.
    let client = SigningClient::new("hyper", Signer::new(SCOPE.0, SCOPE.1, tenants[0].clone()))?;
    for tenant in tenants.iter().cycle().take(4) {
        let mut request = add_event(&endpoint)?;
        request.extensions_mut().insert(SignOptions::new().credentials(tenant.clone()));
        let answer = client.send(request).await?;
        println!("{}  {}", answer.status(), text(answer).await?.trim_end());
    }
    Ok(())
}
