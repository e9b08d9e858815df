//! The outcome hook: called once for each request, whatever became of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use sigv4_core::{
    Credentials, Error, ErrorKind, Outcome, Payload, ProvideCredentials, SignOptions, Signer, async_trait,
};
use sigv4_tests::clients::{Client, Kind};

use crate::{clock, credentials, head, signer};

type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

fn counted(signer: Signer) -> (Signer, Counts) {
    let counts = Counts::default();
    let shared = Arc::clone(&counts);
    let signer = signer.with_outcome_hook(move |outcome| {
        let name = match outcome {
            Outcome::Signed { service, region } => format!("signed {service} {region}"),
            Outcome::Skipped => "skipped".to_owned(),
            Outcome::Failed(error) => format!("failed {:?}", error.kind()),
            Outcome::NoCredentials(error) => format!("no credentials {:?}", error.kind()),
            _ => "unknown".to_owned(),
        };
        *shared.lock().unwrap().entry(name).or_default() += 1;
    });
    (signer, counts)
}

fn expected(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Credentials that have to be waited for.
struct Distant;

#[async_trait]
impl ProvideCredentials for Distant {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        tokio::task::yield_now().await;
        Ok(credentials())
    }
}

struct Sealed;

#[async_trait]
impl ProvideCredentials for Sealed {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        Err(Error::new(ErrorKind::Credentials, "the vault is sealed"))
    }
}

#[tokio::test]
async fn each_request_counts_once_on_every_client() {
    for kind in Kind::ALL {
        let server = kind.server().await;
        let (signer, counts) = counted(signer("execute-api"));
        let client = Client::new(kind, signer, &server, &server.origin()).await;
        let request = |options: SignOptions, body: &'static [u8]| {
            let request = Request::post(format!("{}/prod", server.origin())).extension(options);
            request.body(Bytes::from_static(body)).unwrap()
        };
        client.send(request(SignOptions::new(), b"data")).await.unwrap();
        client.send(request(SignOptions::new(), b"")).await.unwrap();
        client.send(request(SignOptions::new().service("s3").region("auto"), b"data")).await.unwrap();
        client.send(request(SignOptions::skip(), b"data")).await.unwrap();
        client.send(request(SignOptions::new().region(""), b"data")).await.unwrap_err();
        let mut stale = request(SignOptions::new(), b"data");
        stale.headers_mut().insert("content-length", HeaderValue::from_static("5"));
        client.send(stale).await.unwrap_err();
        client.send(request(SignOptions::new().credentials(Sealed), b"data")).await.unwrap_err();
        let expired = credentials().with_expiry(std::time::UNIX_EPOCH);
        client.send(request(SignOptions::new().credentials(expired), b"data")).await.unwrap_err();
        let wanted = expected(&[
            ("failed Header", 1),
            ("failed Option", 1),
            ("no credentials Credentials", 1),
            ("no credentials ExpiredCredentials", 1),
            ("signed execute-api us-east-1", 2),
            ("signed s3 auto", 1),
            ("skipped", 1),
        ]);
        assert_eq!(*counts.lock().unwrap(), wanted, "{kind:?}");
    }
}

/// Also where signing waits for credentials, or for a body that is hashed in turns.
#[tokio::test]
async fn requests_that_wait_count_once() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::ReqwestByHand) {
        let server = kind.server().await;
        let waiting = Signer::new("execute-api", "us-east-1", Distant).with_clock(clock());
        let (signer, counts) = counted(waiting);
        let client = Client::new(kind, signer, &server, &server.origin()).await;
        for size in [4, 1 << 20] {
            let request = Request::post(format!("{}/prod", server.origin()));
            client.send(request.body(Bytes::from(vec![7; size])).unwrap()).await.unwrap();
        }
        assert_eq!(*counts.lock().unwrap(), expected(&[("signed execute-api us-east-1", 2)]), "{kind:?}");
    }
}

#[test]
fn in_place() {
    let (signer, counts) = counted(signer("s3"));
    let request = || Request::get("https://example.com/key").body(()).unwrap();
    signer.sign(&mut request(), Payload::EMPTY).unwrap();
    let mut skipped = request();
    skipped.extensions_mut().insert(SignOptions::skip());
    signer.sign(&mut skipped, Payload::EMPTY).unwrap();
    assert!(skipped.headers().is_empty());
    let mut refused = request();
    refused.headers_mut().insert("authorization", HeaderValue::from_static("Basic x"));
    signer.sign(&mut refused, Payload::EMPTY).unwrap_err();
    let wanted = expected(&[("failed Header", 1), ("signed s3 us-east-1", 1), ("skipped", 1)]);
    assert_eq!(*counts.lock().unwrap(), wanted);
}

/// Puts as many headers into a request as its map can hold.
fn fill(headers: &mut HeaderMap) {
    for number in 0.. {
        let name: HeaderName = format!("x-{number}").parse().unwrap();
        if headers.try_append(name, HeaderValue::from_static("v")).is_err() {
            break;
        }
    }
}

/// A map of headers that is full: found out before anything is changed, and counted as a failure only.
#[test]
fn a_full_header_map() {
    let mut defaults = HeaderMap::new();
    defaults.insert("x-amz-request-payer", HeaderValue::from_static("requester"));
    let mut full = Request::get("https://example.com/key").body(()).unwrap();
    fill(full.headers_mut());
    for signer in [signer("s3"), signer("s3").with_default_headers(defaults)] {
        let (signer, counts) = counted(signer);
        let before = head(&full);
        let error = signer.sign(&mut full, Payload::EMPTY).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Header);
        assert!(error.to_string().contains("more headers"), "{error}");
        assert_eq!(head(&full), before);
        assert_eq!(*counts.lock().unwrap(), expected(&[("failed Header", 1)]));
    }
}

/// An empty upload is stated to be one, which takes another header.
#[tokio::test]
async fn a_full_header_map_of_an_empty_upload() {
    for kind in Kind::ALL {
        let server = kind.server().await;
        let (signer, counts) = counted(signer("s3"));
        let client = Client::new(kind, signer, &server, &server.origin()).await;
        let mut full = Request::put(format!("{}/key", server.origin())).body(Bytes::new()).unwrap();
        fill(full.headers_mut());
        let error = client.send(full).await.unwrap_err();
        assert_eq!(Error::find(&*error).unwrap().kind(), ErrorKind::Header, "{kind:?}");
        assert_eq!(*counts.lock().unwrap(), expected(&[("failed Header", 1)]), "{kind:?}");
        assert_eq!(server.bytes(), 0, "{kind:?}");
    }
}
