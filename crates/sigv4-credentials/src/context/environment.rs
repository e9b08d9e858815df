//! Environment variables.

use std::collections::{BTreeMap, HashMap};

/// Where variables are read.
pub trait Environment: Send + Sync {
    /// The value of a variable, where it is set.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The variables of the process. What is not UTF-8 is read with replacement characters, which later checks refuse.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }
}

impl<const N: usize> Environment for [(&'static str, &'static str); N] {
    fn variable(&self, name: &str) -> Option<String> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }
}

impl Environment for HashMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

impl Environment for BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}
