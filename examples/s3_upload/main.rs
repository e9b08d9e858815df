//! Uploads a file of any size to S3 in constant memory: signed while it is read, its checksum in the trailer, progress on
//! the terminal, and a link to download it at the end.
//!
//! ```sh
//! cargo run --example s3_upload                                  # 32 MiB to an embedded server
//! cargo run --example s3_upload -- video.mp4 s3://bucket/films/video.mp4 --checksum crc64nvme --expires 86400
//! cargo run --example s3_upload -- video.mp4 s3://bucket/video.mp4 --endpoint-url http://localhost:9000
//! ```
//!
//! Credentials and region come from the default chain. Over TLS the chunks are not signed, as TLS covers them, and the
//! server checks the checksum; over plain HTTP every chunk and the trailer are signed.
#![allow(clippy::print_stdout)]

mod progress;
mod store;

use std::path::PathBuf;
use std::time::Duration;

use http::{Request, Uri};
use indicatif::{ProgressBar, ProgressStyle};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::{PayloadMode, Signer};
use sigv4_credentials::context::Context;
use sigv4_credentials::{DefaultChain, RegionChain};
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::{Failure, example_credentials};

use progress::Progress;

const USAGE: &str = "usage: s3_upload [FILE s3://BUCKET/KEY] [--endpoint-url URL] [--region REGION]
                 [--checksum crc32|crc32c|crc64nvme|sha1|sha256] [--expires SECONDS]";

/// What stays as it is in the path of an object.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

struct Args {
    file: Option<PathBuf>,
    bucket: String,
    key: String,
    endpoint: Option<String>,
    region: Option<String>,
    checksum: ChecksumAlgorithm,
    expires: Duration,
}

impl Args {
    fn parse(mut parser: lexopt::Parser) -> Result<Self, Failure> {
        use lexopt::prelude::*;

        let mut args = Self {
            file: None,
            bucket: "bucket".into(),
            key: "32 MiB of nothing".into(),
            endpoint: None,
            region: None,
            checksum: ChecksumAlgorithm::Crc32,
            expires: Duration::from_secs(3600),
        };
        let mut target = None;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("endpoint-url") => args.endpoint = Some(parser.value()?.string()?),
                Long("region") => args.region = Some(parser.value()?.string()?),
                Long("checksum") => args.checksum = parser.value()?.string()?.parse()?,
                Long("expires") => args.expires = Duration::from_secs(parser.value()?.parse()?),
                Value(file) if args.file.is_none() => args.file = Some(file.into()),
                Value(url) if target.is_none() => target = Some(url.string()?),
                other => return Err(format!("{}\n{USAGE}", other.unexpected()).into()),
            }
        }
        match (
            &args.file,
            target.as_deref().map(|url| url.strip_prefix("s3://").and_then(|rest| rest.split_once('/'))),
        ) {
            (None, None) => {}
            (Some(_), Some(Some((bucket, key)))) if !key.is_empty() => {
                (args.bucket, args.key) = (bucket.to_owned(), key.to_owned());
            }
            _ => return Err(USAGE.into()),
        }
        Ok(args)
    }

    /// Where the object lies: below the endpoint if one is given, else on a host of its bucket.
    fn url(&self, region: &str) -> Result<Uri, Failure> {
        let key = utf8_percent_encode(&self.key, KEY);
        let url = match &self.endpoint {
            Some(endpoint) => format!("{}/{}/{key}", endpoint.trim_end_matches('/'), self.bucket),
            None => format!("https://{}.s3.{region}.amazonaws.com/{key}", self.bucket),
        };
        Ok(url.parse()?)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // Two rustls users, one provider of cryptography. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut args = Args::parse(lexopt::Parser::from_env())?;
    if args.file.is_some() {
        let context = Context::system();
        let region = match &args.region {
            Some(region) => region.clone(),
            None => RegionChain::new(context.clone()).resolve().await?,
        };
        let signer = Signer::new("s3", region.clone(), DefaultChain::new(context));
        return upload(&args, signer, &region).await;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("zeros");
    tokio::fs::File::create(&file).await?.set_len(32 << 20).await?;
    let store = store::serve(folder.path().join("stored")).await?;
    println!("no file given: 32 MiB of zeros go to a server of this program, on {store}");
    (args.file, args.endpoint) = (Some(file), Some(format!("http://{store}")));
    upload(&args, Signer::new("s3", "us-east-1", example_credentials()?), "us-east-1").await
}

async fn upload(args: &Args, signer: Signer, region: &str) -> Result<(), Failure> {
    let file = args.file.as_deref().ok_or(USAGE)?;
    let body = RequestBody::open(file).await.map_err(|error| format!("{}: {error}", file.display()))?;
    let url = args.url(region)?;
    let mode = match url.scheme_str() {
        Some("https") => ChunkedMode::UnsignedTrailer,
        _ => ChunkedMode::SignedTrailer,
    };
    let options = ChunkedOptions::new(mode).with_checksum(args.checksum);

    let client =
        reqwest_middleware::ClientBuilder::new(reqwest_sigv4::harden(reqwest::Client::builder()).build()?)
            .with(SigV4Middleware::new(signer.clone().with_payload(PayloadMode::Chunked(options))))
            .build();
    let bar = ProgressBar::new(http_body::Body::size_hint(&body).lower());
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta}",
    )?);
    let response = client
        .put(url.to_string())
        .body(reqwest::Body::wrap(Progress::new(body, bar.clone())))
        .send()
        .await?;
    bar.finish();
    let (status, etag) = (response.status(), response.headers().get("etag").cloned());
    if !status.is_success() {
        return Err(format!("{status}: {}", response.text().await?).into());
    }

    println!(
        "stored as s3://{}/{}, ETag {}",
        args.bucket,
        args.key,
        etag.as_ref().and_then(|tag| tag.to_str().ok()).unwrap_or("-")
    );
    let link = signer.presign_async(&Request::get(url).body(())?, args.expires).await?;
    println!("{}\ngood for {} s", link.uri(), link.lifetime().as_secs());
    Ok(())
}
