//! The one error type of the workspace.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What went wrong while a request was signed, verified or prepared for signing.
///
/// Opaque and cheap to clone: clients that retry, buffer or share futures can hand the same error to
/// several callers. [`kind`](Error::kind) is for code, `Display` for people; the message names the
/// header, value or option at fault and what to do, and never holds a secret, a token or a signature.
///
/// ```
/// use sigv4_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Credentials, "the vault is sealed: unseal it, then try again");
/// assert_eq!(error.kind(), ErrorKind::Credentials);
/// assert!(error.to_string().contains("vault is sealed"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    retryable: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The classes of [`Error`], to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be signed as it is: no host, a user name in the URL, a path that the client
    /// below would rewrite.
    Request,
    /// A header stands in the way: an `Authorization` that is not ours, `x-amz-date` twice, a stale
    /// `content-length`.
    Header,
    /// An option is out of its range: region, service, expiry, an empty region set.
    Option,
    /// Region or service cannot be told from the host, or were not allowed to be.
    Inference,
    /// The request goes to an origin outside the allowed ones.
    Origin,
    /// The payload cannot be covered by the signature the way the service demands.
    Payload,
    /// The body failed while it was read, or was longer or shorter than announced.
    Body,
    /// The provider had no credentials, or failed to fetch them.
    Credentials,
    /// The credentials are past their expiry.
    ExpiredCredentials,
    /// A deadline passed; the message says which part was waited for.
    Timeout,
    /// A redirect was followed, or offered, where it must not be.
    Redirect,
    /// A signature did not verify.
    Verification,
    /// A feature of this crate that the request needs is not enabled.
    Feature,
}

impl Error {
    /// An error of `kind` with a message for people. Write what is wrong and what to do about it; no secrets.
    // Out of the way of what succeeds.
    #[cold]
    #[inline(never)]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let retryable = matches!(kind, ErrorKind::Timeout);
        Self(Arc::new(Inner { kind, message: message.into(), retryable, source: None }))
    }

    /// The same error, with the error that caused it. The source's own text is not part of `Display`.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source: Box<dyn StdError + Send + Sync> = source.into();
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.source = Some(Arc::from(source));
        Self(Arc::new(inner))
    }

    /// The same error, marked as one that may pass when tried again (a source of credentials that is
    /// down), or as one that will not.
    #[must_use]
    pub fn with_retryable(self, retryable: bool) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.retryable = retryable;
        Self(Arc::new(inner))
    }

    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same request may succeed when tried again unchanged.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Finds an [`Error`] of this workspace in the chain of sources of any error, for instance below a
    /// client's own error type.
    ///
    /// ```
    /// use sigv4_core::{Error, ErrorKind};
    ///
    /// let theirs = std::io::Error::other(Error::new(ErrorKind::Origin, "not allowed"));
    /// assert_eq!(Error::find(&theirs).unwrap().kind(), ErrorKind::Origin);
    /// ```
    pub fn find<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Error>() {
                return Some(found);
            }
            // `io::Error` shows its inner error through `get_ref`, and skips it in `source`.
            if let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)
                && let Some(found) = Error::find(inner)
            {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
