//! Credentials, where they come from, and how long they are kept.

mod environment;
mod provide;
mod types;

pub use environment::EnvironmentProvider;
pub use provide::ProvideCredentials;
pub use types::Credentials;
