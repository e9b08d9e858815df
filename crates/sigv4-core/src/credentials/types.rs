//! Credentials: what they hold, and that they give nothing away.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::canonical::encode::put_encoded;
use crate::error::{Error, ErrorKind};
use crate::signature::signing_key::KeyMemo;
#[cfg(feature = "sigv4a")]
use crate::signature::sigv4a::KeyPair;

/// An access key id, its secret access key, and for temporary credentials a session token and an expiry.
///
/// Cheap to clone: all clones share one allocation, in which the derived signing keys are remembered too
/// (one per date, region and service), so that a request costs no key derivation. Secret, token and keys are
/// wiped from memory when the last clone goes. `Debug` shows the access key id and the expiry, nothing else.
///
/// ```
/// use sigv4_core::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?
///     .with_session_token("AQoDYXdzEPT")?;
/// assert!(!format!("{credentials:?}").contains("wJalr"));
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    /// Ready to go into a request: marked sensitive, one shared buffer that is wiped at its end.
    session_token: Option<HeaderValue>,
    /// The token as it stands in a query, percent-encoded at its first use.
    session_token_in_query: OnceLock<Zeroizing<String>>,
    /// Whether the token is that of an S3 Express session.
    s3_session: bool,
    expiry: Option<SystemTime>,
    source: Cow<'static, str>,
    keys: KeyMemo,
    /// In a block of its own: room for one in here would be filled, while there is none, with what lies on the stack, and
    /// that may be left from signing.
    #[cfg(feature = "sigv4a")]
    key_pair: OnceLock<Box<KeyPair>>,
}

impl Credentials {
    /// Long-term credentials, or the first two parts of temporary ones.
    ///
    /// An error of kind `Credentials` when a value is empty or holds white space, a line break or another character
    /// that cannot stand in a signature: the usual traces of a value copied wrong.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
    ) -> Result<Self, Error> {
        let access_key_id = access_key_id.into();
        let secret_access_key = Zeroizing::new(secret_access_key.into());
        check("access key id", &access_key_id)?;
        if access_key_id.contains(['/', ',']) {
            return Err(refused("access key id", "holds '/' or ','"));
        }
        check("secret access key", &secret_access_key)?;
        Ok(Self(Arc::new(Inner {
            access_key_id,
            secret_access_key,
            session_token: None,
            session_token_in_query: OnceLock::new(),
            s3_session: false,
            expiry: None,
            source: Cow::Borrowed("static"),
            keys: KeyMemo::default(),
            #[cfg(feature = "sigv4a")]
            key_pair: Default::default(),
        })))
    }

    /// The same credentials with the session token of temporary ones. Errors as [`new`](Self::new).
    pub fn with_session_token(self, token: impl Into<String>) -> Result<Self, Error> {
        let token = Zeroizing::new(token.into().into_bytes());
        check("session token", std::str::from_utf8(&token).unwrap_or_default())?;
        // The owner wipes the buffer when the last header value that shares it is dropped.
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(token))
            .map_err(|_| refused("session token", "holds a character that no header can carry"))?;
        value.set_sensitive(true);
        Ok(self.changed(|inner| {
            inner.session_token = Some(value);
            inner.session_token_in_query = OnceLock::new();
        }))
    }

    /// The same credentials, known to be those of an S3 Express session (the answer of `CreateSession`): a directory
    /// bucket is sent their token as `x-amz-s3session-token`, where that of other credentials goes as
    /// `x-amz-security-token`.
    #[must_use]
    pub fn into_s3_session(self) -> Self {
        self.changed(|inner| inner.s3_session = true)
    }

    /// The same credentials with the moment from which services refuse them.
    #[must_use]
    pub fn with_expiry(self, expiry: SystemTime) -> Self {
        self.changed(|inner| inner.expiry = Some(expiry))
    }

    /// The same credentials with a short name of where they come from, for logs: `environment`, `imds`.
    #[must_use]
    pub fn with_source(self, source: impl Into<Cow<'static, str>>) -> Self {
        self.changed(|inner| inner.source = source.into())
    }

    fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            access_key_id: shared.access_key_id.clone(),
            secret_access_key: shared.secret_access_key.clone(),
            session_token: shared.session_token.clone(),
            session_token_in_query: OnceLock::new(),
            s3_session: shared.s3_session,
            expiry: shared.expiry,
            source: shared.source.clone(),
            keys: KeyMemo::default(),
            #[cfg(feature = "sigv4a")]
            key_pair: Default::default(),
        });
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// The access key id: public, it travels in every signed request.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// The secret access key. Keep it out of logs and errors.
    pub fn secret_access_key(&self) -> &str {
        &self.0.secret_access_key
    }

    /// The session token of temporary credentials. Keep it out of logs and errors.
    pub fn session_token(&self) -> Option<&str> {
        // Checked to be visible ASCII when it was set.
        self.0.session_token.as_ref().and_then(|token| token.to_str().ok())
    }

    /// The session token as a header value, marked sensitive; a clone shares the buffer.
    pub fn session_token_header(&self) -> Option<&HeaderValue> {
        self.0.session_token.as_ref()
    }

    /// The session token as it stands in a query.
    pub(crate) fn session_token_in_query(&self) -> Option<&str> {
        let token = self.0.session_token.as_ref()?.as_bytes();
        let encoded = self.0.session_token_in_query.get_or_init(|| {
            // Room for the longest there can be: a buffer that grew would leave its beginnings behind.
            let mut encoded = Zeroizing::new(Vec::with_capacity(3 * token.len()));
            put_encoded(&mut *encoded, token);
            // The same buffer, which is ASCII now.
            Zeroizing::new(String::from_utf8(std::mem::take(&mut *encoded)).unwrap_or_default())
        });
        Some(encoded)
    }

    /// Whether they are those of an S3 Express session.
    pub fn is_s3_session(&self) -> bool {
        self.0.s3_session
    }

    /// The moment from which services refuse these credentials, where it is known.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.0.expiry
    }

    /// Whether `now` is at or past the expiry.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.0.expiry.is_some_and(|expiry| expiry <= now)
    }

    /// A short name of where they come from, for logs.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether both are clones of one value (not whether their contents are equal).
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn keys(&self) -> &KeyMemo {
        &self.0.keys
    }

    /// The key pair that signs SigV4a, derived at its first use. An error of kind `Credentials` when there is none.
    #[cfg(feature = "sigv4a")]
    pub fn key_pair(&self) -> Result<&KeyPair, Error> {
        match self.0.key_pair.get() {
            Some(key) => Ok(key),
            None => {
                let key = KeyPair::derive(self.access_key_id(), self.secret_access_key())?;
                Ok(self.0.key_pair.get_or_init(|| Box::new(key)))
            }
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.0.access_key_id)
            .field("secret_access_key", &"<redacted>")
            .field("session_token", &self.0.session_token.as_ref().map(|_| "<redacted>"))
            .field("expiry", &self.0.expiry)
            .field("source", &self.0.source)
            .finish()
    }
}

/// Refuses what a signature or a header cannot carry, and names the value, not its content.
fn check(name: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        Err(refused(name, "is empty"))
    } else if value.chars().any(|c| c.is_whitespace()) {
        Err(refused(name, "holds white space or a line break"))
    } else if value.bytes().any(|b| !b.is_ascii_graphic()) {
        Err(refused(name, "holds a control character or one outside ASCII"))
    } else {
        Ok(())
    }
}

fn refused(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("the {name} {what}: copy it again, whole and nothing else"))
}
