//! The link of the environment variables, over the provider that core has for them.

use sigv4_core::Error;
use sigv4_core::credentials::EnvironmentProvider;

use crate::context::Context;
use crate::lookup::Lookup;

/// Nothing set (or all blank) is absent; a part of them set is an error.
pub(crate) fn find(context: &Context) -> Result<Lookup, Error> {
    if context.variable("AWS_ACCESS_KEY_ID").is_none() && context.variable("AWS_SECRET_ACCESS_KEY").is_none()
    {
        return Lookup::absent("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    }
    let environment = context.shared_environment();
    let reader = move |name: &str| environment.variable(name).filter(|value| !value.trim().is_empty());
    EnvironmentProvider::with_reader(reader).read().map(Lookup::Found)
}
