//! The clients on real sockets: a server that streams forever, one that says nothing, one that redirects, a proxy in
//! the environment.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
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
use sigv4_credentials::http::{HttpClient, HttpLimits, HyperClient, ReqwestClient, ServiceClient};
use tokio::net::TcpSocket;

const CLIENTS: [&str; 2] = ["hyper", "reqwest"];

/// The machine's context, with one of the two clients.
fn context(client: &str) -> Context {
    match client {
        "hyper" => Context::system().with_http(HyperClient::new()),
        _ => Context::system().with_http(ReqwestClient::new()),
    }
}

/// A server that hands each connection, after the request is read, to `serve`. Gives its address.
fn server(serve: impl Fn(String, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, serve.clone()) else { return };
            std::thread::spawn(move || {
                let Some(head) = read_request(&mut stream) else { return };
                serve(head, &mut stream);
                // A socket that is closed with something unread is reset, and takes what was written with it.
                let _ = stream.shutdown(Shutdown::Write);
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
    });
    address
}

/// Reads one request, and gives its head; `None` where it breaks off. What follows it is left in the stream.
fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut head = String::new();
    let mut byte = [0];
    while !head.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(char::from(byte[0]));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or_default()]).ok()?;
    Some(head)
}

fn answer(stream: &mut TcpStream, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

fn imds(client: &str, address: &str) -> Result<String, Error> {
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), address.to_owned())];
    let context = context(client).with_environment(std::collections::BTreeMap::from(variables));
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
    for client in CLIENTS {
        let error = imds(client, &address).unwrap_err();
        assert!(error.to_string().contains("longer than 262144 bytes"), "{error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[test]
fn metadata_that_says_nothing_or_never_ends_its_answer() {
    std::thread::scope(|threads| {
        for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"] {
            let address = Arc::new(server(move |_, stream| {
                let _ = stream.write_all(start.as_bytes());
                loop {
                    std::thread::park();
                }
            }));
            for client in CLIENTS {
                let address = address.clone();
                threads.spawn(move || {
                    let error = imds(client, &address).unwrap_err().to_string();
                    assert!(error.contains("not reachable") && error.contains("2s"), "{error}");
                });
            }
        }
    });
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
    for client in CLIENTS {
        let error = imds(client, &address).unwrap_err();
        assert!(error.to_string().contains("answered 307"), "{error}");
        assert!(!*followed.lock().unwrap());
    }
}

#[test]
fn the_child_of_the_proxy_test() {
    let Ok(address) = std::env::var("SIGV4_TEST_IMDS") else { return };
    for client in CLIENTS {
        assert_eq!(imds(client, &address).unwrap(), "ASIA1");
    }
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
    // Nothing listens there: a request that goes to the proxy fails.
    let nobody = "http://127.0.0.1:1".to_owned();
    let printed = child(
        "the_child_of_the_proxy_test",
        [
            ("SIGV4_TEST_IMDS", address),
            ("HTTP_PROXY", nobody.clone()),
            ("http_proxy", nobody.clone()),
            ("ALL_PROXY", nobody),
        ],
    );
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
fn a_port_where_nobody_listens() {
    // Bound, so that nobody else can listen there, and not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    for client in CLIENTS {
        let error = imds(client, &address).unwrap_err().to_string();
        assert!(error.contains("not reachable") && error.to_lowercase().contains("refused"), "{error}");
    }
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
        format!(
            "{:?} {:?} {:?}",
            HyperClient::new(),
            ReqwestClient::new(),
            ServiceClient::<_, Bytes>::new(Endless)
        ),
        "HyperClient ReqwestClient ServiceClient"
    );
}

/// What a server of one TLS name saw and answered, behind a proxy that joins every tunnel to it.
struct FarServer {
    proxy: String,
    certificate: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FarServer {
    fn start(name: &str) -> Self {
        let signed = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .unwrap();
        let tls = Arc::new(tls);
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = heads.clone();
        let proxy = server(move |head, stream| {
            let is_tunnel = head.starts_with("CONNECT ");
            kept.lock().unwrap().push(head);
            if !is_tunnel {
                return answer(stream, "plain");
            }
            let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
            let mut session = rustls::ServerConnection::new(tls.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut session, stream);
            let head = read_request(&mut stream).unwrap_or_default();
            kept.lock().unwrap().push(head);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecure");
        });
        Self { proxy, certificate: signed.cert.pem(), heads }
    }
}

/// Runs one test of this program in a process with these variables and no proxy of the machine's, and gives what it printed.
fn child<'a>(test: &str, variables: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    let child = command.envs(variables).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    String::from_utf8(child.stdout).unwrap()
}

