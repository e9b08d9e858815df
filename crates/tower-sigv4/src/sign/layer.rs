use bytes::Bytes;
use sigv4_core::Signer;
use sigv4_core::flow::TimeLimit;
use tower_layer::Layer;

use super::extras::Extras;
use super::{Same, Sign, With, Wrap};

/// Signs every request that passes. See the [module](super) for what it does, and an example.
#[derive(Debug, Clone)]
pub struct SignLayer<R = Same> {
    signer: Signer,
    rebuild: R,
    extras: Extras,
}

impl SignLayer {
    /// Signs with `signer`. The inner service takes the same body type, which must be `From<Bytes>`.
    pub fn new(signer: Signer) -> Self {
        Self { signer, rebuild: Same, extras: Extras::default() }
    }
}

impl<R> SignLayer<R> {
    /// Hands the inner service a [`SignedBody`](super::SignedBody) around any body type: needed for streams to S3 that are
    /// not to be read into memory, unsigned over TLS or in chunks (feature `chunked`).
    pub fn wrap(self) -> SignLayer<Wrap> {
        SignLayer { signer: self.signer, rebuild: Wrap, extras: self.extras }
    }

    /// Makes the inner service's body from buffered bytes with this closure, for body types that are not
    /// `From<Bytes>`.
    pub fn with_rebuild<B, F: Fn(Bytes) -> B + Clone>(self, rebuild: F) -> SignLayer<With<F>> {
        SignLayer { signer: self.signer, rebuild: With(rebuild), extras: self.extras }
    }

    /// One deadline over fetching credentials, reading and hashing the body, and sending the request until the head of its answer
    /// is there: then the request is given up, with an error of kind `Timeout` that says which of them was waited for.
    ///
    /// The time runs from when the returned future is first polled; waiting for the inner service to be ready is not part of it.
    /// No deadline unless set. The timer is tokio's.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn with_deadline(self, after: std::time::Duration) -> Self {
        self.with_time_limit(TimeLimit::new(after, crate::Tokio))
    }

    /// As `with_deadline`, by any timer.
    #[must_use]
    pub fn with_time_limit(self, limit: TimeLimit) -> Self {
        Self { extras: Extras { limit, ..self.extras }, ..self }
    }

    /// Leaves a [`Seal`](sigv4_core::flow::Seal) with each signed request, so that a `CheckSealLayer` (feature `tracing`) right above
    /// the client can warn when a layer in between changed what was signed. Off unless turned on: it copies the signed headers.
    /// `with_seal(cfg!(debug_assertions))` has it in debug builds.
    #[must_use]
    pub fn with_seal(self, on: bool) -> Self {
        Self { extras: Extras { seal: on, ..self.extras }, ..self }
    }
}

#[cfg(feature = "refusals")]
impl<R> SignLayer<R> {
    /// Explains refusals and heals those that can be healed, at the price of another type for the response's body.
    pub fn healing(self) -> super::HealingLayer<R> {
        super::HealingLayer { signer: self.signer, rebuild: self.rebuild, extras: self.extras, replay: true }
    }
}

impl<S, R: Clone> Layer<S> for SignLayer<R> {
    type Service = Sign<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Sign::from_parts(inner, self.signer.clone(), self.rebuild.clone(), self.extras.clone())
    }
}
