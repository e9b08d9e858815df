//! String to sign, signing key and signature: steps 2 and 3 of the specification.

pub mod scope;
pub mod signing_key;

pub use scope::CredentialScope;
pub use signing_key::SigningKey;
