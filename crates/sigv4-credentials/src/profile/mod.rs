//! The shared `config` and `credentials` files: where they are, what they say.
//!
//! ```
//! use sigv4_credentials::profile::Profiles;
//!
//! let profiles = Profiles::parse("[profile dev]\nregion = eu-central-1", "[dev]\naws_access_key_id = AKID")?;
//! let dev = profiles.profile("dev").unwrap();
//! assert_eq!((dev.get("region"), dev.get("aws_access_key_id")), (Some("eu-central-1"), Some("AKID")));
//! # Ok::<(), sigv4_core::Error>(())
//! ```

mod locate;
mod parse;
mod section;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sigv4_core::{Error, ErrorKind};

pub use locate::{Locations, Platform};
use parse::{Malformed, RawSection};
pub use section::{Location, Property, Section};

use crate::context::Context;
use crate::http::fail;

/// The most bytes read of each of the two files.
const FILE_LIMIT: usize = 4 << 20;

/// The profiles, `sso-session` and `services` sections of both files, merged.
///
/// Where both files define a property of a profile, the credentials file wins. Secrets in it are wiped from
/// memory when it is dropped.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    /// The files that are not there, or cannot be opened.
    missing: Vec<Missing>,
    /// Sections of the config file that name no kind, which count for nothing there.
    without_kind: BTreeMap<String, Location>,
}

impl Profiles {
    /// Reads the text of a config and a credentials file. An error of kind `Credentials` names the file and the line.
    pub fn parse(config: &str, credentials: &str) -> Result<Self, Error> {
        let mut profiles = Self::default();
        profiles.add_config(Path::new("config"), config)?;
        profiles.add_credentials(Path::new("credentials"), credentials)?;
        Ok(profiles)
    }

    /// Reads both files from where the environment says they are. One that does not exist counts as empty, and so does one that
    /// this user may not open: a service's home folder is often another user's. What looks for a profile there says so.
    ///
    /// An error of kind `Credentials` names the file that is too large or malformed, with the line where it has one.
    pub fn load(context: &Context) -> Result<Self, Error> {
        let locations = Locations::find(context);
        let mut profiles = Self::default();
        for (path, is_config) in [(locations.config, true), (locations.credentials, false)] {
            let bytes = match context.read(&path, FILE_LIMIT) {
                Ok(bytes) => zeroize::Zeroizing::new(bytes),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(fail(format_args!("{} cannot be read: {error}", path.display())));
                }
                Err(error) => {
                    profiles.missing.push(Missing { path, error: error.into() });
                    continue;
                }
            };
            let text = std::str::from_utf8(&bytes).map_err(|error| {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                malformed(&path, Malformed { line, message: "The file is not UTF-8 text".to_owned() })
            })?;
            if is_config {
                profiles.add_config(&path, text)?;
            } else {
                profiles.add_credentials(&path, text)?;
            }
        }
        Ok(profiles)
    }

    /// The profile of that name.
    pub fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// All profiles, by name.
    pub fn profiles(&self) -> impl Iterator<Item = &Section> {
        self.profiles.values()
    }

    /// The `[sso-session NAME]` of that name.
    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// All `[sso-session …]` sections, by name.
    pub fn sso_sessions(&self) -> impl Iterator<Item = &Section> {
        self.sso_sessions.values()
    }

    /// The `[services NAME]` of that name.
    pub fn services(&self, name: &str) -> Option<&Section> {
        self.services.get(name)
    }

    /// Where a profile was sought in vain, and which of the files could not be read.
    pub(crate) fn where_sought(&self, locations: &Locations) -> String {
        let (config, credentials) = (locations.config.display(), locations.credentials.display());
        match self.missing.as_slice() {
            [] => format!("no profile of that name in {config} and {credentials}"),
            [one, other] if one.is_absent() && other.is_absent() => {
                format!("files {config} and {credentials} not found")
            }
            missing => {
                let missing: Vec<_> = missing.iter().map(Missing::to_string).collect();
                format!("no profile of that name; {}", missing.join("; "))
            }
        }
    }

    /// What may be the matter with a profile that does not exist, as the end of a message; empty where nothing is known.
    pub(crate) fn why_missing(&self, name: &str) -> String {
        if let Some(place) = self.without_kind.get(name) {
            return format!("; [{name}] ({place}) has to be [profile {name}] in that file");
        }
        if !text::is_name(name) {
            return "; the name of a profile holds letters, digits and -_/.%@:+ alone".to_owned();
        }
        String::new()
    }

    fn add_config(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let sections = parse::parse(text).map_err(|error| malformed(path, error))?;
        let file = Arc::new(path.to_owned());
        // `[profile default]` wins over `[default]`, wherever each of them stands.
        let prefixed_default =
            sections.iter().any(|section| text::after_prefix(section.header, "profile") == Some("default"));
        for section in sections {
            let header = section.header;
            if let Some(name) = text::after_prefix(header, "profile") {
                merge(&mut self.profiles, name, section, &file);
            } else if header == "default" && !prefixed_default {
                merge(&mut self.profiles, header, section, &file);
            } else if let Some(name) = text::after_prefix(header, "sso-session") {
                merge(&mut self.sso_sessions, name, section, &file);
            } else if let Some(name) = text::after_prefix(header, "services") {
                merge(&mut self.services, name, section, &file);
            } else if header != "default" {
                let location = Location { file: file.clone(), line: section.line };
                self.without_kind.insert(header.to_owned(), location);
            }
        }
        Ok(())
    }

    fn add_credentials(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let file = Arc::new(path.to_owned());
        for section in parse::parse(text).map_err(|error| malformed(path, error))? {
            // A prefix leaves a space in the name, which no name may hold: such sections are passed over.
            let name = section.header;
            merge(&mut self.profiles, name, section, &file);
        }
        Ok(())
    }
}

/// Adds a section to those of its kind; later properties win. What has no valid name is passed over.
fn merge(all: &mut BTreeMap<String, Section>, name: &str, raw: RawSection<'_>, file: &Arc<PathBuf>) {
    if !text::is_name(name) {
        return;
    }
    let section = all.entry(name.to_owned()).or_insert_with(|| Section {
        name: name.to_owned(),
        location: Location { file: file.clone(), line: raw.line },
        properties: BTreeMap::new(),
    });
    for property in raw.properties.into_iter().filter(|property| text::is_name(&property.name)) {
        let location = Location { file: file.clone(), line: property.line };
        section.properties.insert(property.name, Property { value: property.value, location });
    }
}

fn malformed(path: &Path, error: Malformed) -> Error {
    let Malformed { line, message } = error;
    Error::new(ErrorKind::Credentials, format!("{}, line {line}: {message}", path.display()))
}

/// A file that could not be opened, and why.
#[derive(Debug, Clone)]
struct Missing {
    path: PathBuf,
    error: Arc<io::Error>,
}

impl Missing {
    fn is_absent(&self) -> bool {
        self.error.kind() == io::ErrorKind::NotFound
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.is_absent() {
            write!(f, "file {path} not found")
        } else {
            write!(f, "file {path} cannot be read: {}", self.error)
        }
    }
}
