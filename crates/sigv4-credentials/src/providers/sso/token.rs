//! The cached token and its refresh.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use sha1::{Digest, Sha1};
use sigv4_core::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::SsoSettings;
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::{Exchange, fail, host_of, refused};
use crate::json::Object;
use crate::lookup::{reported, within};
use crate::profile::Locations;
use crate::timestamp;

/// The most bytes read of the file.
const LIMIT: usize = 256 << 10;
/// A token with less left is refreshed.
const MARGIN: Duration = Duration::from_secs(300);

/// A token that is valid now, from the cache or refreshed.
pub(super) async fn find(
    context: &Context,
    endpoints: &Endpoints,
    settings: &SsoSettings,
) -> Result<Zeroizing<String>, Error> {
    let path = path(context, settings);
    let (cached, expiry) = read(context, settings, &path)?;
    let token = access_token(&cached);
    let now = context.clock().now();
    if now + MARGIN < expiry {
        return Ok(token);
    }
    let refreshed = match Registration::of(&cached, settings, now) {
        Ok(registration) => {
            let exchange = if now < expiry { Exchange::new("SSO").hurried() } else { Exchange::new("SSO") };
            refresh(context, endpoints, settings, &registration, exchange).await
        }
        Err(why) => Err(fail(why)),
    };
    match refreshed {
        Ok((answer, expiry)) => keep(context, &path, cached, &answer, expiry),
        Err(_) if now < expiry => Ok(token),
        Err(why) => {
            // What refreshes a token may work once: another program may have been faster.
            if let Ok((found, until)) = read(context, settings, &path)
                && now < until
            {
                return Ok(access_token(&found));
            }
            let kind = if why.is_retryable() { why.kind() } else { ErrorKind::Credentials };
            let moment = timestamp::format(expiry);
            let remedy = log_in(settings);
            let message = format!("the SSO token expired at {moment}, and {why}: {remedy}");
            Err(Error::new(kind, message).with_retryable(why.is_retryable()).with_source(why))
        }
    }
}

/// What the user has to do where there is no usable token.
pub(super) fn log_in(settings: &SsoSettings) -> String {
    match &settings.session {
        Some(session) => format!("log in with `aws sso login --sso-session {session}`"),
        None => "log in with `aws sso login`".to_owned(),
    }
}

fn read(context: &Context, settings: &SsoSettings, path: &Path) -> Result<(Object, SystemTime), Error> {
    let remedy = log_in(settings);
    let bytes = context.read(path, LIMIT).map(Zeroizing::new).map_err(|error| {
        fail(format_args!("the SSO token cannot be read ({}: {error}): {remedy}", path.display()))
            .with_source(error)
    })?;
    read_token(&bytes).map_err(|error| {
        fail(format_args!("the SSO token in {} cannot be used ({error}): {remedy}", path.display()))
    })
}

fn access_token(cached: &Object) -> Zeroizing<String> {
    Zeroizing::new(cached.text("accessToken").unwrap_or_default().to_owned())
}

/// Where the tools keep the token: named by a hash of the session's name, or of the start URL where there is none.
fn path(context: &Context, settings: &SsoSettings) -> PathBuf {
    let key = settings.session.as_ref().unwrap_or(&settings.start_url);
    let name: String = Sha1::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Locations::find(context).below_aws(&["sso", "cache", &format!("{name}.json")])
}

/// Reads the file: what is in it, and when the token expires.
pub(crate) fn read_token(bytes: &[u8]) -> Result<(Object, SystemTime), Error> {
    let cached = Object::parse(bytes)?;
    if cached.text("accessToken").is_none() {
        return Err(fail("it has no accessToken"));
    }
    let expiry = cached
        .text("expiresAt")
        .and_then(timestamp::parse)
        .ok_or_else(|| fail("it has no expiresAt such as 2009-02-13T23:31:30Z"))?;
    Ok((cached, expiry))
}

/// What a refresh needs.
struct Registration<'o> {
    client_id: &'o str,
    client_secret: &'o str,
    refresh_token: &'o str,
}

impl<'o> Registration<'o> {
    /// From the file, or why there is none.
    fn of(cached: &'o Object, settings: &SsoSettings, now: SystemTime) -> Result<Self, String> {
        if settings.session.is_none() {
            return Err("without an sso_session it cannot be refreshed".to_owned());
        }
        let text =
            |name: &str| cached.text(name).ok_or_else(|| format!("the file has no {name} to refresh it"));
        let registration = Self {
            client_id: text("clientId")?,
            client_secret: text("clientSecret")?,
            refresh_token: text("refreshToken")?,
        };
        match cached.text("registrationExpiresAt").and_then(timestamp::parse) {
            Some(end) if end <= now => Err("the client registration expired too".to_owned()),
            _ => Ok(registration),
        }
    }
}

async fn refresh(
    context: &Context,
    endpoints: &Endpoints,
    settings: &SsoSettings,
    registration: &Registration<'_>,
    exchange: Exchange,
) -> Result<(Object, SystemTime), Error> {
    let endpoint = endpoints.sso_oidc(&settings.region)?;
    let uri = endpoint.at(b"/token")?;
    let mut body = Object::default();
    body.set("clientId", registration.client_id);
    body.set("clientSecret", registration.client_secret);
    body.set("grantType", "refresh_token");
    body.set("refreshToken", registration.refresh_token);
    let body = body.to_json();
    let request = || {
        Request::post(uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from_owner(Zeroizing::new(body.as_bytes().to_vec())))
            .map_err(|error| fail("no request to SSO can be made").with_source(error))
    };
    let answer = exchange.send(context, request, |_| false).await?;
    let place = format!("the refresh at {}", host_of(&uri));
    let status = answer.status();
    let answer = Object::parse(answer.body());
    if !status.is_success() {
        let said = answer
            .ok()
            .and_then(|answer| reported(&answer, "error", "error_description"))
            .unwrap_or_default();
        return Err(refused(status, format_args!("{place} was answered with {status} {said}")));
    }
    let answer = answer.map_err(|error| within(&place, error))?;
    let expiry = answer
        .number("expiresIn")
        .and_then(|seconds| timestamp::after(context.clock().now(), seconds))
        .filter(|_| answer.text("accessToken").is_some())
        .ok_or_else(|| fail(format_args!("{place} was answered without accessToken and expiresIn")))?;
    Ok((answer, expiry))
}

/// Writes the refreshed token where it was read. A disk that takes no writes does not cost the user the token.
fn keep(
    context: &Context,
    path: &Path,
    mut cached: Object,
    answer: &Object,
    expiry: SystemTime,
) -> Result<Zeroizing<String>, Error> {
    let token = access_token(answer);
    cached.set("accessToken", &token);
    cached.set("expiresAt", &timestamp::format(expiry));
    if let Some(next) = answer.text("refreshToken") {
        cached.set("refreshToken", next);
    }
    let _ = context.files().write(path, cached.to_json().as_bytes());
    Ok(token)
}
