//! With what a request is signed.

use super::{RequestView, SignedHeaders, SignedText};
use crate::canonical::{CanonicalHeaders, CanonicalQuery, CanonicalRequest};
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::service::ServiceRules;
use crate::signature::{Algorithm, CredentialScope, StringToSign, scope};

/// With what, when and how a request is signed. Both forms of a signature, header and presigned, take it.
#[derive(Debug, Clone, Copy)]
pub struct SigningParams<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// The time of the signature.
    pub date: &'a AmzDate,
    /// SigV4, or SigV4a and its region set.
    pub algorithm: Algorithm<'a>,
    /// The region of the scope. Of no account in SigV4a.
    pub region: &'a str,
    /// The service of the scope: its signing name.
    pub service: &'a str,
    /// How this service departs from plain SigV4.
    pub rules: ServiceRules,
    /// Which headers are signed.
    pub signed_headers: &'a SignedHeaders,
    /// Adds the session token after signing, not covered by the signature.
    pub omit_session_token: bool,
}

impl<'a> SigningParams<'a> {
    /// Parameters with the rules of the service and the default signed headers.
    pub fn new(credentials: &'a Credentials, date: &'a AmzDate, region: &'a str, service: &'a str) -> Self {
        const STANDARD: &SignedHeaders = &SignedHeaders::standard();
        let rules = ServiceRules::for_service(service);
        Self {
            credentials,
            date,
            algorithm: Algorithm::V4,
            region,
            service,
            rules,
            signed_headers: STANDARD,
            omit_session_token: false,
        }
    }

    /// Refuses parameters that no service would take, and names them.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_algorithm()?;
        scope::check_part("service", self.service)?;
        if let Algorithm::V4 = self.algorithm {
            scope::check_part("region", self.region)?;
        }
        self.check_expiry()
    }

    fn check_algorithm(&self) -> Result<(), Error> {
        match self.algorithm {
            Algorithm::V4 if !self.rules.sigv4a_only => Ok(()),
            Algorithm::V4 if cfg!(feature = "sigv4a") => Err(Error::new(
                ErrorKind::Option,
                format!("{} takes SigV4a signatures only: choose a region set, such as \"*\"", self.service),
            )),
            Algorithm::V4a { .. } if cfg!(feature = "sigv4a") => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Feature,
                format!(
                    "a SigV4a signature is asked for, by a region set or by the rules of {}: enable the feature `sigv4a` \
                     of sigv4-core",
                    self.service
                ),
            )),
        }
    }

    pub(super) fn check_expiry(&self) -> Result<(), Error> {
        if !self.credentials.is_expired(self.date.time()) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::ExpiredCredentials,
            format!(
                "the credentials from {:?} expired before {}: fetch new ones",
                self.credentials.source(),
                self.date
            ),
        ))
    }

    pub(crate) fn scope(&self) -> CredentialScope<'a> {
        match self.algorithm {
            Algorithm::V4 => CredentialScope::new(self.date, self.region, self.service),
            Algorithm::V4a { .. } => CredentialScope::without_region(self.date, self.service),
        }
    }

    /// The canonical request, by the rules of the service, but for its last line.
    #[inline]
    pub(super) fn canonical<'c, 'h>(
        &self,
        request: &RequestView<'c, ()>,
        query: &'c CanonicalQuery<'_>,
        headers: &'c CanonicalHeaders<'h>,
    ) -> CanonicalRequest<'c, 'h> {
        CanonicalRequest {
            method: request.method,
            path: request.path,
            query: query.as_query(),
            normalize_path: self.rules.normalize_path,
            double_encode: self.rules.double_encode,
            headers,
            payload_hash: "",
        }
    }

    /// What is signed, as text.
    pub(super) fn write_text(&self, canonical: &CanonicalRequest<'_, '_>, text: &mut SignedText) {
        let string_to_sign = StringToSign {
            algorithm: self.algorithm.name(),
            date: self.date,
            scope: self.scope(),
            digest: canonical.digest(),
        };
        text.canonical_request = canonical.to_text();
        text.string_to_sign = string_to_sign.to_text();
    }
}
