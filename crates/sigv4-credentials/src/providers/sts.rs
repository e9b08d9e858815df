//! STS: the two calls that make credentials of a role, and what it answers.

mod answer;
mod identity;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Response, Uri};
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{RequestView, SigningParams, sign};
use sigv4_core::{Credentials, Error, Payload, ProvideCredentials};
use std::sync::Arc;
use zeroize::Zeroizing;

pub(crate) use answer::{Answer, read};
pub use identity::CallerIdentity;

use super::provides;
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::{Exchange, fail, host_of, refused};
use crate::lookup::{Lookup, within};

const VERSION: &str = "2011-06-15";

/// A call: its parameters, and who signs it.
pub(crate) struct Call<'a> {
    pub(crate) context: &'a Context,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) action: &'a str,
    pub(crate) parameters: Vec<(&'a str, Zeroizing<String>)>,
    pub(crate) signer: Option<&'a Credentials>,
}

impl Call<'_> {
    /// Sends it, and returns the credentials in the answer.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Error> {
        let answer = self.send().await?;
        answer
            .credentials()?
            .ok_or_else(|| fail(format_args!("STS {} answered without credentials", self.action)))
    }

    /// Sends it, and returns the answer if it is one of success.
    pub(crate) async fn send(&self) -> Result<Answer, Error> {
        let endpoint = self.endpoints.sts()?;
        let uri = endpoint.at(b"/")?;
        let body = self.body();
        let request = || self.request(&uri, &endpoint.region, &body);
        let again = |answer: &Response<Bytes>| {
            !answer.status().is_success() && read(answer.body()).is_ok_and(|answer| answer.is_passing())
        };
        let answer = Exchange::new("STS").send(self.context, request, again).await?;
        let place = format!("STS {} at {}", self.action, host_of(&uri));
        let (status, body) = (answer.status(), read(answer.body()));
        match body {
            Ok(answer) if status.is_success() => Ok(answer),
            Ok(answer) => {
                let refusal =
                    refused(status, format_args!("{place} answered {status} {}", answer.reported()));
                let retryable = refusal.is_retryable() || answer.is_passing();
                Err(refusal.with_retryable(retryable))
            }
            Err(error) if status.is_success() => Err(within(place, error)),
            Err(_) => Err(refused(status, format_args!("{place} answered {status}"))),
        }
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        let pairs = [("Action", self.action), ("Version", VERSION)];
        let parameters = self.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let length =
            self.parameters.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum::<usize>();
        // Room for everything, so that no copy of a token is left behind by a growing buffer.
        let mut body = Zeroizing::new(Vec::with_capacity(length + 256));
        for (name, value) in pairs.into_iter().chain(parameters) {
            if !body.is_empty() {
                body.push(b'&');
            }
            body.extend_from_slice(name.as_bytes());
            body.push(b'=');
            crate::endpoint::encode(value, &mut body);
        }
        body
    }

    fn request(&self, uri: &Uri, region: &str, body: &Zeroizing<Vec<u8>>) -> Result<Request<Bytes>, Error> {
        let mut request = Request::post(uri.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/xml")
            .body(Bytes::from_owner(body.clone()))
            .map_err(|error| fail("no request to STS can be made").with_source(error))?;
        if let Some(credentials) = self.signer {
            let date = AmzDate::new(self.context.clock().now())?;
            let params = SigningParams::new(credentials, &date, region, "sts");
            let view = RequestView::new(request.method(), request.uri(), request.headers())?;
            let signature = sign(&view, &params, Payload::bytes(body), None)?;
            signature.apply(request.headers_mut())?;
        }
        Ok(request)
    }
}

/// Credentials of a role, assumed with other credentials.
///
/// The call goes to the regional endpoint, or to `AWS_ENDPOINT_URL_STS`, signed afresh at each attempt.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
///
/// ```
/// use sigv4_core::Credentials;
/// use sigv4_credentials::AssumeRoleProvider;
/// use sigv4_credentials::context::Context;
///
/// let source = Credentials::new("AKIDEXAMPLE", "secret")?;
/// let role = "arn:aws:iam::123456789012:role/reader";
/// let provider = AssumeRoleProvider::new(&Context::system(), "eu-central-1", role, source)
///     .with_external_id("42");
/// # let _ = provider;
/// # Ok::<(), sigv4_core::Error>(())
/// ```
pub struct AssumeRoleProvider {
    context: Context,
    endpoints: Endpoints,
    source: Arc<dyn ProvideCredentials>,
    role_arn: String,
    session_name: Option<String>,
    external_id: Option<String>,
    duration: Option<Duration>,
    policy: Option<String>,
    mfa_serial: Option<String>,
    mfa: Option<Arc<dyn MfaToken>>,
}

