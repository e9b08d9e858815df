//! Signing one request: every step between what the client built and what goes on the wire.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};

use super::cover::Cover;
use super::outcome::Outcome;
use super::scope::Scope;
#[cfg(feature = "tracing")]
use super::trace;
#[cfg(feature = "refusals")]
use super::watch::{self, Watch};
use super::{Location, Origin, RequestHead, SignOptions, SignTarget, Signer};
use crate::canonical::HashSink;
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::flow::{self, BodyShape, PayloadPlan, PlanFacts};
use crate::request::{RequestView, SignedHeaders, SignedText, Signing, SigningParams};
use crate::service::ServiceRules;

/// Nothing can be watched without the feature `refusals`.
#[cfg(not(feature = "refusals"))]
pub(super) enum Watch {}

/// On what occasion a request is signed.
pub(super) struct Occasion<'a> {
    /// By the signer's clock.
    pub(super) now: SystemTime,
    /// Fetched for it; else those at hand are used.
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) watch: Option<&'a mut Watch>,
}

/// What is changed in a request besides its signature.
#[derive(Default)]
pub(super) struct Changes {
    path: Option<String>,
    /// With the client's default headers among them.
    headers: Option<Box<HeaderMap>>,
    host: Option<HeaderValue>,
    /// Service and region, if the outcome hook wants to know.
    told: Option<(String, String)>,
}

impl Signer {
    /// How the body of a request is to be covered, before it is touched. For adapters; `chunks` tells whether the
    /// adapter can send it in chunks.
    ///
    /// Errors: kind `Payload` names the options there are, `Header` a stale `content-length`; else those of scope and
    /// origin, as when signing.
    pub fn plan(
        &self,
        request: &impl SignTarget,
        shape: BodyShape,
        chunks: bool,
    ) -> Result<PayloadPlan, Error> {
        let planned = RequestHead::of(request).and_then(|head| self.planned(&head, shape, chunks));
        planned.inspect_err(|error| self.report(Err(error)))
    }

    fn planned(
        &self,
        request: &RequestHead<'_>,
        shape: BodyShape,
        chunks: bool,
    ) -> Result<PayloadPlan, Error> {
        self.check_origin(&request.location)?;
        let service = self.0.scope.service(request.options(), self.host(request), request.location.path)?;
        let facts = PlanFacts {
            rules: &ServiceRules::for_service(&service),
            service: &service,
            headers: request.headers,
            tls: request.location.is_tls(),
            buffer_limit: self.0.buffer_limit,
            uploads: flow::uploads(request.method),
            chunks,
        };
        let asked = request.options().and_then(|options| options.payload.as_ref());
        facts.plan(asked.unwrap_or(&self.0.payload), shape)
    }

