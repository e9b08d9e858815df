//! What a profile asks for, worked out before anything is fetched: where it begins, and which roles follow.

use std::time::Duration;

use sigv4_core::{Credentials, Error};

use crate::http::fail;
use crate::lookup::within;
use crate::profile::{Location, Profiles, Section};
use crate::providers::sso::SsoSettings;
use crate::providers::web_identity::Settings as WebIdentity;

/// The first credentials, and the roles that are assumed with them one after the other.
pub(super) struct Plan {
    pub(super) base: Base,
    pub(super) roles: Vec<Role>,
}

pub(super) enum Base {
    Keys(Credentials),
    Named(NamedSource, Location),
    WebIdentity(WebIdentity),
    Sso(SsoSettings),
    #[cfg(feature = "login")]
    Login(String),
    Process(String, Location),
}

/// The values of `credential_source`.
#[derive(Clone, Copy)]
pub(super) enum NamedSource {
    Environment,
    InstanceMetadata,
    Container,
}

impl NamedSource {
    const ALL: [Self; 3] = [Self::Environment, Self::InstanceMetadata, Self::Container];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::InstanceMetadata => "Ec2InstanceMetadata",
            Self::Container => "EcsContainer",
        }
    }
}

pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration: Option<Duration>,
    pub(super) mfa_serial: Option<String>,
    pub(super) region: Option<String>,
}

impl Plan {
    /// The plan of a profile that exists; `None` when it says nothing of credentials.
    pub(super) fn make(profiles: &Profiles, name: &str) -> Result<Option<Self>, Error> {
        let mut roles = Vec::new();
        let mut visited: Vec<&Section> = Vec::new();
        let mut next = name;
        loop {
            let Some(profile) = profiles.profile(next) else {
                let from = visited.last().and_then(|profile| profile.property("source_profile"));
                let place = from.map(|property| format!(" ({})", property.location())).unwrap_or_default();
                let hint = profiles.why_missing(next);
                return Err(fail(format_args!(
                    "source_profile = {next}{place}: no file defines that profile{hint}"
                )));
            };
            if visited.iter().any(|seen| seen.name() == next) {
                let names: Vec<_> = visited.iter().map(|profile| profile.name()).chain([next]).collect();
                let place = profile.location();
                return Err(fail(format_args!(
                    "source_profile forms a loop: {} ({place})",
                    names.join(" → ")
                )));
            }
            visited.push(profile);
            // A profile that others build on gives its own keys first.
            let is_source = visited.len() > 1;
            let keys = if is_source { keys(profile)? } else { None };
            let base = match (keys, role(profile)?) {
                (Some(keys), _) => Some(Base::Keys(keys)),
                (None, None) => base(profiles, profile)?,
                (None, Some(role)) => {
                    roles.push(role);
                    match source(profile)? {
                        // The keys, or the source, stand in the profile itself.
                        Some(name) if name != profile.name() => {
                            next = name;
                            continue;
                        }
                        _ => base(profiles, profile)?,
                    }
                }
            };
            roles.reverse();
            return match base {
                Some(base) => Ok(Some(Self { base, roles })),
                None if roles.is_empty() => Ok(None),
                None => Err(fail(format_args!(
                    "profile {} ({}) is a source_profile, but has no credentials",
                    profile.name(),
                    profile.location()
                ))),
            };
        }
    }
}

/// The role of a profile, unless a web identity makes it a beginning.
fn role(profile: &Section) -> Result<Option<Role>, Error> {
    let Some(arn) = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none())
    else {
        return Ok(None);
    };
    let text = |name: &str| profile.get(name).map(str::to_owned);
    let duration = profile
        .property("duration_seconds")
        .map(|property| {
            property.value().parse().map(Duration::from_secs).map_err(|_| {
                fail(format_args!("duration_seconds ({}) is no whole number of seconds", property.location()))
            })
        })
        .transpose()?;
    Ok(Some(Role {
        arn: arn.to_owned(),
        session_name: text("role_session_name"),
        external_id: text("external_id"),
        duration,
        mfa_serial: text("mfa_serial"),
        region: text("region"),
    }))
}

/// The profile that a role builds on; `None` when `credential_source` says it.
fn source(profile: &Section) -> Result<Option<&str>, Error> {
    let (name, place) = (profile.name(), profile.location());
    match (profile.get("source_profile"), profile.get("credential_source")) {
        (Some(source), None) => Ok(Some(source)),
        (None, Some(_)) => Ok(None),
        (Some(_), Some(_)) => Err(fail(format_args!(
            "profile {name} ({place}) has both source_profile and credential_source: leave one of them"
        ))),
        (None, None) => Err(fail(format_args!(
            "profile {name} ({place}) has a role_arn, but neither source_profile nor credential_source"
        ))),
    }
}

