//! Whose credentials does this machine hand out, and where do they come from?
//!
//! ```sh
//! cargo run --example whoami                       # the account, by the default chain
//! cargo run --example whoami -- --explain          # and what each link of the chain said
//! cargo run --example whoami -- --endpoint-url http://localhost:4566
//! cargo run --example whoami -- --fixture DIR      # offline, from a recording
//! ```
//!
//! A fixture is a folder with `env.json` (the variables), `fs/` (the file system; `fs/home` is the home folder) and
//! `http-traffic.json` (recorded exchanges). The credentials found in it are printed as JSON, or `{"error": …}`; real
//! ones are never shown.
#![allow(clippy::print_stdout)]

#[path = "whoami/fixture.rs"]
mod fixture;

use std::path::PathBuf;
use std::process::ExitCode;

use sigv4_credentials::context::Context;
use sigv4_credentials::{CallerIdentity, DefaultChain, Outcome, RegionChain, Resolution};

const USAGE: &str =
    "usage: whoami [--explain] [--profile NAME] [--region REGION] [--endpoint-url URL] [--fixture DIR]";

#[derive(Default)]
struct Options {
    explain: bool,
    profile: Option<String>,
    region: Option<String>,
    endpoint_url: Option<String>,
    fixture: Option<PathBuf>,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if name == "--explain" {
            options.explain = true;
            continue;
        }
        if !["--profile", "--region", "--endpoint-url", "--fixture"].contains(&name.as_str()) {
            return Err(format!("{name} is no option of whoami\n{USAGE}"));
        }
        let value =
            inline.or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value\n{USAGE}"))?;
        match name.as_str() {
            "--profile" => options.profile = Some(value),
            "--region" => options.region = Some(value),
            "--endpoint-url" => options.endpoint_url = Some(value),
            _ => options.fixture = Some(value.into()),
        }
    }
    Ok(options)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if std::env::args_os().any(|argument| argument == "-h" || argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    match &options.fixture {
        Some(folder) => {
            println!("{}", replay(folder.clone(), &options).await);
            ExitCode::SUCCESS
        }
        None => match ask(&options).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn chain(context: &Context, options: &Options) -> DefaultChain {
    let mut chain = DefaultChain::new(context.clone());
    if let Some(profile) = &options.profile {
        chain = chain.with_profile(profile);
    }
    if let Some(region) = &options.region {
        chain = chain.with_region(region);
    }
    if let Some(uri) = &options.endpoint_url {
        chain = chain.with_sts_endpoint(uri);
    }
    chain
}

/// Resolves a recording.
async fn replay(folder: PathBuf, options: &Options) -> serde_json::Value {
    let context = match fixture::context(&folder) {
        Ok(context) => context,
        Err(error) => return serde_json::json!({"error": error}),
    };
    let resolution = chain(&context, options).resolve().await;
    if options.explain {
        eprintln!("{}", table(&resolution));
    }
    fixture::outcome(resolution.credentials())
}

async fn ask(options: &Options) -> Result<(), sigv4_core::Error> {
    let context = Context::system();
    let resolution = chain(&context, options).resolve().await;
    if options.explain {
        println!("{}", table(&resolution));
    }
    let found = resolution.findings().iter().find(|finding| finding.outcome() == Outcome::Found);
    if let Some(finding) = found {
        println!("credentials: {} of {}", finding.detail(), finding.link());
    }
    let credentials = resolution.into_credentials()?;
    println!("access key:  {}", credentials.access_key_id());
    let region = match &options.region {
        Some(region) => region.clone(),
        None => {
            let chain = RegionChain::new(context.clone());
            let chain = match &options.profile {
                Some(profile) => chain.with_profile(profile),
                None => chain,
            };
            // STS answers the question anywhere.
            chain.resolve().await.unwrap_or_else(|_| "us-east-1".to_owned())
        }
    };
    let endpoint = options.endpoint_url.as_deref();
    let identity = CallerIdentity::fetch(&context, &region, endpoint, &credentials).await?;
    println!("account:     {}", identity.account);
    println!("arn:         {}", identity.arn);
    Ok(())
}

/// One line for each link: its name, how it answered, what it said.
fn table(resolution: &Resolution) -> String {
    let rows: Vec<[&str; 3]> = resolution
        .findings()
        .iter()
        .map(|finding| {
            let outcome = match finding.outcome() {
                Outcome::Found => "found",
                Outcome::Absent => "nothing",
                Outcome::Failed => "failed",
                _ => "not asked",
            };
            [finding.link(), outcome, finding.detail()]
        })
        .collect();
    let width = |column: usize, title: &str| {
        rows.iter().map(|row| row[column].chars().count()).chain([title.len()]).max().unwrap_or_default()
    };
    let (link, outcome) = (width(0, "link"), width(1, "outcome"));
    let mut lines = vec![format!("{:link$}  {:outcome$}  detail", "link", "outcome")];
    lines.extend(rows.iter().map(|row| {
        let line = format!("{:link$}  {:outcome$}  {}", row[0], row[1], row[2]);
        line.trim_end().to_owned()
    }));
    lines.join("\n")
}
