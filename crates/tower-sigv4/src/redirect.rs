//! Following redirects above the signer, with tower-http's `FollowRedirect`.

use http::Request;
use http::header::HOST;
use sigv4_core::flow::{
    Hop, RedirectChain, RedirectRules, redirected_method, strip, strip_body_hash, strip_body_headers,
};
use sigv4_core::{Error, Location, SignOptions};
use tower_http::follow_redirect::policy::{Action, Attempt, Policy};

/// A policy for tower-http's `FollowRedirect`, which stands above a [`SignLayer`](crate::SignLayer): each hop is signed afresh,
/// only within the origin of the first request unless [`RedirectRules`] allow more.
///
/// A `host` header of the request's own, and a host to sign (`SignOptions::sign_host`), end with the first hop to another origin,
/// and are not taken up again by one that leads back.
///
/// A redirect that keeps the body (307, 308) is followed where the body can be cloned: combine with
/// `policy::clone_body_fn`, as in `SignedRedirects::new(rules).and(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())))`.
///
/// ```
/// use sigv4_core::flow::RedirectRules;
/// use tower::ServiceBuilder;
/// use tower_http::follow_redirect::FollowRedirectLayer;
/// use tower_sigv4::{SignLayer, SignedRedirects};
/// # use sigv4_core::{Credentials, Signer};
///
/// # let signer = Signer::new("s3", "us-east-1", Credentials::new("AKIDEXAMPLE", "secret")?);
/// # let client = tower::service_fn(|_: http::Request<String>| async { Ok::<_, std::io::Error>(http::Response::new(())) });
/// let service = ServiceBuilder::new()
///     .layer(FollowRedirectLayer::with_policy(SignedRedirects::new(RedirectRules::new())))
///     .layer(SignLayer::new(signer))
///     .service(client);
/// # drop(service);
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SignedRedirects {
    rules: RedirectRules,
    chain: Option<RedirectChain>,
    hop: Option<Hop>,
    drops_body: bool,
}

impl SignedRedirects {
    /// Follows by these rules.
    pub fn new(rules: RedirectRules) -> Self {
        Self { rules, ..Self::default() }
    }

    fn follow(&mut self, attempt: &Attempt<'_>) -> Result<Hop, Error> {
        let chain = match &mut self.chain {
            Some(chain) => chain,
            None => {
                let first = Location::of(attempt.previous())?;
                self.chain.insert(RedirectChain::new(self.rules.clone(), &first)?)
            }
        };
        chain.follow(&Location::of(attempt.location())?)
    }
}

impl<B, E: From<Error>> Policy<B, E> for SignedRedirects {
    fn redirect(&mut self, attempt: &Attempt<'_>) -> Result<Action, E> {
        self.hop = Some(self.follow(attempt)?);
        let next = redirected_method(attempt.status(), attempt.previous_method());
        self.drops_body = next.is_some_and(|(_, keeps_body)| !keeps_body);
        Ok(Action::Follow)
    }

    fn on_request(&mut self, request: &mut Request<B>) {
        if std::mem::take(&mut self.drops_body) {
            strip_body_headers(request.headers_mut());
            strip_body_hash(request.extensions_mut());
        }
        match self.hop.take() {
            None | Some(Hop::SameOrigin) => {}
            Some(Hop::OtherOrigin) => {
                request.headers_mut().remove(HOST);
                if let Some(options) = request.extensions_mut().remove::<SignOptions>() {
                    request.extensions_mut().insert(options.for_other_origin());
                }
            }
            Some(Hop::Unsigned) => {
                request.headers_mut().remove(HOST);
                strip(request.headers_mut());
                request.extensions_mut().insert(SignOptions::skip());
            }
        }
    }
}
