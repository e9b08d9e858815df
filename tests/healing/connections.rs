//! Raw connections, HTTP/1 and 2: refusals explained, and healed where the connection takes another request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_sigv4::{HealingConnection, SigV4Connection, SignedBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sigv4_core::refusal::{Cause, Explanation};
use sigv4_core::verify::CredentialMap;
use sigv4_core::{Credentials, Signer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::lost::{DATE, REFUSAL, ahead, read};
use crate::server::{Ahead, SCOPE, credentials, serve, signer, verifier};

type Body = SignedBody<Full<Bytes>>;

/// A raw connection of either version.
pub(crate) enum Raw {
    One(HealingConnection<http1::SendRequest<Body>>),
    Two(HealingConnection<http2::SendRequest<Body>>),
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) explanation: Option<Explanation>,
    pub(crate) body: Bytes,
}

pub(crate) async fn one(signer: Signer, address: SocketAddr) -> SigV4Connection<http1::SendRequest<Body>> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    SigV4Connection::new(signer, sender, &format!("http://{address}").parse().unwrap()).unwrap()
}

pub(crate) async fn two(signer: Signer, address: SocketAddr) -> SigV4Connection<http2::SendRequest<Body>> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    SigV4Connection::new(signer, sender, &format!("http://{address}").parse().unwrap()).unwrap()
}

impl Raw {
    pub(crate) async fn both(signer: impl Fn() -> Signer, address: SocketAddr) -> [Self; 2] {
        [Self::One(one(signer(), address).await.healing()), Self::Two(two(signer(), address).await.healing())]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::One(_) => "HTTP/1",
            Self::Two(_) => "HTTP/2",
        }
    }

    pub(crate) async fn post(&mut self, target: &str, body: &'static str) -> Answer {
        let request = Request::post(target).body(Full::from(body)).unwrap();
        let response = match self {
            Self::One(connection) => connection.send_request(request).await.unwrap(),
            Self::Two(connection) => connection.send_request(request).await.unwrap(),
        };
        let explanation = response.extensions().get::<Explanation>().cloned();
        let status = response.status();
        Answer { status, explanation, body: response.into_body().collect().await.unwrap().to_bytes() }
    }
}

#[tokio::test]
async fn heal_a_clock_over_the_same_connection() {
    for ahead in [1200, -1200] {
        for which in 0..2 {
            let (address, counts) = serve(verifier(), Ahead(ahead)).await;
            let [first, second] = Raw::both(signer, address).await;
            let mut connection = if which == 0 { first } else { second };
            for number in 0..10 {
                let answer = connection.post("/a?b=c", "hello").await;
                let name = format!("{}, {ahead} s, request {number}", connection.name());
                assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"hello"[..]), "{name}");
                assert!(answer.explanation.is_none(), "{name}");
            }
            assert_eq!((counts.refused(), counts.accepted()), (1, 10), "{}, {ahead} s", connection.name());
        }
    }
}

#[tokio::test]
async fn explain_what_cannot_be_healed_and_hand_the_refusal_on_whole() {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let verifier = sigv4_core::verify::Verifier::new(SCOPE.0, SCOPE.1, known).with_details(true);
    let (address, counts) = serve(verifier, Ahead(0)).await;
    let wrong = || Signer::new(SCOPE.0, SCOPE.1, Credentials::new("AKIDEXAMPLE", "another").unwrap());
    for mut connection in Raw::both(wrong, address).await {
        let answer = connection.post("/a%20b?x=1", "hello").await;
        let name = connection.name();
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        let explanation = answer.explanation.unwrap_or_else(|| panic!("{name}: no explanation"));
        assert_eq!(explanation.cause(), Cause::SecretOrToken, "{name}: {explanation}");
        assert!(explanation.differing_lines().is_empty(), "{name}: {explanation}");
        assert!(
            answer.body.starts_with(b"{\"message\":\"The request signature"),
            "{name}: {:?}",
            answer.body
        );
        assert!(answer.body.ends_with(b"}"), "{name}: {:?}", answer.body);
    }
    assert_eq!((counts.refused(), counts.accepted()), (2, 0));
}

#[tokio::test]
async fn only_explain_where_replays_are_off() {
    let (address, counts) = serve(verifier(), Ahead(1200)).await;
    let mut connection = Raw::One(one(signer(), address).await.healing().with_replay(false));
    let answer = connection.post("/", "hello").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.explanation.unwrap().cause(), Cause::ClockBehind);
    assert_eq!(connection.post("/", "hello").await.status, StatusCode::OK);
    assert_eq!((counts.refused(), counts.accepted()), (1, 1));
}

/// A server that refuses every request for its clock, and closes the connection behind each answer; it says so or not.
async fn closing(says_so: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&answered);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
            let close = if says_so { "connection: close\r\n" } else { "" };
            let head = format!(
                "HTTP/1.1 403 Forbidden\r\ndate: {DATE}\r\n{close}content-length: {}\r\n\r\n",
                REFUSAL.len()
            );
            stream.write_all(format!("{head}{REFUSAL}").as_bytes()).await.unwrap();
        }
    });
    (address, answered)
}

/// Nothing more was sent: where the server does not say so, its end of the connection is there before the second request is.
#[tokio::test]
async fn hand_the_refusal_on_where_the_server_closes_behind_it() {
    for says_so in [true, false] {
        let (address, answered) = closing(says_so).await;
        let connection = one(ahead(), address).await;
        let answer = Raw::One(connection.healing()).post("/", "hello").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{says_so}");
        assert!(answer.explanation.is_some(), "{says_so}");
        assert!(answer.body.starts_with(b"{\"message\":\"Signature expired"), "{says_so}");
        assert_eq!(answered.load(Ordering::SeqCst), 1, "{says_so}: it was sent once");
    }
}
