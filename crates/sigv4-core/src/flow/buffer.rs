//! Reading a stream into memory, up to a limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};

use crate::error::{Error, ErrorKind};

/// A body that is being read into memory.
///
/// A body of one frame is taken as it is, without a copy. Trailers are an error: behind a body of known length they
/// could not be sent.
#[derive(Debug)]
pub struct Collect<B> {
    body: B,
    frames: Frames,
    announced: Option<u64>,
    failed: Option<Error>,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Frames {
    /// The only frame, as it came.
    first: Option<Bytes>,
    /// All frames, once there are several.
    joined: BytesMut,
    read: u64,
}

impl<B: Body<Data = Bytes> + Unpin> Collect<B>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Reads `body`.
    pub fn new(body: B) -> Self {
        let announced = body.size_hint().exact();
        Self { body, frames: Frames::default(), announced, failed: None }
    }

    /// Looks whether the whole body is at hand, whatever its size: nothing is waited for, and no more than one frame is read, but
    /// for what stands at hand behind the length that was announced: trailers that come later are not waited for, and not sent.
    ///
    /// `None` if there is more to come: go on with [`bytes`](Self::bytes) or [`into_parts`](Self::into_parts). `None`, too, if the
    /// body [has failed](Self::has_failed).
    pub fn try_whole(&mut self) -> Option<Bytes> {
        self.look().unwrap_or_else(|error| {
            self.failed = Some(error);
            None
        })
    }

    /// Whether [`try_whole`](Self::try_whole) came upon an error. It is that of [`bytes`](Self::bytes), so that a body that fails at
    /// once is told of like one that fails later.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn look(&mut self) -> Result<Option<Bytes>, Error> {
        let mut context = Context::from_waker(Waker::noop());
        // The body, and what may stand behind it. More than twice, frames of nothing could keep it looking for ever.
        for _ in 0..2 {
            if self.body.is_end_stream() {
                break;
            }
            match Pin::new(&mut self.body).poll_frame(&mut context) {
                Poll::Ready(Some(frame)) => self.frames.take(data(frame)?, u64::MAX)?,
                // It may not be polled again.
                Poll::Ready(None) => break,
                // Trailers that are still to come are not waited for.
                Poll::Pending if self.announced == Some(self.frames.read) => break,
                Poll::Pending => return Ok(None),
            }
            match self.announced {
                // Trailers that stand behind it are not to be lost.
                Some(announced) if announced == self.frames.read => {}
                Some(announced) if announced < self.frames.read => break,
                _ if self.body.is_end_stream() => break,
                _ => return Ok(None),
            }
        }
        self.whole().map(Some)
    }

    /// The whole body, of which no more than `limit` bytes are kept. Errors: kind `Payload` past the limit; kind `Body`
    /// when the body fails, has trailers, or is not as long as it announced.
    pub async fn bytes(&mut self, limit: u64) -> Result<Bytes, Error> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.frames.read > limit {
            return Err(over(limit));
        }
        poll_fn(|context| {
            while let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) {
                self.frames.take(data(frame)?, limit)?;
            }
            Poll::Ready(self.whole())
        })
        .await
    }

    /// The frame that [`try_whole`](Self::try_whole) read, and the rest of the body.
    pub fn into_parts(self) -> (Option<Bytes>, B) {
        (self.frames.first, self.body)
    }

    fn whole(&mut self) -> Result<Bytes, Error> {
        let Frames { first, joined, read } = std::mem::take(&mut self.frames);
        match self.announced {
            Some(announced) if announced != read => Err(Error::new(
                ErrorKind::Body,
                format!(
                    "the request's body announced {announced} bytes and has {read}: the request was not sent"
                ),
            )),
            _ => Ok(first.unwrap_or_else(|| joined.freeze())),
        }
    }
}

impl Frames {
    fn take(&mut self, data: Bytes, limit: u64) -> Result<(), Error> {
        self.read = self.read.saturating_add(data.len() as u64);
        if self.read > limit {
            return Err(over(limit));
        }
        if self.first.is_none() && self.joined.is_empty() {
            self.first = Some(data);
            return Ok(());
        }
        if let Some(first) = self.first.take() {
            self.joined.extend_from_slice(&first);
        }
        self.joined.extend_from_slice(&data);
        Ok(())
    }
}

fn data<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    frame: Result<Frame<Bytes>, E>,
) -> Result<Bytes, Error> {
    let frame = frame.map_err(|error| {
        Error::new(ErrorKind::Body, "the request's body failed while it was read to be signed")
            .with_source(error)
    })?;
    frame.into_data().map_err(|_| {
        Error::new(
            ErrorKind::Body,
            "the request's body has trailers, which cannot be sent once it is buffered to be signed",
        )
    })
}

fn over(limit: u64) -> Error {
    Error::new(
        ErrorKind::Payload,
        format!(
            "the request's body is a stream of more than the {limit} bytes that are buffered to be signed: raise the \
             limit (Signer::with_buffer_limit), give its hash (PayloadMode::Precomputed), leave it out of the signature \
             (PayloadMode::Unsigned), or, to S3, state its length in content-length and send it in chunks \
             (PayloadMode::Chunked, feature `chunked`)"
        ),
    )
}
