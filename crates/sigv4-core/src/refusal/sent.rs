//! What was signed and sent, as far as it bears on a refusal.

use std::fmt;
use std::time::SystemTime;

/// What was signed and sent, as plain data, to hold against what the service says.
///
/// Everything may be left at its default: what is not known explains nothing, and no more.
///
/// ```
/// use sigv4_core::refusal::SentSignature;
///
/// let mut sent = SentSignature::default();
/// sent.access_key_id = "AKIDEXAMPLE".to_owned();
/// sent.region = "us-east-1".to_owned();
/// assert!(!sent.has_session_token);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct SentSignature {
    /// The canonical request that was signed.
    pub canonical_request: Option<String>,
    /// The string to sign that was signed.
    pub string_to_sign: Option<String>,
    /// The access key id, as it stands in the credential.
    pub access_key_id: String,
    /// The region of the credential scope.
    pub region: String,
    /// The service's signing name in the credential scope.
    pub service: String,
    /// The time that was signed: `YYYYMMDDTHHMMSSZ`, or what stood in its place.
    pub amz_date: String,
    /// The host that the request went to, with its port if one was given.
    pub host: String,
    /// Whether a session token was sent, in a header or in the query.
    pub has_session_token: bool,
    /// The lifetime of a presigned URL, in seconds; `None` when a header carried the signature.
    pub presigned_for: Option<u64>,
    /// The length of the body that was sent, in bytes, where it is known.
    pub body_len: Option<u64>,
    /// What the local clock, uncorrected, showed when the response arrived.
    pub received_at: Option<SystemTime>,
}

/// Lengths in place of the texts, which can hold tokens and customers' keys.
impl fmt::Debug for SentSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = |text: &Option<String>| text.as_ref().map(String::len);
        f.debug_struct("SentSignature")
            .field("canonical_request_len", &len(&self.canonical_request))
            .field("string_to_sign_len", &len(&self.string_to_sign))
            .field("region", &self.region)
            .field("service", &self.service)
            .field("amz_date", &self.amz_date)
            .field("host", &self.host)
            .field("has_session_token", &self.has_session_token)
            .field("presigned_for", &self.presigned_for)
            .field("body_len", &self.body_len)
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}
