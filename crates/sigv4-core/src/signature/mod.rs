//! String to sign, signing key and signature: steps 2 and 3 of the specification.

mod crypto;
pub(crate) mod scope;
pub(crate) mod signing_key;
mod string_to_sign;

pub use crypto::{EMPTY_SHA256, Hex, sha256};
pub use scope::CredentialScope;
pub use signing_key::SigningKey;
pub use string_to_sign::{ALGORITHM, StringToSign};
