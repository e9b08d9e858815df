//! A `reqwest::Client` as the service below a [`SignLayer`](crate::SignLayer).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response, Uri};
use http_body::Body as _;
use sigv4_core::{Error, ErrorKind};
use tower_service::Service;

use crate::{BoxError, SignedBody};

/// Sends `http` requests through a `reqwest::Client`.
///
/// reqwest parses the URL anew, and can change it: a request whose host, path or query it would send differently from what was
/// signed is refused, with an error of kind `Request`, and not sent. It writes hosts in lower case, and IP addresses with all
/// their numbers in decimal.
///
/// ```no_run
/// use tower::ServiceBuilder;
/// use tower_sigv4::{ReqwestService, SignLayer};
/// # use sigv4_core::{Credentials, Signer};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let signer = Signer::new("s3", "us-east-1", Credentials::from_env()?);
/// let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
/// let service = ServiceBuilder::new().layer(SignLayer::new(signer)).service(ReqwestService::new(client));
/// # tower::ServiceExt::<http::Request<reqwest::Body>>::oneshot(service, http::Request::default());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestService {
    client: reqwest::Client,
}

impl ReqwestService {
    /// Sends through `client`. Turn redirects off in it: they would take the signature along. One that was followed is an error of
    /// kind `Redirect`, though by then it was sent; a chain of them that ends where it began is not seen, since reqwest tells only
    /// where the last answer came from.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl<B: Into<reqwest::Body>> Service<Request<B>> for ReqwestService {
    type Response = Response<reqwest::Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // reqwest's client queues nothing.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let uri = request.uri().clone();
        let request = request.map(Into::into);
        // reqwest's own conversion turns the absence of a body into an empty one, with a `content-length`.
        let empty = request.body().is_end_stream();
        let converted =
            reqwest::Request::try_from(request).map_err(BoxError::from).and_then(|mut request| {
                if empty
                    && !matches!(
                        *request.method(),
                        http::Method::PUT | http::Method::POST | http::Method::PATCH
                    )
                {
                    *request.body_mut() = None;
                }
                same_target(&uri, &request).map(|()| request).map_err(BoxError::from)
            });
        let client = self.client.clone();
        Box::pin(async move {
            let request = converted?;
            let sent = request.url().clone();
            let response = client.execute(request).await?;
            let received = response.url();
            let same = sent.origin() == received.origin()
                && sent.path() == received.path()
                && sent.query() == received.query();
            if same { Ok(response.into()) } else { Err(followed().into()) }
        })
    }
}

fn followed() -> Error {
    Error::new(
        ErrorKind::Redirect,
        "a redirect was followed below the signer, which sent the signature and the session token along: build the \
         reqwest client with redirect::Policy::none()",
    )
}

fn same_target(uri: &Uri, request: &reqwest::Request) -> Result<(), Error> {
    let url = request.url();
    if url.path() != uri.path() || url.query() != uri.query() {
        return Err(Error::new(
            ErrorKind::Request,
            "reqwest would send another path or query than the one that was signed (dot segments, or characters that it \
             encodes): use hyper-sigv4 for this request",
        ));
    }
    // A header outranks the URL. Ports are the same: only numbers without zeros before them are signed.
    let (written, sent) = (uri.host().unwrap_or_default(), url.host_str().unwrap_or_default());
    if written == sent || request.headers().contains_key(HOST) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Request,
        format!(
            "reqwest would send {sent} as the host, where {written} was signed: write it so in the URI, or use hyper-sigv4 for \
             this request"
        ),
    ))
}

impl<B> From<SignedBody<B>> for reqwest::Body
where
    B: http_body::Body<Data = Bytes> + Unpin + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    fn from(body: SignedBody<B>) -> Self {
        reqwest::Body::wrap(body)
    }
}
