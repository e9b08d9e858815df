//! For which service and region a request is signed.

use std::borrow::Cow;
use std::sync::Arc;

use super::SignOptions;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::service;

/// What the signer was told of service and region.
#[derive(Debug, Clone)]
pub(super) enum ScopeSource {
    Explicit {
        service: Arc<str>,
        region: Arc<str>,
    },
    /// Read from the host, for these services and no other.
    Inferred {
        services: Arc<[String]>,
    },
}

/// Service and region of one request.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) service: Cow<'a, str>,
    pub(super) region: Cow<'a, str>,
    /// Whether the host was found to be run by somebody else than AWS.
    pub(super) foreign: bool,
}

impl Scope<'_> {
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

impl ScopeSource {
    /// What the options of the request say, else what the signer was told, else what the host says.
    pub(super) fn resolve<'a>(
        &'a self,
        options: Option<&'a SignOptions>,
        host: Option<&'a str>,
        path: &str,
    ) -> Result<Scope<'a>, Error> {
        let service = options.and_then(|options| options.service.as_deref());
        let region = options.and_then(|options| options.region.as_deref());
        if let (Some(service), Some(region)) = (service, region) {
            return Ok(Scope { service: service.into(), region: region.into(), foreign: false });
        }
        match self {
            Self::Explicit { service: ours, region: our_region } => Ok(Scope {
                service: Cow::Borrowed(service.unwrap_or(ours)),
                region: Cow::Borrowed(region.unwrap_or(our_region)),
                foreign: false,
            }),
            Self::Inferred { services } => {
                let found = infer(services, service, host, path)?;
                Ok(Scope {
                    service: Cow::Borrowed(service.unwrap_or(found.service)),
                    region: region.map_or(found.region, Cow::Borrowed),
                    foreign: found.operator != service::Operator::Aws,
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
    if found.sigv4a {
        return Err(Error::new(
            ErrorKind::Feature,
            format!("the host {host:?} takes SigV4a signatures only: sign with a region set"),
        ));
    }
    if !allowed.iter().any(|service| service == found.service) && asked != Some(found.service) {
        return refused(format!(
            "the host {host:?} belongs to the service {:?}, which this signer may not sign for: name it in \
             Signer::infer",
            found.service
        ));
    }
    Ok(found)
}
