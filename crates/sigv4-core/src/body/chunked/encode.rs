//! The sending side: any body as `aws-chunked`.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use sha2::{Digest, Sha256};

use super::pieces::Pieces;
use super::plan::{CHUNK_SIGNATURE, hex_digits};
use super::{ChunkSigner, ChunkedPlan, X_AMZ_TRAILER_SIGNATURE, trailers};
use crate::body::{BodyError, Checksum};
use crate::error::{Error, ErrorKind};

pin_project! {
    /// A body cut into chunks of `aws-chunked`, each signed where the plan says so. Made by [`ChunkedPlan::body`].
    ///
    /// The data is passed on in the pieces it came in, never copied (but for pieces under 1 KiB, which are gathered).
    /// A signed chunk is held until it is complete, an unsigned one not at all. The size hint is exact where the plan
    /// knows the encoded length.
    ///
    /// Fails, with kind `Body` and before the last chunk, when the inner body fails, is longer or shorter than announced,
    /// or ends with other trailers than announced. A client that was told the length can then not take the upload for
    /// complete; hyper closes the connection (HTTP/1) or resets the stream (HTTP/2).
    #[derive(Debug)]
    pub struct ChunkedBody<B> {
        #[pin]
        inner: B,
        encoder: Encoder,
        trailers: HeaderMap,
        error: BodyError,
    }
}

impl<B> ChunkedBody<B> {
    pub(super) fn new(inner: B, plan: ChunkedPlan, signer: ChunkSigner) -> Self {
        Self {
            inner,
            encoder: Encoder::new(plan, signer),
            trailers: HeaderMap::new(),
            error: BodyError::default(),
        }
    }

    /// Leaves the error that the body fails with, if it does, in `error` too.
    pub(crate) fn with_error(self, error: BodyError) -> Self {
        Self { error, ..self }
    }

    /// The body that is being cut.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B> Body for ChunkedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        let failed = loop {
            if let Some(bytes) = this.encoder.next() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.encoder.phase != Phase::Running {
                return Poll::Ready(None);
            }
            let frame =
                if this.inner.is_end_stream() { None } else { ready!(this.inner.as_mut().poll_frame(cx)) };
            let went_on = match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.encoder.take(data),
                    Err(frame) => {
                        this.trailers.extend(frame.into_trailers().unwrap_or_default());
                        Ok(())
                    }
                },
                None => this.encoder.finish(this.trailers),
                Some(Err(error)) => {
                    Err(Error::new(ErrorKind::Body, "the body of the request failed while it was read")
                        .with_source(error))
                }
            };
            if let Err(error) = went_on {
                break error;
            }
        };
        this.encoder.phase = Phase::Failed;
        this.error.set(&failed);
        Poll::Ready(Some(Err(failed)))
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.phase == Phase::Ended && self.encoder.out.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.encoder.left {
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

/// The state between frames, without IO.
#[derive(Debug)]
struct Encoder {
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
    fn new(plan: ChunkedPlan, signer: ChunkSigner) -> Self {
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

    /// Takes a frame of the inner body, after `next` had nothing more to give.
    fn take(&mut self, data: Bytes) -> Result<(), Error> {
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
    fn next(&mut self) -> Option<Bytes> {
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
    fn finish(&mut self, inner: &HeaderMap) -> Result<(), Error> {
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
