//! Uploads of 2 GiB through each client, in each streaming mode, to a sink in the same process: how far the peak of the
//! resident set is above the idle process.
//!
//! Without arguments it runs itself once for each case, and fails where one is over the limit. One case by itself:
//!
//! ```sh
//! /usr/bin/time -v target/release/upload_memory reqwest signed
//! ```

use std::pin::Pin;
use std::process::{Command, ExitCode};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::{Request, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper_sigv4::SigV4Client;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::SigV4Middleware;
use sigv4_bench::sink;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::{Credentials, PayloadMode, Signer};
use tower::{Layer, ServiceExt};
use tower_sigv4::SignLayer;

const SIZE: u64 = 2 << 30;

/// How far the peak may be above the idle process, in KiB.
const LIMIT: u64 = 16 << 10;

const CLIENTS: [&str; 3] = ["reqwest", "tower", "hyper"];

const MODES: [(&str, ChunkedMode); 3] = [
    ("signed", ChunkedMode::Signed),
    ("signed-trailer", ChunkedMode::SignedTrailer),
    ("unsigned-trailer", ChunkedMode::UnsignedTrailer),
];

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => all(),
        [client, mode] => {
            let (_, mode) = MODES.iter().find(|(name, _)| name == mode).ok_or("no such mode")?;
            one(client, *mode)
        }
        _ => Err("usage: upload_memory [reqwest|tower|hyper signed|signed-trailer|unsigned-trailer]".into()),
    }
}

/// Each case in a process of its own: what one has grown to, another would start from.
fn all() -> Result<ExitCode, Failure> {
    println!("| client | mode | idle, KiB | peak above it, KiB | MiB/s |\n|---|---|--:|--:|--:|");
    let mut right = true;
    for client in CLIENTS {
        for (mode, _) in MODES {
            right &= Command::new(std::env::current_exe()?).args([client, mode]).status()?.success();
        }
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[tokio::main]
async fn one(client: &str, mode: ChunkedMode) -> Result<ExitCode, Failure> {
    let name = MODES.iter().find(|(_, of)| *of == mode).map_or("", |(name, _)| name);
    let (address, received) = sink::serve().await?;
    let mut options = ChunkedOptions::new(mode);
    if mode.has_trailer() {
        options = options.with_checksum(ChecksumAlgorithm::Crc64Nvme);
    }
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
    let signer = Signer::new("s3", "us-east-1", credentials).with_payload(PayloadMode::Chunked(options));
    let url = format!("http://{address}/bucket/key");

    let (idle, began) = (resident("VmRSS")?, Instant::now());
    let status = send(client, signer, &url).await?;
    let (peak, took) = (resident("VmHWM")?, began.elapsed());

    if status != StatusCode::OK || received.bytes() <= SIZE {
        return Err(format!("{status} after {} bytes", received.bytes()).into());
    }
    let above = peak.saturating_sub(idle);
    println!("| {client} | {name} | {idle} | {above} | {:.0} |", (SIZE >> 20) as f64 / took.as_secs_f64());
    if above > LIMIT {
        eprintln!("{client}, {name}: the peak is {above} KiB above the idle process, {LIMIT} are allowed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn send(client: &str, signer: Signer, url: &str) -> Result<StatusCode, Failure> {
    let body = Source { left: SIZE };
    Ok(match client {
        "reqwest" => {
            let inner = reqwest_sigv4::harden(reqwest::Client::builder()).build()?;
            let client =
                reqwest_middleware::ClientBuilder::new(inner).with(SigV4Middleware::new(signer)).build();
            client.put(url).body(reqwest::Body::wrap(body)).send().await?.status()
        }
        "tower" => {
            let inner = Client::builder(TokioExecutor::new()).build_http();
            let service = SignLayer::new(signer).wrap().layer(inner);
            service.oneshot(Request::put(url).body(body)?).await?.status()
        }
        "hyper" => {
            let client = SigV4Client::new(signer, Client::builder(TokioExecutor::new()).build_http());
            client.request(Request::put(url).body(body)?).await?.status()
        }
        other => return Err(format!("no client {other}").into()),
    })
}

/// A line of this process's status, in KiB.
fn resident(line: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let value = value.and_then(|value| value.trim().strip_suffix(" kB")).ok_or("no such line")?;
    Ok(value.trim().parse()?)
}

/// Data in frames that no chunk ends with, each in memory of its own, as those of a file are.
struct Source {
    left: u64,
}

const FRAME: u64 = 50_000;

impl Body for Source {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let size = self.left.min(FRAME);
        self.left -= size;
        let data = || BytesMut::zeroed(size as usize).freeze();
        Poll::Ready((size > 0).then(|| Ok(Frame::data(data()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
