//! The decoder of `aws-chunked`, without IO: bytes as they come in, verified data out.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::grammar::{self, SIZE_DIGITS, wrong};
use super::length::CHUNK_SIGNATURE;
use super::line::{End, Line};
use super::pieces::Pieces;
use super::{ChunkFault, ChunkVerifier, DecodePlan, X_AMZ_TRAILER_SIGNATURE, trailers};
use crate::body::{Checksum, ChecksumAlgorithm};
use crate::error::Error;

/// The longest line of a trailer: a name and a value as long as real servers take them.
const MAX_TRAILER_LINE: usize = 8 * 1024;

/// The state between reads.
#[derive(Debug)]
pub(super) struct Decoder {
    plan: DecodePlan,
    verifier: ChunkVerifier,
    checksums: Vec<Checksum>,
    state: State,
    /// What has come in and was not looked at yet.
    rest: Bytes,
    /// Whether nothing more will come.
    at_end: bool,
    /// The line that is coming in.
    line: Line,
    /// The signature of the chunk that is coming in.
    signature: String,
    /// Over its data.
    hash: Sha256,
    /// Its data, where it is signed.
    held: Pieces,
    /// The size of the last chunk begun.
    size: u64,
    /// Bytes of data announced by the chunks so far.
    announced: u64,
    /// The trailers so far.
    trailers: Vec<(HeaderName, HeaderValue)>,
    trailer_signature: Option<HeaderValue>,
    /// Verified, in order. The last piece stays until the end was verified.
    out: VecDeque<Bytes>,
    /// Data still to be handed out, in bytes.
    left: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line before a chunk.
    Line,
    /// In the data of a chunk: so many bytes to come.
    Data(u64),
    /// In the line break after the data.
    Break,
    /// In the lines after the last chunk.
    Trailer,
    /// In them, after one that ended with a line feed alone: a line break ends those, as the S3 client of MinIO for Go
    /// writes them. Then the rest follows as usual.
    LooseTrailer,
    /// After all of them, everything right. Nothing may follow.
    End,
    /// And nothing did.
    Complete,
    Failed,
}

impl Decoder {
    pub(super) fn new(plan: DecodePlan, verifier: ChunkVerifier) -> Self {
        let in_trailer = plan.trailers.iter().filter_map(|name| ChecksumAlgorithm::of_header(name.as_str()));
        let in_headers = plan.checksums.iter().map(|(algorithm, _)| *algorithm);
        let wanted: Vec<ChecksumAlgorithm> = in_trailer.chain(in_headers).collect();
        let checksums = ChecksumAlgorithm::ALL.into_iter().filter(|algorithm| wanted.contains(algorithm));
        Self {
            checksums: checksums.map(Checksum::new).collect(),
            left: plan.decoded_length,
            plan,
            verifier,
            state: State::Line,
            rest: Bytes::new(),
            at_end: false,
            line: Line::default(),
            signature: String::new(),
            hash: Sha256::new(),
            held: Pieces::default(),
            size: u64::MAX,
            announced: 0,
            trailers: Vec::new(),
            trailer_signature: None,
            out: VecDeque::new(),
        }
    }

    /// Takes the next bytes, after `next` had nothing more to give.
    pub(super) fn take(&mut self, bytes: Bytes) {
        self.rest = bytes;
    }

    /// Nothing more will come.
    pub(super) fn finish(&mut self) {
        self.at_end = true;
    }

    pub(super) fn fail(&mut self) {
        self.state = State::Failed;
        self.out.clear();
    }

    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The trailers that came, without their signature.
    pub(super) fn take_trailers(&mut self) -> Option<HeaderMap> {
        let trailers = std::mem::take(&mut self.trailers);
        (!trailers.is_empty()).then(|| trailers.into_iter().collect())
    }

