//! The sending side: any body as `aws-chunked`.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::encode::Encoder;
use super::{ChunkSigner, ChunkedPlan};
use crate::body::BodyError;
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
            if !this.encoder.is_running() {
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
        this.encoder.fail();
        this.error.set(&failed);
        Poll::Ready(Some(Err(failed)))
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_complete()
    }

    fn size_hint(&self) -> SizeHint {
        self.encoder.left().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
