//! The body of a signed request.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::BoxError;

/// The body of a signed request: the caller's own, what it was read into to be hashed, or its chunks.
#[derive(Debug)]
pub struct SignedBody<B>(Kind<B>);

#[derive(Debug)]
enum Kind<B> {
    Whole(Option<Bytes>),
    Stream(Started<B>),
    #[cfg(feature = "chunked")]
    Chunked(Box<sigv4_core::body::chunked::ChunkedBody<Started<B>>>),
}

impl<B> SignedBody<B> {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }

    pub(super) fn stream(first: Option<Bytes>, rest: B) -> Self {
        Self(Kind::Stream(Started { first, rest }))
    }

    #[cfg(feature = "chunked")]
    pub(super) fn chunked(first: Option<Bytes>, rest: B, chunks: sigv4_core::Chunks) -> Self {
        Self(Kind::Chunked(Box::new(chunks.body(Started { first, rest }))))
    }
}

impl<B> Body for SignedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Stream(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            #[cfg(feature = "chunked")]
            Kind::Chunked(body) => Pin::new(&mut **body).poll_frame(context).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Stream(body) => body.is_end_stream(),
            #[cfg(feature = "chunked")]
            Kind::Chunked(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(length(bytes)),
            Kind::Stream(body) => body.size_hint(),
            #[cfg(feature = "chunked")]
            Kind::Chunked(body) => body.size_hint(),
        }
    }
}

/// A body of which the first frame may have been read.
#[derive(Debug)]
struct Started<B> {
    first: Option<Bytes>,
    rest: B,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Started<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (read, mut hint) = (length(&self.first), self.rest.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint.set_lower(hint.lower().saturating_add(read));
        hint
    }
}

fn length(bytes: &Option<Bytes>) -> u64 {
    bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)
}
