//! Refused requests: explained, and sent once more where that heals them.

use http::{Extensions, Method};
use reqwest::{Body, Request, Response, ResponseBuilderExt};
use reqwest_middleware::Next;
use sigv4_core::flow::Peeked;
use sigv4_core::refusal::{MAX_BODY, Refusal};
use sigv4_core::{Signer, Watch};
use tokio::time::Instant;

use crate::SigV4Middleware;

impl SigV4Middleware {
    /// Signs and sends; and once more if the answer is a refusal that can be healed.
    pub(crate) async fn send(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let began = Instant::now();
        let method = request.method().clone();
        // A stream cannot be sent twice: then the refusal is explained, and what it teaches serves the next request.
        let copy = if self.healing { request.try_clone() } else { None };
        let mut watch = Watch::default();
        let response = self.attempt(request, extensions, next.clone(), &mut watch).await?;
        let (response, replay) = read(&self.signer, &watch, &method, response).await;
        let Some(mut copy) = copy.filter(|_| replay) else { return Ok(response) };
        if let Some(timeout) = copy.timeout_mut() {
            *timeout = timeout.saturating_sub(began.elapsed());
        }
        let response = self.attempt(copy, extensions, next, &mut watch).await?;
        Ok(read(&self.signer, &watch, &method, response).await.0)
    }
}

/// The response, whole, and whether the same request is worth sending again.
async fn read(signer: &Signer, watch: &Watch, method: &Method, response: Response) -> (Response, bool) {
    if !Refusal::is_possible(response.status()) {
        signer.accepted(watch, response.headers());
        return (response, false);
    }
    let url = response.url().clone();
    let (mut parts, body) = http::Response::<Body>::from(response).into_parts();
    let mut body = Peeked::untouched(body);
    let seen = body.look(MAX_BODY).await;
    let refused = signer.refused(watch, method, parts.status, &parts.headers, &seen);
    let replay = refused.as_ref().is_some_and(|refused| refused.replay);
    if let Some(explanation) = refused.and_then(|refused| refused.explanation) {
        #[cfg(feature = "tracing")]
        tracing::warn!(replay, "{explanation}");
        parts.extensions.insert(explanation);
    }
    let mut whole = http::Response::new(Body::wrap(body));
    *whole.status_mut() = parts.status;
    *whole.version_mut() = parts.version;
    *whole.headers_mut() = parts.headers;
    *whole.extensions_mut() = with_url(url, parts.extensions);
    (Response::from(whole), replay)
}

/// The extensions of a response, with the URL that reqwest keeps there for the time it is not a response of its own.
fn with_url(url: reqwest::Url, extensions: Extensions) -> Extensions {
    let marked = http::Response::builder().url(url).body(()).map(http::Response::into_parts);
    let mut all = marked.map(|(parts, ())| parts.extensions).unwrap_or_default();
    all.extend(extensions);
    all
}
