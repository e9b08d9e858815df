//! Access key id and scope against what the verifier serves.

use smallvec::SmallVec;

use super::rejection::Reason;
use crate::clock::AmzDate;
#[cfg(feature = "sigv4a")]
use crate::signature::RegionSet;
use crate::signature::scope::TERMINATOR;

/// A service in a region that a verifier accepts signatures for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) service: String,
    pub(super) region: String,
}

/// Access key ids longer than this are nobody's.
const MAX_KEY_ID: usize = 256;

/// The parts between slashes, if there are as many as asked for.
fn parts<const COUNT: usize>(text: &str) -> Result<[&str; COUNT], Reason> {
    let parts: SmallVec<[&str; 5]> = text.split('/').collect();
    <[&str; COUNT]>::try_from(&*parts)
        .map_err(|_| Reason::CredentialShape { expected: COUNT, given: parts.len() })
}

/// A credential, cut into its five parts.
pub(super) struct Credential<'a> {
    pub(super) access_key_id: &'a str,
    date: &'a str,
    /// Empty in that of SigV4a, which has none.
    region: &'a str,
    service: &'a str,
    terminator: &'a str,
}

impl<'a> Credential<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        let [access_key_id, date, region, service, terminator] = parts(text)?;
        Self { access_key_id, date, region, service, terminator }.checked()
    }

    /// The four parts of SigV4a.
    #[cfg(feature = "sigv4a")]
    pub(super) fn parse_without_region(text: &'a str) -> Result<Self, Reason> {
        let [access_key_id, date, service, terminator] = parts(text)?;
        Self { access_key_id, date, region: "", service, terminator }.checked()
    }

    fn checked(self) -> Result<Self, Reason> {
        let access_key_id = self.access_key_id;
        if access_key_id.is_empty() {
            return Err(Reason::EmptyKeyId);
        }
        if access_key_id.len() > MAX_KEY_ID || !access_key_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Reason::Malformed(
                "the access key id is longer than 256 characters, or not of printable ASCII".into(),
            ));
        }
        Ok(self)
    }

    /// The place among `served` that the scope names exactly. Otherwise says what is wrong, against the entry that
    /// shares the service, or else the first.
    pub(super) fn scope<'s>(&self, served: &'s [Served], date: &AmzDate) -> Result<&'s Served, Reason> {
        self.place(served, date, self.region, |region| region == self.region)
    }

    /// The first place among `served` that the scope and a region set name. Errors as [`scope`](Self::scope).
    #[cfg(feature = "sigv4a")]
    pub(super) fn scope_in<'s>(
        &self,
        served: &'s [Served],
        date: &AmzDate,
        regions: &RegionSet,
    ) -> Result<&'s Served, Reason> {
        self.place(served, date, regions.as_str(), |region| regions.contains(region))
    }

    fn place<'s>(
        &self,
        served: &'s [Served],
        date: &AmzDate,
        given: &str,
        is_region: impl Fn(&str) -> bool,
    ) -> Result<&'s Served, Reason> {
        let fits = |one: &&Served| one.service == self.service && is_region(&one.region);
        let found = served.iter().find(fits);
        let near = found
            .or_else(|| served.iter().find(|one| one.service == self.service))
            .or_else(|| served.first())
            .ok_or(Reason::MissingAuthentication)?;
        let wrong = |is_wrong: bool, given: &str, expected: &str| {
            is_wrong.then(|| (given.to_owned(), expected.to_owned()))
        };
        let region = wrong(!is_region(&near.region), given, &near.region);
        let service = wrong(self.service != near.service, self.service, &near.service);
        let terminator = (self.terminator != TERMINATOR).then(|| self.terminator.to_owned());
        if region.is_some() || service.is_some() || terminator.is_some() {
            return Err(Reason::Scope { region, service, terminator });
        }
        if self.date != date.date() {
            return Err(Reason::ScopeDate { given: self.date.to_owned(), date: *date });
        }
        Ok(near)
    }
}
