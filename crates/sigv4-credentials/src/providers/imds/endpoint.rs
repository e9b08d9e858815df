//! Where the service is.

use http::Uri;
use sigv4_core::Error;

use crate::context::Context;
use crate::http::fail;
use crate::profile::{Locations, Profiles};

const V4: &str = "http://169.254.169.254";
const V6: &str = "http://[fd00:ec2::254]";

/// The address without a slash at its end. Variables win over the profile, an address over a mode.
pub(super) fn find(context: &Context, profile: Option<&str>) -> Result<String, Error> {
    // Without the variables the files decide; one that is malformed is reported by the link that it belongs to.
    let profiles = Profiles::load(context).unwrap_or_default();
    let locations = Locations::find(context);
    let profile = profiles.profile(profile.unwrap_or(&locations.profile));
    let setting = |variable: &'static str, property: &'static str| {
        let from_variable = context.variable(variable).map(|value| (variable.to_owned(), value));
        from_variable.or_else(|| {
            let found = profile?.property(property)?;
            Some((format!("{property} ({})", found.location()), found.value().to_owned()))
        })
    };
    if let Some((name, address)) =
        setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
    {
        let uri: Uri = address
            .trim()
            .parse()
            .map_err(|error| fail(format_args!("{name} holds no usable address")).with_source(error))?;
        return match (uri.scheme_str(), uri.host()) {
            (Some("http" | "https"), Some(_)) if uri.query().is_none() => {
                Ok(uri.to_string().trim_end_matches('/').to_owned())
            }
            _ => Err(fail(format_args!("{name} must be an address such as {V4}"))),
        };
    }
    let mode = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    match mode {
        None => Ok(V4.to_owned()),
        Some((_, mode)) if mode.eq_ignore_ascii_case("IPv4") => Ok(V4.to_owned()),
        Some((_, mode)) if mode.eq_ignore_ascii_case("IPv6") => Ok(V6.to_owned()),
        Some((name, mode)) => Err(fail(format_args!("{name} is {mode:?}, and can be IPv4 or IPv6"))),
    }
}
