//! The session of `aws login`: credentials of whoever is logged in to the console, from a file that the command keeps.

mod cache;
mod proof;

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use sigv4_core::{Credentials, Error, ErrorKind};
use zeroize::Zeroizing;

use super::provides;
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::{Exchange, fail, host_of, refused};
use crate::json::Object;
use crate::lookup::{Lookup, reported, within};
use crate::timestamp;
use cache::Session;
use proof::ProofKey;

/// Credentials with less left are refreshed.
const MARGIN: Duration = Duration::from_secs(300);

/// Credentials of the session that `aws login` began, from `~/.aws/login/cache` or `AWS_LOGIN_CACHE_DIRECTORY`.
///
/// The file is read anew at each call. Credentials with less than five minutes left are refreshed at the sign-in service, with a
/// proof (DPoP, RFC 9449) by the key in the file, and the file is rewritten, as other tools do.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/access-login.html>
///
/// ```
/// use sigv4_credentials::LoginProvider;
/// use sigv4_credentials::context::Context;
///
/// // The region, and what the profile has as `login_session`.
/// let provider =
///     LoginProvider::new(&Context::system(), "eu-central-1", "arn:aws:iam::123456789012:user/me");
/// # let _ = provider;
/// ```
pub struct LoginProvider {
    context: Context,
    endpoints: Endpoints,
    session: String,
}

impl LoginProvider {
    /// Reads nothing before the first call.
    pub fn new(context: &Context, region: impl Into<String>, session: impl Into<String>) -> Self {
        Self::with_endpoints(context, Endpoints::new(context, Some(region.into())), session.into())
    }

    pub(crate) fn with_endpoints(context: &Context, endpoints: Endpoints, session: String) -> Self {
        Self { context: context.clone(), endpoints, session }
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let session = self.read()?;
        let now = self.context.clock().now();
        if now + MARGIN < session.expiry {
            return Ok(Lookup::Found(session.credentials));
        }
        let why = match self.refresh(&session).await {
            Ok(refreshed) => return Ok(Lookup::Found(refreshed)),
            Err(why) => why,
        };
        // What refreshes a session works once: another program may have been faster.
        if let Ok(found) = self.read()
            && now < found.expiry
        {
            return Ok(Lookup::Found(found.credentials));
        }
        let kind = if why.is_retryable() { why.kind() } else { ErrorKind::Credentials };
        let remedy = if why.is_retryable() { "try again" } else { "log in again with `aws login`" };
        let moment = timestamp::format(session.expiry);
        let message = format!("the login session {} expired at {moment}, and {why}: {remedy}", self.name());
        Err(Error::new(kind, message).with_retryable(why.is_retryable()).with_source(why))
    }

    fn name(&self) -> &str {
        self.session.trim()
    }

    fn read(&self) -> Result<Session, Error> {
        let path = cache::path(&self.context, self.name());
        let log_in = |why: &dyn Display| {
            fail(format_args!("the login session {} {why}: log in with `aws login`", self.name()))
        };
        let bytes = self.context.read(&path, cache::LIMIT).map(Zeroizing::new).map_err(|error| {
            log_in(&format_args!("cannot be read ({}: {error})", path.display())).with_source(error)
        })?;
        Session::parse(&bytes, path.clone()).map_err(|error| {
            log_in(&format_args!("cannot be used ({}: {error})", path.display())).with_source(error)
        })
    }

    /// Asks for new credentials, and keeps them in the file.
    async fn refresh(&self, session: &Session) -> Result<Credentials, Error> {
        let missing =
            |name: &str| fail(format_args!("{} has no {name} to refresh it", session.path.display()));
        let text = |name: &'static str| session.file.text(name).ok_or_else(|| missing(name));
        let (client_id, refresh_token, key) = (text("clientId")?, text("refreshToken")?, text("dpopKey")?);
        let key = ProofKey::from_pem(key).ok_or_else(|| {
            fail(format_args!("{} has a dpopKey that is no P-256 key in PEM", session.path.display()))
        })?;
        let uri = self.endpoints.sign_in()?.at(b"/v1/token")?;
        let mut body = Object::default();
        body.set("clientId", client_id);
        body.set("grantType", "refresh_token");
        body.set("refreshToken", refresh_token);
        let body = body.to_json();
        let request = || {
            Request::post(uri.clone())
                .header(CONTENT_TYPE, "application/json")
                .header("dpop", key.prove(&uri, self.context.clock().now())?)
                .body(Bytes::from_owner(Zeroizing::new(body.as_bytes().to_vec())))
                .map_err(|error| fail("no request to the sign-in service can be made").with_source(error))
        };
        let answer = Exchange::new("the sign-in service").send(&self.context, request, |_| false).await?;
        let place = format!("the refresh at {}", host_of(&uri));
        let (status, answer) = (answer.status(), Object::parse(answer.body()));
        if !status.is_success() {
            return Err(said_no(&place, status, answer.ok().as_ref()));
        }
        let answer = answer.map_err(|error| within(&place, error))?;
        session.renew(&self.context, &answer).map_err(|error| within(&place, error))
    }
}

provides!(LoginProvider, "login session");

/// What a refusal of the sign-in service means.
fn said_no(place: &str, status: StatusCode, answer: Option<&Object>) -> Error {
    let said = answer.and_then(|answer| reported(answer, "error", "message")).unwrap_or_default();
    let hint = match answer.and_then(|answer| answer.text("error")) {
        Some("TOKEN_EXPIRED") => " (the session is over)",
        Some("USER_CREDENTIALS_CHANGED") => " (the password was changed)",
        Some("INSUFFICIENT_PERMISSIONS") => " (the permission signin:CreateOAuth2Token is missing)",
        _ => "",
    };
    refused(status, format_args!("{place} was answered with {status} {said}{hint}"))
}
