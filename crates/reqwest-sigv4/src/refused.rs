//! Refused requests: explained, and sent once more where that heals them.

use std::time::Duration;

use http::{Extensions, Version};
use reqwest::{Body, Request, Response, ResponseBuilderExt};
use reqwest_middleware::Next;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Kept, Peeked};
use sigv4_core::refusal::{MAX_BODY, Refusal};
use sigv4_core::{Error, Signer, Watch};
use tokio::time::Instant;
use url::Position;

use crate::SigV4Middleware;
use crate::attempt::Time;
use crate::target::{Target, set_timeout};

impl SigV4Middleware {
    /// Signs and sends; and once more if the answer is a refusal that can be healed.
    ///
    /// Not an `async fn`: its future has room for a request once, where that of one had it twice.
    pub(crate) fn send<'a>(
        &'a self,
        mut request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
    ) -> impl Future<Output = reqwest_middleware::Result<Response>> + Send + 'a {
        let began = Instant::now();
        let mut sent = Sent::new(&self.signer, &mut request, extensions);
        async move {
            let response = self.attempt(request, extensions, next.clone(), &mut sent.watch).await?;
            if !Refusal::is_possible(response.status()) {
                self.signer.accepted(&sent.watch, response.headers());
                return Ok(response);
            }
            // Of its own, so that the future of a request that is accepted is small.
            Box::pin(self.heal(sent, response, began, extensions, next)).await
        }
    }

    /// What becomes of a request that may have been refused.
    async fn heal(
        &self,
        sent: Sent,
        response: Response,
        began: Instant,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let (response, again) = sent.read(&self.signer, extensions, response).await;
        let Some(mut again) = again else { return Ok(response) };
        let left = again.timeout().map(|timeout| timeout.saturating_sub(began.elapsed()));
        set_timeout(&mut again, left);
        let mut sent = Sent::new(&self.signer, &mut again, extensions);
        let time = Time::of(&again);
        // Without another signature the refusal stands, and says why: the outcome hook is told what went wrong behind it.
        let Ok(body_error) = self.sign(&mut again, extensions, &mut sent.watch, time).await else {
            return Ok(response);
        };
        drop(response);
        let response = self.hand_on(again, extensions, next, time, body_error).await?;
        Ok(sent.read(&self.signer, extensions, response).await.0)
    }

    /// Signs, and waits for what that takes.
    async fn sign(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        watch: &mut Watch,
        time: Time,
    ) -> Result<BodyError, Error> {
        match self.begin(request, extensions, watch)? {
            None => Ok(BodyError::default()),
            Some(plan) => self.sign_later(request, extensions, plan, watch, &mut time.deadline()).await,
        }
    }
}

/// A request on its way, and what it takes to send it once more.
struct Sent {
    watch: Watch,
    version: Version,
    timeout: Option<Duration>,
    has_body: bool,
}

impl Sent {
    fn new(signer: &Signer, request: &mut Request, extensions: &Extensions) -> Self {
        signer.relocate(&mut Target { request, extensions });
        let url = request.url();
        let host = Some(&url[Position::BeforeHost..Position::AfterPort]).filter(|host| !host.is_empty());
        Self {
            watch: Watch::new(Kept::new(request.method(), host, &[url.as_str()], request.headers())),
            version: request.version(),
            timeout: request.timeout().copied(),
            has_body: request.body().is_some(),
        }
    }

    /// The request as it was before it was signed, but for its body.
    fn request(&self) -> Option<Request> {
        let kept = self.watch.kept();
        let mut request = Request::new(kept.method().clone(), kept.uri().parse().ok()?);
        *request.headers_mut() = kept.headers();
        *request.version_mut() = self.version;
        set_timeout(&mut request, self.timeout);
        Some(request)
    }

    /// The response, whole, and the request to be sent once more, where that is worth it.
    async fn read(
        &self,
        signer: &Signer,
        extensions: &Extensions,
        response: Response,
    ) -> (Response, Option<Request>) {
        if !Refusal::is_possible(response.status()) {
            signer.accepted(&self.watch, response.headers());
            return (response, None);
        }
        let url = response.url().clone();
        let (mut parts, body) = http::Response::<Body>::from(response).into_parts();
        let mut body = Peeked::untouched(body);
        let seen = body.look(MAX_BODY).await;
        let mut request = self.request();
        let refused = request.as_mut().and_then(|request| {
            let target = Target { request, extensions };
            signer.refused(&self.watch, &target, parts.status, &parts.headers, &seen)
        });
        let replay = refused.as_ref().is_some_and(|refused| refused.replay);
        if let Some(explanation) = refused.and_then(|refused| refused.explanation) {
            parts.extensions.insert(explanation);
        }
        let mut whole = http::Response::new(Body::wrap(body));
        *whole.status_mut() = parts.status;
        *whole.version_mut() = parts.version;
        *whole.headers_mut() = parts.headers;
        *whole.extensions_mut() = with_url(url, parts.extensions);
        let again = request.filter(|_| replay).zip(self.watch.kept().body()).map(|(mut request, body)| {
            *request.body_mut() = self.has_body.then(|| Body::from(body));
            request
        });
        (Response::from(whole), again)
    }
}

/// The extensions of a response, with the URL that reqwest keeps there for the time it is not a response of its own.
fn with_url(url: reqwest::Url, extensions: Extensions) -> Extensions {
    let marked = http::Response::builder().url(url).body(()).map(http::Response::into_parts);
    let mut all = marked.map(|(parts, ())| parts.extensions).unwrap_or_default();
    all.extend(extensions);
    all
}
