//! Signing one request: every step between what the client built and what goes on the wire.

use std::time::SystemTime;

use http::HeaderMap;

use super::cover::Cover;
use super::outcome::Outcome;
use super::scope::Scope;
#[cfg(feature = "tracing")]
use super::trace;
#[cfg(feature = "refusals")]
use super::watch::{self, Watch};
use super::{Location, Origin, SignOptions, SignTarget, Signer};
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
        self.planned(request, shape, chunks).inspect_err(|error| self.report(Err(error)))
    }

    fn planned(
        &self,
        request: &impl SignTarget,
        shape: BodyShape,
        chunks: bool,
    ) -> Result<PayloadPlan, Error> {
        let options = request.extensions().get::<SignOptions>();
        let location = request.location()?;
        self.check_origin(&location)?;
        let host = self.host(options, &location, request.headers());
        let service = self.0.scope.service(options, host, location.path)?;
        let facts = PlanFacts {
            rules: &ServiceRules::for_service(&service),
            service: &service,
            headers: request.headers(),
            tls: location.is_tls(),
            buffer_limit: self.0.buffer_limit,
            uploads: flow::uploads(request.method()),
            chunks,
        };
        facts.plan(options.and_then(|options| options.payload.as_ref()).unwrap_or(&self.0.payload), shape)
    }

    /// Signs with the credentials at hand; `None` where they would have to be waited for.
    pub(super) fn try_cover<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        watch: Option<&mut Watch>,
    ) -> Result<Option<C::Rest>, Error> {
        let now = self.0.clock.now();
        match self.source(request).and_then(|source| source.try_get(now)) {
            Ok(None) => Ok(None),
            Ok(Some(credentials)) => self.cover(request, cover, &credentials, now, watch).map(Some),
            Err(error) => {
                self.report(Err(&error));
                Err(error)
            }
        }
    }

    /// Signs, and reports what became of it.
    pub(super) fn cover<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        credentials: &Credentials,
        now: SystemTime,
        watch: Option<&mut Watch>,
    ) -> Result<C::Rest, Error> {
        let signed = self.sign_in_place(request, cover, credentials, now, watch);
        if let Err(error) = &signed {
            self.report(Err(error));
        }
        signed
    }

    fn sign_in_place<C: Cover>(
        &self,
        request: &mut impl SignTarget,
        cover: C,
        credentials: &Credentials,
        now: SystemTime,
        watch: Option<&mut Watch>,
    ) -> Result<C::Rest, Error> {
        let mut hash = HashSink::new();
        let mut signing = Signing::by(&mut hash);
        let (uri, host, defaults, signed);
        // Found out first, while nothing is reported or changed.
        if request.headers().len() > SURE_TO_GROW {
            make_room(request.headers_mut())?;
        }
        {
            let options = request.extensions().get::<SignOptions>();
            let location = request.location()?;
            self.check_origin(&location)?;
            let scope = self.scope(options, &location, request.headers())?;
            scope.check_token(credentials)?;
            let rules = ServiceRules::for_service(&scope.service);
            let wire_path = flow::wire_path(location.path, &rules);
            defaults = self.with_missing_defaults(request.headers())?;
            let view = RequestView {
                method: request.method().as_str(),
                host: location.host,
                sign_host: self.sign_host(options),
                path: wire_path.as_deref().unwrap_or(location.path),
                query: location.query,
                headers: defaults.as_ref().unwrap_or(request.headers()),
            };
            #[cfg(feature = "refusals")]
            let offset = self.0.learnt.offset(location.host);
            #[cfg(feature = "refusals")]
            let (local_now, now) = (now, offset.apply(now));
            let date = AmzDate::new(now)?;
            let params = SigningParams {
                credentials,
                date: &date,
                algorithm: scope.algorithm(&rules),
                region: &scope.region,
                service: &scope.service,
                rules,
                signed_headers: self.signed_headers(options),
                omit_session_token: false,
            };
            let wants_text = C::KEEPS_TEXT && watch.is_some();
            #[cfg(feature = "tracing")]
            let (span, wants_text) =
                (self.trace(request, &scope, &params), wants_text || trace::wants_text());
            let mut text = wants_text.then(SignedText::default);
            signed = cover.sign(view, &params, &mut signing, text.as_mut())?;
            #[cfg(feature = "tracing")]
            trace::signed(span, text.as_ref());
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
            uri = request.settled(wire_path.as_deref())?;
            host = view.sign_host.map(flow::host_header).transpose()?;
            self.report(Ok(Some(&scope)));
        }
        // From here on nothing fails: there is room for what is added.
        let headers = request.headers_mut();
        if let Some(defaults) = defaults {
            *headers = defaults;
        }
        let rest = C::apply(signed, &mut signing, headers)?;
        if let Some(host) = host {
            headers.insert(http::header::HOST, host);
        }
        if let Some(uri) = uri {
            request.set_uri(uri);
        }
        Ok(rest)
    }

    pub(super) fn scope<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        location: &Location<'a>,
        headers: &'a HeaderMap,
    ) -> Result<Scope<'a>, Error> {
        #[cfg_attr(not(feature = "refusals"), expect(unused_mut, reason = "nothing is learnt"))]
        let mut scope = self.told_scope(options, location, headers)?;
        #[cfg(feature = "refusals")]
        if options.is_none_or(|options| options.region.is_none())
            && let Some(region) = self.0.learnt.region(location.host)
        {
            scope.region = String::from(region).into();
        }
        Ok(scope)
    }

    /// The scope without regard to what was learnt.
    pub(super) fn told_scope<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        location: &Location<'a>,
        headers: &'a HeaderMap,
    ) -> Result<Scope<'a>, Error> {
        let host = self.host(options, location, headers);
        self.0.scope.resolve(options, host, location.path, self.0.region_set.as_ref())
    }

    /// The host that tells the scope, where that is not given.
    fn host<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        location: &Location<'a>,
        headers: &'a HeaderMap,
    ) -> Option<&'a str> {
        let header = || headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        self.sign_host(options).or(location.host).or_else(header)
    }

    pub(super) fn sign_host<'a>(&'a self, options: Option<&'a SignOptions>) -> Option<&'a str> {
        let asked = options.and_then(|options| options.sign_host.as_ref()).or(self.0.sign_host.as_ref());
        asked.map(|host| &**host)
    }

    pub(super) fn check_origin(&self, location: &Location<'_>) -> Result<(), Error> {
        let Some(allowed) = &self.0.origins else { return Ok(()) };
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
    pub(super) fn with_missing_defaults(&self, headers: &HeaderMap) -> Result<Option<HeaderMap>, Error> {
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
        Ok(Some(both))
    }

    pub(super) fn report(&self, what: Result<Option<&Scope<'_>>, &Error>) {
        let Some(hook) = &self.0.hook else { return };
        hook(match what {
            Ok(Some(scope)) => Outcome::Signed { service: &scope.service, region: &scope.region },
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
