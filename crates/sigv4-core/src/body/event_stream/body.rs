//! A request's body out of messages.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use super::message::Prelude;
use super::signer::EventSigner;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};

pin_project! {
    /// A body of which each frame is one encoded [`Message`](super::Message), with each signed as it is sent, and the
    /// signed empty message at the end.
    ///
    /// Fails with kind `Body` when the inner body does, or gives a frame that is not one message. The last message is not sent
    /// then, and the body does not look ended.
    pub struct SignedEvents<B> {
        #[pin]
        inner: B,
        // `None` after the end, and after an error.
        signer: Option<EventSigner>,
        ended: bool,
        clock: Arc<dyn Clock>,
    }
}

impl<B> SignedEvents<B> {
    /// Signs what `inner` gives, at the times that `clock` tells.
    pub fn new(inner: B, signer: EventSigner, clock: impl Clock + 'static) -> Self {
        Self { inner, signer: Some(signer), ended: false, clock: Arc::new(clock) }
    }
}

impl<B> Body for SignedEvents<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        let Some(mut signer) = this.signer.take() else { return Poll::Ready(None) };
        let message = loop {
            match this.inner.as_mut().poll_frame(cx) {
                Poll::Pending => {
                    *this.signer = Some(signer);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers have no place in an event stream.
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        break data;
                    }
                }
                Poll::Ready(None) => {
                    let last = signer.finish(this.clock.now());
                    *this.ended = last.is_ok();
                    return Poll::Ready(Some(last.map(Frame::data)));
                }
                Poll::Ready(Some(Err(error))) => {
                    let failed = Error::new(ErrorKind::Body, "the source of the event stream failed");
                    return Poll::Ready(Some(Err(failed.with_source(error))));
                }
            }
        };
        if !Prelude::read(&message).is_ok_and(|prelude| prelude.length == message.len()) {
            return Poll::Ready(Some(Err(Error::new(
                ErrorKind::Body,
                "a frame of the body is not one whole message of an event stream: encode each with Message::encode",
            ))));
        }
        let signed = signer.sign_encoded(&message, this.clock.now());
        if signed.is_ok() {
            *this.signer = Some(signer);
        }
        Poll::Ready(Some(signed.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

impl<B> std::fmt::Debug for SignedEvents<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedEvents").field("signer", &self.signer).finish_non_exhaustive()
    }
}
