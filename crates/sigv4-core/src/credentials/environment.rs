//! Credentials from environment variables.

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::{Credentials, ProvideCredentials};
use crate::error::{Error, ErrorKind};

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where set, `AWS_SESSION_TOKEN`. They expire at
/// `AWS_CREDENTIAL_EXPIRATION`, which `aws configure export-credentials --format env` sets too: `2009-02-13T23:31:30Z`.
///
/// Read anew at each call. An empty variable counts as absent; one that holds white space or is not
/// text is refused by name.
#[derive(Clone)]
pub struct EnvironmentProvider {
    read: Arc<Read>,
}

impl EnvironmentProvider {
    /// Reads the variables of the process.
    pub fn new() -> Self {
        // A variable that is not UTF-8 turns into text that the checks refuse, not into an absent one.
        Self::with_reader(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads variables through `read`, so that tests touch no process-wide state.
    ///
    /// ```
    /// use sigv4_core::credentials::EnvironmentProvider;
    ///
    /// let variables = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    /// let provider = EnvironmentProvider::with_reader(move |name| {
    ///     variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
    /// });
    /// assert_eq!(provider.read()?.access_key_id(), "AKIDEXAMPLE");
    /// # Ok::<(), sigv4_core::Error>(())
    /// ```
    pub fn with_reader(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { read: Arc::new(read) }
    }

    /// The credentials as they are set now. Errors of kind `Credentials` name the variable at fault.
    pub fn read(&self) -> Result<Credentials, Error> {
        const ID: &str = "AWS_ACCESS_KEY_ID";
        const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
        const TOKEN: &str = "AWS_SESSION_TOKEN";
        const EXPIRY: &str = "AWS_CREDENTIAL_EXPIRATION";
        let id = self.variable(ID)?;
        let secret = self.variable(SECRET)?;
        let absent = |name| Error::new(ErrorKind::Credentials, format!("{name} is not set or empty: set it"));
        let credentials = Credentials::new(
            id.ok_or_else(|| absent(ID))?.as_str(),
            secret.ok_or_else(|| absent(SECRET))?.as_str(),
        )?
        .with_source("environment");
        let credentials = match self.variable(TOKEN)? {
            Some(token) => credentials.with_session_token(token.as_str())?,
            None => credentials,
        };
        match self.variable(EXPIRY)? {
            Some(expiry) => {
                let expiry = OffsetDateTime::parse(&expiry, &Rfc3339).map_err(|_| {
                    let message = format!(
                        "{EXPIRY} is no time such as 2009-02-13T23:31:30Z: set it again, or unset it"
                    );
                    Error::new(ErrorKind::Credentials, message)
                })?;
                Ok(credentials.with_expiry(expiry.into()))
            }
            None => Ok(credentials),
        }
    }

    fn variable(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        let Some(value) = (self.read)(name).map(Zeroizing::new).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        if value.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::Credentials,
                format!(
                    "{name} holds white space or a character outside visible ASCII: set it again, without"
                ),
            ));
        }
        Ok(Some(value))
    }
}

impl Default for EnvironmentProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for EnvironmentProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvironmentProvider")
    }
}

#[async_trait]
impl ProvideCredentials for EnvironmentProvider {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.read()
    }
}

impl Credentials {
    /// The credentials in the environment of the process, as they are set now.
    /// See [`EnvironmentProvider`] for the variables and errors.
    pub fn from_env() -> Result<Self, Error> {
        EnvironmentProvider::new().read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(values: &'static [(&'static str, &'static str)]) -> EnvironmentProvider {
        EnvironmentProvider::with_reader(|name| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn empty_variables_are_absent() {
        let found = provider(&[
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_SESSION_TOKEN", ""),
        ])
        .read()
        .unwrap();
        assert_eq!((found.access_key_id(), found.session_token()), ("AKID", None));

        let error =
            provider(&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "")]).read().unwrap_err();
        assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }

    #[test]
    fn an_expiry_is_kept_and_one_that_is_no_time_is_refused() {
        const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let with = |expiry| {
            let values: &'static [(&str, &str)] =
                Box::leak(Box::new([KEYS[0], KEYS[1], ("AWS_CREDENTIAL_EXPIRATION", expiry)]));
            provider(values).read()
        };
        let expiry = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
        assert_eq!(with("2009-02-13T23:31:30+00:00").unwrap().expiry(), Some(expiry));
        assert_eq!(with("").unwrap().expiry(), None);
        for bad in ["1234567890", "tomorrow", "-9999-02-13T23:31:30Z"] {
            let error = with(bad).unwrap_err().to_string();
            assert!(error.contains("AWS_CREDENTIAL_EXPIRATION"), "{error}");
        }
    }

    #[test]
    fn white_space_is_refused_by_name_and_not_shown() {
        for bad in ["secret ", "\tsecret", "sec\nret", "secret\u{a0}", "sécret"] {
            let values: &'static [(&str, &str)] =
                Box::leak(Box::new([("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", bad)]));
            let error = provider(values).read().unwrap_err();
            assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY"), "{error}");
            assert!(!format!("{error} {error:?}").contains("ret"), "{error}");
        }
    }
}