/// Asks the user for the code of a multi-factor device.
///
/// Below a signer, the user has as long as its `CredentialCache` waits: give it more with `with_timeout`.
#[async_trait::async_trait]
pub trait MfaToken: Send + Sync {
    /// The six digits that the device with this serial number or ARN shows now.
    async fn code(&self, device: &str) -> Result<String, Error>;
}

#[async_trait::async_trait]
impl<T: MfaToken + ?Sized> MfaToken for Arc<T> {
    async fn code(&self, device: &str) -> Result<String, Error> {
        (**self).code(device).await
    }
}

impl AssumeRoleProvider {
    /// Assumes the role with this ARN, with credentials of `source`, at the STS of `region`.
    pub fn new(
        context: &Context,
        region: impl Into<String>,
        role_arn: impl Into<String>,
        source: impl ProvideCredentials + 'static,
    ) -> Self {
        Self::with_endpoints(
            context,
            Endpoints::new(context, Some(region.into())),
            role_arn.into(),
            Arc::new(source),
        )
    }

    pub(crate) fn with_endpoints(
        context: &Context,
        endpoints: Endpoints,
        role_arn: String,
        source: Arc<dyn ProvideCredentials>,
    ) -> Self {
        Self {
            context: context.clone(),
            endpoints,
            source,
            role_arn,
            session_name: None,
            external_id: None,
            duration: None,
            policy: None,
            mfa_serial: None,
            mfa: None,
        }
    }

    /// The name of the session, which shows in logs. By default `sigv4-` and the time in milliseconds.
    #[must_use]
    pub fn with_session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = Some(name.into());
        self
    }

    /// The external id that the role's trust policy asks for.
    #[must_use]
    pub fn with_external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// How long the credentials live, in whole seconds; an hour by default.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// A session policy in JSON, which narrows what the role may do.
    #[must_use]
    pub fn with_policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// The device that the role's trust policy asks for, and how to obtain its code.
    #[must_use]
    pub fn with_mfa(mut self, device: impl Into<String>, token: impl MfaToken + 'static) -> Self {
        self.mfa_serial = Some(device.into());
        self.mfa = Some(Arc::new(token));
        self
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let place = format!("role {}", self.role_arn);
        let source = self.source.provide_credentials().await;
        let source =
            source.map_err(|error| within(format_args!("{place}, credentials to assume it with"), error))?;
        let name = self.session_name.clone().unwrap_or_else(|| session_name(&self.context));
        let mut parameters = vec![("RoleArn", self.role_arn.clone()), ("RoleSessionName", name)];
        let mut add = |name, value: Option<String>| parameters.extend(value.map(|value| (name, value)));
        add("ExternalId", self.external_id.clone());
        add("DurationSeconds", self.duration.map(|duration| duration.as_secs().to_string()));
        add("Policy", self.policy.clone());
        if let (Some(device), Some(mfa)) = (&self.mfa_serial, &self.mfa) {
            add("SerialNumber", Some(device.clone()));
            add("TokenCode", Some(mfa.code(device).await.map_err(|error| within(&place, error))?));
        }
        let call = Call {
            context: &self.context,
            endpoints: &self.endpoints,
            action: "AssumeRole",
            parameters: parameters.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect(),
            signer: Some(&source),
        };
        let credentials = call.credentials().await.map_err(|error| within(&place, error))?;
        Ok(Lookup::Found(credentials.with_source("assume-role")))
    }
}

provides!(AssumeRoleProvider, "assume-role");

/// A name that tells sessions apart in logs.
pub(crate) fn session_name(context: &Context) -> String {
    let now = context.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("sigv4-{}", now.as_millis())
}
