//! A request that was sent once more, and whose answer is lost: it was executed, and nobody may be told that it was refused.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_sigv4::BoxError;
use sigv4_core::clock::ManualClock;
use sigv4_core::credentials::Sleep;
use sigv4_core::flow::TimeLimit;
use sigv4_core::{Error, ErrorKind, Signer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::connections::{one, two};
use crate::server::signer;

/// What the server does once it executed the second request.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// Closes the connection (HTTP/1), or resets the stream (HTTP/2).
    Close,
    /// Says nothing.
    Hang,
}

/// A deadline that passes when it is told to.
#[derive(Clone, Default)]
struct Told(Arc<Notify>);

impl Sleep for Told {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let told = Arc::clone(&self.0);
        Box::pin(async move { told.notified().await })
    }
}

pub(crate) const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";
pub(crate) const REFUSAL: &str =
    "{\"message\":\"Signature expired: 20260102T030405Z is now earlier than x (y - 15 min.)\"}";

/// A signer whose clock is half an hour ahead of the server's.
pub(crate) fn ahead() -> Signer {
    signer().with_clock(ManualClock::at_amz_date("20260102T033405Z").unwrap())
}

/// Refuses the first request for its clock, executes the second, and does not answer it. HTTP/1.
async fn one_that_loses(then: Then, executed: Told) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await;
        let head =
            format!("HTTP/1.1 403 Forbidden\r\ndate: {DATE}\r\ncontent-length: {}\r\n\r\n", REFUSAL.len());
        stream.write_all(format!("{head}{REFUSAL}").as_bytes()).await.unwrap();
        read(&mut stream).await;
        end(then, executed).await;
    });
    address
}

/// Reads a request whose body is `hello`.
pub(crate) async fn read(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\nhello") {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "a whole request");
    }
}

async fn end(then: Then, executed: Told) {
    if let Then::Hang = then {
        executed.0.notify_one();
        std::future::pending::<()>().await;
    }
}

/// As [`one_that_loses`], over HTTP/2.
async fn two_that_loses(then: Then, executed: Told) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut is_first = true;
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let (refuses, executed) = (std::mem::take(&mut is_first), executed.clone());
            tokio::spawn(async move {
                let mut body = request.into_body();
                while let Some(data) = body.data().await {
                    body.flow_control().release_capacity(data.unwrap().len()).unwrap();
                }
                if refuses {
                    let response = Response::builder().status(403).header("date", DATE).body(()).unwrap();
                    let mut stream = respond.send_response(response, false).unwrap();
                    return stream.send_data(Bytes::from(REFUSAL), true).unwrap();
                }
                end(then, executed).await;
                respond.send_reset(h2::Reason::INTERNAL_ERROR);
            });
        }
    });
    address
}

fn check(name: &str, then: Then, error: &BoxError) {
    match then {
        Then::Close => assert!(error.is::<hyper::Error>(), "{name}: {error}"),
        Then::Hang => assert_eq!(Error::find(&**error).unwrap().kind(), ErrorKind::Timeout, "{name}"),
    }
}

#[tokio::test]
async fn the_error_comes_back_and_not_the_refusal_before_it() {
    let request = || Request::post("/").body(Full::<Bytes>::from("hello")).unwrap();
    for then in [Then::Close, Then::Hang] {
        let executed = Told::default();
        let limit = || TimeLimit::new(Duration::from_secs(5), executed.clone());

        let address = one_that_loses(then, executed.clone()).await;
        let mut connection = one(ahead(), address).await.with_time_limit(limit()).healing();
        check("HTTP/1", then, &connection.send_request(request()).await.unwrap_err());

        let address = two_that_loses(then, executed.clone()).await;
        let mut connection = two(ahead(), address).await.with_time_limit(limit()).healing();
        check("HTTP/2", then, &connection.send_request(request()).await.unwrap_err());
    }
}
