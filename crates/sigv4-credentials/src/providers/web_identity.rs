//! A web identity token (OIDC) exchanged for credentials of a role: IRSA on EKS, GitHub Actions and others.

use sigv4_core::Error;
use zeroize::Zeroizing;

use super::provides;
use super::sts::{Call, session_name};
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::fail;
use crate::lookup::{Lookup, read_token, within};

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";

/// Credentials of a role, for a token in a file that is read anew at each call.
///
/// The call to STS carries the token and no signature.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
///
/// ```
/// use sigv4_credentials::WebIdentityProvider;
/// use sigv4_credentials::context::Context;
///
/// // The file, the role and the name of the session come from `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and
/// // `AWS_ROLE_SESSION_NAME`.
/// let provider = WebIdentityProvider::new(&Context::system(), "eu-central-1");
/// # let _ = provider;
/// ```
pub struct WebIdentityProvider {
    context: Context,
    endpoints: Endpoints,
    settings: Option<Settings>,
}

/// The token's file, the role and the session, and the profile they come from.
pub(crate) struct Settings {
    pub(crate) token_file: String,
    pub(crate) role_arn: String,
    pub(crate) session_name: Option<String>,
}

impl WebIdentityProvider {
    /// Reads the variables at each call, and asks the STS of `region`.
    pub fn new(context: &Context, region: impl Into<String>) -> Self {
        Self::from_environment(context, Endpoints::new(context, Some(region.into())))
    }

    /// The same with the token's file and the role given here.
    #[must_use]
    pub fn with_role(self, token_file: impl Into<String>, role_arn: impl Into<String>) -> Self {
        let (token_file, role_arn) = (token_file.into(), role_arn.into());
        Self { settings: Some(Settings { token_file, role_arn, session_name: None }), ..self }
    }

    pub(crate) fn from_environment(context: &Context, endpoints: Endpoints) -> Self {
        Self { context: context.clone(), endpoints, settings: None }
    }

    pub(crate) fn from_settings(context: &Context, endpoints: Endpoints, settings: Settings) -> Self {
        Self { context: context.clone(), endpoints, settings: Some(settings) }
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let from_variables;
        let settings = match &self.settings {
            Some(settings) => settings,
            None => {
                let Some(token_file) = self.context.variable(TOKEN_FILE) else {
                    return Lookup::absent(format!("{TOKEN_FILE} is not set"));
                };
                let role_arn = self.context.variable(ROLE_ARN).ok_or_else(|| {
                    fail(format_args!("{TOKEN_FILE} is set, but {ROLE_ARN} is not: set the role to assume"))
                })?;
                from_variables =
                    Settings { token_file, role_arn, session_name: self.context.variable(SESSION_NAME) };
                &from_variables
            }
        };
        let token = read_token(&self.context, &settings.token_file, "the web identity token file")?;
        let name = settings.session_name.clone().unwrap_or_else(|| session_name(&self.context));
        let call = Call {
            context: &self.context,
            endpoints: &self.endpoints,
            action: "AssumeRoleWithWebIdentity",
            parameters: vec![
                ("RoleArn", Zeroizing::new(settings.role_arn.clone())),
                ("RoleSessionName", Zeroizing::new(name)),
                ("WebIdentityToken", token),
            ],
            signer: None,
        };
        let place = format!("role {}", settings.role_arn);
        let credentials = call.credentials().await.map_err(|error| within(place, error))?;
        Ok(Lookup::Found(credentials.with_source("web-identity")))
    }
}

provides!(WebIdentityProvider, "web identity");
