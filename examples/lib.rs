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

/// What `read` makes of the words after the program's name. Prints the usage and ends the program where help is asked for, or
/// where it makes nothing of them.
pub fn arguments<T>(usage: &str, read: impl FnOnce(&[&str]) -> Option<T>) -> T {
    let words: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        println!("usage: {usage}");
        std::process::exit(0);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    read(&words).unwrap_or_else(|| {
        eprintln!("usage: {usage}");
        std::process::exit(2)
    })
}

/// Prints an error and what caused it, on standard error.
pub fn complain(program: &str, error: &Failure) {
    let mut said = error.to_string();
    eprintln!("{program}: {said}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors have the words of the one below them.
        let words = error.to_string();
        if words != said {
            eprintln!("  because: {words}");
        }
        (said, cause) = (words, error.source());
    }
}

/// The words of a program that takes an endpoint, or nothing.
pub fn endpoint(words: &[&str]) -> Option<Option<String>> {
    match words {
        [] => Some(None),
        [endpoint] if endpoint.starts_with("http") => Some(Some(endpoint.trim_end_matches('/').to_owned())),
        _ => None,
    }
}

/// The body of an answer as text.
pub async fn text(answer: clients::Answer) -> Result<String, Failure> {
    let bytes = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
