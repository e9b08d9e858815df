//! A profile of the shared files: static keys, a process, SSO, a web identity, or roles over any of them.

mod plan;

use std::sync::Arc;

use sigv4_core::{Credentials, Error, ProvideCredentials};

#[cfg(feature = "login")]
use super::login::LoginProvider;
use super::sts::{AssumeRoleProvider, MfaToken};
use super::web_identity::WebIdentityProvider;
use super::{
    container::ContainerProvider, environment, imds::ImdsProvider, process::ProcessProvider, sso::SsoProvider,
};
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::fail;
use crate::lookup::{Lookup, within};
use crate::profile::{Locations, Profiles};
use crate::region;
use plan::{Base, NamedSource, Plan, Role};

/// Credentials of a profile in the shared `config` and `credentials` files, which are read anew at each call.
///
/// Follows `role_arn` with `source_profile` (over any number of profiles) or `credential_source`, `external_id`,
/// `role_session_name`, `duration_seconds` and `mfa_serial`; `web_identity_token_file`; `sso_session` and the older
/// `sso_start_url`; `login_session`, with the feature `login`; `credential_process`; and static keys.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>
///
/// ```
/// use sigv4_credentials::ProfileProvider;
/// use sigv4_credentials::context::Context;
///
/// let provider = ProfileProvider::new(&Context::system()).with_profile("dev");
/// # let _ = provider;
/// ```
#[derive(Clone)]
pub struct ProfileProvider {
    context: Context,
    endpoints: Endpoints,
    profile: Option<String>,
    imds: ImdsProvider,
    mfa: Option<Arc<dyn MfaToken>>,
}

impl ProfileProvider {
    /// Uses the profile that `AWS_PROFILE` names, or `default`.
    pub fn new(context: &Context) -> Self {
        Self::with_parts(
            context,
            Endpoints::new(context, region::of_environment(context)),
            ImdsProvider::new(context),
        )
    }

    pub(crate) fn with_parts(context: &Context, endpoints: Endpoints, imds: ImdsProvider) -> Self {
        Self { context: context.clone(), endpoints, profile: None, imds, mfa: None }
    }

    /// The same with the profile of this name.
    #[must_use]
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.endpoints = self.endpoints.with_profile(Some(name.clone()));
        self.imds = self.imds.with_profile(name.clone());
        self.profile = Some(name);
        self
    }

    /// How to ask for the code of the device that a profile names by `mfa_serial`.
    #[must_use]
    pub fn with_mfa(mut self, token: impl MfaToken + 'static) -> Self {
        self.mfa = Some(Arc::new(token));
        self
    }

    pub(crate) fn with_shared_mfa(mut self, token: Option<Arc<dyn MfaToken>>) -> Self {
        self.mfa = token;
        self
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let profiles = Profiles::load(&self.context)?;
        let locations = Locations::find(&self.context);
        let name = self.profile.as_deref().unwrap_or(&locations.profile);
        let Some(profile) = profiles.profile(name) else {
            let why = profiles.where_sought(&locations);
            // Somebody asked for this profile by its name.
            if self.profile.is_some() || locations.profile_is_named {
                return Err(fail(format_args!("{why}{}", profiles.why_missing(name))));
            }
            return Lookup::absent(why);
        };
        let region =
            self.endpoints.with_region(profile.get("region").filter(|_| !self.endpoints.has_region()));
        let Some(plan) = Plan::make(&profiles, name)? else {
            return Lookup::absent(format!("it has no credentials ({})", profile.location()));
        };
        self.follow(plan, &region).await
    }

    async fn follow(&self, plan: Plan, endpoints: &Endpoints) -> Result<Lookup, Error> {
        let credentials = self.base(plan.base, endpoints).await?;
        let mut credentials = match credentials {
            Lookup::Found(credentials) => credentials,
            // The profile relies on it: that it is not there is an error.
            Lookup::Absent(why) => return Err(fail(why)),
        };
        for role in plan.roles {
            credentials = self.assume(role, endpoints, credentials).await?;
        }
        Ok(Lookup::Found(credentials))
    }

    async fn base(&self, base: Base, endpoints: &Endpoints) -> Result<Lookup, Error> {
        let context = &self.context;
        match base {
            Base::Keys(credentials) => Ok(Lookup::Found(credentials)),
            Base::Named(source, location) => {
                let found = match source {
                    NamedSource::Environment => environment::find(context),
                    NamedSource::InstanceMetadata => self.imds.find().await,
                    NamedSource::Container => ContainerProvider::new(context).find().await,
                };
                let place = format!("credential_source {} ({location})", source.as_str());
                match found {
                    Ok(Lookup::Absent(why)) => Err(fail(format_args!("{place}: {why}"))),
                    other => other.map_err(|error| within(place, error)),
                }
            }
            Base::WebIdentity(settings) => {
                WebIdentityProvider::from_settings(context, endpoints.clone(), settings).find().await
            }
            Base::Sso(settings) => {
                SsoProvider::with_endpoints(context, endpoints.clone(), settings).find().await
            }
            #[cfg(feature = "login")]
            Base::Login(session) => {
                LoginProvider::with_endpoints(context, endpoints.clone(), session).find().await
            }
            Base::Process(command, location) => {
                let found = ProcessProvider::new(context, command).find().await;
                found.map_err(|error| within(location, error))
            }
        }
    }

    async fn assume(
        &self,
        role: Role,
        endpoints: &Endpoints,
        source: Credentials,
    ) -> Result<Credentials, Error> {
        let endpoints = match (endpoints.has_region(), &role.region) {
            (false, Some(region)) => endpoints.with_region(Some(region)),
            _ => endpoints.clone(),
        };
        let mut provider =
            AssumeRoleProvider::with_endpoints(&self.context, endpoints, role.arn.clone(), Arc::new(source));
        if let Some(name) = role.session_name {
            provider = provider.with_session_name(name);
        }
        if let Some(id) = role.external_id {
            provider = provider.with_external_id(id);
        }
        if let Some(duration) = role.duration {
            provider = provider.with_duration(duration);
        }
        if let Some(device) = role.mfa_serial {
            let token = self.mfa.clone().ok_or_else(|| {
                fail(format_args!(
                    "role {} asks for a code of {device} (mfa_serial): give a way to ask for it with `with_mfa`",
                    role.arn
                ))
            })?;
            provider = provider.with_mfa(device, token);
        }
        provider.provide_credentials().await
    }
}

super::provides!(ProfileProvider, "profile");
