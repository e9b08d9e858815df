//! The trait by which credentials are swapped.

use std::sync::Arc;

use async_trait::async_trait;

use super::Credentials;
use crate::error::Error;

/// A source of credentials: a vault, a file, an assumed role.
///
/// Implement [`provide_credentials`](Self::provide_credentials) and nothing else: the signer keeps what it
/// returns until shortly before its expiry, lets one caller fetch while the others wait, and backs off after
/// failures. An implementation fetches anew at each call and holds no cache of its own.
///
/// ```
/// use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};
///
/// struct Vault;
///
/// #[sigv4_core::async_trait]
/// impl ProvideCredentials for Vault {
///     async fn provide_credentials(&self) -> Result<Credentials, Error> {
///         let (id, secret) = read_vault().await
///             .map_err(|e| Error::new(ErrorKind::Credentials, "the vault did not answer").with_source(e))?;
///         Credentials::new(id, secret)
///     }
/// }
/// # async fn read_vault() -> Result<(String, String), std::io::Error> { Ok(("AKID".into(), "secret".into())) }
/// ```
#[async_trait]
pub trait ProvideCredentials: Send + Sync {
    /// Fetches credentials. The error says what the user can do, and never holds a secret.
    async fn provide_credentials(&self) -> Result<Credentials, Error>;
}

#[async_trait]
impl ProvideCredentials for Credentials {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        Ok(self.clone())
    }
}

#[async_trait]
impl<P: ProvideCredentials + ?Sized> ProvideCredentials for Arc<P> {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        (**self).provide_credentials().await
    }
}

#[async_trait]
impl<P: ProvideCredentials + ?Sized> ProvideCredentials for Box<P> {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        (**self).provide_credentials().await
    }
}
