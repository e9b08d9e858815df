//! How the signed request gets its body.

use bytes::Bytes;
use sigv4_core::{Error, ErrorKind};

use super::SignedBody;

/// Makes the body that the inner service takes, out of the request's own body or out of the bytes that it was read into.
///
/// Three come with this crate: [`Same`], [`Wrap`] and [`With`].
pub trait Rebuild<B>: Clone {
    /// The body that the inner service takes.
    type Out;

    /// Whether [`chunked`](Self::chunked) works.
    const CHUNKS: bool = false;

    /// The body as it came, unread.
    fn untouched(&self, body: B) -> Self::Out;

    /// A body that was read whole.
    fn buffered(&self, bytes: Bytes) -> Self::Out;

    /// A stream of which the first frame was read. An error, kind `Payload`, where that cannot be put back.
    fn started(&self, first: Option<Bytes>, rest: B) -> Result<Self::Out, Error>;

    /// A stream, of which the first frame may have been read, that is sent in chunks. Called only where
    /// [`CHUNKS`](Self::CHUNKS) says that it works.
    #[cfg(feature = "chunked")]
    fn chunked(&self, first: Option<Bytes>, rest: B, chunks: sigv4_core::Chunks) -> Result<Self::Out, Error> {
        let _ = (first, rest, chunks);
        Err(Error::new(ErrorKind::Payload, "this body type cannot hold a chunked body: use SignLayer::wrap"))
    }
}

/// The inner service takes the same body type as the outer one, which can be made from `Bytes`: `Full<Bytes>`,
/// `axum::body::Body`, `reqwest::Body`. The default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Same;

impl<B: From<Bytes>> Rebuild<B> for Same {
    type Out = B;

    fn untouched(&self, body: B) -> B {
        body
    }

    fn buffered(&self, bytes: Bytes) -> B {
        B::from(bytes)
    }

    fn started(&self, first: Option<Bytes>, rest: B) -> Result<B, Error> {
        unread_only(first, rest)
    }
}

/// The inner service takes [`SignedBody`], whatever the outer body is: every way to cover a payload works.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wrap;

impl<B> Rebuild<B> for Wrap {
    type Out = SignedBody<B>;

    const CHUNKS: bool = cfg!(feature = "chunked");

    fn untouched(&self, body: B) -> SignedBody<B> {
        SignedBody::stream(None, body)
    }

    fn buffered(&self, bytes: Bytes) -> SignedBody<B> {
        SignedBody::whole(bytes)
    }

    fn started(&self, first: Option<Bytes>, rest: B) -> Result<SignedBody<B>, Error> {
        Ok(SignedBody::stream(first, rest))
    }

    #[cfg(feature = "chunked")]
    fn chunked(
        &self,
        first: Option<Bytes>,
        rest: B,
        chunks: sigv4_core::Chunks,
    ) -> Result<SignedBody<B>, Error> {
        Ok(SignedBody::chunked(first, rest, chunks))
    }
}

/// The same body type, made from `Bytes` by a closure: boxed bodies, tonic's.
#[derive(Debug, Clone, Copy)]
pub struct With<F>(pub(super) F);

impl<B, F: Fn(Bytes) -> B + Clone> Rebuild<B> for With<F> {
    type Out = B;

    fn untouched(&self, body: B) -> B {
        body
    }

    fn buffered(&self, bytes: Bytes) -> B {
        self.0(bytes)
    }

    fn started(&self, first: Option<Bytes>, rest: B) -> Result<B, Error> {
        unread_only(first, rest)
    }
}

fn unread_only<B>(first: Option<Bytes>, rest: B) -> Result<B, Error> {
    match first {
        None => Ok(rest),
        Some(_) => Err(Error::new(
            ErrorKind::Payload,
            "the request's body is a stream that may go out unsigned, but its type cannot hold what was read of it: \
             use SignLayer::wrap, or ask for PayloadMode::Unsigned, which leaves the body unread",
        )),
    }
}
