//! Credentials, where they come from, and how long they are kept.

mod cache;
mod environment;
mod provide;
mod types;

pub use cache::{CacheStatus, CachedCredentials, CredentialCache, RefreshEvent, RefreshReason, Sleep, Spawn};
pub use environment::EnvironmentProvider;
pub use provide::ProvideCredentials;
pub use types::Credentials;
