//! Where the service is, and how it is called.

use std::time::Duration;

use http::Uri;
use sigv4_core::Error;

use crate::context::Context;
use crate::http::{Exchange, HttpLimits, fail};
use crate::profile::{Locations, Profiles};

const V4: &str = "http://169.254.169.254";
const V6: &str = "http://[fd00:ec2::254]";

/// More seconds or attempts than anybody waits for.
const MOST: u32 = 300;

/// What variables and the profile say of the service.
pub(super) struct Settings {
    /// Its address, without a slash at its end.
    pub(super) endpoint: String,
    /// How it is called.
    pub(super) exchange: Exchange,
}

/// Where a setting was found, and what it is.
type Found = Option<(String, String)>;

/// Variables win over the profile.
pub(super) fn find(context: &Context, profile: Option<&str>) -> Result<Settings, Error> {
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
    let mut exchange = Exchange::link_local("instance metadata");
    if let Some(seconds) = number(setting("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"))? {
        let timeout = Duration::from_secs(seconds.into());
        exchange.limits = HttpLimits { connect_timeout: timeout, timeout, ..exchange.limits };
    }
    let attempts = setting("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
    if let Some(attempts) = number(attempts)? {
        exchange.attempts = attempts;
    }
    Ok(Settings { endpoint: endpoint(setting)?, exchange })
}

/// A number of seconds or attempts.
fn number(found: Found) -> Result<Option<u32>, Error> {
    let Some((name, text)) = found else { return Ok(None) };
    match text.trim().parse() {
        Ok(number @ 1..=MOST) => Ok(Some(number)),
        _ => Err(fail(format_args!("{name} is {text:?}, and can be a whole number from 1 to {MOST}"))),
    }
}

/// An address wins over a mode.
fn endpoint(setting: impl Fn(&'static str, &'static str) -> Found) -> Result<String, Error> {
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
