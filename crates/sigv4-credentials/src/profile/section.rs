//! Sections and properties after merging.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::parse::property_line;

/// Where something stands in a file, for messages: `/home/me/.aws/config, line 12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub(super) file: Arc<PathBuf>,
    pub(super) line: usize,
}

impl Location {
    /// The file.
    pub fn file(&self) -> &std::path::Path {
        &self.file
    }

    /// The number of the line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)
    }
}

/// The value of a property and where it stands. `Debug` shows the place alone: the value may be a secret.
#[derive(Clone)]
pub struct Property {
    pub(super) value: Zeroizing<String>,
    pub(super) location: Location,
}

impl Property {
    /// The value, trimmed; lines that continue it come after a line break each.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where it stands.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The value of a property nested below this one: `endpoint_url` below `sts =`.
    pub fn nested(&self, name: &str) -> Option<&str> {
        self.value
            .lines()
            .skip(1)
            .filter_map(|line| property_line(line, "sub-property").ok())
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .last()
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("location", &self.location).finish_non_exhaustive()
    }
}

/// A profile, an `sso-session` or a `services` section: named properties from one or both files.
#[derive(Debug, Clone)]
pub struct Section {
    pub(super) name: String,
    pub(super) location: Location,
    pub(super) properties: BTreeMap<String, Property>,
}

impl Section {
    /// The name, without the prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is first defined.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The value of a property, by its name in lower case; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.property(name).map(Property::value)
    }

    /// A property with its place, by its name in lower case; an empty one counts as absent.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.get(name).filter(|property| !property.value.is_empty())
    }

    /// All properties by name, in alphabetic order, empty ones too.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.properties.iter().map(|(name, property)| (name.as_str(), property))
    }
}