/// Where the credentials of a profile begin, in the order in which the tools look.
fn base(profiles: &Profiles, profile: &Section) -> Result<Option<Base>, Error> {
    if let Some(property) = profile.property("credential_source") {
        let known =
            NamedSource::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(property.value()));
        let source = known.ok_or_else(|| {
            fail(format_args!(
                "credential_source ({}) is {:?}, and can be Environment, Ec2InstanceMetadata or EcsContainer",
                property.location(),
                property.value()
            ))
        })?;
        return Ok(Some(Base::Named(source, property.location().clone())));
    }
    if let Some(token_file) = profile.get("web_identity_token_file") {
        let role_arn = needed(profile, "role_arn", "web_identity_token_file")?.to_owned();
        let session_name = profile.get("role_session_name").map(str::to_owned);
        let token_file = token_file.to_owned();
        return Ok(Some(Base::WebIdentity(WebIdentity { token_file, role_arn, session_name })));
    }
    if let Some(settings) = sso(profiles, profile)? {
        return Ok(Some(Base::Sso(settings)));
    }
    #[cfg(feature = "login")]
    if let Some(session) = profile.get("login_session") {
        return Ok(Some(Base::Login(session.to_owned())));
    }
    if let Some(command) = profile.property("credential_process") {
        // A line that continues it is part of the command, not another one.
        let line = command.value().replace('\n', " ");
        return Ok(Some(Base::Process(line, command.location().clone())));
    }
    if let Some(keys) = keys(profile)? {
        return Ok(Some(Base::Keys(keys)));
    }
    #[cfg(not(feature = "login"))]
    if let Some(property) = profile.property("login_session") {
        return Err(fail(format_args!(
            "login_session ({}) needs the feature `login` of sigv4-credentials: enable it, or run \
             `aws configure export-credentials` as a credential_process",
            property.location()
        )));
    }
    if let Some(property) = profile.property("sso_session") {
        return Err(fail(format_args!(
            "sso_session ({}) alone: the selected profile will resolve an access token instead of credentials. \
             Add sso_account_id and sso_role_name",
            property.location()
        )));
    }
    Ok(None)
}

/// Static keys; an error when a part of them is missing or malformed.
fn keys(profile: &Section) -> Result<Option<Credentials>, Error> {
    const ID: &str = "aws_access_key_id";
    const SECRET: &str = "aws_secret_access_key";
    /// The second is the name of old.
    const TOKENS: [&str; 2] = ["aws_session_token", "aws_security_token"];
    let mut names = [SECRET, ID].into_iter().chain(TOKENS);
    let Some(because) = names.find(|name| profile.get(name).is_some()) else {
        return Ok(None);
    };
    let id = needed(profile, ID, because)?;
    let secret = needed(profile, SECRET, ID)?;
    let place = profile.property(SECRET).map_or_else(|| profile.location(), |property| property.location());
    // A token belongs to the key beside it: the other file may hold one of older keys.
    let mut tokens = TOKENS.into_iter().filter_map(|name| profile.property(name));
    let token = tokens.find(|token| token.location().file() == place.file());
    let make = || -> Result<Credentials, Error> {
        let credentials = Credentials::new(id, secret)?.with_source("profile");
        match token {
            Some(token) => credentials.with_session_token(token.value()),
            None => Ok(credentials),
        }
    };
    make().map(Some).map_err(|error| within(place, error))
}

fn sso(profiles: &Profiles, profile: &Section) -> Result<Option<SsoSettings>, Error> {
    let (account, role) = ("sso_account_id", "sso_role_name");
    let session = match profile.property("sso_session") {
        None => None,
        Some(property) => Some(profiles.sso_session(property.value()).ok_or_else(|| {
            let (name, place) = (property.value(), property.location());
            fail(format_args!("sso_session = {name} ({place}): no [sso-session {name}] is defined"))
        })?),
    };
    // A session alone is for bearer tokens.
    if profile.get(account).is_none()
        && profile.get(role).is_none()
        && (session.is_some() || profile.get("sso_start_url").is_none())
    {
        return Ok(None);
    }
    let place = session.unwrap_or(profile);
    if session.is_some() {
        for name in ["sso_region", "sso_start_url"] {
            let (own, of_session) = (profile.property(name), place.get(name));
            if let Some(own) = own.filter(|own| Some(own.value()) != of_session) {
                return Err(fail(format_args!("{name} ({}) is not that of the sso-session", own.location())));
            }
        }
    }
    let because = if session.is_some() { "sso_session" } else { "SSO settings" };
    Ok(Some(SsoSettings {
        region: needed(place, "sso_region", because)?.to_owned(),
        start_url: needed(place, "sso_start_url", because)?.to_owned(),
        account_id: needed(profile, account, because)?.to_owned(),
        role_name: needed(profile, role, because)?.to_owned(),
        session: session.map(|session| session.name().to_owned()),
    }))
}

/// A property that another one makes necessary.
fn needed<'s>(section: &'s Section, name: &str, because: &str) -> Result<&'s str, Error> {
    section.get(name).ok_or_else(|| {
        fail(format_args!("{} ({}) has {because}, but no {name}", section.name(), section.location()))
    })
}
