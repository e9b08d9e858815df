//! A refusal that could be healed, if there were something to sign with.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use reqwest_middleware::ClientBuilder;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::refusal::Explanation;
use sigv4_core::{Credentials, Error, ErrorKind, Outcome, ProvideCredentials, Signer, async_trait};
use sigv4_tests::clients::plain_reqwest;
use tokio::net::TcpListener;

use crate::credentials;

/// Has credentials once.
struct Once(AtomicUsize);

#[async_trait]
impl ProvideCredentials for Once {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(credentials().with_expiry(SystemTime::now() + Duration::from_secs(3600))),
            _ => Err(Error::new(ErrorKind::Credentials, "the vault is sealed")),
        }
    }
}

const EXPIRED: &str =
    r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#;

/// Refuses every token as expired; it counts the requests.
async fn refusing(count: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            let answer = hyper::service::service_fn(move |_: Request<Incoming>| {
                count.fetch_add(1, Ordering::SeqCst);
                let response = Response::builder()
                    .status(StatusCode::BAD_REQUEST)
                    .header("x-amzn-requestid", "a")
                    .header("x-amzn-errortype", "ExpiredTokenException")
                    .header("content-type", "application/x-amz-json-1.0");
                let response = response.body(Full::<Bytes>::from(EXPIRED)).unwrap();
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(stream), answer));
        }
    });
    format!("http://{address}")
}

/// What the service said is worth more than that there are no other credentials, and nothing was executed.
#[tokio::test]
async fn it_is_the_answer_where_no_other_credentials_can_be_had() {
    let count = Arc::new(AtomicUsize::new(0));
    let origin = refusing(Arc::clone(&count)).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let signer = Signer::new("dynamodb", "us-east-1", Once(AtomicUsize::new(0)));
    let signer = signer.with_outcome_hook(move |outcome| {
        log.lock().unwrap().push(match outcome {
            Outcome::Signed { .. } => "signed".to_owned(),
            Outcome::NoCredentials(error) => error.to_string(),
            other => format!("{other:?}"),
        });
    });
    let client = ClientBuilder::new(plain_reqwest()).with(SigV4Middleware::new(signer)).build();
    let request = client.post(&origin).header("content-type", "application/x-amz-json-1.0").body("{}");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.extensions().get::<Explanation>().is_some());
    assert_eq!(response.text().await.unwrap(), EXPIRED);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let told = told.lock().unwrap();
    assert!(told.len() == 2 && told[0] == "signed" && told[1].contains("the vault is sealed"), "{told:?}");
}
