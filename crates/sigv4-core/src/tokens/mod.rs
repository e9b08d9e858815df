//! Tokens: presigned requests that services take as a password, a bearer token or a WebSocket's URL.
//!
//! Each is a function of the credentials, a region and the time, and does no IO. What services do with the
//! token differs, and so do host, query and lifetime: [`TokenSigner`] has one method for each.
//!
//! ```
//! use sigv4_core::Credentials;
//! use sigv4_core::clock::AmzDate;
//! use sigv4_core::tokens::TokenSigner;
//!
//! let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
//! let now = AmzDate::parse("20261121T120000Z")?.time();
//! let tokens = TokenSigner::new(&credentials, "us-east-1", now)?;
//! let password = tokens.rds("db.123456789012.us-east-1.rds.amazonaws.com", 3306, "jane_doe")?;
//! assert!(password.as_str().starts_with("db.123456789012.us-east-1.rds.amazonaws.com:3306/?Action=connect"));
//! assert_eq!(password.expires_at(), now + std::time::Duration::from_secs(900));
//! # Ok::<(), sigv4_core::Error>(())
//! ```

mod appsync;
mod clusters;
mod databases;
mod sts;
mod web_socket;

pub use sts::{CallerIdentityRequest, X_VAULT_AWS_IAM_SERVER_ID};

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::body::Payload;
use crate::canonical::encode::put_encoded;
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::request::{QuerySignature, RequestView, SignedHeaders, SigningParams, presign};

const MINUTE: Duration = Duration::from_secs(60);

/// Makes tokens from credentials, for one region, at one moment.
///
/// A token lives as long as its service allows, and never longer than the credentials. To ask for less, set
/// [`lifetime`](Self::lifetime).
///
/// All methods give errors of kind `Option` (a host, name or lifetime that cannot be, or a lifetime beyond that of the
/// credentials) and `ExpiredCredentials`.
#[derive(Debug, Clone, Copy)]
pub struct TokenSigner<'a> {
    credentials: &'a Credentials,
    region: &'a str,
    date: AmzDate,
    lifetime: Option<Duration>,
}

impl<'a> TokenSigner<'a> {
    /// A maker of tokens for `region`, signed at `now`. An error of kind `Option` for a time outside the
    /// years 0 to 9999.
    pub fn new(credentials: &'a Credentials, region: &'a str, now: SystemTime) -> Result<Self, Error> {
        Ok(Self { credentials, region, date: AmzDate::new(now)?, lifetime: None })
    }

    /// Asks for this lifetime, in whole seconds, in place of the service's usual one. A token that could not live so long,
    /// because of the service or the credentials, is refused with an error of kind `Option`.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Presigns `GET host/path?query` by the rules of `service`, with these headers and no other.
    fn presign(
        &self,
        service: &Service,
        host: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Signed {
        const GIVEN: &SignedHeaders = &SignedHeaders::everything();
        check_host(service.title, host)?;
        let mut params = SigningParams::new(self.credentials, &self.date, self.region, service.name);
        params.signed_headers = GIVEN;
        let view = RequestView { method: "GET", host: Some(host), sign_host: None, path, query, headers };
        presign(&view, &params, self.lifetime_for(service)?, Payload::EMPTY, None)
    }

    /// The lifetime to ask for: what the caller wants if it can be had, else the service's own.
    fn lifetime_for(&self, service: &Service) -> Result<Duration, Error> {
        let Some(wanted) = self.lifetime else { return Ok(service.lifetime) };
        let refused = |why: String| {
            Error::new(
                ErrorKind::Option,
                format!(
                    "the lifetime of {} seconds is too long for {}: {why}",
                    wanted.as_secs(),
                    service.title
                ),
            )
        };
        if wanted > service.longest {
            return Err(refused(format!("ask for {} seconds at most", service.longest.as_secs())));
        }
        let expiry = self.credentials.expiry();
        let left = expiry.map(|expiry| expiry.duration_since(self.date.time()).unwrap_or_default());
        match left {
            // Gone already: for presigning to say.
            Some(left) if left < wanted && !left.is_zero() => Err(refused(format!(
                "the credentials expire in {} seconds; ask for no more, or fetch new ones",
                left.as_secs()
            ))),
            _ => Ok(wanted),
        }
    }

    /// How long a service takes what it takes for `span` after it was signed, whatever was asked for: no longer than the
    /// credentials live.
    fn taken_for(&self, span: Duration) -> Duration {
        let left = self.credentials.expiry().and_then(|expiry| expiry.duration_since(self.date.time()).ok());
        left.map_or(span, |left| left.min(span))
    }

    fn token(&self, text: String, lifetime: Duration) -> Token {
        Token { text: Zeroizing::new(text), expires_at: self.date.time() + lifetime }
    }
}

type Signed = Result<QuerySignature, Error>;

/// What a service makes of its tokens.
struct Service {
    /// Its signing name.
    name: &'static str,
    /// What the token is called in errors.
    title: &'static str,
    /// How long a token lives unless the caller says otherwise.
    lifetime: Duration,
    /// How long it can live.
    longest: Duration,
}

/// A token: a secret, for as long as it lives. `Debug` does not show it; wiped from memory when dropped.
#[derive(Clone)]
pub struct Token {
    text: Zeroizing<String>,
    expires_at: SystemTime,
}

impl Token {
    /// The token as the service takes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// From when on the service takes it no more. A connection that was opened before may live on.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("text", &"<redacted>").field("expires_at", &self.expires_at).finish()
    }
}

/// Refuses what is no host name, with a port or without.
fn check_host(title: &str, host: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte);
    if !host.is_empty() && host.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Option,
        format!("{host:?} is no host for {title}: give the name alone, with neither scheme nor path"),
    ))
}

/// A query string of these pairs, encoded.
fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = Vec::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push(b'&');
        }
        put_encoded(&mut out, name.as_bytes());
        out.push(b'=');
        put_encoded(&mut out, value.as_bytes());
    }
    // Encoded: ASCII.
    String::from_utf8(out).unwrap_or_default()
}
