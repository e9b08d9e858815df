//! A body that moves a progress bar.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use indicatif::ProgressBar;

/// The same body; what was read of it shows on a bar.
pub struct Progress<B> {
    inner: B,
    bar: ProgressBar,
}

impl<B: Body> Progress<B> {
    pub fn new(inner: B, bar: ProgressBar) -> Self {
        bar.set_length(inner.size_hint().lower());
        Self { inner, bar }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Progress<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.bar.inc(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
