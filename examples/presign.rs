//! Makes a presigned URL, and opens it with a client that knows nothing of signatures.
//!
//! ```sh
//! cargo run --example presign
//! cargo run --example presign -- https://bucket.s3.eu-central-1.amazonaws.com/key 3600   # prints the URL
//! ```

use std::time::Duration;

use http::Request;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::{Failure, arguments, example_credentials, server, text};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let asked = arguments("presign [URL SECONDS]", |words| match words {
        [] => Some(None),
        [url, seconds] => Some(Some((url.to_string(), seconds.parse().ok()?))),
        _ => None,
    });
    if let Some((url, seconds)) = asked {
        let signer = Signer::infer(Credentials::from_env()?, ["s3"]);
        let presigned = signer.presign(&Request::get(url).body(())?, Duration::from_secs(seconds))?;
        println!("{}", presigned.url());
        return Ok(());
    }

    let credentials = example_credentials()?;
    let known: CredentialMap = [credentials.clone()].into_iter().collect();
    let endpoint = format!("http://{}", server::serve(Verifier::new("s3", "us-east-1", known)).await?);
    let signer = Signer::new("s3", "us-east-1", credentials);
    let presigned = signer
        .presign(&Request::get(format!("{endpoint}/photos/a+b.jpg")).body(())?, Duration::from_secs(60))?;
    println!("{}\ngood for {} s", presigned.url(), presigned.lifetime().as_secs());

    let mut request = Request::get(presigned.url()).body(RequestBody::EMPTY)?;
    request.extensions_mut().insert(SignOptions::skip());
    let answer = SigningClient::new("hyper", signer)?.send(request).await?;
    println!("{}  {}", answer.status(), text(answer).await?);
    Ok(())
}
