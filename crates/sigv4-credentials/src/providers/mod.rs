//! The sources, one file each.

pub(crate) mod container;
pub(crate) mod environment;
pub(crate) mod express;
pub(crate) mod imds;
#[cfg(feature = "login")]
pub(crate) mod login;
pub(crate) mod process;
pub(crate) mod profile;
pub(crate) mod sso;
pub(crate) mod sts;
pub(crate) mod web_identity;

/// The two ways to ask a source that has `async fn find(&self) -> Result<Lookup, Error>`: as a link of a chain,
/// and alone, where what is absent is an error.
macro_rules! provides {
    ($provider:ty, $source:literal) => {
        #[async_trait::async_trait]
        impl sigv4_core::ProvideCredentials for $provider {
            async fn provide_credentials(&self) -> Result<sigv4_core::Credentials, sigv4_core::Error> {
                self.find().await?.or_error($source)
            }
        }

        impl std::fmt::Debug for $provider {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($provider)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use provides;
