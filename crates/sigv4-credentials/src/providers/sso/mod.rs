//! IAM Identity Center (SSO): a token that `aws sso login` left behind, exchanged for credentials of a role.

mod token;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use sigv4_core::{Credentials, Error};

use super::provides;
use crate::context::Context;
use crate::endpoint::{Endpoints, encode};
use crate::http::{Exchange, fail, host_of, refused};
use crate::json::Object;
use crate::lookup::{Lookup, reported, within};
use crate::timestamp;

/// Who logs in where, for which role.
#[derive(Debug, Clone)]
pub struct SsoSettings {
    /// The region of the Identity Center: `sso_region`.
    pub region: String,
    /// The address at which users log in: `sso_start_url`.
    pub start_url: String,
    /// The account: `sso_account_id`.
    pub account_id: String,
    /// The role: `sso_role_name`.
    pub role_name: String,
    /// The name of the `sso-session` section. With one, the token is refreshed when it runs out.
    pub session: Option<String>,
}

/// Credentials of a role for the token that `aws sso login` keeps in `~/.aws/sso/cache`.
///
/// The file is read anew at each call. A token with less than five minutes left is refreshed with the client registration in
/// the file, and the file is rewritten, as other tools do.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html>
///
/// ```
/// use sigv4_credentials::context::Context;
/// use sigv4_credentials::{SsoProvider, SsoSettings};
///
/// let provider = SsoProvider::new(&Context::system(), SsoSettings {
///     region: "eu-central-1".into(),
///     start_url: "https://example.awsapps.com/start".into(),
///     account_id: "123456789012".into(),
///     role_name: "reader".into(),
///     session: Some("work".into()),
/// });
/// # let _ = provider;
/// ```
pub struct SsoProvider {
    context: Context,
    endpoints: Endpoints,
    settings: SsoSettings,
}

impl SsoProvider {
    /// Reads nothing before the first call.
    pub fn new(context: &Context, settings: SsoSettings) -> Self {
        Self::with_endpoints(context, Endpoints::new(context, None), settings)
    }

    pub(crate) fn with_endpoints(context: &Context, endpoints: Endpoints, settings: SsoSettings) -> Self {
        Self { context: context.clone(), endpoints, settings }
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let token = token::find(&self.context, &self.endpoints, &self.settings).await?;
        let endpoint = self.endpoints.sso(&self.settings.region)?;
        let mut path = b"/federation/credentials?account_id=".to_vec();
        encode(&self.settings.account_id, &mut path);
        path.extend_from_slice(b"&role_name=");
        encode(&self.settings.role_name, &mut path);
        let uri = endpoint.at(&path)?;
        let mut bearer = HeaderValue::from_str(&token).map_err(|_| {
            fail(format_args!("the SSO token cannot be sent: {}", token::log_in(&self.settings)))
        })?;
        bearer.set_sensitive(true);

        let request = || {
            Request::get(uri.clone())
                .header("x-amz-sso_bearer_token", bearer.clone())
                .body(Bytes::new())
                .map_err(|error| fail("no request to SSO can be made").with_source(error))
        };
        let answer = Exchange::new("SSO").send(&self.context, request, |_| false).await?;
        let place = format!("SSO at {}, role {}", host_of(&uri), self.settings.role_name);
        let body = Object::parse(answer.body());
        match answer.status() {
            StatusCode::OK => {}
            status => {
                let said = body.ok().and_then(|body| {
                    reported(&body, "__type", "message")
                        .or_else(|| body.text("message").map(crate::lookup::brief))
                });
                let said = said.unwrap_or_default();
                let hint = if status == StatusCode::UNAUTHORIZED {
                    format!(": {}", token::log_in(&self.settings))
                } else {
                    String::new()
                };
                return Err(refused(status, format_args!("{place}: answered {status} {said}{hint}")));
            }
        }
        body.and_then(|body| read(&body)).map(Lookup::Found).map_err(|error| within(place, error))
    }
}

provides!(SsoProvider, "SSO");

/// Reads the portal's answer.
pub(crate) fn read(answer: &Object) -> Result<Credentials, Error> {
    let found = answer.object("roleCredentials").ok_or_else(|| fail("the answer has no roleCredentials"))?;
    let text = |name: &str| found.text(name).ok_or_else(|| fail(format_args!("the answer has no {name}")));
    let expiry = found
        .number("expiration")
        .and_then(timestamp::from_millis)
        .ok_or_else(|| fail("the answer has no expiration in milliseconds"))?;
    let credentials = Credentials::new(text("accessKeyId")?, text("secretAccessKey")?)?;
    Ok(credentials.with_session_token(text("sessionToken")?)?.with_expiry(expiry).with_source("sso"))
}
