//! The region, in the order that AWS's tools share.

use sigv4_core::Error;

use crate::context::Context;
use crate::http::fail;
use crate::profile::{Locations, Profiles};
use crate::providers::imds::ImdsProvider;

/// What the variables say.
pub(crate) fn of_environment(context: &Context) -> Option<String> {
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| context.variable(name))?;
    Some(region.trim().to_owned())
}

/// Asks `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`, and instance metadata, in this order.
///
/// ```
/// use sigv4_credentials::RegionChain;
/// use sigv4_credentials::context::Context;
///
/// # fn main() -> Result<(), sigv4_core::Error> { futures_lite::future::block_on(async {
/// let context = Context::isolated().with_environment([("AWS_DEFAULT_REGION", "eu-central-1")]);
/// assert_eq!(RegionChain::new(context).resolve().await?, "eu-central-1");
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone)]
pub struct RegionChain {
    context: Context,
    profile: Option<String>,
}

impl RegionChain {
    /// The chain over `context`.
    pub fn new(context: Context) -> Self {
        Self { context, profile: None }
    }

    /// Reads this profile, whatever `AWS_PROFILE` says.
    #[must_use]
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// The region. The error of kind `Credentials` lists what each source said.
    pub async fn resolve(&self) -> Result<String, Error> {
        if let Some(region) = of_environment(&self.context) {
            return Ok(region);
        }
        let profiles = Profiles::load(&self.context)?;
        let name = self.profile.clone().unwrap_or_else(|| Locations::find(&self.context).profile);
        if let Some(region) = profiles.profile(&name).and_then(|profile| profile.get("region")) {
            return Ok(region.to_owned());
        }
        let imds = ImdsProvider::new(&self.context);
        let imds = match &self.profile {
            Some(name) => imds.with_profile(name),
            None => imds,
        };
        let why = match imds.region().await {
            Ok(Ok(region)) => return Ok(region),
            Ok(Err(why)) => why,
            Err(error) => error.to_string(),
        };
        Err(fail(format_args!(
            "no region found: AWS_REGION and AWS_DEFAULT_REGION are not set; profile {name} has none; \
             instance metadata: {why}"
        )))
    }
}