    /// Signs with the credentials at hand; `None` where they would have to be waited for.
    pub(super) fn try_cover<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        watch: Option<&mut Watch>,
    ) -> Result<Option<C::Rest>, Error> {
        self.sign_in_place(request, cover, Occasion { now: self.0.clock.now(), credentials: None, watch })
    }

    /// Signs with credentials that were waited for.
    pub(super) fn cover<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        credentials: &Credentials,
        watch: Option<&mut Watch>,
    ) -> Result<C::Rest, Error> {
        let occasion = Occasion { now: self.0.clock.now(), credentials: Some(credentials), watch };
        let signed = self.sign_in_place(request, cover, occasion)?;
        Ok(signed.unwrap_or_else(|| unreachable!("there were credentials")))
    }

    /// Signs, and reports what became of it. Of this there is one for each type of requests: it only fetches and carries for
    /// [`read`](Self::read) and [`Cover::apply`].
    fn sign_in_place<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        occasion: Occasion<'_>,
    ) -> Result<Option<C::Rest>, Error> {
        let signed = self.sign_unreported(request, cover, occasion);
        if let Err(error) = &signed {
            self.report(Err(error));
        }
        signed
    }

    fn sign_unreported<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        occasion: Occasion<'_>,
    ) -> Result<Option<C::Rest>, Error> {
        // Found out first, while nothing is reported or changed.
        if request.headers().len() > SURE_TO_GROW {
            make_room(request.headers_mut())?;
        }
        let mut hash = HashSink::new();
        let (mut signing, mut changes) = (Signing::by(&mut hash), Changes::default());
        let head = RequestHead::of(request)?;
        let Some(signed) = cover.read(self, &head, occasion, &mut signing, &mut changes)? else {
            return Ok(None);
        };
        let uri = request.settled(changes.path.as_deref())?;
        changes.report(self);
        // From here on nothing fails: there is room for what is added.
        let rest = C::apply(signed, &mut signing, changes, request.headers_mut())?;
        if let Some(uri) = uri {
            request.set_uri(uri);
        }
        Ok(Some(rest))
    }

    /// Reads a request, and signs it all but for the end; `None` where credentials would have to be waited for. To be called by
    /// [`Cover::read`], so that it is compiled with this crate.
    #[inline(always)]
    pub(super) fn read<C: Cover>(
        &self,
        cover: C,
        request: &RequestHead<'_>,
        occasion: Occasion<'_>,
        signing: &mut Signing<'_>,
        changes: &mut Changes,
    ) -> Result<Option<C::Signed>, Error> {
        let Occasion { now: local_now, credentials, watch } = occasion;
        let offset = self.clock_offset(request);
        let now = offset.apply(local_now);
        let at_hand;
        let credentials = match credentials {
            Some(given) => given,
            None => match self.source(request)?.try_get(now)? {
                Some(cached) => {
                    at_hand = cached;
                    &at_hand
                }
                None => return Ok(None),
            },
        };
        let RequestHead { location, headers, .. } = *request;
        let options = request.options();
        self.check_origin(&location)?;
        let mut other = None;
        let scope = self.scope_of(request, &mut other)?;
        scope.check_token(credentials)?;
        if let Some(path) = flow::wire_path(location.path, &scope.rules) {
            changes.path = Some(path);
        }
        if !self.0.default_headers.is_empty() {
            changes.headers = self.with_missing_defaults(headers)?;
        }
        let view = RequestView {
            method: request.method.as_str(),
            host: location.host,
            sign_host: self.sign_host(options),
            path: changes.path.as_deref().unwrap_or(location.path),
            query: location.query,
            headers: changes.headers.as_deref().unwrap_or(headers),
        };
        let date = AmzDate::new(now)?;
        let params = SigningParams {
            credentials,
            date: &date,
            algorithm: scope.algorithm(),
            region: &scope.region,
            service: &scope.service,
            rules: scope.rules,
            signed_headers: self.signed_headers(options),
            omit_session_token: false,
        };
        let wants_text = C::KEEPS_TEXT && watch.is_some();
        #[cfg(feature = "tracing")]
        let (span, wants_text) = (self.trace(request, scope, &params), wants_text || trace::wants_text());
        let mut text: Option<Box<SignedText>> = if wants_text { Some(Box::default()) } else { None };
        let signed = cover.sign(view, &params, signing, text.as_deref_mut())?;
        #[cfg(feature = "tracing")]
        if span.is_some() || text.is_some() {
            trace::signed(span, text.as_deref());
        }
        #[cfg(feature = "refusals")]
        if let Some(watch) = watch {
            let learnt = self.0.learnt.region(location.host).is_some();
            watch.fill(watch::Signed {
                credentials: credentials.clone(),
                offset,
                at: local_now,
                region: learnt.then(|| scope.region.as_ref().into()),
                what: cover.kept(text),
            });
        }
        if let Some(host) = view.sign_host {
            changes.host = Some(flow::host_header(host)?);
        }
        if self.0.hook.is_some() {
            changes.told = Some((scope.service.to_string(), scope.region.to_string()));
        }
        Ok(Some(signed))
    }

    /// The scope of a request: the signer's own, as most have it, or another, which is kept in `other`.
    #[inline]
    pub(super) fn scope_of<'s, 'a: 's>(
        &'a self,
        request: &RequestHead<'a>,
        other: &'s mut Option<Scope<'a>>,
    ) -> Result<&'s Scope<'a>, Error> {
        match self.own_scope(request) {
            Some(own) => Ok(own),
            None => Ok(other.insert(self.scope(request)?)),
        }
    }

    /// The scope that the signer was made with, where nothing tells of another.
    #[inline]
    fn own_scope(&self, request: &RequestHead<'_>) -> Option<&Scope<'static>> {
        #[cfg(feature = "refusals")]
        if self.0.learnt.is_elsewhere() {
            return None;
        }
        let own = self.0.scope.own()?;
        let is_usual = self.0.region_set.is_none()
            && self.0.sign_host.is_none()
            && request.options().is_none_or(SignOptions::leaves_scope)
            && !own.may_be_multi_region(request.location.host);
        is_usual.then_some(own)
    }

    /// The scope, found out step by step.
    #[inline(never)]
    pub(super) fn scope<'a>(&'a self, request: &RequestHead<'a>) -> Result<Scope<'a>, Error> {
        #[cfg_attr(not(feature = "refusals"), expect(unused_mut, reason = "nothing is learnt"))]
        let mut scope = self.told_scope(request)?;
        #[cfg(feature = "refusals")]
        if request.options().is_none_or(|options| options.region.is_none())
            && let Some(region) = self.0.learnt.region(request.location.host)
        {
            scope.region = String::from(region).into();
        }
        Ok(scope)
    }

    /// The scope without regard to what was learnt.
    pub(super) fn told_scope<'a>(&'a self, request: &RequestHead<'a>) -> Result<Scope<'a>, Error> {
        let RequestHead { location, .. } = request;
        self.0.scope.resolve(request.options(), self.host(request), location.path, self.0.region_set.as_ref())
    }

    /// The host that tells the scope, where that is not given.
    fn host<'a>(&'a self, request: &RequestHead<'a>) -> Option<&'a str> {
        let header = || request.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        self.sign_host(request.options()).or(request.location.host).or_else(header)
    }

    pub(super) fn sign_host<'a>(&'a self, options: Option<&'a SignOptions>) -> Option<&'a str> {
        let asked = options.and_then(|options| options.sign_host.as_ref()).or(self.0.sign_host.as_ref());
        asked.map(|host| &**host)
    }

    #[inline]
    pub(super) fn check_origin(&self, location: &Location<'_>) -> Result<(), Error> {
        match &self.0.origins {
            None => Ok(()),
            Some(allowed) => Self::check_allowed(allowed, location),
        }
    }

    #[inline(never)]
    fn check_allowed(allowed: &[Origin], location: &Location<'_>) -> Result<(), Error> {
        if allowed.iter().any(|origin| origin.covers(location)) {
            return Ok(());
        }
        let origin =
            Origin::of(location).map_or_else(|_| "an unknown origin".to_owned(), |origin| origin.to_string());
        Err(Error::new(
            ErrorKind::Origin,
            format!("{origin} is not among the allowed origins of this signer: the request was not sent"),
        ))
    }

    pub(super) fn signed_headers<'a>(&'a self, options: Option<&'a SignOptions>) -> &'a SignedHeaders {
        options.and_then(|options| options.signed_headers.as_ref()).unwrap_or(&self.0.signed_headers)
    }

    /// The request's headers with the client's default ones that it lacks, and room for what is added; `None` if it
    /// lacks none.
    #[inline(never)]
    pub(super) fn with_missing_defaults(&self, headers: &HeaderMap) -> Result<Option<Box<HeaderMap>>, Error> {
        let defaults = &self.0.default_headers;
        if defaults.keys().all(|name| headers.contains_key(name)) {
            return Ok(None);
        }
        let mut both = headers.clone();
        for name in defaults.keys().filter(|name| !headers.contains_key(*name)) {
            for value in defaults.get_all(name) {
                both.try_append(name, value.clone()).map_err(|_| too_many_headers())?;
            }
        }
        make_room(&mut both)?;
        Ok(Some(Box::new(both)))
    }

    /// Tells the outcome hook: a service and region for which a request was signed, or none where it was left as it is.
    pub(super) fn report(&self, what: Result<Option<(&str, &str)>, &Error>) {
        let Some(hook) = &self.0.hook else { return };
        hook(match what {
            Ok(Some((service, region))) => Outcome::Signed { service, region },
            Ok(None) => Outcome::Skipped,
            Err(error) => match error.kind() {
                ErrorKind::Credentials | ErrorKind::ExpiredCredentials | ErrorKind::Timeout => {
                    Outcome::NoCredentials(error)
                }
                _ => Outcome::Failed(error),
            },
        });
    }
}

impl Changes {
    fn report(&self, signer: &Signer) {
        if let Some((service, region)) = &self.told {
            signer.report(Ok(Some((service, region))));
        }
    }

    /// Puts what goes into the headers of the request before the signature.
    pub(super) fn put_before(&mut self, headers: &mut HeaderMap) {
        if let Some(others) = self.headers.take() {
            *headers = *others;
        }
    }

    /// And what goes behind it.
    pub(super) fn put_behind(self, headers: &mut HeaderMap) {
        if let Some(host) = self.host {
            headers.insert(http::header::HOST, host);
        }
    }
}

/// More headers than a signature and the head of a chunked body ever add.
const ADDED_AT_MOST: usize = 16;

/// Up to so many headers, a map can take those: it holds some 24,000. To ask it would make it grow before it has to.
const SURE_TO_GROW: usize = 16_384;

fn make_room(headers: &mut HeaderMap) -> Result<(), Error> {
    headers.try_reserve(ADDED_AT_MOST).map_err(|_| too_many_headers())
}

fn too_many_headers() -> Error {
    Error::new(ErrorKind::Header, "the request has more headers than an http::HeaderMap can hold")
}
