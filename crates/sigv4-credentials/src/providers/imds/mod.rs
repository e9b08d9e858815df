//! EC2 instance metadata: credentials of the instance's role, and its region.

mod client;
mod settings;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use sigv4_core::{Credentials, Error};

use super::provides;
use crate::context::Context;
use crate::http::{fail, refused};
use crate::json::Object;
use crate::lookup::{Lookup, brief, from_json, reported, within};
use client::{Client, Got};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// Where instances with an account of their own keep theirs.
const ROLES_EXTENDED: &str = "/latest/meta-data/iam/security-credentials-extended/";
const REGION: &str = "/latest/meta-data/placement/region";

/// Credentials from the instance metadata service (IMDSv2) of EC2.
///
/// Two attempts of two seconds each, one second to connect, unless told otherwise. The session token of the service is kept until shortly before its
/// end. Where the service hands out credentials that have expired, or fails after it worked before, the last ones are
/// kept for another 10 to 15 minutes, and again as long as that lasts: AWS goes on to accept them when it is the service
/// that is at fault. An answer that the instance has no role any more ends it.
///
/// `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`
/// (`IPv4`, `IPv6`), `AWS_METADATA_SERVICE_TIMEOUT` (seconds of an attempt), `AWS_METADATA_SERVICE_NUM_ATTEMPTS` and their counterparts in the profile are followed; version 1 of the service, without a token, only
/// after [`allow_v1`](Self::allow_v1). <https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html>
///
/// ```
/// use sigv4_credentials::ImdsProvider;
/// use sigv4_credentials::context::Context;
///
/// let provider = ImdsProvider::new(&Context::system());
/// # let _ = provider;
/// ```
#[derive(Clone)]
pub struct ImdsProvider {
    client: Arc<Client>,
    /// What was handed out last.
    last: Arc<Mutex<Option<Credentials>>>,
}

impl ImdsProvider {
    /// Asks nothing before the first call.
    pub fn new(context: &Context) -> Self {
        Self::over(Client::new(context))
    }

    /// Goes on without a token where the service knows no version 2. Off by default: version 1 answers anyone who can
    /// make this machine send a request.
    #[must_use]
    pub fn allow_v1(self) -> Self {
        Self::over(self.client.with_v1())
    }

    /// The same reading its settings from this profile instead of the one in use.
    #[must_use]
    pub fn with_profile(self, name: impl Into<String>) -> Self {
        Self::over(self.client.with_profile(name.into()))
    }

    /// What another one handed out may be another account's.
    fn over(client: Client) -> Self {
        Self { client: Arc::new(client), last: Arc::default() }
    }

    fn last(&self) -> MutexGuard<'_, Option<Credentials>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was handed out last, longer: where the service worked before, it is at fault, not the set-up.
    fn last_or(&self, now: SystemTime, failed: Result<Lookup, Error>) -> Result<Lookup, Error> {
        match self.last().clone() {
            Some(credentials) => Ok(Lookup::Found(extended(credentials, now))),
            None => failed,
        }
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let now = self.client.context().clock().now();
        if let Some(why) = self.client.disabled_by() {
            return Lookup::absent(why);
        }
        match self.ask().await {
            Ok(Answer::Credentials(credentials)) => {
                let credentials = extended(credentials, now);
                *self.last() = Some(credentials.clone());
                Ok(Lookup::Found(credentials))
            }
            // That is an answer, and not what it was before.
            Ok(Answer::NoRole) => {
                *self.last() = None;
                Lookup::absent("this instance has no IAM role: attach an instance profile")
            }
            Err(error) if !error.is_retryable() => Err(error),
            Ok(Answer::Unreachable(why)) => self.last_or(now, Lookup::absent(why)),
            Err(error) => self.last_or(now, Err(error)),
        }
    }

    /// The region of the instance, or what stands in the way.
    pub(crate) async fn region(&self) -> Result<Result<String, String>, Error> {
        if let Some(why) = self.client.disabled_by() {
            return Ok(Err(why));
        }
        match self.client.get(REGION).await? {
            Got::Text(region) => Ok(Ok(brief(&region))),
            Got::Unreachable(why) => Ok(Err(why)),
            Got::Status(status) => Ok(Err(format!("instance metadata answered {status}"))),
        }
    }

    async fn ask(&self) -> Result<Answer, Error> {
        let mut folder = ROLES;
        let role = loop {
            match self.client.get(folder).await? {
                Got::Text(role) => break role,
                Got::Unreachable(why) => return Ok(Answer::Unreachable(why)),
                Got::Status(StatusCode::NOT_FOUND) if folder == ROLES => folder = ROLES_EXTENDED,
                Got::Status(StatusCode::NOT_FOUND) => return Ok(Answer::NoRole),
                Got::Status(status) => {
                    let message = format!("instance metadata answered {status} for the role");
                    return Err(refused(status, message));
                }
            }
        };
        let role = role.lines().next().unwrap_or_default().trim();
        if role.is_empty() || !role.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)) {
            return Err(fail("instance metadata answered with something that is no name of a role"));
        }
        let place = format!("instance metadata, role {role}");
        match self.client.get(&format!("{folder}{role}")).await? {
            Got::Text(text) => Object::parse(text.as_bytes())
                // What is torn may be whole the next time.
                .map_err(|error| error.with_retryable(true))
                .and_then(|answer| read(&answer))
                .map(Answer::Credentials)
                .map_err(|error| within(place, error)),
            Got::Unreachable(why) => Err(fail(format_args!("{place}: {why}")).with_retryable(true)),
            Got::Status(status) => Err(refused(status, format_args!("{place}: answered {status}"))),
        }
    }
}

/// What the service says of the instance's role.
enum Answer {
    Credentials(Credentials),
    NoRole,
    /// Nothing, and why.
    Unreachable(String),
}

provides!(ImdsProvider, "instance metadata");

/// Reads the answer for a role.
pub(crate) fn read(answer: &Object) -> Result<Credentials, Error> {
    match reported(answer, "Code", "Message") {
        Some(said) if !answer.text("Code").is_some_and(|code| code.eq_ignore_ascii_case("Success")) => {
            let hint = if said.starts_with("AssumeRoleUnauthorizedAccess") {
                " (does the role trust ec2.amazonaws.com?)"
            } else {
                ""
            };
            Err(fail(format_args!("it reported {said}{hint}")))
        }
        _ => Ok(from_json(answer, "Token", true)?.with_source("imds")),
    }
}

/// Static stability: an expiry in the past is moved 10 to 15 minutes ahead.
fn extended(credentials: Credentials, now: SystemTime) -> Credentials {
    if !credentials.is_expired(now) {
        return credentials;
    }
    // Each process starts its hashers with other keys: enough to spread a fleet.
    let jitter = RandomState::new().hash_one(now) % 301;
    credentials.with_expiry(now + Duration::from_secs(600 + jitter))
}
