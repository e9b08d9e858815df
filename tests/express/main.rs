//! S3 Express, whole: hyper's client, a server that hands out sessions and checks every signature, and a clock that is
//! moved by hand.

mod server;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Error, ErrorKind, SignOptions, Signer};
use sigv4_credentials::ExpressSessionClient;
use sigv4_credentials::context::Context;
use tokio::sync::Barrier;

use server::{Bucket, Server};

const PHOTOS: &str = "photos--usw2-az1--x-s3";
const NOTES: &str = "notes--usw2-az1--x-s3";

type Hyper = Client<HttpConnector, SignedBody<Full<Bytes>>>;

/// A program: one hyper client, for its own requests and for opening sessions.
struct Program {
    server: Server,
    clock: Arc<ManualClock>,
    signer: Signer,
    client: SigV4Client<Hyper>,
}

fn iam(name: &str) -> Credentials {
    Credentials::new(format!("ASIA{name}"), format!("secret-of-{name}"))
        .unwrap()
        .with_session_token(format!("iam-token-of-{name}"))
        .unwrap()
}

async fn start() -> Program {
    let clock = Arc::new(ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
    let server = Server::start(Arc::clone(&clock), [iam("ONE"), iam("TWO")]).await;
    let hyper: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let send = move |request: Request<Bytes>| {
        let hyper = hyper.clone();
        async move {
            let (parts, body) =
                hyper.request(request.map(Full::new)).await.map_err(std::io::Error::other)?.into_parts();
            let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
            Ok::<_, std::io::Error>(Response::from_parts(parts, body))
        }
    };
    let context = Context::isolated().with_http(send).with_clock(Arc::clone(&clock));
    let signer = Signer::new("s3express", "us-west-2", iam("ONE"))
        .with_clock(Arc::clone(&clock))
        .with_express_sessions(ExpressSessionClient::new(&context));
    let client = SigV4Client::new(signer.clone(), Client::builder(TokioExecutor::new()).build_http());
    Program { server, clock, signer, client }
}

impl Program {
    fn request(&self, method: Method, target: &str) -> Request<Full<Bytes>> {
        let uri = format!("http://{}/{target}", self.server.address);
        Request::builder().method(method).uri(uri).body(Full::default()).unwrap()
    }

    /// Sends it, and returns the headers that arrived, or what the server refused it with.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<HeaderMap, String> {
        let response = self.client.request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        match parts.status.is_success() {
            true => Ok(self.server.last_headers()),
            false => Err(format!("{} {}", parts.status, String::from_utf8_lossy(&body))),
        }
    }

    async fn get(&self, target: &str) -> Result<HeaderMap, String> {
        self.send(self.request(Method::GET, target)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_renewed_under_load_and_no_request_is_refused() {
    const WORKERS: usize = 8;
    const ROUNDS: u32 = 240;
    const STEP: Duration = Duration::from_secs(5);
    let program = Arc::new(start().await);
    let together = Arc::new(Barrier::new(WORKERS));
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (program, together) = (Arc::clone(&program), Arc::clone(&together));
            tokio::spawn(async move {
                let target = format!("{}/key-{worker}", [PHOTOS, NOTES][worker % 2]);
                for _ in 0..ROUNDS {
                    program.get(&target).await.unwrap();
                    // The clock moves on once nothing is on its way: no request is old for want of a processor.
                    if together.wait().await.is_leader() {
                        program.clock.advance(STEP);
                    }
                    together.wait().await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    // 20 minutes of sessions that live 5 and are renewed after 3:45 at the earliest.
    for bucket in [PHOTOS, NOTES] {
        let Bucket { created, most_at_once } = program.server.bucket(bucket);
        assert!((5..=6).contains(&created), "{created} sessions with {bucket}");
        assert_eq!(most_at_once, 1, "sessions were opened side by side with {bucket}");
    }
}

#[tokio::test]
async fn objects_are_reached_with_a_session_and_the_rest_with_iam() {
    let program = start().await;
    let objects = [
        (Method::GET, "key"),
        (Method::PUT, "a%20key"),
        (Method::HEAD, "key"),
        (Method::GET, "?list-type=2"),
    ];
    for (method, key) in objects {
        let target = format!("{PHOTOS}/{key}").replace("/?", "?");
        let headers = program.send(program.request(method.clone(), &target)).await.unwrap();
        assert!(headers.contains_key("x-amz-s3session-token"), "{method} {target}: {headers:?}");
        assert!(!headers.contains_key("x-amz-security-token"), "{method} {target}: {headers:?}");
    }
    assert_eq!(program.server.bucket(PHOTOS).created, 1);

    let mut copy = program.request(Method::PUT, &format!("{PHOTOS}/copy"));
    copy.headers_mut().insert("x-amz-copy-source", format!("{PHOTOS}/key").parse().unwrap());
    for request in [copy, program.request(Method::HEAD, PHOTOS)] {
        let headers = program.send(request).await.unwrap();
        assert_eq!(headers["x-amz-security-token"], "iam-token-of-ONE");
        assert!(!headers.contains_key("x-amz-s3session-token"), "{headers:?}");
    }
}

#[tokio::test]
async fn tenants_have_sessions_of_their_own() {
    let program = start().await;
    for _ in 0..3 {
        program.get(&format!("{PHOTOS}/key")).await.unwrap();
        let mut request = program.request(Method::GET, &format!("{PHOTOS}/key"));
        request.extensions_mut().insert(SignOptions::new().credentials(iam("TWO")));
        program.send(request).await.unwrap();
    }
    assert_eq!(program.server.bucket(PHOTOS).created, 2);
}

#[tokio::test]
async fn an_old_session_serves_while_none_can_be_opened() {
    let program = start().await;
    let target = format!("{PHOTOS}/key");
    program.get(&target).await.unwrap();
    program.server.refuse_sessions(Some("503 <Error><Code>SlowDown</Code><Message>later</Message></Error>"));
    program.clock.advance(Duration::from_secs(250));
    program.get(&target).await.unwrap();
    // Past its end there is nothing left to sign with.
    program.clock.advance(Duration::from_secs(60));
    let refused = program.get(&target).await.unwrap_err();
    assert!(refused.contains("503"), "{refused}");
    program.server.refuse_sessions(None);
    program.get(&target).await.unwrap();
}

#[tokio::test]
async fn a_refused_session_is_an_error_that_says_why() {
    let program = start().await;
    program.server.refuse_sessions(Some(
        "403 <Error><Code>AccessDenied</Code><Message>no s3express:CreateSession</Message></Error>",
    ));
    let request = program.request(Method::GET, &format!("{PHOTOS}/key"));
    let error = program.client.request(request).await.unwrap_err();
    let error = Error::find(&*error).unwrap();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    let text = error.to_string();
    assert!(text.contains("S3 CreateSession at 127.0.0.1") && text.contains("AccessDenied"), "{text}");
}

#[tokio::test]
async fn a_presigned_url_carries_the_sessions_token() {
    let program = start().await;
    let request = program.request(Method::GET, &format!("{PHOTOS}/key"));
    let url = program.signer.presign_async(&request, Duration::from_secs(3600)).await.unwrap();
    let (_, query) = url.url().split_once('?').unwrap();
    assert!(query.contains("&X-Amz-S3session-Token=session-token-"), "{query}");
    assert!(!query.contains("X-Amz-Security-Token"), "{query}");
    // It ends with the session.
    assert_eq!(url.lifetime(), Duration::from_secs(300));
}

#[tokio::test]
async fn a_request_signed_with_iam_can_be_signed_anew_with_a_session_and_back() {
    let program = start().await;
    let mut request = program.request(Method::GET, &format!("{PHOTOS}/key"));
    let signer = |express: bool| match express {
        true => program.signer.clone(),
        false => Signer::new("s3express", "us-west-2", iam("ONE")).with_clock(Arc::clone(&program.clock)),
    };
    for express in [false, true, true, false] {
        signer(express).sign_async(&mut request, sigv4_core::Payload::EMPTY).await.unwrap();
        let (has, lacks) = match express {
            true => ("x-amz-s3session-token", "x-amz-security-token"),
            false => ("x-amz-security-token", "x-amz-s3session-token"),
        };
        let signed = request.headers()["authorization"].to_str().unwrap();
        assert!(request.headers().contains_key(has) && signed.contains(has), "{request:?}");
        assert!(!request.headers().contains_key(lacks) && !signed.contains(lacks), "{request:?}");
    }
}
