//! HTTP: one small trait, served by the user's own client or, with feature `hyper` or `reqwest`, by a default one.

mod exchange;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod near;
#[cfg(feature = "reqwest")]
mod reqwest;
mod tower;

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sigv4_core::{Error, ErrorKind};

#[cfg(feature = "hyper")]
pub use self::hyper::HyperClient;
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestClient;
pub(crate) use exchange::{Exchange, fail, host_of, refused};
pub use tower::ServiceClient;

/// Sends one request and reads the whole answer.
///
/// Any function from a request to a response is one; [`ServiceClient`] makes one of a tower service. A client follows
/// no redirects, sends nothing through a proxy to link-local addresses (169.254.0.0/16, fd00:ec2::/32), and keeps to
/// the limits that it is given where it can: size and time are checked again by its caller.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use sigv4_credentials::context::Context;
///
/// async fn send(request: Request<Bytes>) -> Result<Response<Bytes>, std::io::Error> {
///     Err(std::io::Error::other(format!("no route to {}", request.uri())))
/// }
/// let context = Context::isolated().with_http(send);
/// # let _ = context;
/// ```
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends the request as it is, and returns the answer whatever its status.
    ///
    /// An error says why there is no answer: the connection, a limit. It is retryable where another attempt may help.
    async fn send(&self, request: Request<Bytes>, limits: HttpLimits) -> Result<Response<Bytes>, Error>;
}

/// What one exchange may use.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HttpLimits {
    /// The time until the connection stands.
    pub connect_timeout: Duration,
    /// The time until the answer is read to its end.
    pub timeout: Duration,
    /// The bytes of the answer's body.
    pub max_body: usize,
}

impl Default for HttpLimits {
    /// 3 s to connect, 5 s in all, 256 KiB: three attempts fit into what a `CredentialCache` waits.
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(3), timeout: Duration::from_secs(5), max_body: 256 << 10 }
    }
}

#[async_trait]
impl<F, Fut, E> HttpClient for F
where
    F: Fn(Request<Bytes>) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Response<Bytes>, E>> + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    async fn send(&self, request: Request<Bytes>, _: HttpLimits) -> Result<Response<Bytes>, Error> {
        self(request).await.map_err(no_answer)
    }
}

/// An error of a client that is not ours: ours within it are kept, others become retryable ones.
pub(crate) fn no_answer(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let error = error.into();
    if let Some(ours) = Error::find(&*error) {
        return ours.clone();
    }
    // The innermost text says most: "connection refused" rather than "error sending request".
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::new(ErrorKind::Credentials, cause.to_string()).with_source(error).with_retryable(true)
}

/// An answer of more than `max_body` bytes.
fn too_long(max_body: usize) -> Error {
    fail(format_args!("the answer is longer than {max_body} bytes"))
}
