//! Requests that their options leave unsigned: nothing of them is changed, and what else holds for a request holds for them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Extensions, Method};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use reqwest_sigv4::{SigV4Middleware, SignExt};
use sigv4_core::{Outcome, SignOptions};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::plain_reqwest;

use crate::signer;

/// Keeps the time-out of each request that reaches the client.
#[derive(Clone, Default)]
struct TimeOuts(Arc<Mutex<Vec<Option<Duration>>>>);

#[async_trait::async_trait]
impl Middleware for TimeOuts {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.0.lock().unwrap().push(request.timeout().copied());
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn the_deadline_holds_for_them() {
    let server = Server::http1(&[200]).await;
    let (limit, own) = (Duration::from_secs(300), Duration::from_secs(400));
    let seen = TimeOuts::default();
    let client = ClientBuilder::new(plain_reqwest())
        .with(SigV4Middleware::new(signer("s3")).with_deadline(limit))
        .with(seen.clone())
        .build();
    let request = || client.get(server.origin()).with_extension(SignOptions::skip());
    request().send().await.unwrap();
    request().timeout(own).send().await.unwrap();
    assert_eq!(*seen.0.lock().unwrap(), [Some(limit), Some(own)]);
}

#[test]
fn signing_by_hand_leaves_them_as_they_are() {
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let signer = signer("execute-api").with_outcome_hook(move |outcome| {
        assert!(matches!(outcome, Outcome::Skipped), "{outcome:?}");
        *count.lock().unwrap() += 1;
    });
    let stream = || reqwest::Body::wrap(crate::payloads::frames(&["data"]));
    for body in [None, Some(stream())] {
        let is_stream = body.is_some();
        let mut request = Request::new(Method::PUT, "http://example.com/?a=b+c".parse().unwrap());
        *request.body_mut() = body;
        request.sign(&signer, SignOptions::skip()).unwrap();
        assert_eq!(request.url().as_str(), "http://example.com/?a=b+c");
        assert!(request.headers().is_empty(), "{:?}", request.headers());
        assert_eq!(request.body().is_some(), is_stream);
    }
    assert_eq!(*told.lock().unwrap(), 2);
}
