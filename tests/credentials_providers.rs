//! Each source alone: success, and every failure with what a user needs to know about it.

#[path = "credentials_support/mod.rs"]
mod support;

#[path = "credentials_providers/container.rs"]
mod container;
#[path = "credentials_providers/imds.rs"]
mod imds;
#[path = "credentials_providers/login.rs"]
mod login;
#[path = "credentials_providers/process.rs"]
mod process;
#[path = "credentials_providers/sso.rs"]
mod sso;
#[path = "credentials_providers/sts.rs"]
mod sts;
#[path = "credentials_providers/web_identity.rs"]
mod web_identity;
