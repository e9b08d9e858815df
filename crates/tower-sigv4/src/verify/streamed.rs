use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use sigv4_core::Error;
use sigv4_core::body::chunked::VerifiedChunks;

use super::{Receive, VerifiedBody};
use crate::BoxError;

pin_project! {
    /// The body of a verified request: a chunked upload as it comes in, each chunk verified before it is handed out; any
    /// other body whole and in memory. For uploads of any size: `layer.with_body_type::<StreamedBody<_>>()`.
    ///
    /// A chunked upload can fail at any time: do not keep what it gave so far unless it was read to its end. Its errors
    /// are [`sigv4_core::Error`]s whose class [`ChunkFault::of`](sigv4_core::body::chunked::ChunkFault::of) tells.
    #[derive(Debug)]
    pub struct StreamedBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProjection]
    enum Kind<B> {
        Whole { body: VerifiedBody },
        Chunks { #[pin] body: VerifiedChunks<B> },
    }
}

impl<B> Receive<B> for StreamedBody<B> {
    fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { body: bytes.into() } }
    }

    fn chunks(body: VerifiedChunks<B>) -> Result<Self, Box<VerifiedChunks<B>>> {
        Ok(Self { kind: Kind::Chunks { body } })
    }
}

impl<B> Body for StreamedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.project().kind.project() {
            KindProjection::Whole { body } => {
                Pin::new(body).poll_frame(context).map_err(|never| match never {})
            }
            KindProjection::Chunks { body } => body.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { body } => body.is_end_stream(),
            Kind::Chunks { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { body } => body.size_hint(),
            Kind::Chunks { body } => body.size_hint(),
        }
    }
}
