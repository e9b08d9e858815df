//! The clients on real sockets: a server that streams forever, one that says nothing, one that redirects, a proxy in
//! the environment.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use sigv4_core::{Error, ErrorKind, ProvideCredentials};
use sigv4_credentials::ImdsProvider;
use sigv4_credentials::context::Context;
use sigv4_credentials::http::{HttpClient, HttpLimits, ReqwestClient, ServiceClient};

/// A server that hands each connection, after the head of the request is read, to `serve`. Gives its address.
fn server(serve: impl Fn(String, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, serve.clone()) else { return };
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 0) {
                    if head.ends_with("\r\n\r\n") {
                        serve(std::mem::take(&mut head), &mut stream);
                        return;
                    }
                }
            });
        }
    });
    address
}

fn answer(stream: &mut TcpStream, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

fn imds(address: &str) -> Result<String, Error> {
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), address.to_owned())];
    let context = Context::system().with_environment(std::collections::BTreeMap::from(variables));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = runtime.block_on(ImdsProvider::new(&context).provide_credentials());
    asked.map(|found| found.access_key_id().to_owned())
}

#[test]
fn metadata_that_streams_forever() {
    let address = server(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let error = imds(&address).unwrap_err();
    assert!(error.to_string().contains("longer than 262144 bytes"), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[test]
fn metadata_that_says_nothing_or_never_ends_its_answer() {
    for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"] {
        let address = server(move |_, stream| {
            let _ = stream.write_all(start.as_bytes());
            std::thread::park();
        });
        let error = imds(&address).unwrap_err();
        assert!(error.to_string().contains("not reachable") && error.to_string().contains("2s"), "{error}");
    }
}

#[test]
fn redirects_are_not_followed() {
    let followed = Arc::new(Mutex::new(false));
    let target = server({
        let followed = followed.clone();
        move |_, stream| {
            *followed.lock().unwrap() = true;
            answer(stream, "token");
        }
    });
    let address = server(move |_, stream| {
        let _ = write!(
            stream,
            "HTTP/1.1 307 Go\r\nlocation: {target}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    });
    let error = imds(&address).unwrap_err();
    assert!(error.to_string().contains("answered 307"), "{error}");
    assert!(!*followed.lock().unwrap());
}

#[test]
fn the_child_of_the_proxy_test() {
    let Ok(address) = std::env::var("SIGV4_TEST_IMDS") else { return };
    assert_eq!(imds(&address).unwrap(), "ASIA1");
}

#[test]
fn metadata_is_asked_directly_whatever_proxy_is_set() {
    let address = server(|head, stream| {
        let body = match head.split_whitespace().nth(1).unwrap_or_default() {
            "/latest/api/token" => "session",
            path if path.ends_with('/') => "role",
            _ => {
                r#"{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#
            }
        };
        answer(stream, body);
    });
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child_of_the_proxy_test", "--nocapture"])
        .env("SIGV4_TEST_IMDS", address)
        // Nothing listens there: a request that goes to the proxy fails.
        .envs([
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("http_proxy", "http://127.0.0.1:1"),
            ("ALL_PROXY", "http://127.0.0.1:1"),
        ])
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
}

#[test]
fn a_port_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = imds(&address).unwrap_err().to_string();
    assert!(error.contains("not reachable") && error.to_lowercase().contains("refused"), "{error}");
}

/// A service whose answers have no end.
#[derive(Clone)]
struct Endless;

struct EndlessBody;

impl Body for EndlessBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 1000])))))
    }
}

impl tower_service::Service<Request<Bytes>> for Endless {
    type Response = Response<EndlessBody>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        match request.uri().path() {
            "/fails" => ready(Err(std::io::Error::other("no route"))),
            _ => ready(Ok(Response::new(EndlessBody))),
        }
    }
}

#[test]
fn a_tower_service_is_bounded_too_and_its_errors_are_told() {
    let client = ServiceClient::<_, Bytes>::new(Endless);
    let send = |path: &str| {
        let request = Request::get(format!("http://localhost{path}")).body(Bytes::new()).unwrap();
        futures_lite::future::block_on(client.send(request, HttpLimits::default())).unwrap_err()
    };
    assert!(send("/").to_string().contains("longer than 262144 bytes"));
    let error = send("/fails");
    assert_eq!(
        (error.to_string().as_str(), error.kind(), error.is_retryable()),
        ("no route", ErrorKind::Credentials, true)
    );
}

#[test]
fn debug_of_clients_is_quiet() {
    assert_eq!(
        format!("{:?} {:?}", ReqwestClient::new(), ServiceClient::<_, Bytes>::new(Endless)),
        "ReqwestClient ServiceClient"
    );
}
