//! Where the shared files are.

use std::path::PathBuf;

use crate::context::{Context, Environment};

/// The kind of system, which decides on the variables that name the home folder and on the separator of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platform {
    /// Linux, macOS and their relatives.
    Unix,
    /// Windows.
    Windows,
}

impl Platform {
    /// The one that this program was built for.
    pub const CURRENT: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The two files, the name of the profile, and the home folder as the environment gives them.
///
/// `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE` and `AWS_PROFILE` override the defaults `~/.aws/config`,
/// `~/.aws/credentials` and `default`; `~` is `HOME`, on Windows also `USERPROFILE` or `HOMEDRIVE` with `HOMEPATH`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locations {
    /// The config file.
    pub config: PathBuf,
    /// The credentials file.
    pub credentials: PathBuf,
    /// The profile to use.
    pub profile: String,
    /// Whether a variable named that profile, rather than the default.
    pub profile_is_named: bool,
    platform: Platform,
    home: Option<String>,
}

impl Locations {
    /// Where the files are for the environment and platform of `context`.
    pub fn find(context: &Context) -> Self {
        Self::new(context.environment(), context.platform())
    }

    /// Where the files are for a user with these variables.
    pub fn new(environment: &dyn Environment, platform: Platform) -> Self {
        let set = |name: &str| environment.variable(name).filter(|value| !value.trim().is_empty());
        let home = set("HOME").or_else(|| match platform {
            Platform::Unix => None,
            Platform::Windows => set("USERPROFILE").or_else(|| Some(set("HOMEDRIVE")? + &set("HOMEPATH")?)),
        });
        let profile = set("AWS_PROFILE");
        let mut found = Self {
            config: PathBuf::new(),
            credentials: PathBuf::new(),
            profile_is_named: profile.is_some(),
            profile: profile.unwrap_or_else(|| "default".to_owned()),
            platform,
            home,
        };
        let file = |variable, default| found.expand(&set(variable).unwrap_or(default));
        let config = file("AWS_CONFIG_FILE", found.join("~", &[".aws", "config"]));
        let credentials = file("AWS_SHARED_CREDENTIALS_FILE", found.join("~", &[".aws", "credentials"]));
        (found.config, found.credentials) = (config, credentials);
        found
    }

    /// A file below `~/.aws`.
    pub(crate) fn below_aws(&self, parts: &[&str]) -> PathBuf {
        self.below(&self.join("~", &[".aws"]), parts)
    }

    /// A file below a folder.
    pub(crate) fn below(&self, folder: &str, parts: &[&str]) -> PathBuf {
        self.expand(&self.join(folder, parts))
    }

    fn join(&self, base: &str, parts: &[&str]) -> String {
        let separator = match self.platform {
            Platform::Unix => "/",
            Platform::Windows => "\\",
        };
        parts.iter().fold(base.to_owned(), |path, part| path + separator + part)
    }

    /// A leading `~` is the home folder; without one it stays as it is.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        let is_separator = |c: char| c == '/' || (self.platform == Platform::Windows && c == '\\');
        match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(is_separator) => {
                (home.trim_end_matches(is_separator).to_owned() + rest).into()
            }
            _ => path.into(),
        }
    }
}
