//! String to sign, signing key and signature: steps 2 and 3 of the specification.

mod algorithm;
mod crypto;
pub(crate) mod hmac;
pub(crate) mod scope;
pub(crate) mod signing_key;
#[cfg(feature = "sigv4a")]
pub mod sigv4a;
mod string_to_sign;

pub use algorithm::{ALGORITHM_V4A, Algorithm, RegionSet};
pub(crate) use crypto::Signature;
pub use crypto::{EMPTY_SHA256, Hex, sha256};
pub use scope::CredentialScope;
pub use signing_key::SigningKey;
pub use string_to_sign::{ALGORITHM, StringToSign};
