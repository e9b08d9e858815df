//! The default chain: every source in the order that AWS's tools share, and what each of them said.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sigv4_core::{Credentials, Error, ProvideCredentials};

use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::lookup::{Lookup, absent};
use crate::profile::{Locations, Profiles};
use crate::providers::container::ContainerProvider;
use crate::providers::environment;
use crate::providers::imds::ImdsProvider;
use crate::providers::profile::ProfileProvider;
use crate::providers::sts::MfaToken;
use crate::providers::web_identity::WebIdentityProvider;
use crate::region;

/// Asks the environment, the profile, a web identity, the container and instance metadata, in this order.
///
/// Lazily: nothing is read before the first call, a source is asked only when those before it have nothing, and all of
/// them are asked anew when credentials are to be renewed. A source that is set up but fails ends the search with its
/// error: credentials of another account are worse than none. The error lists what each source said.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>
///
/// ```
/// use sigv4_credentials::DefaultChain;
/// use sigv4_credentials::context::Context;
///
/// # fn main() -> Result<(), sigv4_core::Error> { futures_lite::future::block_on(async {
/// let context = Context::isolated()
///     .with_environment([("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
/// let resolution = DefaultChain::new(context).resolve().await;
/// assert_eq!(resolution.findings()[0].to_string(), "environment: found");
/// assert_eq!(resolution.into_credentials()?.access_key_id(), "AKID");
/// # Ok(()) }) }
/// ```
#[derive(Clone)]
pub struct DefaultChain {
    context: Context,
    profile: Option<String>,
    region: Option<String>,
    sts_endpoint: Option<String>,
    mfa: Option<Arc<dyn MfaToken>>,
    imds: ImdsProvider,
}

impl DefaultChain {
    /// The chain over `context`. For a program that is [`Context::system`].
    pub fn new(context: Context) -> Self {
        let imds = ImdsProvider::new(&context);
        Self { context, profile: None, region: None, sts_endpoint: None, mfa: None, imds }
    }

    /// Uses this profile, whatever `AWS_PROFILE` and the keys in the environment say: who names a profile in the
    /// program means that one.
    #[must_use]
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.imds = self.imds.with_profile(name.clone());
        self.profile = Some(name);
        self
    }

    /// Asks the STS of this region, whatever environment and profile say.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Asks the STS at this address, whatever environment and profile say.
    #[must_use]
    pub fn with_sts_endpoint(mut self, uri: impl Into<String>) -> Self {
        self.sts_endpoint = Some(uri.into());
        self
    }

    /// How to ask for the code of the device that a profile names by `mfa_serial`.
    #[must_use]
    pub fn with_mfa(mut self, token: impl MfaToken + 'static) -> Self {
        self.mfa = Some(Arc::new(token));
        self
    }

    /// Answers of instance metadata without a session token are taken too; see [`ImdsProvider::allow_v1`].
    #[must_use]
    pub fn allow_imds_v1(mut self) -> Self {
        self.imds = self.imds.allow_v1();
        self
    }

    /// Asks, and tells what each source said.
    pub async fn resolve(&self) -> Resolution {
        let mut findings: Vec<Finding> = Vec::new();
        let mut outcome = None;
        for link in Link::ALL {
            let name = self.name_of(link);
            if outcome.is_some() {
                findings.push(Finding { link: name, outcome: Outcome::NotAsked, detail: String::new() });
                continue;
            }
            let (found, detail) = match self.ask(link).await {
                Ok(Lookup::Found(credentials)) => {
                    // Which provider it was, where a link has several.
                    let source = credentials.source();
                    let detail =
                        if link == Link::Profile { format!("found ({source})") } else { "found".to_owned() };
                    outcome = Some(Ok(credentials));
                    (Outcome::Found, detail)
                }
                Ok(Lookup::Absent(why)) => (Outcome::Absent, why),
                Err(error) => {
                    let detail = error.to_string();
                    outcome = Some(Err(stopped(&name, error, &findings)));
                    (Outcome::Failed, detail)
                }
            };
            #[cfg(feature = "tracing")]
            tracing::debug!(link = %name, outcome = ?found, detail = %detail, "asked a source of credentials");
            findings.push(Finding { link: name, outcome: found, detail });
        }
        let credentials = outcome.unwrap_or_else(|| Err(nothing(&findings)));
        Resolution { credentials, findings }
    }

    fn name_of(&self, link: Link) -> String {
        match link {
            Link::Profile => {
                let name = self.profile.clone().unwrap_or_else(|| Locations::find(&self.context).profile);
                format!("profile {name}")
            }
            other => other.as_str().to_owned(),
        }
    }

    async fn ask(&self, link: Link) -> Result<Lookup, Error> {
        let context = &self.context;
        match link {
            Link::Environment => match &self.profile {
                Some(name) => Lookup::absent(format!("passed over: the program asks for profile {name}")),
                None => environment::find(context),
            },
            Link::Profile => {
                let provider = ProfileProvider::with_parts(context, self.endpoints(false), self.imds.clone())
                    .with_shared_mfa(self.mfa.clone());
                let provider = match &self.profile {
                    Some(name) => provider.with_profile(name),
                    None => provider,
                };
                provider.find().await
            }
            Link::WebIdentity => {
                WebIdentityProvider::from_environment(context, self.endpoints(true)).find().await
            }
            Link::Container => ContainerProvider::new(context).find().await,
            Link::InstanceMetadata => self.imds.find().await,
        }
    }

    fn endpoints(&self, with_profile_region: bool) -> Endpoints {
        let region = self.region.clone().or_else(|| region::of_environment(&self.context));
        let of_profile = || {
            let profiles = Profiles::load(&self.context).ok()?;
            let name = self.profile.clone().unwrap_or_else(|| Locations::find(&self.context).profile);
            profiles.profile(&name)?.get("region").map(str::to_owned)
        };
        let region = region.or_else(|| if with_profile_region { of_profile() } else { None });
        Endpoints::new(&self.context, region)
            .with_profile(self.profile.clone())
            .with_sts(self.sts_endpoint.clone())
    }
}

