//! What became of a request, for metrics.

use std::sync::Arc;

use crate::error::Error;

/// What the signer did with one request.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// It was signed for this service and region.
    Signed {
        /// The service of the scope.
        service: &'a str,
        /// The region of the scope.
        region: &'a str,
    },
    /// It was left unsigned, since its options say so.
    Skipped,
    /// It could not be signed, and was not sent.
    Failed(&'a Error),
    /// There were no credentials for it, and it was not sent.
    NoCredentials(&'a Error),
}

/// Called once for every request. Must not block.
pub(crate) type Hook = Arc<dyn Fn(Outcome<'_>) + Send + Sync>;
