//! Redirects: where a signed request may follow, and as what.

use std::sync::Arc;

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
};
use http::{Extensions, HeaderMap, HeaderName, Method, StatusCode};

use crate::error::{Error, ErrorKind};
use crate::signer::{Location, Origin, PayloadMode, SignOptions};

/// What happens to a redirect that leads out of the allowed origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Elsewhere {
    /// It is an error of kind `Redirect`, and not followed.
    #[default]
    Error,
    /// It is followed without signature, token, cookies and `x-amz-*` headers. No later hop of the chain is signed then,
    /// since another party chose where it goes.
    Unsigned,
}

/// Which redirects are followed. By default: those within the origin of the first request, at most 10.
#[derive(Debug, Clone)]
pub struct RedirectRules {
    origins: Arc<[Origin]>,
    elsewhere: Elsewhere,
    limit: usize,
}

impl RedirectRules {
    /// The default rules.
    pub fn new() -> Self {
        Self { origins: Arc::from([]), elsewhere: Elsewhere::Error, limit: 10 }
    }

    /// Signs hops to these origins, too, besides the one of the first request. Scheme, host and port count.
    #[must_use]
    pub fn with_allowed_origins(self, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { origins: origins.into_iter().collect(), ..self }
    }

    /// Decides what happens to hops to any other origin.
    #[must_use]
    pub fn with_elsewhere(self, elsewhere: Elsewhere) -> Self {
        Self { elsewhere, ..self }
    }

    /// Follows no more than this many redirects for one request.
    #[must_use]
    pub fn with_limit(self, hops: usize) -> Self {
        Self { limit: hops, ..self }
    }
}

impl Default for RedirectRules {
    fn default() -> Self {
        Self::new()
    }
}

/// How the next request of a chain goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    /// Signed afresh, within the same origin as the one before.
    SameOrigin,
    /// Signed afresh, for another origin that is allowed.
    OtherOrigin,
    /// Not signed: [`strip`] its headers.
    Unsigned,
}

/// One request's chain of redirects.
#[derive(Debug, Clone)]
pub struct RedirectChain {
    rules: RedirectRules,
    first: Origin,
    last: Origin,
    hops: usize,
    left: bool,
}

impl RedirectChain {
    /// A chain that begins at `first`. Errors as for [`Origin::of`].
    pub fn new(rules: RedirectRules, first: &Location<'_>) -> Result<Self, Error> {
        let first = Origin::of(first)?;
        Ok(Self { rules, last: first.clone(), first, hops: 0, left: false })
    }

    /// How the redirect to `next` is followed. An error of kind `Redirect` where it must not be.
    pub fn follow(&mut self, next: &Location<'_>) -> Result<Hop, Error> {
        self.hops += 1;
        if self.hops > self.rules.limit {
            return Err(Error::new(
                ErrorKind::Redirect,
                format!("the request was redirected more than {} times", self.rules.limit),
            ));
        }
        let origin = Origin::of(next)?;
        let same = origin == self.last;
        let allowed = origin == self.first || self.rules.origins.contains(&origin);
        if !allowed && self.rules.elsewhere == Elsewhere::Error {
            return Err(Error::new(
                ErrorKind::Redirect,
                format!(
                    "{} redirects to {origin}, which is not among the allowed origins: allow it \
                     (RedirectRules::with_allowed_origins), or follow it unsigned (Elsewhere::Unsigned)",
                    self.last
                ),
            ));
        }
        self.last = origin;
        self.left |= !allowed;
        Ok(match (self.left, same) {
            (true, _) => Hop::Unsigned,
            (false, true) => Hop::SameOrigin,
            (false, false) => Hop::OtherOrigin,
        })
    }
}

/// The method of the next request, and whether it keeps its body; `None` if the status is not that of a redirect.
///
/// [RFC 9110, section 15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4): 303 becomes GET (HEAD stays), 301 and 302 turn a
/// POST into a GET, 307 and 308 change nothing.
pub fn redirected_method(status: StatusCode, method: &Method) -> Option<(Method, bool)> {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if *method == Method::POST => {
            Some((Method::GET, false))
        }
        StatusCode::SEE_OTHER if *method != Method::HEAD => Some((Method::GET, false)),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Some((method.clone(), true)),
        _ => None,
    }
}

