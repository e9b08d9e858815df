//! Raw connections: nothing below adds a `host`, so this does.

use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body::Body;
use hyper::body::Incoming;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Deadline, Step, TimeLimit};
use sigv4_core::{Error, ErrorKind, Location, Signer};
use tower_sigv4::sign::sign_request;
use tower_sigv4::{BoxError, SignedBody, Tokio, Wrap};

use crate::sender::Sender;

/// Signs every request, then sends it over one connection: `hyper::client::conn::http1::SendRequest` or that of
/// `http2`, whose body type is [`SignedBody`] around that of the requests.
///
/// Requests may name the path alone: they go to the connection's origin. One for another origin is an error of kind `Origin`.
#[derive(Debug, Clone)]
pub struct SigV4Connection<T> {
    pub(crate) signer: Signer,
    sender: T,
    scheme: Scheme,
    authority: Authority,
    pub(crate) limit: TimeLimit,
}

impl<T> SigV4Connection<T> {
    /// Signs with `signer` what `sender` sends to `origin`: an absolute URI, of which scheme, host and port count.
    /// An error of kind `Request` if it is none, or holds a user name.
    ///
    /// The signer's credential cache gets tokio's timer and tasks, unless it has others: outside of tokio, give it those
    /// ([`CredentialCache::with_sleep`](sigv4_core::credentials::CredentialCache::with_sleep)).
    pub fn new(signer: Signer, sender: T, origin: &Uri) -> Result<Self, Error> {
        let location = Location::of(origin)?;
        let wrong =
            || Error::new(ErrorKind::Request, "a connection's origin is an absolute URL: scheme and host");
        let authority = location.host.and_then(|host| host.parse().ok()).ok_or_else(wrong)?;
        let scheme = origin.scheme().cloned().ok_or_else(wrong)?;
        // With those a fetch cannot hang for ever, and credentials that are due soon are fetched while no caller waits.
        signer.credentials().offer_sleep(Tokio);
        signer.credentials().offer_spawner(Tokio);
        Ok(Self { signer, sender, scheme, authority, limit: TimeLimit::none() })
    }

    /// One deadline over fetching credentials, reading and hashing the body, and sending the request until the head of its answer
    /// is there: then an error of kind `Timeout` says which of them was waited for. None unless set. The timer is tokio's.
    #[must_use]
    pub fn with_deadline(self, after: Duration) -> Self {
        self.with_time_limit(TimeLimit::new(after, Tokio))
    }

    /// As [`with_deadline`](Self::with_deadline), by any timer.
    #[must_use]
    pub fn with_time_limit(self, limit: TimeLimit) -> Self {
        Self { limit, ..self }
    }

    /// Explains refusals and heals those that can be healed, at the price of another type for the response's body.
    #[cfg(feature = "refusals")]
    pub fn healing(self) -> crate::HealingConnection<T> {
        crate::HealingConnection::new(self)
    }

    /// The sender below.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.sender
    }

    /// The sender below, by value.
    pub fn into_inner(self) -> T {
        self.sender
    }

    /// Fills in the origin, and signs.
    async fn signed<B>(
        &self,
        request: Request<B>,
        deadline: &mut Deadline,
    ) -> Result<(Request<SignedBody<B>>, BodyError), Error>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>,
    {
        sign_request(&self.signer, Wrap, self.addressed(request)?, deadline).await
    }

    /// The request with the connection's origin, if it names none. An error if it names another.
    pub(crate) fn addressed<B>(&self, mut request: Request<B>) -> Result<Request<B>, Error> {
        let Some(host) = Location::of(request.uri())?.host else {
            let target = request.uri().path_and_query().cloned();
            *request.uri_mut() = self.absolute(target)?;
            return Ok(request);
        };
        // The scheme counts: `https` stands for TLS, by which a body goes out unsigned, and which this connection may not have.
        let scheme = request.uri().scheme().unwrap_or(&self.scheme);
        if *scheme == self.scheme && host.eq_ignore_ascii_case(self.authority.as_str()) {
            return Ok(request);
        }
        Err(Error::new(
            ErrorKind::Origin,
            format!(
                "the request is for {scheme}://{host}, and the connection goes to {}://{}",
                self.scheme, self.authority
            ),
        ))
    }

    fn absolute(&self, target: Option<PathAndQuery>) -> Result<Uri, Error> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(target.unwrap_or_else(|| PathAndQuery::from_static("/")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Request, "the request's path is not one").with_source(error)
            })
    }
}

#[cfg(feature = "http1")]
impl<B> SigV4Connection<hyper::client::conn::http1::SendRequest<SignedBody<B>>>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Signs a request and sends it. An error of this crate is a [`sigv4_core::Error`]: nothing was sent then, but for kind `Body`
    /// where a body in chunks failed on its way, and for a `Timeout` that says so.
    pub async fn send_request(&mut self, request: Request<B>) -> Result<Response<Incoming>, BoxError> {
        let mut deadline = self.limit.begin();
        let (request, body_error) = self.signed(request, &mut deadline).await?;
        self.send(request, &body_error, &mut deadline).await
    }
}

#[cfg(feature = "http2")]
impl<B> SigV4Connection<hyper::client::conn::http2::SendRequest<SignedBody<B>>>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Signs a request and sends it. An error of this crate is a [`sigv4_core::Error`]: nothing was sent then, but for kind `Body`
    /// where a body in chunks failed on its way, and for a `Timeout` that says so.
    pub async fn send_request(&mut self, request: Request<B>) -> Result<Response<Incoming>, BoxError> {
        let mut deadline = self.limit.begin();
        let (request, body_error) = self.signed(request, &mut deadline).await?;
        self.send(request, &body_error, &mut deadline).await
    }
}

impl<T> SigV4Connection<T> {
    /// Sends what is signed.
    pub(crate) async fn send<B>(
        &mut self,
        request: Request<SignedBody<B>>,
        body_error: &BodyError,
        deadline: &mut Deadline,
    ) -> Result<Response<Incoming>, BoxError>
    where
        T: Sender<B>,
    {
        let request = T::written(request, &self.authority)?;
        deadline.hold(Step::Sending, self.sender.ready()).await??;
        let sent = deadline.hold(Step::Sending, self.sender.send(request)).await?;
        sent.map_err(|error| body_error.or(error))
    }
}
