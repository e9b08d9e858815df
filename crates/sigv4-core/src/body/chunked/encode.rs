//! The encoder of `aws-chunked`, without IO: data as it comes in, chunks out.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use super::length::{CHUNK_SIGNATURE, hex_digits};
use super::pieces::Pieces;
use super::{ChunkSigner, ChunkedPlan, X_AMZ_TRAILER_SIGNATURE, trailers};
use crate::body::Checksum;
use crate::error::{Error, ErrorKind};

/// The state between frames.
#[derive(Debug)]
pub(super) struct Encoder {
    plan: ChunkedPlan,
    signer: ChunkSigner,
    checksum: Option<Checksum>,
    /// Over the data of the chunk in the making.
    hash: Sha256,
    /// The data of the chunk in the making, where it is signed.
    held: Pieces,
    /// What is still to come of the chunk begun, where it is not signed.
    open: u64,
    /// Of the inner body's last frame, what was not looked at yet.
    rest: Bytes,
    /// Data taken from the inner body, and put into chunks, in bytes.
    taken: u64,
    cut: u64,
    /// Ready to go, in order.
    out: VecDeque<Bytes>,
    /// Where the lines between data are written.
    line: BytesMut,
    /// Whether a chunk was begun, so that its end is still to be written.
    begun: bool,
    /// What is still to go, in bytes.
    left: Option<u64>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The last chunk and the trailers are in `out`, or sent.
    Ended,
    Failed,
}

impl Encoder {
    pub(super) fn new(plan: ChunkedPlan, signer: ChunkSigner) -> Self {
        Self {
            checksum: plan.checksum.map(Checksum::new),
            left: plan.encoded_length,
            plan,
            signer,
            hash: Sha256::new(),
            held: Pieces::default(),
            open: 0,
            rest: Bytes::new(),
            taken: 0,
            cut: 0,
            out: VecDeque::new(),
            line: BytesMut::new(),
            begun: false,
            phase: Phase::Running,
        }
    }

    /// Whether there is more to come, once `next` has nothing to give.
    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Whether all was sent.
    pub(super) fn is_complete(&self) -> bool {
        self.phase == Phase::Ended && self.out.is_empty()
    }

    /// What is still to be sent, in bytes, where that is known.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    pub(super) fn fail(&mut self) {
        self.phase = Phase::Failed;
    }

    /// Takes a frame of the inner body, after `next` had nothing more to give.
    pub(super) fn take(&mut self, data: Bytes) -> Result<(), Error> {
        self.taken = self.taken.saturating_add(data.len() as u64);
        self.rest = data;
        let announced = self.plan.decoded_length;
        if self.taken > announced {
            return Err(Error::new(
                ErrorKind::Body,
                format!(
                    "the body is longer than announced: {} bytes so far, {announced} announced. Announce its length \
                     before it is cut into chunks",
                    self.taken
                ),
            ));
        }
        Ok(())
    }

    /// The next bytes to send: at most one chunk is worked on, so that a caller with one long piece is not kept.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.out.pop_front() {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                return Some(bytes);
            }
            if self.rest.is_empty() || self.phase != Phase::Running {
                return None;
            }
            if self.plan.mode.signs_chunks() {
                self.hold();
            } else {
                self.pass();
            }
        }
    }

    /// Adds to the signed chunk in the making, and sends it on when it is complete.
    fn hold(&mut self) {
        let room = self.plan.chunk_size - self.held.len();
        let piece = self.rest.split_to(room.min(self.rest.len()));
        self.hash.update(&piece);
        self.sum(&piece);
        self.held.push(piece);
        if self.held.len() == self.plan.chunk_size || self.cut == self.plan.decoded_length {
            self.put_chunk_line(self.held.len() as u64);
            self.out.push_back(self.line.split().freeze());
            self.out.extend(self.held.drain());
        }
    }

    /// Passes on data of a chunk that is not signed: its size is known at its start.
    fn pass(&mut self) {
        if self.open == 0 {
            self.open = (self.plan.chunk_size as u64).min(self.plan.decoded_length - self.cut);
            self.put_chunk_line(self.open);
            self.out.push_back(self.line.split().freeze());
        }
        let size = usize::try_from(self.open).unwrap_or(usize::MAX).min(self.rest.len());
        let piece = self.rest.split_to(size);
        self.open -= size as u64;
        self.sum(&piece);
        self.out.push_back(piece);
    }

    fn sum(&mut self, piece: &[u8]) {
        self.cut += piece.len() as u64;
        if let Some(checksum) = &mut self.checksum {
            checksum.update(piece);
        }
    }

    /// Ends the body: the empty chunk and the trailers.
    pub(super) fn finish(&mut self, inner: &HeaderMap) -> Result<(), Error> {
        let announced = self.plan.decoded_length;
        if self.taken < announced {
            return Err(Error::new(
                ErrorKind::Body,
                format!("the body is shorter than announced: {} of {announced} bytes", self.taken),
            ));
        }
        let checksum = self.checksum.take().map(Checksum::finish);
        let values = trailers::collect(&self.plan.trailers, inner, checksum.as_deref())?;
        self.put_chunk_line(0);
        for (name, value) in &values {
            put_trailer(&mut self.line, name, value.as_bytes());
        }
        if self.plan.mode.signs_chunks() && self.plan.mode.has_trailer() {
            let signature = self.signer.sign_trailer(&trailers::digest(&values));
            put_trailer(&mut self.line, &X_AMZ_TRAILER_SIGNATURE, signature.as_bytes());
        }
        self.line.extend_from_slice(CRLF);
        self.out.push_back(self.line.split().freeze());
        self.phase = Phase::Ended;
        Ok(())
    }

    /// Writes the line before a chunk's data, and before it the end of the chunk before.
    fn put_chunk_line(&mut self, size: u64) {
        self.line.reserve(LINE_ROOM);
        if self.begun {
            self.line.extend_from_slice(CRLF);
        }
        self.begun = true;
        put_hex(&mut self.line, size);
        if self.plan.mode.signs_chunks() {
            self.line.extend_from_slice(CHUNK_SIGNATURE.as_bytes());
            let digest = self.hash.finalize_reset().into();
            self.line.extend_from_slice(self.signer.sign_chunk(&digest).as_bytes());
        }
        self.line.extend_from_slice(CRLF);
    }
}

const CRLF: &[u8] = b"\r\n";

/// Room for a line with a signature, so that many lines share an allocation.
const LINE_ROOM: usize = 128;

/// Writes a number in lower-case hex, without leading zeros.
fn put_hex(line: &mut BytesMut, number: u64) {
    for digit in (0..hex_digits(number)).rev() {
        let nibble = (number >> (4 * digit)) as u32 & 0xf;
        line.extend(char::from_digit(nibble, 16).map(|digit| digit as u8));
    }
}

fn put_trailer(line: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    line.extend_from_slice(name.as_str().as_bytes());
    line.extend_from_slice(b":");
    line.extend_from_slice(value);
    line.extend_from_slice(CRLF);
}
