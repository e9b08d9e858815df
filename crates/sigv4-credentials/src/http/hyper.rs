//! The small default client, over hyper.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use sigv4_core::{Error, ErrorKind};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::near::is_near;
use super::{HttpClient, HttpLimits, fail, host_of, no_answer, too_long};

/// One HTTP/1 connection for each request, over hyper: a source of credentials is asked a few times an hour, so there
/// is no pool to keep.
///
/// Follows no redirects. Link-local and loopback addresses are reached directly, all others through the proxy that
/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, which must be one over plain HTTP. TLS is rustls over
/// ring, with the certificates that the system trusts, or those of `SSL_CERT_FILE`. Runs on tokio, and starts nothing
/// in the background: a request that is dropped closes its connection.
#[derive(Default)]
pub struct HyperClient {
    tls: OnceLock<Result<TlsConnector, Error>>,
    proxies: OnceLock<Matcher>,
}

impl HyperClient {
    /// A client that opens and reads nothing until the first request.
    pub fn new() -> Self {
        Self::default()
    }

    /// The proxy for an address, if there is one.
    fn proxy(&self, uri: &Uri) -> Result<Option<Intercept>, Error> {
        if is_near(uri) {
            return Ok(None);
        }
        let proxy = self.proxies.get_or_init(Matcher::from_env).intercept(uri);
        match proxy.as_ref().and_then(|proxy| proxy.uri().scheme_str()) {
            None | Some("http") => Ok(proxy),
            Some(scheme) => Err(fail(format_args!(
                "the environment names a proxy over {scheme}, and only those over http can be used here: \
                 change HTTPS_PROXY or ALL_PROXY, or add the host to NO_PROXY"
            ))),
        }
    }

    fn tls(&self) -> Result<&TlsConnector, Error> {
        self.tls.get_or_init(tls).as_ref().map_err(Clone::clone)
    }

    async fn exchange(&self, request: Request<Bytes>, limits: HttpLimits) -> Result<Response<Bytes>, Error> {
        let proxy = self.proxy(request.uri())?;
        let connect = self.connect_and_prepare(request, proxy.as_ref());
        let late = |_| timed_out("connection", limits.connect_timeout);
        let (stream, request) = timeout(limits.connect_timeout, connect).await.map_err(late)??;
        match stream {
            Stream::Plain(stream) => send(stream, request, limits.max_body).await,
            Stream::Tls(stream) => send(*stream, request, limits.max_body).await,
        }
    }

    /// The connection, and the request in the form in which it is written there.
    async fn connect_and_prepare(
        &self,
        mut request: Request<Bytes>,
        proxy: Option<&Intercept>,
    ) -> Result<(Stream, Request<Bytes>), Error> {
        let uri = request.uri().clone();
        let host = uri.host().ok_or_else(|| fail("the address has no host"))?;
        name_host(&mut request, &uri)?;
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let stream = match proxy {
            None => reach(&mut connector(), uri.clone()).await?,
            Some(proxy) if is_tls => tunnel(&uri, proxy).await?,
            Some(proxy) => {
                // A proxy wants the whole address, and its own authorization.
                if let Some(authorization) = proxy.basic_auth() {
                    let mut authorization = authorization.clone();
                    authorization.set_sensitive(true);
                    request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
                }
                let stream = reach(&mut connector(), proxy.uri().clone()).await;
                return Ok((Stream::Plain(stream.map_err(through(proxy))?), request));
            }
        };
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
        if !is_tls {
            return Ok((Stream::Plain(stream), request));
        }
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).map_err(|error| fail(error.to_string()))?;
        let stream = self.tls()?.connect(name, stream.into_inner()).await.map_err(no_answer)?;
        Ok((Stream::Tls(Box::new(TokioIo::new(stream))), request))
    }
}

/// A connection that stands.
enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>>),
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

/// Calls a connector once it is ready.
async fn reach<C>(connector: &mut C, uri: Uri) -> Result<C::Response, Error>
where
    C: Service<Uri>,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    poll_fn(|context| connector.poll_ready(context)).await.map_err(no_answer)?;
    connector.call(uri).await.map_err(no_answer)
}

async fn tunnel(uri: &Uri, proxy: &Intercept) -> Result<TokioIo<TcpStream>, Error> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), connector());
    if let Some(authorization) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    reach(&mut tunnel, uri.clone()).await.map_err(through(proxy))
}

/// Names the proxy in the error, by host and port.
fn through(proxy: &Intercept) -> impl FnOnce(Error) -> Error {
    let host = host_of(proxy.uri());
    move |error| {
        let retryable = error.is_retryable();
        Error::new(error.kind(), format!("the proxy {host}: {error}"))
            .with_source(error)
            .with_retryable(retryable)
    }
}

/// The `Host` header, with the port if it is not the scheme's own.
fn name_host(request: &mut Request<Bytes>, uri: &Uri) -> Result<(), Error> {
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let host = uri.host().unwrap_or_default();
    let host = match uri.authority().and_then(Authority::port_u16) {
        Some(port) if port != default => HeaderValue::try_from(format!("{host}:{port}")),
        _ => HeaderValue::try_from(host),
    };
    let host = host.map_err(|_| fail("the address has a host that no header can hold"))?;
    request.headers_mut().entry(HOST).or_insert(host);
    Ok(())
}

fn tls() -> Result<TlsConnector, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map_or_else(String::new, |error| format!(" ({error})"));
        return Err(fail(format_args!(
            "no trusted certificates were found{why}: install the system's package of them (ca-certificates), \
             or name a file of them in SSL_CERT_FILE"
        )));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fail("TLS cannot be set up").with_source(error))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Sends one request over a connection, and reads the answer.
async fn send<S>(stream: S, request: Request<Bytes>, max_body: usize) -> Result<Response<Bytes>, Error>
where
    S: Read + Write + Unpin + Send,
{
    let (mut sender, connection) = http1::handshake(stream).await.map_err(no_answer)?;
    let mut connection = pin!(connection);
    let mut exchange = pin!(async {
        let answer = sender.send_request(request.map(Whole)).await.map_err(no_answer)?;
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, read(body, max_body).await?))
    });
    let mut ended = false;
    poll_fn(|context| {
        // What ends a connection is told to the request on it, too.
        ended = ended || connection.as_mut().poll(context).is_ready();
        exchange.as_mut().poll(context)
    })
    .await
}

async fn read(body: Incoming, max_body: usize) -> Result<Bytes, Error> {
    let mut body = pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(no_answer)?.into_data() else { continue };
        if data.len() > max_body - collected.len() {
            return Err(too_long(max_body));
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

/// A body that is there already.
struct Whole(Bytes);

impl Body for Whole {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

fn timed_out(what: &str, limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("no {what} within {limit:?}"))
}

impl fmt::Debug for HyperClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperClient")
    }
}

#[async_trait]
impl HttpClient for HyperClient {
    async fn send(&self, request: Request<Bytes>, limits: HttpLimits) -> Result<Response<Bytes>, Error> {
        let late = |_| timed_out("whole answer", limits.timeout);
        timeout(limits.timeout, self.exchange(request, limits)).await.map_err(late)?
    }
}
