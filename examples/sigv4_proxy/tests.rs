use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Frame, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sigv4_core::Signer;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_examples::{Failure, example_credentials, server};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;

use crate::args::Args;
use crate::proxy::Proxy;

/// A proxy for `to`, with the example's credentials; where it listens.
async fn proxy(to: &str, service: &str, more: &[&str]) -> Result<String, Failure> {
    let mut arguments = vec!["--to", to, "--service", service, "--region", "us-east-2"];
    arguments.extend(more);
    let args = Args::parse(arguments)?.ok_or("no help was asked for")?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let proxy = Proxy::new(&args, Signer::new(service, "us-east-2", example_credentials()?), address)?;
    tokio::spawn(proxy.serve(listener));
    Ok(format!("http://{address}"))
}

async fn verifying(service: &str, host: Option<&str>) -> Result<String, Failure> {
    let known: CredentialMap = [example_credentials()?].into_iter().collect();
    let verifier = Verifier::new(service, "us-east-2", known);
    let verifier = host.map_or(verifier.clone(), |host| verifier.with_host(host));
    Ok(format!("http://{}", server::serve(verifier).await?))
}

async fn send<B>(request: Request<B>) -> Result<(StatusCode, http::HeaderMap, String), Failure>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Failure>,
{
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
    let (parts, body) = response.into_parts();
    Ok((parts.status, parts.headers, String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned()))
}

#[tokio::test]
async fn what_comes_is_signed_for_the_origin() -> Result<(), Failure> {
    let proxy = proxy(&verifying("execute-api", None).await?, "execute-api", &[]).await?;
    let (status, headers, text) =
        send(Request::post(format!("{proxy}/prod/a%20b?x=1&y=%2F")).body(Full::from("{}"))?).await?;
    assert_eq!(status, StatusCode::OK, "{text}");
    assert_eq!(text, "AKIDEXAMPLE signed POST /prod/a%20b for execute-api in us-east-2\n");
    assert_eq!(headers["via"], "1.1 sigv4_proxy");

    // A program that signs already, with keys of its own, is signed anew.
    let mut signed = Request::get(format!("{proxy}/prod")).body(Full::<Bytes>::default())?;
    let other = sigv4_core::Credentials::new("AKIDOTHER", "another")?.with_session_token("a-token")?;
    Signer::new("s3", "eu-west-1", other).sign(&mut signed, sigv4_core::Payload::EMPTY)?;
    let (status, _, text) = send(signed).await?;
    assert_eq!(status, StatusCode::OK, "{text}");
    assert!(text.starts_with("AKIDEXAMPLE signed GET /prod"), "{text}");
    Ok(())
}

#[tokio::test]
async fn another_host_can_be_signed_than_is_dialled() -> Result<(), Failure> {
    let host = "vpce-1.execute-api.us-east-2.vpce.amazonaws.com";
    let upstream = verifying("execute-api", Some(host)).await?;
    let proxy = proxy(&upstream, "execute-api", &["--sign-host", host]).await?;
    let (status, _, text) = send(Request::get(format!("{proxy}/prod")).body(Empty::new())?).await?;
    assert_eq!(status, StatusCode::OK, "{text}");
    Ok(())
}

#[tokio::test]
async fn other_origins_tunnels_and_pages_are_refused() -> Result<(), Failure> {
    let upstream = verifying("execute-api", None).await?;
    let proxy = proxy(&upstream, "execute-api", &[]).await?;
    let address = proxy.trim_start_matches("http://");
    let named = |target: &str, host: &str| {
        let request = Request::builder().uri(target).header("host", host);
        request.body(Empty::<Bytes>::new())
    };
    let evil = "http://169.254.169.254/latest/meta-data";
    for (request, expected) in [
        (named("/prod", address)?, StatusCode::OK),
        (named("/prod", &address.replace("127.0.0.1", "LocalHost"))?, StatusCode::OK),
        // By another address of this machine, as where it listens on all of them.
        (named("/prod", &address.replace("127.0.0.1", "192.0.2.1"))?, StatusCode::OK),
        (named("/prod", &format!("{address}0"))?, StatusCode::MISDIRECTED_REQUEST),
        // As a program does that has it as its HTTP proxy.
        (named(&format!("{upstream}/prod"), upstream.trim_start_matches("http://"))?, StatusCode::OK),
        (named(evil, "169.254.169.254")?, StatusCode::MISDIRECTED_REQUEST),
        (named(evil, address)?, StatusCode::MISDIRECTED_REQUEST),
        (
            named(&format!("{}/latest", proxy.replace("127.0.0.1", "169.254.169.254")), address)?,
            StatusCode::MISDIRECTED_REQUEST,
        ),
        // A page whose name was made to point to this machine.
        (named("/prod", "rebound.example.com")?, StatusCode::MISDIRECTED_REQUEST),
        (
            Request::builder().method(Method::CONNECT).uri("a:443").body(Empty::new())?,
            StatusCode::METHOD_NOT_ALLOWED,
        ),
    ] {
        let what = format!("{} {}", request.method(), request.uri());
        let stream = TokioIo::new(tokio::net::TcpStream::connect(address).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        assert_eq!(sender.send_request(request).await?.status(), expected, "{what}");
    }
    let page =
        Request::post(format!("{proxy}/prod")).header("origin", "https://evil.example").body(Empty::new())?;
    assert_eq!(send(page).await?.0, StatusCode::FORBIDDEN);
    let chunks = Request::put(format!("{proxy}/prod"))
        .header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        .body(Empty::new())?;
    assert_eq!(send(chunks).await?.0, StatusCode::NOT_IMPLEMENTED);
    Ok(())
}

/// A server that sends back what it gets, frame by frame, and keeps the heads of requests.
async fn echo() -> Result<(String, Arc<Mutex<Vec<http::HeaderMap>>>), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let (parts, body) = request.into_parts();
                seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(parts.headers);
                let mut response = Response::new(body);
                response.headers_mut().insert("connection", http::HeaderValue::from_static("x-hop"));
                response.headers_mut().insert("x-hop", http::HeaderValue::from_static("1"));
                async move { Ok::<_, Infallible>(response) }
            });
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(served);
        }
    });
    Ok((format!("http://{address}"), heads))
}

