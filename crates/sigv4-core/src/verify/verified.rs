//! What is known of a request once it is verified.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::payload::PayloadClaim;
use crate::clock::AmzDate;
use crate::signature::{CredentialScope, Hex, SigningKey};

/// How a request carries its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Presigned,
}

/// Who signed a request, when, and what the signature covers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verified(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) access_key_id: String,
    pub(super) service: String,
    pub(super) region: String,
    pub(super) date: AmzDate,
    pub(super) form: Form,
    pub(super) lifetime: Option<Duration>,
    pub(super) signed_headers: Vec<String>,
    pub(super) payload: PayloadClaim,
    pub(super) stream: Option<StreamSeed>,
}

impl Verified {
    /// Who signed.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// The service of the scope.
    pub fn service(&self) -> &str {
        &self.0.service
    }

    /// The region of the scope; for a signature of SigV4a, whose scope has none, the one served that its region set holds.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// When.
    pub fn date(&self) -> AmzDate {
        self.0.date
    }

    /// In which form.
    pub fn form(&self) -> Form {
        self.0.form
    }

    /// How long a presigned URL lives from its date on.
    pub fn lifetime(&self) -> Option<Duration> {
        self.0.lifetime
    }

    /// Names of the signed headers, in lower case, sorted.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.0.signed_headers.iter().map(String::as_str)
    }

    /// Whether the header `name`, in lower case, is the signer's. Anyone on the way can change or add the others;
    /// `host` and every `x-amz-*` (but `x-amz-cf-id`) always are the signer's.
    pub fn signs(&self, name: &str) -> bool {
        self.0.signed_headers.binary_search_by(|signed| signed.as_str().cmp(name)).is_ok()
    }

    /// What the signature says about the body. For [`Sha256`](PayloadClaim::Sha256) and [`Body`](PayloadClaim::Body)
    /// the body was checked; for the others it was not.
    pub fn payload(&self) -> &PayloadClaim {
        &self.0.payload
    }

    /// What the signatures of the parts of a streamed body are chained to; only for
    /// [`PayloadClaim::Streaming`].
    pub fn stream(&self) -> Option<&StreamSeed> {
        self.0.stream.as_ref()
    }
}

/// The start of a chain of chunk or event signatures: what a decoder of the body needs to verify them.
///
/// `Debug` shows no key.
#[derive(Clone)]
pub struct StreamSeed {
    pub(super) signature: Hex,
    pub(super) key: SigningKey,
    pub(super) date: AmzDate,
    pub(super) service: String,
    pub(super) region: String,
}

impl StreamSeed {
    /// The request's own signature, in hex: the one before the first chunk's.
    pub fn signature(&self) -> &str {
        self.signature.as_str()
    }

    /// The key that signs the parts.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The time of the signature.
    pub fn date(&self) -> AmzDate {
        self.date
    }

    /// The scope of the signature.
    pub fn scope(&self) -> CredentialScope<'_> {
        CredentialScope::new(&self.date, &self.region, &self.service)
    }
}

impl fmt::Debug for StreamSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSeed").field("scope", &self.scope().to_string()).finish_non_exhaustive()
    }
}
