use bytes::Bytes;
#[cfg(feature = "chunked")]
use sigv4_core::body::chunked::VerifiedChunks;

/// What the inner service of [`Verify`](super::Verify) takes as its body, made of an outer body of type `Rq`.
///
/// Everything that is `From<Bytes>` gets the body whole and verified. With the feature `chunked`, `StreamedBody` gets a
/// chunked upload as it comes in.
pub trait Receive<Rq>: Sized {
    /// A body that was read to its end and verified.
    fn whole(bytes: Bytes) -> Self;

    /// A chunked body that is verified while it is read; or the same back, to be read whole.
    #[cfg(feature = "chunked")]
    fn chunks(body: VerifiedChunks<Rq>) -> Result<Self, Box<VerifiedChunks<Rq>>> {
        Err(Box::new(body))
    }
}

impl<B: From<Bytes>, Rq> Receive<Rq> for B {
    fn whole(bytes: Bytes) -> Self {
        bytes.into()
    }
}
