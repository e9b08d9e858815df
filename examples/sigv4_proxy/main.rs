//! A local port that signs what comes and forwards it to one origin, for programs that cannot be changed.
//!
//! ```sh
//! cargo run --example sigv4_proxy -- --to https://search-logs.eu-west-1.es.amazonaws.com --service es --region eu-west-1
//! curl http://127.0.0.1:8080/_cat/indices
//! ```
//!
//! Whoever reaches the port acts with your credentials: it is on the loopback, unless `--allow-remote` says otherwise, and answers
//! to its own names only.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod headers;
mod proxy;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use sigv4_core::Signer;
use sigv4_credentials::DefaultChain;
use sigv4_credentials::context::Context;
use sigv4_examples::{Failure, complain};
use tokio::net::TcpListener;

use args::Args;
use proxy::Proxy;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("sigv4_proxy: {error}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain("sigv4_proxy", &error);
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    let mut chain = DefaultChain::new(Context::system()).with_region(&args.region);
    if let Some(profile) = &args.profile {
        chain = chain.with_profile(profile);
    }
    let signer = Signer::new(args.service.as_str(), args.region.as_str(), chain);
    let listener =
        TcpListener::bind(args.listen).await.map_err(|error| format!("{}: {error}", args.listen))?;
    let proxy = Proxy::new(&args, signer, listener.local_addr()?)?;
    println!("signing for {} on http://{}", args.to, listener.local_addr()?);
    proxy.serve(listener).await
}
