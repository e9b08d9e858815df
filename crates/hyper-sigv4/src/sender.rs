//! The two kinds of raw connections, behind one trait.

use std::future::Future;

use http::uri::Authority;
use http::{Request, Response};
use hyper::body::Incoming;
use tower_sigv4::{BoxError, SignedBody};

/// The sending half of a raw connection: hyper's `SendRequest` of HTTP/1 or HTTP/2.
pub trait Sender<B>: Send {
    /// The request as this version of HTTP writes it.
    #[doc(hidden)]
    fn written(
        request: Request<SignedBody<B>>,
        authority: &Authority,
    ) -> Result<Request<SignedBody<B>>, BoxError>;

    #[doc(hidden)]
    fn ready(&mut self) -> impl Future<Output = hyper::Result<()>> + Send;

    #[doc(hidden)]
    fn send(
        &mut self,
        request: Request<SignedBody<B>>,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + Send;
}

#[cfg(feature = "http1")]
mod http1 {
    use bytes::Bytes;
    use http::header::HOST;
    use http::uri::PathAndQuery;
    use http::{HeaderValue, Uri};
    use http_body::Body;
    use hyper::client::conn::http1::SendRequest;

    use super::{Authority, BoxError, Future, Incoming, Request, Response, Sender, SignedBody};

    impl<B> Sender<B> for SendRequest<SignedBody<B>>
    where
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        fn written(
            mut request: Request<SignedBody<B>>,
            authority: &Authority,
        ) -> Result<Request<SignedBody<B>>, BoxError> {
            if !request.headers().contains_key(HOST) {
                // As it was signed: the request may spell the host in another case than the connection.
                let host = request.uri().authority().unwrap_or(authority);
                let host = HeaderValue::from_str(host.as_str())?;
                request.headers_mut().insert(HOST, host);
            }
            // A server is sent the path; the whole URI is for proxies.
            let target =
                request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
            *request.uri_mut() = Uri::from(target);
            Ok(request)
        }

        fn ready(&mut self) -> impl Future<Output = hyper::Result<()>> + Send {
            self.ready()
        }

        fn send(
            &mut self,
            request: Request<SignedBody<B>>,
        ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + Send {
            self.send_request(request)
        }
    }
}

#[cfg(feature = "http2")]
mod http2 {
    use bytes::Bytes;
    use http::Uri;
    use http::header::HOST;
    use http_body::Body;
    use hyper::client::conn::http2::SendRequest;
    use sigv4_core::{Error, ErrorKind};

    use super::{Authority, BoxError, Future, Incoming, Request, Response, Sender, SignedBody};

    impl<B> Sender<B> for SendRequest<SignedBody<B>>
    where
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        fn written(
            mut request: Request<SignedBody<B>>,
            _: &Authority,
        ) -> Result<Request<SignedBody<B>>, BoxError> {
            // What was signed is the header, and `:authority` has to say the same (RFC 9113, section 8.3.1).
            if let Some(host) = request.headers_mut().remove(HOST) {
                let mut uri = std::mem::take(request.uri_mut()).into_parts();
                uri.authority = Some(Authority::try_from(host.as_bytes()).map_err(|error| {
                    Error::new(ErrorKind::Header, "the header host is no host").with_source(error)
                })?);
                *request.uri_mut() = Uri::from_parts(uri)?;
            }
            Ok(request)
        }

        fn ready(&mut self) -> impl Future<Output = hyper::Result<()>> + Send {
            self.ready()
        }

        fn send(
            &mut self,
            request: Request<SignedBody<B>>,
        ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + Send {
            self.send_request(request)
        }
    }
}