    /// The next verified data; `None` asks for more bytes, or is the end where everything `is_complete`.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let kept = usize::from(!self.is_complete());
            if self.out.len() > kept {
                let bytes = self.out.pop_front().unwrap_or_default();
                self.left = self.left.saturating_sub(bytes.len() as u64);
                return Ok(Some(bytes));
            }
            match (self.state, self.rest.is_empty(), self.at_end) {
                (State::Complete | State::Failed, ..) | (_, true, false) => return Ok(None),
                (State::End, true, true) => self.state = State::Complete,
                (_, true, true) => {
                    return Err(wrong("the chunked body ended before its last chunk was whole"));
                }
                (_, false, _) => self.step()?,
            }
        }
    }

    /// Looks at more of `rest`, which is not empty.
    fn step(&mut self) -> Result<(), Error> {
        match self.state {
            State::Line => {
                let signature_len = self.plan.mode.signs_chunks().then(|| self.verifier.signature_len());
                let longest = SIZE_DIGITS + signature_len.map_or(0, |len| CHUNK_SIGNATURE.len() + len);
                if self.line.read(&mut self.rest, longest)?.strict()? {
                    let line = self.line.take();
                    let (size, signature) = grammar::chunk_line(&line, signature_len)?;
                    self.begin_chunk(size, signature)?;
                    self.line.reuse(line);
                }
            }
            State::Data(left) => self.read_data(left)?,
            State::Break => {
                if self.line.read(&mut self.rest, 0)?.strict()? {
                    self.line.clear();
                    self.state = State::Line;
                }
            }
            State::Trailer | State::LooseTrailer => {
                let end = self.line.read(&mut self.rest, MAX_TRAILER_LINE)?;
                if end != End::Pending {
                    let line = self.line.take();
                    self.trailer_line(&line, end)?;
                    self.line.reuse(line);
                }
            }
            State::End | State::Complete | State::Failed => {
                return Err(wrong("bytes follow the end of the chunked body"));
            }
        }
        Ok(())
    }

    fn begin_chunk(&mut self, size: u64, signature: &str) -> Result<(), Error> {
        let signed = self.plan.mode.signs_chunks();
        let decoded_length = self.plan.decoded_length;
        if size == 0 {
            if signed {
                self.verifier.verify_chunk(&Sha256::digest(b"").into(), signature)?;
            }
            if self.announced != decoded_length {
                return Err(wrong(format!(
                    "the body has {} bytes of data, and x-amz-decoded-content-length announces {decoded_length}",
                    self.announced
                )));
            }
            self.state = State::Trailer;
            return Ok(());
        }
        let (least, most) = (self.plan.min_chunk_size as u64, self.plan.max_chunk_size as u64);
        if self.size < least {
            return Err(wrong(format!(
                "a chunk that is not the last has {} bytes, fewer than the {least} it must have",
                self.size
            )));
        }
        if signed && size > most {
            return Err(wrong(format!("a signed chunk has {size} bytes, more than the {most} it may have")));
        }
        if size > decoded_length - self.announced {
            return Err(wrong(format!(
                "the body has more data than the {decoded_length} bytes of x-amz-decoded-content-length"
            )));
        }
        self.announced += size;
        self.size = size;
        self.signature.clear();
        self.signature.push_str(signature);
        self.state = State::Data(size);
        Ok(())
    }

    fn read_data(&mut self, left: u64) -> Result<(), Error> {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(self.rest.len());
        let piece = self.rest.split_to(size);
        self.checksums.iter_mut().for_each(|checksum| checksum.update(&piece));
        let signed = self.plan.mode.signs_chunks();
        if signed {
            self.hash.update(&piece);
            self.held.push(piece);
        } else {
            self.out.push_back(piece);
        }
        let left = left - size as u64;
        self.state = State::Data(left);
        if left == 0 {
            if signed {
                let digest = self.hash.finalize_reset().into();
                self.verifier.verify_chunk(&digest, &self.signature)?;
                self.out.extend(self.held.drain());
            }
            self.state = State::Break;
        }
        Ok(())
    }

    /// Takes a line of the trailer, or its end.
    fn trailer_line(&mut self, line: &[u8], end: End) -> Result<(), Error> {
        match (self.state, line.is_empty(), end) {
            (State::LooseTrailer, true, End::CrLf) => self.state = State::Trailer,
            (_, true, End::CrLf) => self.end()?,
            (_, _, End::CrLf) => self.add_trailer(line)?,
            _ => {
                self.add_trailer(line)?;
                self.state = State::LooseTrailer;
            }
        }
        Ok(())
    }

    fn add_trailer(&mut self, line: &[u8]) -> Result<(), Error> {
        let (name, value) = grammar::trailer_line(line)?;
        if self.trailer_signature.is_some() {
            return Err(wrong("a trailer follows the signature of the trailers"));
        }
        if name == X_AMZ_TRAILER_SIGNATURE && self.plan.mode.signs_chunks() && self.plan.mode.has_trailer() {
            self.trailer_signature = Some(value);
            return Ok(());
        }
        if !self.plan.trailers.contains(&name) {
            return Err(wrong("a trailer came that x-amz-trailer does not announce"));
        }
        if self.trailers.iter().any(|(other, _)| *other == name) {
            return Err(wrong(format!("the trailer {name} came twice")));
        }
        self.trailers.push((name, value));
        Ok(())
    }

    /// After the last line: all that can be wrong only now.
    fn end(&mut self) -> Result<(), Error> {
        let trailer = |wanted: &HeaderName| {
            self.trailers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        if let Some(name) = self.plan.trailers.iter().find(|name| trailer(name).is_none()) {
            return Err(wrong(format!("the trailer {name} was announced and did not come")));
        }
        if self.plan.mode.signs_chunks() && self.plan.mode.has_trailer() {
            let signature = self.trailer_signature.as_ref().and_then(|value| value.to_str().ok());
            let signature = signature
                .ok_or_else(|| ChunkFault::Signature.error("the signature of the trailers is missing"))?;
            self.verifier.verify_trailer(&trailers::digest(&self.trailers), signature)?;
        }
        for checksum in self.checksums.drain(..) {
            let algorithm = checksum.algorithm();
            let in_headers = self.plan.checksums.iter().filter(|(given, _)| *given == algorithm);
            let trailer = self.trailers.iter().find(|(name, _)| *name == algorithm.header());
            let right = checksum.finish();
            let mut stated = in_headers.map(|(_, value)| value).chain(trailer.map(|(_, value)| value));
            if stated.any(|value| value != right.as_str()) {
                let problem = format!("{} is not that of the data", algorithm.header());
                return Err(ChunkFault::Checksum.error(problem));
            }
        }
        self.state = State::End;
        Ok(())
    }
}
