//! The receiving side: `aws-chunked` in, verified data out.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::decode::Decoder;
use super::{ChunkVerifier, DecodePlan};
use crate::error::{Error, ErrorKind};

pin_project! {
    /// The data of a chunked body, verified. Made by [`DecodePlan::body`].
    ///
    /// Data of a signed chunk is handed out once its signature was verified, and until then held, in the pieces that it
    /// came in. The last piece of all is handed out only after the signatures, the trailers, every checksum and the
    /// length were found right: whoever counts bytes does not take a body for whole that is not. The trailers follow as
    /// a trailers frame.
    ///
    /// Fails at the first thing wrong: with kind `Verification` (a signature, a checksum, the form, the length: its source is a
    /// [`ChunkFault`](super::ChunkFault)), or `Body` when the inner body fails.
    #[derive(Debug)]
    pub struct VerifiedChunks<B> {
        #[pin]
        inner: B,
        decoder: Decoder,
        ended: bool,
    }
}

impl<B> VerifiedChunks<B> {
    pub(super) fn new(inner: B, plan: DecodePlan, verifier: ChunkVerifier) -> Self {
        Self { inner, decoder: Decoder::new(plan, verifier), ended: false }
    }

    /// The body that is being decoded.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B> Body for VerifiedChunks<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let failed = loop {
            match this.decoder.next() {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(None) if this.decoder.is_complete() => {
                    *this.ended = true;
                    let trailers = this.decoder.take_trailers();
                    return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
                }
                Ok(None) => {}
                Err(error) => break error,
            }
            match ready!(this.inner.as_mut().poll_frame(cx)) {
                // Trailers of HTTP are none of the signer's.
                Some(Ok(frame)) => this.decoder.take(frame.into_data().unwrap_or_default()),
                None => this.decoder.finish(),
                Some(Err(error)) => {
                    break Error::new(ErrorKind::Body, "the chunked body failed while it was read")
                        .with_source(error);
                }
            }
        };
        *this.ended = true;
        this.decoder.fail();
        Poll::Ready(Some(Err(failed)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.decoder.is_complete()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.decoder.left())
    }
}
