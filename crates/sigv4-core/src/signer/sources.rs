//! Whose credentials sign a request.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method};

use super::{Location, SignOptions, SignTarget, Signer};
use crate::credentials::CredentialCache;
use crate::error::Error;
use crate::express;

/// The head of a request that is to be signed, as [`Signer::with_credentials_for`] shows it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// Where it goes.
    pub location: Location<'a>,
    /// The headers, before the signature is among them.
    pub headers: &'a HeaderMap,
    /// The extensions: the place for what the caller wants to say of a request.
    pub extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    /// Of any request. What works on it is compiled once, not for each type of requests.
    pub(super) fn of(request: &'a impl SignTarget) -> Result<Self, Error> {
        Ok(Self {
            method: request.method(),
            location: request.location()?,
            headers: request.headers(),
            extensions: request.extensions(),
        })
    }

    /// What the request asks for.
    pub(super) fn options(&self) -> Option<&'a SignOptions> {
        self.extensions.get()
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

pub(super) type Choose = Arc<dyn Fn(&RequestHead<'_>) -> Result<CredentialCache, Error> + Send + Sync>;

/// Where the credentials for a request are kept.
pub(super) enum Source<'a> {
    Kept(&'a CredentialCache),
    Given(CredentialCache),
}

impl Source<'_> {
    pub(super) fn into_owned(self) -> CredentialCache {
        match self {
            Self::Kept(cache) => cache.clone(),
            Self::Given(cache) => cache,
        }
    }
}

impl Deref for Source<'_> {
    type Target = CredentialCache;

    fn deref(&self) -> &CredentialCache {
        match self {
            Self::Kept(cache) => cache,
            Self::Given(cache) => cache,
        }
    }
}

impl Signer {
    /// Signs each request with credentials of which `choose` tells where they are kept: those of a tenant, say, who stands in
    /// the request's extensions. An error fails the request; nothing is signed with the signer's own credentials then.
    ///
    /// Called once or twice for each request: look a kept [`CredentialCache`] up, and return a clone of it. What is made anew each
    /// time is fetched anew each time. Caches that have no timer and no spawner borrow those of [`credentials`](Self::credentials).
    /// [`SignOptions::credentials`] in a request outrank this.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use sigv4_core::credentials::CredentialCache;
    /// use sigv4_core::{Credentials, Error, ErrorKind, Payload, Signer};
    ///
    /// #[derive(Clone)]
    /// struct Tenant(&'static str);
    ///
    /// let nobody = Credentials::new("NOBODY", "unused")?;
    /// let tenants = HashMap::from([("red", CredentialCache::new(Credentials::new("AKIDRED", "secret")?))]);
    /// let signer = Signer::new("execute-api", "us-east-2", nobody).with_credentials_for(move |request| {
    ///     let tenant = request.extensions.get::<Tenant>().and_then(|tenant| tenants.get(tenant.0));
    ///     tenant.cloned().ok_or_else(|| Error::new(ErrorKind::Credentials, "the request has no known tenant"))
    /// });
    ///
    /// let mut request = http::Request::get("https://example.com/").extension(Tenant("red")).body(())?;
    /// signer.sign(&mut request, Payload::EMPTY)?;
    /// assert!(request.headers()["authorization"].to_str()?.contains("Credential=AKIDRED/"));
    /// let mut request = http::Request::get("https://example.com/").body(())?;
    /// assert_eq!(signer.sign(&mut request, Payload::EMPTY).unwrap_err().kind(), ErrorKind::Credentials);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_credentials_for(
        self,
        choose: impl Fn(&RequestHead<'_>) -> Result<CredentialCache, Error> + Send + Sync + 'static,
    ) -> Self {
        self.changed(|inner| inner.choose = Some(Arc::new(choose)))
    }

    /// What serves a request: its S3 Express session, or whoever it is signed for.
    pub(super) fn source<'a>(&'a self, request: &RequestHead<'a>) -> Result<Source<'a>, Error> {
        let identity = self.identity(request)?;
        if self.0.express.is_none() {
            return Ok(identity);
        }
        Ok(self.session(request, &identity).map_or(identity, Source::Given))
    }

    /// For whom a request is signed: as its options say, or as is chosen for it, or with the signer's own credentials.
    pub(super) fn identity<'a>(&'a self, request: &RequestHead<'a>) -> Result<Source<'a>, Error> {
        let asked = request.options().and_then(|options| options.credentials.as_ref());
        let source = match (asked, &self.0.choose) {
            (Some(asked), _) => Source::Kept(asked),
            (None, None) => return Ok(Source::Kept(&self.0.credentials)),
            (None, Some(choose)) => Source::Given(choose(request)?),
        };
        source.borrow_runtime(&self.0.credentials);
        Ok(source)
    }

    /// The S3 Express session for a request, if it takes one. What is wrong with its origin or scope is for signing to say.
    fn session(&self, request: &RequestHead<'_>, identity: &CredentialCache) -> Option<CredentialCache> {
        let express = self.0.express.as_ref()?;
        self.check_origin(&request.location).ok()?;
        let scope = self.scope(request).ok()?;
        if scope.service != express::SERVICE {
            return None;
        }
        let bucket = express::Bucket::of(request.method, &request.location, request.headers)?;
        Some(express.cache(bucket, &scope.region, identity))
    }
}
