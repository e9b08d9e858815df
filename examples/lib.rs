//! What the examples share.

pub mod clients;
pub mod file_body;
pub mod requests;
pub mod server;

use http_body_util::BodyExt;
use sigv4_core::Credentials;

/// Any error: an example prints it and stops.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The key of AWS's documentation, which opens nothing but the embedded server.
pub fn example_credentials() -> Result<Credentials, sigv4_core::Error> {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

/// The body of an answer as text.
pub async fn text(answer: clients::Answer) -> Result<String, Failure> {
    let bytes = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
