//! Errors on their way through `reqwest-middleware`.

use sigv4_core::Error;

/// An error of the signer as one of the middleware.
///
/// `reqwest_middleware::Error` hands its source's source on, and would so skip a plain error of ours: the context, which
/// repeats the message, is what it skips instead. Both [`Error::find`] and `anyhow`'s downcast find ours below it.
pub(crate) fn wrapped(error: Error) -> reqwest_middleware::Error {
    let message = error.to_string();
    reqwest_middleware::Error::Middleware(anyhow::Error::new(error).context(message))
}

#[cfg(test)]
mod tests {
    use sigv4_core::ErrorKind;

    use super::*;

    #[test]
    fn is_found_again() {
        let error = wrapped(Error::new(ErrorKind::Origin, "example.com is not allowed"));
        assert_eq!(error.to_string(), "example.com is not allowed");
        assert_eq!(Error::find(&error).unwrap().kind(), ErrorKind::Origin);
        let reqwest_middleware::Error::Middleware(inner) = error else { panic!("another variant") };
        assert_eq!(inner.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Origin);
    }
}
