//! The protocol: a session token by PUT, then GETs that carry it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use sigv4_core::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::settings::{self, Settings};
use crate::context::Context;
use crate::http::{fail, refused};

const TOKEN_PATH: &str = "/latest/api/token";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_LIFETIME: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const LIFETIME: u64 = 21_600;
/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_secs(120);
/// How long version 1 is used before version 2 is tried again.
const V1_PAUSE: Duration = Duration::from_secs(300);

/// What a path gave.
pub(super) enum Got {
    Text(Zeroizing<String>),
    /// Another status than 200.
    Status(StatusCode),
    /// Nothing is there: this is no instance, or metadata is not for it.
    Unreachable(String),
}

pub(super) struct Client {
    context: Context,
    v1_allowed: bool,
    profile: Option<String>,
    token: Mutex<Option<Kept>>,
}

/// A session token, or none for version 1, and until when it is used.
type Kept = (Option<HeaderValue>, SystemTime);
/// What the request for a token came to.
type Token = Result<Option<HeaderValue>, Got>;

impl Client {
    pub(super) fn new(context: &Context) -> Self {
        Self { context: context.clone(), v1_allowed: false, profile: None, token: Mutex::default() }
    }

    pub(super) fn with_v1(&self) -> Self {
        Self { v1_allowed: true, profile: self.profile.clone(), ..Self::new(&self.context) }
    }

    pub(super) fn with_profile(&self, name: String) -> Self {
        Self { v1_allowed: self.v1_allowed, profile: Some(name), ..Self::new(&self.context) }
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn is_disabled(&self) -> bool {
        self.context.flag("AWS_EC2_METADATA_DISABLED")
    }

    pub(super) fn disabled_by(&self) -> Option<String> {
        self.is_disabled().then(|| "AWS_EC2_METADATA_DISABLED is true".to_owned())
    }

    /// Fetches a path. A token that the service does not know any more is replaced once.
    pub(super) async fn get(&self, path: &str) -> Result<Got, Error> {
        let settings = settings::find(&self.context, self.profile.as_deref())?;
        let mut fresh = false;
        loop {
            let token = match self.token(&settings, &mut fresh).await? {
                Ok(token) => token,
                Err(instead) => return Ok(instead),
            };
            let answer = match self.call(&settings, Method::GET, path, token.as_ref()).await {
                Ok(answer) => answer,
                // Without a token nothing showed yet that the service is there.
                Err(error) if token.is_none() && error.is_retryable() => {
                    return Ok(Got::Unreachable(not_there(&error)));
                }
                Err(error) => return Err(error),
            };
            match answer.status() {
                StatusCode::OK => return text(answer.into_body()).map(Got::Text),
                StatusCode::UNAUTHORIZED if !fresh => *self.kept() = None,
                status => return Ok(Got::Status(status)),
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self, settings: &Settings, fresh: &mut bool) -> Result<Token, Error> {
        let now = self.context.clock().now();
        if let Some((token, until)) = &*self.kept()
            && now < *until
        {
            return Ok(Ok(token.clone()));
        }
        *fresh = true;
        let without = || {
            *self.kept() = Some((None, now + V1_PAUSE));
            Ok(Ok(None))
        };
        let answer = match self.call(settings, Method::PUT, TOKEN_PATH, None).await {
            Ok(answer) => answer,
            Err(error) if self.v1_allowed && error.is_retryable() => return without(),
            Err(error) if error.is_retryable() => return Ok(Err(Got::Unreachable(not_there(&error)))),
            Err(error) => return Err(error),
        };
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN
                if self.v1_allowed =>
            {
                return without();
            }
            StatusCode::FORBIDDEN => {
                return Err(fail(
                    "instance metadata answered 403 to the request for a token: request forbidden: IMDS is disabled for this instance",
                ));
            }
            status => {
                return Err(refused(
                    status,
                    format_args!("instance metadata answered {status} to the request for a token"),
                ));
            }
        }
        let lifetime = answer
            .headers()
            .get(TOKEN_LIFETIME)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .unwrap_or(LIFETIME)
            .min(LIFETIME);
        let text = text(answer.into_body())?;
        let mut token = HeaderValue::from_str(text.trim())
            .ok()
            .filter(|token| !token.is_empty())
            .ok_or_else(|| fail("instance metadata answered with an unusable token"))?;
        token.set_sensitive(true);
        let until = now + Duration::from_secs(lifetime).saturating_sub(MARGIN);
        *self.kept() = Some((Some(token.clone()), until));
        Ok(Ok(Some(token)))
    }

    async fn call(
        &self,
        settings: &Settings,
        method: Method,
        path: &str,
        token: Option<&HeaderValue>,
    ) -> Result<Response<Bytes>, Error> {
        let uri = format!("{}{path}", settings.endpoint);
        let request = || {
            let mut request = Request::builder().method(method.clone()).uri(&uri);
            if method == Method::PUT {
                request = request.header(TOKEN_LIFETIME, LIFETIME);
            }
            if let Some(token) = token {
                request = request.header(TOKEN, token);
            }
            request
                .body(Bytes::new())
                .map_err(|error| fail("instance metadata: no usable address").with_source(error))
        };
        // The service answers with nothing for a moment while an instance starts.
        let is_empty =
            |answer: &Response<Bytes>| answer.status() == StatusCode::OK && answer.body().is_empty();
        settings.exchange.send(&self.context, request, is_empty).await
    }
}

fn text(body: Bytes) -> Result<Zeroizing<String>, Error> {
    let text = std::str::from_utf8(&body)
        .map_err(|_| fail("instance metadata answered with something that is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn not_there(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Timeout => {
            format!("not reachable: {error} (in a container the hop limit may need to be 2)")
        }
        _ => format!("not reachable: {error}"),
    }
}