/// Each frame comes back before the next is sent: nothing on the way waits for the end.
#[tokio::test]
async fn bodies_are_streamed_both_ways() -> Result<(), Failure> {
    let (upstream, heads) = echo().await?;
    let proxy = proxy(&upstream, "s3", &["--unsigned-payload"]).await?;
    let (sender, receiver) = mpsc::channel(1);
    let request = Request::put(format!("{proxy}/bucket/key"))
        .header("connection", "x-mine, close")
        .header("x-mine", "for the proxy alone")
        .header("proxy-authorization", "Basic Zm9v")
        .header("te", "trailers")
        .body(Frames(receiver))?;
    let response = Client::builder(TokioExecutor::new()).build_http().request(request);
    sender.send(Bytes::from_static(b"first")).await?;
    let response = response.await?;
    assert!(!response.headers().contains_key("x-hop"));
    let mut body = response.into_body();
    for expected in ["first", "second", "third"] {
        if expected != "first" {
            sender.send(Bytes::from_static(expected.as_bytes())).await?;
        }
        let frame = tokio::time::timeout(Duration::from_secs(30), body.frame()).await?;
        let data = frame.ok_or("the body ended")??.into_data().map_err(|_| "a frame of data")?;
        assert_eq!(data, expected);
    }
    drop(sender);
    assert!(body.frame().await.is_none());

    let heads = heads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let head = &heads[0];
    assert_eq!(head["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    for name in ["x-mine", "proxy-authorization", "te", "connection"] {
        assert!(!head.contains_key(name), "{name}");
    }
    Ok(())
}

/// A body whose frames come out of a channel.
struct Frames(mpsc::Receiver<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[tokio::test]
async fn what_cannot_be_signed_or_sent_is_told() -> Result<(), Failure> {
    let upstream = verifying("execute-api", None).await?;
    let small = proxy(&upstream, "execute-api", &["--buffer", "0"]).await?;
    let (sender, receiver) = mpsc::channel(2);
    sender.send(Bytes::from_static(b"more than")).await?;
    sender.send(Bytes::from_static(b" nothing")).await?;
    drop(sender);
    let (status, _, text) = send(Request::post(&small).body(Frames(receiver))?).await?;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text.contains("raise the limit"), "{text}");

    // Bound, so that nobody else can listen there, and not listening.
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let nobody = format!("http://{}", socket.local_addr()?);
    let closed = proxy(&nobody, "execute-api", &[]).await?;
    let (status, _, text) = send(Request::get(&closed).body(Empty::new())?).await?;
    assert_eq!((status, &*text), (StatusCode::BAD_GATEWAY, "sigv4_proxy: the origin cannot be reached\n"));

    let bearer = Request::get(&closed).header("authorization", "Bearer x").body(Empty::new())?;
    assert_eq!(send(bearer).await?.0, StatusCode::BAD_REQUEST);
    Ok(())
}

#[test]
fn the_command_line() {
    let told = |more: &[&str]| {
        let mut arguments = vec!["--to", "https://a", "--service", "es", "--region", "eu-west-1"];
        arguments.extend(more);
        Args::parse(arguments)
            .map(|args| args.map(|args| args.listen.to_string()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(told(&[]), Ok(Some("127.0.0.1:8080".into())));
    assert_eq!(told(&["--listen", "[::1]:9000"]), Ok(Some("[::1]:9000".into())));
    assert!(told(&["--listen", "0.0.0.0:8080"]).is_err_and(|error| error.contains("--allow-remote")));
    assert_eq!(told(&["--listen", "0.0.0.0:8080", "--allow-remote"]), Ok(Some("0.0.0.0:8080".into())));
    assert_eq!(told(&["--help"]), Ok(None));
    assert!(
        Args::parse(["--to", "https://a"]).is_err_and(|error| error.to_string() == "--service is missing")
    );
}
