//! Where STS and SSO are: by region, FIPS and dual-stack choice, or as the user says.

use sigv4_core::Error;

use crate::context::Context;
use crate::profile::{Locations, Profiles, Section};

/// An address, its region, and who said so.
pub(crate) struct Endpoint {
    pub(crate) uri: String,
    pub(crate) region: String,
    /// For messages: the variable or the place in a file.
    pub(crate) from: String,
}

/// What is known when an address is needed.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    context: Context,
    region: Option<String>,
    profile: Option<String>,
    override_sts: Option<String>,
}

/// Where no region is set, STS is asked in the one that its global endpoint stood for.
const DEFAULT_REGION: &str = "us-east-1";

impl Endpoints {
    pub(crate) fn new(context: &Context, region: Option<String>) -> Self {
        Self { context: context.clone(), region, profile: None, override_sts: None }
    }

    /// The same with the settings of another profile than the one in use.
    pub(crate) fn with_profile(mut self, profile: Option<String>) -> Self {
        self.profile = profile;
        self
    }

    pub(crate) fn with_region(&self, region: Option<&str>) -> Self {
        Self { region: region.map(str::to_owned).or_else(|| self.region.clone()), ..self.clone() }
    }

    /// The address of STS given in the program, over all others.
    pub(crate) fn with_sts(mut self, uri: Option<String>) -> Self {
        self.override_sts = uri;
        self
    }

    pub(crate) fn has_region(&self) -> bool {
        self.region.is_some()
    }

    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(DEFAULT_REGION)
    }

    pub(crate) fn sts(&self) -> Result<Endpoint, Error> {
        self.find("sts", "sts", self.region())
    }

    /// The portal that hands out credentials of roles.
    pub(crate) fn sso(&self, region: &str) -> Result<Endpoint, Error> {
        self.find("sso", "portal.sso", region)
    }

    /// The service that refreshes tokens.
    pub(crate) fn sso_oidc(&self, region: &str) -> Result<Endpoint, Error> {
        self.find("sso_oidc", "oidc", region)
    }

    /// `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, the profile's `services` section, its `endpoint_url`, then AWS itself.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
    fn find(&self, service: &str, host: &str, region: &str) -> Result<Endpoint, Error> {
        let profiles = Profiles::load(&self.context)?;
        let locations = Locations::find(&self.context);
        let profile = profiles.profile(self.profile.as_deref().unwrap_or(&locations.profile));
        let given = |uri: String, from: String| Endpoint { uri, region: region.to_owned(), from };

        if service == "sts"
            && let Some(uri) = &self.override_sts
        {
            return Ok(given(uri.clone(), "the STS endpoint given in the program".to_owned()));
        }
        if !self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", profile) {
            let variable = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
            for variable in [variable.as_str(), "AWS_ENDPOINT_URL"] {
                if let Some(uri) = self.context.variable(variable) {
                    return Ok(given(uri.trim().to_owned(), variable.to_owned()));
                }
            }
            let services = profile.and_then(|profile| profiles.services(profile.get("services")?));
            let of_service = services
                .and_then(|section| section.property(service))
                .and_then(|service| Some((service.nested("endpoint_url")?, service)));
            let of_profile =
                || profile?.property("endpoint_url").map(|property| (property.value(), property));
            if let Some((uri, property)) = of_service.or_else(of_profile) {
                return Ok(given(uri.to_owned(), format!("endpoint_url ({})", property.location())));
            }
        }
        let fips = self.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", profile);
        let dual_stack = self.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", profile);
        let uri = on_aws(host, region, fips, dual_stack)?;
        Ok(given(uri, "the region".to_owned()))
    }

    fn flag(&self, variable: &str, property: &str, profile: Option<&Section>) -> bool {
        let text = self.context.variable(variable);
        let text = text.as_deref().or_else(|| profile?.get(property));
        text.is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }
}

/// The address of a service on AWS. An error when the region is no part of a host name.
fn on_aws(host: &str, region: &str, fips: bool, dual_stack: bool) -> Result<String, Error> {
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if region.is_empty() || region.len() > 40 || !region.chars().all(is_label) {
        return Err(crate::http::fail(format_args!(
            "the region {region:?} is none: write it as eu-central-1"
        )));
    }
    let (domain, dual_domain) = match region {
        _ if region.starts_with("cn-") => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        _ if region.starts_with("us-iso-") => ("c2s.ic.gov", "api.aws.ic.gov"),
        _ if region.starts_with("us-isob-") => ("sc2s.sgov.gov", "api.aws.scloud"),
        _ if region.starts_with("eusc-") => ("amazonaws.eu", "api.amazonwebservices.eu"),
        _ => ("amazonaws.com", "api.aws"),
    };
    let fips = if fips { "-fips" } else { "" };
    let domain = if dual_stack { dual_domain } else { domain };
    Ok(format!("https://{host}{fips}.{region}.{domain}/"))
}

/// Percent-encoding for a form or a query: all but the unreserved characters.
pub(crate) fn encode(value: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_partition() {
        for (region, fips, dual_stack, expected) in [
            ("us-east-1", false, false, "https://sts.us-east-1.amazonaws.com/"),
            ("us-east-1", true, true, "https://sts-fips.us-east-1.api.aws/"),
            ("us-gov-west-1", true, false, "https://sts-fips.us-gov-west-1.amazonaws.com/"),
            ("cn-north-1", false, false, "https://sts.cn-north-1.amazonaws.com.cn/"),
            ("eusc-de-east-1", false, false, "https://sts.eusc-de-east-1.amazonaws.eu/"),
        ] {
            assert_eq!(on_aws("sts", region, fips, dual_stack).unwrap(), expected);
        }
        for region in ["", "evil.example/", "a b", &"x".repeat(41)] {
            assert!(on_aws("sts", region, false, false).is_err(), "{region:?}");
        }
    }
}
