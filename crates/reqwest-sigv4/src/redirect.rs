//! Following redirects above the signer.

use http::Extensions;
use http::header::LOCATION;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next};
use sigv4_core::flow::{
    Hop, RedirectChain, RedirectRules, redirected_method, strip, strip_body_hash, strip_body_headers,
};
use sigv4_core::{Error, ErrorKind, SignOptions, SignTarget};
use tokio::time::Instant;

use crate::error::wrapped;
use crate::target::{Target, set_timeout};

/// Follows redirects, and has each hop signed afresh by the [`SigV4Middleware`](crate::SigV4Middleware) below.
///
/// Only within the origin of the first request, unless [`RedirectRules`] allow more. Put it above the signer, over a client that
/// follows none itself ([`harden`](crate::harden)): `.with(FollowRedirects::new(rules)).with(SigV4Middleware::new(signer))`.
///
/// Method and body go by RFC 9110. A redirect that keeps a streamed body is an error of kind `Body`, since the stream is gone:
/// [`BufferBody`](crate::BufferBody) above keeps it. A `host` header of the request's own, and a host to sign
/// (`SignOptions::sign_host`), end with the first hop to another origin, and are not taken up again by one that leads back. No `Referer` is ever sent. The request's own time-out is one over all hops;
/// [`with_deadline`](crate::SigV4Middleware::with_deadline) of the signer below is one for each.
#[derive(Debug, Clone, Default)]
pub struct FollowRedirects {
    rules: RedirectRules,
}

impl FollowRedirects {
    /// Follows by these rules.
    pub fn new(rules: RedirectRules) -> Self {
        Self { rules }
    }

    async fn follow(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let mut chain: Option<RedirectChain> = None;
        loop {
            let copy = request.try_clone();
            let mut bare = without_body(&request);
            let chain = match &mut chain {
                Some(chain) => chain,
                None => {
                    let first = Target { request: &mut bare, extensions };
                    let first = first.location().map_err(wrapped)?;
                    chain.insert(RedirectChain::new(self.rules.clone(), &first).map_err(wrapped)?)
                }
            };
            let began = Instant::now();
            let response = next.clone().run(request, extensions).await?;
            let Some((method, keeps_body)) = redirected_method(response.status(), bare.method()) else {
                return Ok(response);
            };
            let Some(url) = destination(&response, bare.url()) else { return Ok(response) };
            request = if keeps_body {
                copy.ok_or_else(|| wrapped(stream_is_gone()))?
            } else {
                strip_body_headers(bare.headers_mut());
                strip_body_hash(extensions);
                bare
            };
            *request.method_mut() = method;
            *request.url_mut() = url;
            // One time-out over all hops.
            let left = request.timeout().map(|timeout| timeout.saturating_sub(began.elapsed()));
            set_timeout(&mut request, left);
            self.prepare(chain, &mut request, extensions).map_err(wrapped)?;
        }
    }

    fn prepare(
        &self,
        chain: &mut RedirectChain,
        request: &mut Request,
        extensions: &mut Extensions,
    ) -> Result<(), Error> {
        let hop = chain.follow(&Target { request, extensions }.location()?)?;
        match hop {
            Hop::SameOrigin => {}
            Hop::OtherOrigin => {
                request.headers_mut().remove(http::header::HOST);
                if let Some(options) = extensions.remove::<SignOptions>() {
                    extensions.insert(options.for_other_origin());
                }
            }
            Hop::Unsigned => {
                request.headers_mut().remove(http::header::HOST);
                strip(request.headers_mut());
                extensions.insert(SignOptions::skip());
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Middleware for FollowRedirects {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let restored = Restored { before: extensions.get::<SignOptions>().cloned(), extensions };
        self.follow(request, restored.extensions, next).await
    }
}

/// Puts the options back that hops have changed, also where the chain is given up: a retry above begins anew.
struct Restored<'e> {
    before: Option<SignOptions>,
    extensions: &'e mut Extensions,
}

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        match self.before.take() {
            Some(options) => drop(self.extensions.insert(options)),
            None => drop(self.extensions.remove::<SignOptions>()),
        }
    }
}

/// Where a redirect leads; `None` if it does not say so, or not in a URL.
fn destination(response: &Response, from: &Url) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

fn without_body(request: &Request) -> Request {
    let mut bare = Request::new(request.method().clone(), request.url().clone());
    *bare.headers_mut() = request.headers().clone();
    set_timeout(&mut bare, request.timeout().copied());
    *bare.version_mut() = request.version();
    bare
}

fn stream_is_gone() -> Error {
    Error::new(
        ErrorKind::Body,
        "the server redirects the request with its body, which was a stream and is gone: put BufferBody above \
         FollowRedirects",
    )
}
