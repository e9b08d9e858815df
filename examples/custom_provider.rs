//! Swaps where credentials come from: a provider of one's own, asked once for many requests.
//!
//! ```sh
//! cargo run --example custom_provider
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Error, ProvideCredentials, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{EXECUTE_API as SCOPE, add_event};
use sigv4_examples::{Failure, example_credentials, server, text};

/// Stands for a vault that hands out keys for an hour.
struct Vault {
    asked: Arc<AtomicUsize>,
}

#[sigv4_core::async_trait]
impl ProvideCredentials for Vault {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let expiry = SystemTime::now() + Duration::from_secs(3600);
        Ok(example_credentials()?.with_expiry(expiry).with_source("vault"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let known: CredentialMap = [example_credentials()?].into_iter().collect();
    let endpoint = format!("http://{}", server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?);

    let asked = Arc::new(AtomicUsize::new(0));
    let client =
        SigningClient::new("tower", Signer::new(SCOPE.0, SCOPE.1, Vault { asked: Arc::clone(&asked) }))?;
    for _ in 0..3 {
        let answer = client.send(add_event(&endpoint)?).await?;
        println!("{}  {}", answer.status(), text(answer).await?.trim_end());
    }
    println!("the vault was asked {} time(s)", asked.load(Ordering::Relaxed));
    Ok(())
}
