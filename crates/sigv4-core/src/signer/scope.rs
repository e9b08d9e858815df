//! For which service and region a request is signed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::SignOptions;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::service::{self, ServiceRules};
use crate::signature::{Algorithm, RegionSet};

/// What the signer was told of service and region.
#[derive(Debug, Clone)]
pub(super) enum ScopeSource {
    Explicit(Scope<'static>),
    /// Read from the host, for these services and no other.
    Inferred {
        services: Arc<[String]>,
    },
}

/// Service and region of one request.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) service: Cow<'a, str>,
    pub(super) region: Cow<'a, str>,
    /// How the service departs from plain SigV4.
    pub(super) rules: ServiceRules,
    /// What SigV4a was asked for, or is demanded by the host.
    region_set: Option<&'a RegionSet>,
    /// Whether the host was found to be run by somebody else than AWS.
    pub(super) foreign: bool,
}

/// What hosts and services that take nothing but SigV4a are signed for, unless the caller knows better.
static EVERYWHERE: RegionSet = RegionSet::all();

impl<'a> Scope<'a> {
    pub(super) fn new(service: Cow<'a, str>, region: Cow<'a, str>) -> Self {
        let rules = ServiceRules::for_service(&service);
        Self { service, region, rules, region_set: None, foreign: false }
    }

    /// Whether requests to this host could be signed for more regions than one.
    #[inline]
    pub(super) fn may_be_multi_region(&self, host: Option<&str>) -> bool {
        // Most services have no such hosts.
        self.service == "s3" && host.is_none_or(|host| service::is_multi_region(&self.service, host))
    }

    /// SigV4a where it was asked for, or where the host or the service takes nothing else.
    pub(super) fn algorithm(&self) -> Algorithm<'a> {
        match self.region_set.or(self.rules.sigv4a_only.then_some(&EVERYWHERE)) {
            Some(region_set) => Algorithm::V4a { region_set },
            None => Algorithm::V4,
        }
    }

    /// Refuses to hand an AWS session token to somebody else's service that was only inferred.
    pub(super) fn check_token(&self, credentials: &Credentials) -> Result<(), Error> {
        if self.foreign && credentials.session_token_header().is_some() {
            return Err(Error::new(
                ErrorKind::Inference,
                "the host is not run by AWS, and the credentials have a session token, which only AWS gives out: use \
                 Signer::new(service, region, provider) with that service's own credentials",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("service", &self.service).field("region", &self.region).finish()
    }
}

impl ScopeSource {
    /// The one scope that the signer was made with.
    #[inline]
    pub(super) fn own(&self) -> Option<&Scope<'static>> {
        match self {
            Self::Explicit(scope) => Some(scope),
            Self::Inferred { .. } => None,
        }
    }

    /// What the options of the request say, else what the signer was told, else what the host says.
    pub(super) fn resolve<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        host: Option<&'a str>,
        path: &str,
        region_set: Option<&'a RegionSet>,
    ) -> Result<Scope<'a>, Error> {
        let mut scope = self.resolve_region(options, host, path)?;
        scope.region_set = match options.and_then(|options| options.region_set.as_ref()) {
            Some(asked) => Some(asked),
            // A region of the request's own outranks the signer's set.
            None if options.is_some_and(|options| options.region.is_some()) => scope.region_set,
            None => region_set.or(scope.region_set),
        };
        if scope.region_set.is_none()
            && host.is_some_and(|host| service::is_multi_region(&scope.service, host))
        {
            scope.region_set = Some(&EVERYWHERE);
        }
        if let Some(region_set) = scope.region_set {
            scope.region = Cow::Borrowed(region_set.as_str());
        }
        Ok(scope)
    }

    /// The service alone, which is all that a payload is planned by. Errors as for the whole scope.
    pub(super) fn service<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        host: Option<&'a str>,
        path: &str,
    ) -> Result<Cow<'a, str>, Error> {
        match (options.and_then(|options| options.service.as_deref()), self) {
            (None, Self::Explicit(scope)) => Ok(Cow::Borrowed(&scope.service)),
            _ => Ok(self.resolve_region(options, host, path)?.service),
        }
    }

    fn resolve_region<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        host: Option<&'a str>,
        path: &str,
    ) -> Result<Scope<'a>, Error> {
        let service = options.and_then(|options| options.service.as_deref());
        let region = options.and_then(|options| options.region.as_deref());
        if let (Some(service), Some(region)) = (service, region) {
            return Ok(Scope::new(service.into(), region.into()));
        }
        match self {
            Self::Explicit(ours) => {
                Ok(Scope::new(service.unwrap_or(&ours.service).into(), region.unwrap_or(&ours.region).into()))
            }
            Self::Inferred { services } => {
                let found = infer(services, service, host, path)?;
                let region = region.map_or(found.region, Cow::Borrowed);
                Ok(Scope {
                    region_set: found.sigv4a.then_some(&EVERYWHERE),
                    foreign: found.operator != service::Operator::Aws,
                    ..Scope::new(service.unwrap_or(found.service).into(), region)
                })
            }
        }
    }
}

fn infer<'a>(
    allowed: &[String],
    asked: Option<&str>,
    host: Option<&'a str>,
    path: &str,
) -> Result<service::InferredScope<'a>, Error> {
    let refused = |message: String| Err(Error::new(ErrorKind::Inference, message));
    let Some(host) = host else {
        return refused(
            "the request has no host to tell service and region from: give an absolute URI".into(),
        );
    };
    let Some(found) = service::infer(host, path) else {
        return refused(format!(
            "service and region cannot be told from the host {host:?}: use Signer::new(service, region, provider), \
             or SignOptions for this request"
        ));
    };
    if !allowed.iter().any(|service| service == found.service) && asked != Some(found.service) {
        return refused(format!(
            "the host {host:?} belongs to the service {:?}, which this signer may not sign for: name it in \
             Signer::infer",
            found.service
        ));
    }
    Ok(found)
}
