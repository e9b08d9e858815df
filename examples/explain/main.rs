//! Explains why a service refused a signed request, whatever client in whatever language made it.
//!
//! ```text
//! cargo run --example explain -- --request request.txt --response response.txt [--secret-from-env]
//! ```
//!
//! `request.txt` is the request as raw HTTP/1.1 text, with its `Authorization` header or presigned query;
//! `response.txt` the refusal, the same way (`curl -i` writes it so). With `--secret-from-env` the signature is
//! computed anew from `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`): first rightly, then with each known
//! fault, to say which one gives what was sent. Nothing is sent anywhere, and no secret is printed.

mod claim;
mod faults;
mod recipe;
mod verdict;
mod wire;

#[cfg(test)]
mod foreign;
#[cfg(test)]
mod program;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use crate::verdict::{Secret, verdict};
use crate::wire::{Request, Response};

const USAGE: &str = "usage: explain --request FILE --response FILE [--secret-from-env]";

fn main() -> ExitCode {
    if std::env::args_os().any(|argument| argument == "-h" || argument == "--help") {
        show(USAGE);
        return ExitCode::SUCCESS;
    }
    match run(std::env::args().skip(1)) {
        Ok(sentences) => {
            sentences.iter().for_each(|sentence| show(sentence));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, reason = "printing is what this program does")]
fn show(sentence: &str) {
    println!("{sentence}");
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<Vec<String>, String> {
    let (mut request, mut response, mut from_env) = (None, None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--request" => request = arguments.next(),
            "--response" => response = arguments.next(),
            "--secret-from-env" => from_env = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let (Some(request), Some(response)) = (request, response) else { return Err(USAGE.to_owned()) };
    let read = |path: &str| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let secret = if from_env { Some(secret()?) } else { None };
    let (request, response) = (Request::parse(&read(&request)?)?, Response::parse(&read(&response)?)?);
    Ok(verdict(&request, &response, secret.as_ref()))
}

/// As it is set, white space and all: that can be the fault.
fn secret() -> Result<Secret, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let secret_access_key = variable("AWS_SECRET_ACCESS_KEY")
        .ok_or("AWS_SECRET_ACCESS_KEY is not set: --secret-from-env reads it")?;
    Ok(Secret { secret_access_key, session_token: variable("AWS_SESSION_TOKEN") })
}
