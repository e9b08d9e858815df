//! Around `SigV4Middleware`.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Extensions;
use http::header::CONTENT_ENCODING;
use reqwest::{Body, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_retry::{RetryDecision, RetryPolicy, RetryTransientMiddleware};
use reqwest_sigv4::{BufferBody, CheckSeal, FollowRedirects, SigV4Middleware};
use sigv4_core::clock::ManualClock;
use sigv4_core::flow::RedirectRules;
use sigv4_core::refusal::Explanation;
use sigv4_core::{Error, ErrorKind};
use sigv4_tests::clients::{plain_reqwest, reqwest_builder};
use sigv4_tests::log::Log;
use tracing::Level;

use crate::server::Server;
use crate::{PLAIN, TOO_LONG, clock, gunzip, gzip, signer};

/// Tries again at once, three times in all.
struct AtOnce;

impl RetryPolicy for AtOnce {
    fn should_retry(&self, _: SystemTime, past: u32) -> RetryDecision {
        match past {
            0..2 => RetryDecision::Retry { execute_after: SystemTime::UNIX_EPOCH },
            _ => RetryDecision::DoNotRetry,
        }
    }
}

fn retry() -> RetryTransientMiddleware<AtOnce> {
    RetryTransientMiddleware::new_with_policy(AtOnce)
}

/// Compresses requests.
struct Compress;

#[async_trait::async_trait]
impl Middleware for Compress {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let plain = request.body().and_then(Body::as_bytes).unwrap_or_default().to_vec();
        *request.body_mut() = Some(gzip(&plain).into());
        request.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        next.run(request, extensions).await
    }
}

fn sign(clock: &Arc<ManualClock>) -> SigV4Middleware {
    SigV4Middleware::new(signer(clock)).with_seal(true)
}

fn builder() -> ClientBuilder {
    ClientBuilder::new(plain_reqwest())
}

async fn post(client: ClientWithMiddleware, url: String) -> Response {
    client.post(url).body(PLAIN).send().await.unwrap()
}

#[tokio::test]
async fn retry_above_and_below() {
    let clock = clock();
    let minutes = Arc::clone(&clock);
    let server = Server::start(&clock, &[503, 503, 200], move || minutes.advance(TOO_LONG)).await;
    let right = builder().with(retry()).with(sign(&clock)).build();
    assert_eq!(post(right, server.url("/")).await.status(), 200);
    let dates: Vec<String> = server.take().into_iter().map(|seen| seen.date).collect();
    assert_eq!(dates, ["20261121T120000Z", "20261121T122000Z", "20261121T124000Z"]);

    let wrong = builder().with(sign(&clock)).with(retry()).build();
    let refused = post(wrong, server.url("/")).await;
    assert_eq!((refused.status().as_u16(), server.take().len()), (403, 1));
    let why = refused.extensions().get::<Explanation>().expect("an explanation").to_string();
    assert!(why.to_ascii_lowercase().contains("clock") || why.contains("expired"), "{why}");
}

#[tokio::test]
async fn compression_above_and_below() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let log = Log::default();
    let guard = log.listen(Level::WARN);
    let right = builder().with(Compress).with(sign(&clock)).with(CheckSeal).build();
    assert_eq!(post(right, server.url("/")).await.status(), 200);
    let seen = server.take();
    assert_eq!((seen.len(), gunzip(&seen[0].body).as_str()), (1, PLAIN));
    assert_eq!(log.text(), "");

    let wrong = builder().with(sign(&clock)).with(Compress).with(CheckSeal).build();
    let refused = post(wrong, server.url("/")).await;
    drop(guard);
    assert_eq!((refused.status().as_u16(), server.take().len()), (403, 0));
    let text = log.text();
    assert!(text.contains("a middleware below the signer changed what was signed"), "{text}");
    assert!(text.contains(&format!("the body had {} bytes", PLAIN.len())), "{text}");
    // And without the check, the refusal is explained.
    assert!(refused.extensions().get::<Explanation>().is_some());
}

#[tokio::test]
async fn redirects_above_and_below() {
    let clock = clock();
    let server = Server::start(&clock, &[200], || {}).await;
    let right = builder().with(FollowRedirects::new(RedirectRules::new())).with(sign(&clock)).build();
    assert_eq!(post(right, server.url("/moved")).await.status(), 200);
    let paths: Vec<String> = server.take().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/moved", "/"]);

    // Below: the guard calls it an error, whatever came of it.
    let follows = reqwest_builder().redirect(reqwest::redirect::Policy::default()).build().unwrap();
    let wrong = ClientBuilder::new(follows).with(sign(&clock)).build();
    let error = wrong.post(server.url("/moved")).body(PLAIN).send().await.unwrap_err();
    assert_eq!(Error::find(&error).unwrap().kind(), ErrorKind::Redirect);
    assert!(error.to_string().contains("harden"), "{error}");
    assert_eq!(server.take().len(), 1, "the second hop does not verify");
}

/// The documented order, all of it at once, with a body that can be read once.
#[tokio::test]
async fn the_one_right_order() {
    let clock = clock();
    let minutes = Arc::clone(&clock);
    let server = Server::start(&clock, &[503, 503, 200], move || minutes.advance(TOO_LONG)).await;
    let log = Log::default();
    let guard = log.listen(Level::WARN);
    let client = builder()
        .with(BufferBody::new(1024))
        .with(retry())
        .with(FollowRedirects::new(RedirectRules::new()))
        .with(Compress)
        .with(sign(&clock))
        .with(CheckSeal)
        .build();
    let frame = http_body::Frame::data(Bytes::from_static(PLAIN.as_bytes()));
    let frames = futures_lite::stream::iter([Ok::<_, std::io::Error>(frame)]);
    let stream = Body::wrap(http_body_util::StreamBody::new(frames));
    let answer = client.post(server.url("/")).body(stream).timeout(TOO_LONG).send().await.unwrap();
    drop(guard);
    assert_eq!(answer.status(), 200);
    let seen = server.take();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|seen| gunzip(&seen.body) == PLAIN));
    assert!(!log.text().contains("changed what was signed"), "{}", log.text());
}
