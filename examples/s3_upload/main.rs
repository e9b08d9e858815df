//! Uploads a file of any size to S3 in constant memory: signed while it is read, its checksum in the trailer, progress on
//! the terminal, and a link to download it at the end.
//!
//! ```sh
//! cargo run --example s3_upload                                  # 32 MiB to an embedded server, and back
//! cargo run --example s3_upload -- video.mp4 s3://bucket/films/video.mp4 --checksum sha256 --expires 86400
//! cargo run --example s3_upload -- video.mp4 s3://bucket/video.mp4 --endpoint-url http://localhost:9000
//! ```
//!
//! Credentials and region come from the default chain. Over TLS the chunks are not signed, as TLS covers them, and the
//! server checks the checksum; over plain HTTP every chunk and the trailer are signed. One request takes up to 5 GiB on S3.
#![allow(clippy::print_stdout)]

mod args;
mod progress;
mod store;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use http::{Request, Uri};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::{PayloadMode, Signer};
use sigv4_credentials::context::Context;
use sigv4_credentials::{DefaultChain, RegionChain};
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::{Failure, complain, example_credentials};

use args::{Args, Object, USAGE};
use progress::Progress;

const BAR: &str = "{bar:40} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta}";

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match Args::parse(lexopt::Parser::from_env()) {
        Ok(Some(args)) => run(&args).await,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(format!("{error}\n{USAGE}").into()),
    };
    let Err(error) = ran else { return ExitCode::SUCCESS };
    complain("s3_upload", &error);
    ExitCode::FAILURE
}

async fn run(args: &Args) -> Result<(), Failure> {
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(BAR)?);
    let Some((file, object)) = &args.upload else { return demonstrate(args, bar).await };
    let context = Context::system();
    let region = match &args.region {
        Some(region) => region.clone(),
        None => RegionChain::new(context.clone()).resolve().await?,
    };
    let url = object.url(args.endpoint.as_deref(), &region)?;
    let signer = Signer::new("s3", region, DefaultChain::new(context));
    upload(file, &url, signer.clone(), args.checksum, bar).await?;
    println!("stored as s3://{}/{}", object.bucket, object.key);
    println!("{}\ngood for {} s", link(&url, &signer, args.expires).await?, args.expires.as_secs());
    Ok(())
}

/// To a server inside this program, and back by the link.
async fn demonstrate(args: &Args, bar: ProgressBar) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("zeros");
    tokio::fs::File::create(&file).await?.set_len(32 << 20).await?;
    let store = format!("http://{}", store::serve(folder.path().join("stored")).await?);
    println!("no file given: 32 MiB of zeros go to a server inside this program, on {store}");

    let object = Object { bucket: "bucket".into(), key: "zeros.bin".into() };
    let url = object.url(Some(&store), "us-east-1")?;
    let signer = Signer::new("s3", "us-east-1", example_credentials()?);
    upload(&file, &url, signer.clone(), args.checksum, bar).await?;
    let link = link(&url, &signer, args.expires).await?;
    println!("stored; to be downloaded, for {} s, from\n{link}", args.expires.as_secs());
    let back = client(&url)?.get(link).send().await?.error_for_status()?;
    println!("downloaded {} bytes", back.bytes().await?.len());
    Ok(())
}

/// Streams a file to where `url` says. An error where the server does not store it.
async fn upload(
    file: &Path,
    url: &Uri,
    signer: Signer,
    checksum: ChecksumAlgorithm,
    bar: ProgressBar,
) -> Result<(), Failure> {
    let body = RequestBody::open(file).await.map_err(|error| format!("{}: {error}", file.display()))?;
    let mode = match url.scheme_str() {
        Some("https") => ChunkedMode::UnsignedTrailer,
        _ => ChunkedMode::SignedTrailer,
    };
    let payload = PayloadMode::Chunked(ChunkedOptions::new(mode).with_checksum(checksum));
    let client = reqwest_middleware::ClientBuilder::new(client(url)?)
        .with(SigV4Middleware::new(signer.with_payload(payload)))
        .build();

    let body = reqwest::Body::wrap(Progress::new(body, bar.clone()));
    let response = client.put(url.to_string()).body(body).send().await.inspect_err(|_| bar.abandon())?;
    let status = response.status();
    if status.is_success() {
        bar.finish();
        return Ok(());
    }
    bar.abandon();
    Err(format!("{status}: {}", response.text().await?).into())
}

/// A URL that lets anyone who has it download the object, for as long as `expires` says.
async fn link(url: &Uri, signer: &Signer, expires: Duration) -> Result<String, Failure> {
    let request = Request::get(url).body(())?;
    Ok(signer.presign_async(&request, expires).await?.url().to_owned())
}

/// A client for where `url` says. The server inside this program is asked directly, whatever proxy the machine has.
fn client(url: &Uri) -> Result<reqwest::Client, Failure> {
    // Two rustls users, one provider of cryptography. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest_sigv4::harden(reqwest::Client::builder());
    let builder = if url.host() == Some("127.0.0.1") { builder.no_proxy() } else { builder };
    Ok(builder.build()?)
}
