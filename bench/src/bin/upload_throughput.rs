//! What chunks cost beside the hash or checksum in them: signed chunks of 64 KiB, an unsigned upload with a CRC64NVME in its
//! trailer, and SHA-256 and CRC64NVME alone, in turns over the same buffer.
//!
//! Prints the best round of each, and the ratios of best to best. Fails where one is missed: signed chunks at 0.93 of SHA-256, the
//! unsigned upload at ten times signed chunks; where the checksum alone is not that much faster, at 0.93 of it.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};
use sigv4_core::Credentials;
use sigv4_core::body::chunked::{ChunkSigner, ChunkedMode, ChunkedOptions, ChunkedPlan};
use sigv4_core::body::{Checksum, ChecksumAlgorithm};
use sigv4_core::clock::AmzDate;
use sigv4_core::request::SigningParams;

/// What is sent, again and again: small enough for a processor's cache, so that memory is not what is measured.
const BUFFER: usize = 256 * 1024;
/// How often, in one upload.
const TIMES: usize = 128;
const ROUNDS: usize = 40;

const CHUNK: usize = 64 * 1024;

/// What is to be left of the speed of the hash or the checksum alone.
const OF_RAW: f64 = 0.93;
/// How many times faster than signed chunks an unsigned upload is to be.
const FASTER: f64 = 10.0;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    let buffer: Bytes = (0..BUFFER).map(|at| (at * 31 % 251) as u8).collect();
    let signed = ChunkedOptions::new(ChunkedMode::Signed).with_chunk_size(CHUNK)?;
    let unsigned = ChunkedOptions::new(ChunkedMode::UnsignedTrailer)
        .with_checksum(ChecksumAlgorithm::Crc64Nvme)
        .with_chunk_size(CHUNK)?;

    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        let round = [
            timed(|| hash(&buffer))?,
            timed(|| encode(&signed, &buffer))?,
            timed(|| checksum(&buffer))?,
            timed(|| encode(&unsigned, &buffer))?,
        ];
        for (best, this) in best.iter_mut().zip(round) {
            *best = this.min(*best);
        }
    }

    let [sha256, signed, crc, unsigned] = best.map(|took| (BUFFER * TIMES) as f64 / took.as_secs_f64() / 1e9);
    println!("| | GB/s |\n|---|--:|");
    println!("| SHA-256 alone | {sha256:.2} |");
    println!("| signed chunks of 64 KiB | {signed:.2} |");
    println!("| CRC64NVME alone | {crc:.2} |");
    println!("| unsigned, CRC64NVME in the trailer | {unsigned:.2} |");
    println!();
    let faster = (crc / signed * OF_RAW).min(FASTER);
    let ratios = [
        ("signed chunks to SHA-256 alone", signed / sha256, OF_RAW),
        ("unsigned to CRC64NVME alone", unsigned / crc, OF_RAW),
        ("unsigned to signed chunks", unsigned / signed, faster),
    ];
    let mut code = ExitCode::SUCCESS;
    for (name, ratio, least) in ratios {
        println!("{name}: {ratio:.3} (at least {least:.2})");
        if ratio < least {
            code = ExitCode::FAILURE;
        }
    }
    if faster < FASTER {
        println!(
            "{FASTER} times is out of reach here: CRC64NVME alone is {:.2} times signed chunks",
            crc / signed
        );
    }
    Ok(code)
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

fn hash(buffer: &Bytes) -> Result<(), Failure> {
    let mut hash = Sha256::new();
    for _ in 0..TIMES {
        hash.update(buffer);
    }
    black_box(hash.finalize());
    Ok(())
}

fn checksum(buffer: &Bytes) -> Result<(), Failure> {
    let mut checksum = Checksum::new(ChecksumAlgorithm::Crc64Nvme);
    for _ in 0..TIMES {
        checksum.update(buffer);
    }
    black_box(checksum.finish());
    Ok(())
}

/// Encodes an upload, as a client would read it.
fn encode(options: &ChunkedOptions, buffer: &Bytes) -> Result<(), Failure> {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
    let date = AmzDate::parse("20150830T123600Z")?;
    let params = SigningParams::new(&credentials, &date, "us-east-1", "s3");
    let length = (BUFFER * TIMES) as u64;
    let plan = ChunkedPlan::new(options, params.algorithm, Some(length), &HeaderMap::new())?;
    let announced = plan.encoded_length();
    let signer = ChunkSigner::new(&params, &"0".repeat(64))?;
    let mut body = pin!(plan.body(Source { buffer: buffer.clone(), left: TIMES }, signer));
    let mut context = Context::from_waker(Waker::noop());
    let mut sent = 0;
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        sent += black_box(frame?.into_data().unwrap_or_default()).len() as u64;
    }
    if Some(sent) != announced {
        return Err(format!("{sent} bytes were sent, {announced:?} announced").into());
    }
    Ok(())
}

/// The same buffer, so many times.
struct Source {
    buffer: Bytes,
    left: usize,
}

impl Body for Source {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        Poll::Ready(some.then(|| Ok(Frame::data(self.buffer.clone()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.left * self.buffer.len()) as u64)
    }
}
