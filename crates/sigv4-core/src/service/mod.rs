//! What sets AWS services apart: the rules by which each departs from plain SigV4, and the hosts by which
//! service and region are told.
//!
//! [`ServiceRules::for_service`] is the one table of rules, [`infer()`] the one table of hosts; nothing else
//! that signs branches on the name of a service or a host.
//!
//! ```
//! use sigv4_core::service::{ContentSha256, ServiceRules};
//!
//! let s3 = ServiceRules::for_service("s3");
//! assert!(!s3.normalize_path && !s3.double_encode);
//! assert_eq!(s3.content_sha256, ContentSha256::Header);
//!
//! // A service without an entry follows the specification as it stands.
//! assert_eq!(ServiceRules::for_service("dynamodb"), ServiceRules::STANDARD);
//! ```

mod aws;
mod compatible;
mod endpoints;
mod host;
mod infer;
mod rules;
mod s3;
mod zone;

#[cfg(test)]
mod tests;

pub use infer::{InferredScope, Operator, infer};
pub use rules::{ContentSha256, PresignPayload, ServiceRules, TokenPlacement, UnsignedPayload, WirePath};
pub(crate) use s3::is_multi_region;
#[cfg(feature = "tokens")]
pub(crate) use zone::dns_suffix;
