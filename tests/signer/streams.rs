//! Streams that end at once, that fail at once, or that have more to say behind their last byte.

use std::convert::Infallible;
use std::future::Ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use reqwest_middleware::ClientBuilder;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::flow::Collect;
use sigv4_core::{Error, ErrorKind, Outcome, PayloadMode, SignOptions, Signer};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::plain_reqwest;
use tower_sigv4::BoxError;

use crate::signer;

const CLIENTS: [&str; 2] = ["reqwest", "hyper"];

/// Signs and sends through reqwest or hyper-util's client.
async fn send<B>(client: &str, signer: Signer, request: Request<B>) -> Result<u16, BoxError>
where
    B: Body<Data = Bytes> + Send + Sync + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    if client == "hyper" {
        let client = HyperClient::builder(TokioExecutor::new()).build_http::<SignedBody<B>>();
        let response = SigV4Client::new(signer, client).request(request).await?;
        return Ok(response.status().as_u16());
    }
    let client = ClientBuilder::new(plain_reqwest()).with(SigV4Middleware::new(signer)).build();
    let (parts, body) = request.into_parts();
    let mut request = reqwest::Request::new(parts.method, parts.uri.to_string().parse()?);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(reqwest::Body::wrap(body));
    let mut extensions = parts.extensions;
    Ok(client.execute_with_extensions(request, &mut extensions).await?.status().as_u16())
}

type Item = Result<Frame<Bytes>, std::io::Error>;

/// No frames, from a stream that panics when it is polled after its end.
fn nothing() -> impl Body<Data = Bytes, Error = std::io::Error> + Send + Sync + Unpin {
    StreamBody::new(futures_lite::stream::unfold((), |()| -> Ready<Option<(Item, ())>> {
        std::future::ready(None)
    }))
}

#[tokio::test]
async fn an_empty_stream_is_not_polled_after_its_end_and_says_that_it_is_empty() {
    for client in CLIENTS {
        for (service, mode) in
            [("s3", PayloadMode::Auto), ("s3", PayloadMode::Signed), ("execute-api", PayloadMode::Auto)]
        {
            let server = Server::http1(&[200]).await;
            let request = Request::put(format!("{}/key", server.origin()));
            let request = request.extension(SignOptions::new().payload(mode)).body(nothing()).unwrap();
            assert_eq!(send(client, signer(service), request).await.unwrap(), 200, "{client} {service}");
            let captured = server.take_one();
            assert_eq!(captured.header("content-length"), Some("0"), "{client} {service}");
            assert_eq!(captured.header("transfer-encoding"), None, "{client} {service}");
        }
    }
}

/// One that is known to be empty is no stream, also where nothing of it is signed.
#[tokio::test]
async fn a_body_that_announces_no_bytes_says_that_it_is_empty() {
    for client in CLIENTS {
        for mode in [PayloadMode::Auto, PayloadMode::Unsigned] {
            let server = Server::http1(&[200]).await;
            for (method, stated) in [(Method::PUT, Some("0")), (Method::GET, None)] {
                let request = Request::builder().method(&method).uri(format!("{}/key", server.origin()));
                let request = request.extension(SignOptions::new().payload(mode.clone()));
                let sent = send(client, signer("s3"), request.body(Full::<Bytes>::default()).unwrap()).await;
                assert_eq!(sent.unwrap(), 200, "{client} {method}");
                assert_eq!(server.take_one().header("content-length"), stated, "{client} {method}");
            }
        }
    }
}

/// They could not be sent behind a body that is signed as a whole, and a caller who sends them is told so.
#[tokio::test]
async fn trailers_behind_a_body_in_memory_are_an_error() {
    for client in CLIENTS {
        let server = Server::http1(&[200]).await;
        let trailers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-check"),
            HeaderValue::from_static("abc"),
        )]);
        let trailers = Box::pin(std::future::ready(Some(Ok::<_, Infallible>(trailers))));
        let body = Full::new(Bytes::from_static(b"hello")).with_trailers(trailers);
        let request = Request::post(server.origin()).body(body).unwrap();
        let error = send(client, signer("execute-api"), request).await.unwrap_err();
        let error = Error::find(&*error).unwrap();
        assert_eq!(error.kind(), ErrorKind::Body, "{client}: {error}");
        assert!(error.to_string().contains("trailers"), "{client}: {error}");
        assert_eq!(server.bytes(), 0);
    }
}

/// That there might have been trailers is no error, and that they might still come is not waited for.
#[tokio::test]
async fn no_trailers_behind_a_body_in_memory_are_none() {
    for client in CLIENTS {
        for waits in [false, true] {
            let server = Server::http1(&[200]).await;
            let trailers = Box::pin(async move {
                if waits {
                    tokio::task::yield_now().await;
                }
                None::<Result<HeaderMap, Infallible>>
            });
            let body = Full::new(Bytes::from_static(b"hello")).with_trailers(trailers);
            let request = Request::post(server.origin()).body(body).unwrap();
            assert_eq!(send(client, signer("execute-api"), request).await.unwrap(), 200, "{client}");
            assert_eq!(server.take_one().body, b"hello", "{client}");
        }
    }
}

/// A body that fails counts once, whether its first frame fails or a later one.
#[tokio::test]
async fn a_body_that_fails_is_told_to_the_outcome_hook() {
    for client in CLIENTS {
        for service in ["execute-api", "s3"] {
            for frames in [0, 1] {
                let server = Server::http1(&[200]).await;
                let told = Arc::new(Mutex::new(Vec::new()));
                let log = Arc::clone(&told);
                let signer = signer(service).with_outcome_hook(move |outcome| {
                    log.lock().unwrap().push(match outcome {
                        Outcome::Failed(error) => error.kind(),
                        other => panic!("{other:?}"),
                    });
                });
                let items = (0..frames).map(|_| Ok(Frame::data(Bytes::from_static(b"x"))));
                let items: Vec<Item> =
                    items.chain([Err(std::io::Error::other("the disk is gone"))]).collect();
                let body = StreamBody::new(futures_lite::stream::iter(items));
                let request = Request::post(server.origin()).body(body).unwrap();
                let error = send(client, signer, request).await.unwrap_err();
                assert_eq!(Error::find(&*error).unwrap().kind(), ErrorKind::Body, "{client} {service}");
                assert_eq!(*told.lock().unwrap(), [ErrorKind::Body], "{client} {service} {frames}");
                assert_eq!(server.bytes(), 0);
            }
        }
    }
}

/// Announces its length, and gives frames of nothing for ever behind that.
struct Babbles(Option<Bytes>);

impl Body for Babbles {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(self.0.take().unwrap_or_default()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5)
    }
}

#[test]
fn what_never_ends_behind_a_body_is_looked_at_once() {
    let whole = Collect::new(Babbles(Some(Bytes::from_static(b"hello")))).try_whole();
    assert_eq!(whole.as_deref(), Some(&b"hello"[..]));
}
