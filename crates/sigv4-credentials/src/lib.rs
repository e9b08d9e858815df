//! Where AWS credentials come from, without an SDK.
//!
//! [`DefaultChain`] finds them where every AWS tool looks: environment variables, the shared files with all that
//! profiles can say, web identities, containers, instance metadata. Each source is a provider of its own too. All of
//! them implement [`ProvideCredentials`](sigv4_core::ProvideCredentials), so that a signer takes them as they are, keeps
//! what they return, and renews it in time.
//!
//! ```no_run
//! use sigv4_core::Signer;
//! use sigv4_credentials::context::Context;
//! use sigv4_credentials::{DefaultChain, RegionChain};
//!
//! # async fn run() -> Result<(), sigv4_core::Error> {
//! let context = Context::system();
//! let region = RegionChain::new(context.clone()).resolve().await?;
//! let signer = Signer::new("es", region, DefaultChain::new(context));
//! # let _ = signer;
//! # Ok(())
//! # }
//! ```
//!
//! [`DefaultChain::resolve`] tells what each source said, for when there are no credentials or others than expected.
//!
//! Profiles that `aws login` made are read with the feature `login`; without it they are an error that says so.
//!
//! HTTP goes over the small trait [`http::HttpClient`], which feature `hyper` or `reqwest` serves, or the user's own client.
//! Everything from the outside comes through a [`context::Context`], so that tests reach nothing but what they bring.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "aws-credential-types")]
pub mod bridge;
mod chain;
pub mod context;
mod endpoint;
pub mod http;
mod json;
mod lookup;
mod oneshot;
pub mod profile;
mod providers;
mod region;
mod timer;
mod timestamp;

pub use chain::{DefaultChain, Finding, Outcome, Resolution};
pub use providers::container::ContainerProvider;
pub use providers::express::ExpressSessionClient;
pub use providers::imds::ImdsProvider;
#[cfg(feature = "login")]
pub use providers::login::LoginProvider;
pub use providers::process::ProcessProvider;
pub use providers::profile::ProfileProvider;
pub use providers::sso::{SsoProvider, SsoSettings};
pub use providers::sts::{AssumeRoleProvider, CallerIdentity, MfaToken};
pub use providers::web_identity::WebIdentityProvider;
pub use region::RegionChain;
