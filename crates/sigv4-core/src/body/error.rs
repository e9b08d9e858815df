//! The error of a body, for callers whose client loses it.

use std::sync::{Arc, OnceLock};

use crate::error::Error;

/// Where a request's body leaves the error that it fails with, if it is one that can fail by itself: a chunked body.
///
/// A client is told of the error, but does not always tell its caller: over HTTP/2 hyper says that the stream was reset, and
/// not why. Adapters ask here when sending failed. The default is that of a body that leaves no error.
#[derive(Debug, Clone, Default)]
pub struct BodyError(Option<Arc<OnceLock<Error>>>);

impl BodyError {
    /// The body's error, if it has failed; else `error`, which the client gave.
    pub fn or<E>(&self, error: impl Into<E>) -> E
    where
        E: From<Error>,
    {
        self.get().map_or_else(|| error.into(), E::from)
    }

    /// The body's error, if it has failed.
    pub fn get(&self) -> Option<Error> {
        self.0.as_ref()?.get().cloned()
    }

    /// For a body that can fail.
    #[cfg(feature = "chunked")]
    pub(crate) fn empty() -> Self {
        Self(Some(Arc::default()))
    }

    #[cfg(feature = "chunked")]
    pub(super) fn set(&self, error: &Error) {
        if let Some(place) = &self.0 {
            // A body fails once.
            let _ = place.set(error.clone());
        }
    }
}