impl fmt::Debug for DefaultChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DefaultChain").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[async_trait]
impl ProvideCredentials for DefaultChain {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.resolve().await.into_credentials()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Environment,
    Profile,
    WebIdentity,
    Container,
    InstanceMetadata,
}

impl Link {
    const ALL: [Self; 5] =
        [Self::Environment, Self::Profile, Self::WebIdentity, Self::Container, Self::InstanceMetadata];

    fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web identity",
            Self::Container => "container",
            Self::InstanceMetadata => "instance metadata",
        }
    }
}

/// What came of asking the chain.
#[derive(Debug, Clone)]
pub struct Resolution {
    credentials: Result<Credentials, Error>,
    findings: Vec<Finding>,
}

impl Resolution {
    /// The credentials, or the error that lists what each source said.
    pub fn credentials(&self) -> Result<&Credentials, &Error> {
        self.credentials.as_ref()
    }

    /// The same, taken out.
    pub fn into_credentials(self) -> Result<Credentials, Error> {
        self.credentials
    }

    /// What each source said, in the order of the chain.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// What one source of the chain said. Never a secret.
#[derive(Debug, Clone)]
pub struct Finding {
    link: String,
    outcome: Outcome,
    detail: String,
}

impl Finding {
    /// The name of the source: `environment`, `profile dev`.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Whether it had credentials.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What it said, for people; empty when it was not asked.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::NotAsked => write!(f, "{}: not asked", self.link),
            _ => write!(f, "{}: {}", self.link, self.detail),
        }
    }
}

/// The ways a source can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It gave the credentials.
    Found,
    /// It is not set up here.
    Absent,
    /// It is set up, and failed: the search ended here.
    Failed,
    /// An earlier one ended the search.
    NotAsked,
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ")
}

fn stopped(link: &str, error: Error, before: &[Finding]) -> Error {
    let asked = if before.is_empty() { String::new() } else { format!(" (asked before: {})", list(before)) };
    Error::new(error.kind(), format!("{link}: {error}{asked}"))
        .with_retryable(error.is_retryable())
        .with_source(error)
}

fn nothing(findings: &[Finding]) -> Error {
    absent(format_args!("no credentials found: {}", list(findings)))
}