#[test]
fn the_child_of_the_far_tests() {
    let Ok(address) = std::env::var("SIGV4_TEST_FAR") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = Request::post(address).header("x-test", "1").body(Bytes::from("asked")).unwrap();
    let limits = HttpLimits::default();
    // On a line of its own: with one thread, the name of the test is written in front.
    match runtime.block_on(HyperClient::new().send(request, limits)) {
        Ok(answer) => println!("\nanswered {} {}", answer.status(), String::from_utf8_lossy(answer.body())),
        Err(error) => println!("\nfailed: {error}"),
    }
}

/// The small client in a process with the given proxy, trusting the given certificate.
fn far(address: &str, proxy: &str, certificate: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, certificate).unwrap();
    let printed = child(
        "the_child_of_the_far_tests",
        [
            ("SIGV4_TEST_FAR", address.to_owned()),
            ("ALL_PROXY", proxy.to_owned()),
            ("NO_PROXY", "direct.test".to_owned()),
            ("SSL_CERT_FILE", file.display().to_string()),
            ("SSL_CERT_DIR", String::new()),
        ],
    );
    printed
        .lines()
        .find(|line| line.starts_with("answered") || line.starts_with("failed"))
        .unwrap()
        .to_owned()
}

#[test]
fn a_far_host_is_asked_through_a_tunnel_whose_other_end_proves_its_name() {
    let server = FarServer::start("sts.far.test");
    let proxy = server.proxy.replace("http://", "http://user:pass@");
    assert_eq!(far("https://sts.far.test/a?b=c", &proxy, &server.certificate), "answered 200 OK secure");
    let heads = std::mem::take(&mut *server.heads.lock().unwrap());
    let [tunnel, request] = &heads[..] else { panic!("{heads:?}") };
    assert!(tunnel.starts_with("CONNECT sts.far.test:443 HTTP/1.1\r\n"), "{tunnel}");
    // "user:pass"
    assert!(tunnel.to_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"), "{tunnel}");
    assert!(request.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("host: sts.far.test\r\n") && request.contains("content-length: 5\r\n"),
        "{request}"
    );
    assert!(!request.to_lowercase().contains("proxy-authorization"), "{request}");

    // Another name than the certificate's, and a certificate that nobody trusts.
    let wrong = far("https://other.far.test/", &proxy, &server.certificate);
    assert!(wrong.contains("not valid for"), "{wrong}");
    let untrusted = FarServer::start("sts.far.test");
    let wrong = far("https://sts.far.test/", &untrusted.proxy, &server.certificate);
    assert!(wrong.starts_with("failed") && wrong.contains("certificate"), "{wrong}");
}

#[test]
fn a_far_host_over_plain_http_is_asked_of_the_proxy_itself() {
    let server = FarServer::start("unused.test");
    let proxy = server.proxy.replace("http://", "http://user:pass@");
    assert_eq!(far("http://far.test:8080/x", &proxy, &server.certificate), "answered 200 OK plain");
    let head = server.heads.lock().unwrap().remove(0);
    assert!(head.starts_with("POST http://far.test:8080/x HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("host: far.test:8080\r\n"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnz"), "{head}");
}

#[test]
fn what_a_far_host_cannot_be_asked_through_is_named() {
    let certificate = FarServer::start("unused.test").certificate;
    let failed = far("https://sts.far.test/", "socks5://user:pass@127.0.0.1:1", &certificate);
    assert!(failed.contains("a proxy over socks5") && !failed.contains("pass"), "{failed}");
    let failed = far("https://sts.far.test/", "http://user:pass@127.0.0.1:1", &certificate);
    assert!(
        failed.contains("the proxy 127.0.0.1:1") && failed.to_lowercase().contains("refused"),
        "{failed}"
    );
    assert!(!failed.contains("pass"), "{failed}");
    let failed = far("https://direct.test/", "http://127.0.0.1:1", &certificate);
    assert!(!failed.contains("proxy"), "{failed}");
    let failed = far("https://127.0.0.1:1/", "http://127.0.0.1:2", "");
    assert!(failed.contains("refused") && !failed.contains("proxy"), "{failed}");

    let refusing = server(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n");
    });
    let failed = far("https://sts.far.test/", &refusing, &certificate);
    assert!(failed.contains("the proxy 127.0.0.1:") && failed.contains("authorization required"), "{failed}");
}

#[test]
fn a_system_without_certificates_says_what_to_install() {
    let server = FarServer::start("sts.far.test");
    let failed = far("https://sts.far.test/", &server.proxy, "");
    assert!(failed.contains("no trusted certificates") && failed.contains("SSL_CERT_FILE"), "{failed}");
}
