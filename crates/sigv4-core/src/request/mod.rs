//! Step 4 of the specification: the signature put into the request, as headers or in the query.

mod authorization;
mod header_signature;
mod key;
mod params;
#[cfg(feature = "tokens")]
mod post_policy;
mod presign;
mod shown;
mod sign;
mod signed_headers;
mod view;

pub use authorization::Authorization;
pub use header_signature::{
    HeaderSignature, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_REGION_SET, X_AMZ_S3SESSION_TOKEN,
    X_AMZ_SECURITY_TOKEN,
};
pub use params::SigningParams;
#[cfg(feature = "tokens")]
pub use post_policy::{PostForm, PostPolicy, sign_post_policy};
pub(crate) use presign::presign_after;
pub use presign::{MAX_EXPIRY, QuerySignature, presign};
pub(crate) use sign::Signing;
pub use sign::sign;
pub use signed_headers::{HOP_HEADERS, HOP_PREFIXES, SignedHeaders};
pub use view::{HeaderView, RequestView};

#[cfg(feature = "verify")]
pub(crate) use authorization::FAMILY;
#[cfg(feature = "refusals")]
pub(crate) use shown::{is_shown_header, is_shown_parameter};
pub(crate) use view::{wire_host, without_default_port};

/// What was signed, as text: to compare with what a service says it computed, and to test.
///
/// Holds the values of all signed headers, the session token among them: `Debug` shows none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SignedText {
    /// The canonical request.
    pub canonical_request: String,
    /// The string to sign.
    pub string_to_sign: String,
}

impl std::fmt::Debug for SignedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedText")
            .field("canonical_request", &format_args!("<{} bytes>", self.canonical_request.len()))
            .field("string_to_sign", &self.string_to_sign)
            .finish()
    }
}
