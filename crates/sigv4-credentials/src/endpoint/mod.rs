//! Where STS and SSO are: by region, FIPS and dual-stack choice, or as the user says.

mod place;

use http::Uri;
use sigv4_core::Error;

use crate::context::Context;
use crate::http::fail;
use crate::profile::{Locations, Profiles, Section};
use place::Place;

/// An address, its region, and who said so.
pub(crate) struct Endpoint {
    base: String,
    pub(crate) region: String,
    /// For messages: the variable or the place in a file.
    from: String,
}

impl Endpoint {
    /// The address with a path and a query behind it. An error names who said so.
    pub(crate) fn at(&self, path: &[u8]) -> Result<Uri, Error> {
        let unusable = || format!("{} holds no usable address: write it as https://host", self.from);
        let uri = [self.base.trim_end_matches('/').as_bytes(), path].concat();
        let uri = Uri::try_from(uri).map_err(|error| fail(unusable()).with_source(error))?;
        match (uri.scheme_str(), uri.host()) {
            (Some("http" | "https"), Some(_)) => Ok(uri),
            _ => Err(fail(unusable())),
        }
    }
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
        match self.region() {
            // The name of the endpoint without a region.
            "aws-global" => self.find("sts", DEFAULT_REGION, |_| Ok("https://sts.amazonaws.com".to_owned())),
            region => self.find("sts", region, |place| place.host("sts")),
        }
    }

    /// The portal that hands out credentials of roles.
    pub(crate) fn sso(&self, region: &str) -> Result<Endpoint, Error> {
        self.find("sso", region, |place| place.host("portal.sso"))
    }

    /// The service that refreshes tokens.
    pub(crate) fn sso_oidc(&self, region: &str) -> Result<Endpoint, Error> {
        self.find("sso_oidc", region, |place| place.host("oidc"))
    }

    /// The service that refreshes what `aws login` began.
    #[cfg(feature = "login")]
    pub(crate) fn sign_in(&self) -> Result<Endpoint, Error> {
        let region = self.region.as_deref().ok_or_else(|| {
            fail("a login session is refreshed in its region: set region in the profile, or AWS_REGION")
        })?;
        self.find("signin", region, |place| place.sign_in())
    }

    /// `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, the profile's `services` section, its `endpoint_url`, then AWS itself.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
    fn find(
        &self,
        service: &str,
        region: &str,
        on_aws: impl Fn(&Place<'_>) -> Result<String, Error>,
    ) -> Result<Endpoint, Error> {
        let profiles = Profiles::load(&self.context)?;
        let locations = Locations::find(&self.context);
        let profile = profiles.profile(self.profile.as_deref().unwrap_or(&locations.profile));
        let given = |base: String, from: String| Endpoint { base, region: region.to_owned(), from };

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
        let place = Place {
            region,
            fips: self.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", profile),
            dual_stack: self.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", profile),
        };
        Ok(given(on_aws(&place)?, "the region".to_owned()))
    }

    fn flag(&self, variable: &str, property: &str, profile: Option<&Section>) -> bool {
        let text = self.context.variable(variable);
        let text = text.as_deref().or_else(|| profile?.get(property));
        text.is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }
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
