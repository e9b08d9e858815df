//! A span for each signature, and what was signed.

use tracing::field::Empty;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::span::EnteredSpan;
use tracing::{Level, debug_span, enabled, trace};

use super::scope::Scope;
use super::{RequestHead, Signer};
use crate::request::{SignedText, SigningParams};

impl Signer {
    /// The span `sign`, at level DEBUG: service, region, scope date, where the credentials come from, and how many seconds ago
    /// they were fetched. On the heap, so that nothing is moved where nobody listens.
    pub(super) fn trace(
        &self,
        request: &RequestHead<'_>,
        scope: &Scope<'_>,
        params: &SigningParams<'_>,
    ) -> Box<EnteredSpan> {
        let span = debug_span!(
            "sign",
            service = &*scope.service,
            region = &*scope.region,
            date = params.date.date(),
            source = params.credentials.source(),
            refresh_age_s = Empty,
        );
        if !span.is_disabled()
            && let Some(obtained) = self.source(request).ok().and_then(|source| source.status().obtained)
        {
            let age = self.0.clock.now().duration_since(obtained).unwrap_or_default();
            span.record("refresh_age_s", age.as_secs());
        }
        Box::new(span.entered())
    }
}

/// Whether anybody listens at all: found out in a moment.
#[inline]
pub(super) fn is_on() -> bool {
    Level::DEBUG <= STATIC_MAX_LEVEL && Level::DEBUG <= LevelFilter::current()
}

/// Whether what is signed is wanted as text.
#[inline(never)]
pub(super) fn wants_text() -> bool {
    enabled!(Level::TRACE)
}

/// Ends the span; at level TRACE with the canonical request, of which values are shown for a short list of names.
#[inline(never)]
pub(super) fn signed(span: Box<EnteredSpan>, text: Option<&SignedText>) {
    if let Some(text) = text {
        trace!(canonical_request = text.redacted(), "signed");
    }
    drop(span);
}
