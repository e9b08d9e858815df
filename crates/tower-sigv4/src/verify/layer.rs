use std::fmt;
use std::marker::PhantomData;

use sigv4_core::verify::Verifier;
use tower_layer::Layer;

use super::{VerifiedBody, Verify};

/// The longest body that is read to be verified, unless another limit is set: 10 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Verifies every request that passes. See the [module](super) for what it does, and an example.
///
/// `B` is the type of body that the inner service takes: anything that is `From<Bytes>`, or `StreamedBody`.
pub struct VerifyLayer<B = VerifiedBody> {
    pub(super) verifier: Verifier,
    pub(super) limit: usize,
    body: PhantomData<fn() -> B>,
}

impl VerifyLayer {
    /// Verifies with `verifier`. The inner service takes a [`VerifiedBody`].
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, limit: DEFAULT_BODY_LIMIT, body: PhantomData }
    }
}

impl<B> VerifyLayer<B> {
    /// The longest body to accept, in bytes: a longer one is answered with 413. Every body is held in memory.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Hands the inner service another type of body: `axum::body::Body` for `Router::layer`, `Full<Bytes>`.
    #[must_use]
    pub fn with_body_type<Other>(self) -> VerifyLayer<Other> {
        VerifyLayer { verifier: self.verifier, limit: self.limit, body: PhantomData }
    }
}

impl<B> Clone for VerifyLayer<B> {
    fn clone(&self) -> Self {
        Self { verifier: self.verifier.clone(), limit: self.limit, body: PhantomData }
    }
}

impl<B> fmt::Debug for VerifyLayer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyLayer").field("verifier", &self.verifier).field("limit", &self.limit).finish()
    }
}

impl<S, B> Layer<S> for VerifyLayer<B> {
    type Service = Verify<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify::from_parts(inner, self.clone())
    }
}
