//! Errors of this project inside those of the client.

use std::error::Error as StdError;

use sigv4_core::Error;

/// Finds an [`Error`] of this project in an error of `reqwest-middleware`, also below the middleware that retry.
///
/// `reqwest_middleware::Error` hides what a middleware returned from `source()`, so [`Error::find`] alone does not see it.
///
/// ```
/// use sigv4_core::{Error, ErrorKind};
///
/// let theirs = reqwest_middleware::Error::middleware(Error::new(ErrorKind::Origin, "not allowed"));
/// assert_eq!(reqwest_sigv4::find_error(&theirs).unwrap().kind(), ErrorKind::Origin);
/// ```
pub fn find_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = Error::find(error) {
            return Some(found);
        }
        if let Some(reqwest_middleware::Error::Middleware(hidden)) = error.downcast_ref()
            && let Some(found) = find_error(hidden.as_ref())
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
