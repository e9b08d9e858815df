//! Where a verifier finds secrets.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::credentials::Credentials;
use crate::error::Error;

/// Finds the secret behind an access key id: in a map, a database, a cache of one.
///
/// Called once per request, after its form, scope and time were found in order, so that a lookup is spent on
/// plausible requests only.
///
/// ```
/// use sigv4_core::verify::FindCredentials;
/// use sigv4_core::{Credentials, Error, ErrorKind};
///
/// struct Database;
///
/// #[sigv4_core::async_trait]
/// impl FindCredentials for Database {
///     async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
///         let secret = select_secret(access_key_id).await
///             .map_err(|e| Error::new(ErrorKind::Credentials, "the database did not answer").with_source(e))?;
///         secret.map(|secret| Credentials::new(access_key_id, secret)).transpose()
///     }
/// }
/// # async fn select_secret(_: &str) -> Result<Option<String>, std::io::Error> { Ok(None) }
/// ```
#[async_trait]
pub trait FindCredentials: Send + Sync {
    /// The credentials of an access key id; `None` if there is none. The id is what a stranger sent: up to 256
    /// visible ASCII characters.
    ///
    /// Credentials with a session token are those of a session: a request must then carry exactly that token.
    /// Credentials past their expiry are refused as expired. An error answers the request with a 500, or a 503
    /// where it is [retryable](Error::is_retryable); its text is not sent.
    ///
    /// Clones of one `Credentials` share the derived signing keys: a finder that keeps them and hands out clones
    /// saves a derivation per request.
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error>;
}

/// Credentials by access key id, in memory.
///
/// ```
/// use sigv4_core::Credentials;
/// use sigv4_core::verify::CredentialMap;
///
/// let mut known = CredentialMap::default();
/// known.insert(Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?);
/// assert!(known.get("AKIDEXAMPLE").is_some());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct CredentialMap(HashMap<String, Credentials>);

impl CredentialMap {
    /// Adds credentials under their own access key id, and returns those that it replaces.
    pub fn insert(&mut self, credentials: Credentials) -> Option<Credentials> {
        self.0.insert(credentials.access_key_id().to_owned(), credentials)
    }

    /// The credentials of an access key id.
    pub fn get(&self, access_key_id: &str) -> Option<&Credentials> {
        self.0.get(access_key_id)
    }
}

impl Extend<Credentials> for CredentialMap {
    fn extend<I: IntoIterator<Item = Credentials>>(&mut self, credentials: I) {
        credentials.into_iter().for_each(|one| drop(self.insert(one)));
    }
}

impl FromIterator<Credentials> for CredentialMap {
    fn from_iter<I: IntoIterator<Item = Credentials>>(credentials: I) -> Self {
        let mut map = Self::default();
        map.extend(credentials);
        map
    }
}

#[async_trait]
impl FindCredentials for CredentialMap {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        Ok(self.get(access_key_id).cloned())
    }
}

/// The only credentials there are.
#[async_trait]
impl FindCredentials for Credentials {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        Ok((self.access_key_id() == access_key_id).then(|| self.clone()))
    }
}

#[async_trait]
impl<F: FindCredentials + ?Sized> FindCredentials for Arc<F> {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        (**self).find_credentials(access_key_id).await
    }
}

#[async_trait]
impl<F: FindCredentials + ?Sized> FindCredentials for Box<F> {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        (**self).find_credentials(access_key_id).await
    }
}
