//! A span for each signature, and what was signed.

use tracing::field::Empty;
use tracing::span::EnteredSpan;
use tracing::{Level, debug_span, enabled, trace};

use super::scope::Scope;
use super::{RequestHead, Signer};
use crate::request::{SignedText, SigningParams};

impl Signer {
    /// The span `sign`, at level DEBUG: service, region, scope date, where the credentials come from, and how many seconds ago
    /// they were fetched. None where nobody listens, or nothing but a `log` that `tracing` writes to; on the heap, so that nothing is moved then.
    pub(super) fn trace(
        &self,
        request: &RequestHead<'_>,
        scope: &Scope<'_>,
        params: &SigningParams<'_>,
    ) -> Option<Box<EnteredSpan>> {
        let span = debug_span!(
            "sign",
            service = &*scope.service,
            region = &*scope.region,
            date = params.date.date(),
            source = params.credentials.source(),
            refresh_age_s = Empty,
        );
        if span.is_disabled() {
            return None;
        }
        if let Some(obtained) = self.source(request).ok().and_then(|source| source.status().obtained) {
            let age = self.0.clock.now().duration_since(obtained).unwrap_or_default();
            span.record("refresh_age_s", age.as_secs());
        }
        Some(Box::new(span.entered()))
    }
}

/// Whether what is signed is wanted as text.
pub(super) fn wants_text() -> bool {
    enabled!(Level::TRACE)
}

/// Ends the span; at level TRACE with the canonical request, of which values are shown for a short list of names.
pub(super) fn signed(span: Option<Box<EnteredSpan>>, text: Option<&SignedText>) {
    if let Some(text) = text {
        trace!(canonical_request = text.redacted(), "signed");
    }
    drop(span);
}
