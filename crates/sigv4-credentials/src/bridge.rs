//! To and from `aws-credential-types`, so that whoever has `aws-config` set up can use this workspace's adapters today,
//! and clients of the AWS SDK can use the providers of this crate.

use std::fmt;

use async_trait::async_trait;
use aws_credential_types::Credentials as TheirCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as TheirFuture;
use aws_credential_types::provider::{ProvideCredentials as TheirProvider, Result as TheirResult};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};

use crate::lookup::{brief, is_absent};

/// A provider of `aws-credential-types` as one of this workspace.
///
/// A signer keeps what it gives until shortly before its expiry, whether or not it does so itself.
///
/// ```
/// use sigv4_core::ProvideCredentials;
/// use sigv4_credentials::bridge::FromAws;
///
/// # fn main() -> Result<(), sigv4_core::Error> { futures_lite::future::block_on(async {
/// let theirs = aws_credential_types::Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
/// let ours = FromAws::new(theirs).provide_credentials().await?;
/// assert_eq!(ours.access_key_id(), "AKIDEXAMPLE");
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone)]
pub struct FromAws<P>(P);

impl<P: TheirProvider> FromAws<P> {
    /// The provider, which may be `SharedCredentialsProvider`, `DefaultCredentialsChain` or plain `Credentials`.
    pub fn new(provider: P) -> Self {
        Self(provider)
    }
}

#[async_trait]
impl<P: TheirProvider> ProvideCredentials for FromAws<P> {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        from_aws(&self.0.provide_credentials().await.map_err(error_from_aws)?)
    }
}

/// A provider of this workspace as one of `aws-credential-types`, with a cache in front.
///
/// ```
/// use aws_credential_types::provider::ProvideCredentials;
/// use sigv4_credentials::DefaultChain;
/// use sigv4_credentials::bridge::IntoAws;
/// use sigv4_credentials::context::Context;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { futures_lite::future::block_on(async {
/// let context = Context::isolated()
///     .with_environment([("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
/// let theirs = IntoAws::new(DefaultChain::new(context)).provide_credentials().await?;
/// assert_eq!(theirs.access_key_id(), "AKIDEXAMPLE");
/// # Ok(()) }) }
/// ```
#[derive(Clone)]
pub struct IntoAws(CredentialCache);

impl IntoAws {
    /// The provider; one that is a [`CredentialCache`] already is shared, not cached twice.
    pub fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self(CredentialCache::new(provider))
    }

    async fn fetch(&self) -> TheirResult {
        self.0.provide_credentials().await.map(|ours| to_aws(&ours)).map_err(error_to_aws)
    }
}

impl fmt::Debug for IntoAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoAws").field(&self.0).finish()
    }
}

impl TheirProvider for IntoAws {
    fn provide_credentials<'a>(&'a self) -> TheirFuture<'a>
    where
        Self: 'a,
    {
        TheirFuture::new(self.fetch())
    }
}

/// Their credentials as ours. An error of kind `Credentials` when a value holds white space or is empty.
pub fn from_aws(theirs: &TheirCredentials) -> Result<Credentials, Error> {
    let mut ours = Credentials::new(theirs.access_key_id(), theirs.secret_access_key())?;
    // Some SDKs pass an empty token on; no service takes one.
    if let Some(token) = theirs.session_token().filter(|token| !token.is_empty()) {
        ours = ours.with_session_token(token)?;
    }
    if let Some(expiry) = theirs.expiry() {
        ours = ours.with_expiry(expiry);
    }
    Ok(ours.with_source("aws-credential-types"))
}

/// Our credentials as theirs.
pub fn to_aws(ours: &Credentials) -> TheirCredentials {
    TheirCredentials::new(
        ours.access_key_id(),
        ours.secret_access_key(),
        ours.session_token().map(str::to_owned),
        ours.expiry(),
        "sigv4-credentials",
    )
}

/// Their texts are a few words each: what happened stands in the sources.
fn error_from_aws(theirs: CredentialsError) -> Error {
    let (kind, retryable) = match &theirs {
        CredentialsError::ProviderTimedOut(_) => (ErrorKind::Timeout, true),
        CredentialsError::ProviderError(_) => (ErrorKind::Credentials, true),
        _ => (ErrorKind::Credentials, false),
    };
    let mut message = theirs.to_string();
    let mut next = std::error::Error::source(&theirs);
    while let Some(source) = next {
        message = format!("{message}: {source}");
        next = source.source();
    }
    Error::new(kind, brief(&message)).with_retryable(retryable).with_source(theirs)
}

/// What is not set up lets a chain of theirs go on; what fails ends it.
fn error_to_aws(ours: Error) -> CredentialsError {
    match ours.kind() {
        _ if is_absent(&ours) => CredentialsError::not_loaded(ours),
        _ if ours.is_retryable() => CredentialsError::provider_error(ours),
        ErrorKind::Credentials => CredentialsError::invalid_configuration(ours),
        _ => CredentialsError::unhandled(ours),
    }
}