/// Takes the hash of a body that is dropped out of the options of its request.
pub fn strip_body_hash(extensions: &mut Extensions) {
    if let Some(options) = extensions.get_mut::<SignOptions>()
        && matches!(options.payload, Some(PayloadMode::Precomputed(_)))
    {
        options.payload = None;
    }
}

/// Removes the headers that describe a body.
pub fn strip_body_headers(headers: &mut HeaderMap) {
    for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    strip_where(headers, |name| name == "content-md5" || name == "x-amz-content-sha256");
}

/// Removes what was meant for the first server alone: credentials, cookies, and every `x-amz-*` header (tokens,
/// customer keys).
pub fn strip(headers: &mut HeaderMap) {
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
        headers.remove(name);
    }
    strip_where(headers, |name| name.starts_with("x-amz-"));
}

fn strip_where(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(uri: &http::Uri) -> Location<'_> {
        Location::of(uri).unwrap()
    }

    fn hop(chain: &mut RedirectChain, to: &str) -> Result<Hop, ErrorKind> {
        chain.follow(&location(&to.parse().unwrap())).map_err(|error| error.kind())
    }

    fn chain(rules: RedirectRules) -> RedirectChain {
        RedirectChain::new(rules, &location(&"https://a/".parse().unwrap())).unwrap()
    }

    #[test]
    fn scheme_host_and_port_make_an_origin() {
        for (to, expected) in [
            ("https://a/other", Ok(Hop::SameOrigin)),
            ("https://A:443/", Ok(Hop::SameOrigin)),
            ("http://a/", Err(ErrorKind::Redirect)),
            ("https://a:444/", Err(ErrorKind::Redirect)),
            ("https://b/", Err(ErrorKind::Redirect)),
            ("https://user@a/", Err(ErrorKind::Request)),
        ] {
            let mut chain = chain(RedirectRules::new());
            let uri: http::Uri = to.parse().unwrap();
            let followed =
                Location::of(&uri).and_then(|next| chain.follow(&next)).map_err(|error| error.kind());
            assert_eq!(followed, expected, "{to}");
        }
    }

    #[test]
    fn what_left_the_allowed_origins_is_never_signed_again() {
        let rules = RedirectRules::new()
            .with_allowed_origins(["https://b".parse().unwrap()])
            .with_elsewhere(Elsewhere::Unsigned);
        let mut chain = chain(rules);
        assert_eq!(hop(&mut chain, "https://b/"), Ok(Hop::OtherOrigin));
        assert_eq!(hop(&mut chain, "https://evil/"), Ok(Hop::Unsigned));
        assert_eq!(hop(&mut chain, "https://a/delete-everything"), Ok(Hop::Unsigned));
    }

    #[test]
    fn hops_are_limited() {
        let mut chain = chain(RedirectRules::new().with_limit(2));
        assert!(hop(&mut chain, "https://a/").is_ok() && hop(&mut chain, "https://a/").is_ok());
        assert_eq!(hop(&mut chain, "https://a/"), Err(ErrorKind::Redirect));
    }

    #[test]
    fn methods_follow_the_rfc() {
        for (status, method, expected) in [
            (301, Method::POST, Some((Method::GET, false))),
            (302, Method::PUT, Some((Method::PUT, true))),
            (303, Method::PUT, Some((Method::GET, false))),
            (303, Method::HEAD, Some((Method::HEAD, true))),
            (307, Method::POST, Some((Method::POST, true))),
            (308, Method::DELETE, Some((Method::DELETE, true))),
            (304, Method::GET, None),
            (200, Method::GET, None),
        ] {
            assert_eq!(
                redirected_method(StatusCode::from_u16(status).unwrap(), &method),
                expected,
                "{status}"
            );
        }
    }
}
