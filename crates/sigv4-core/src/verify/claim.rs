//! A request's claim to be signed, from its head to its body.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::payload::PayloadClaim;
use super::proof::{Key, Proof};
use super::rejection::{Reason, Rejection, Told, Wording};
use super::scope::Served;
use super::verified::{Form, Inner, StreamSeed, Verified};
use super::verifier::Config;
use crate::body::Payload;
use crate::canonical::{HashSink, Sink};
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::signature::{CredentialScope, Hex, StringToSign, sha256};

/// A request whose head is in order, by somebody who claims to hold a key. Nothing about the key is verified yet.
///
/// It borrows nothing from the request. From [`Verifier::read`](super::Verifier::read).
#[must_use = "a claim is not verified"]
pub struct Claim {
    pub(super) config: Arc<Config>,
    /// The one reading of the clock.
    pub(super) now: SystemTime,
    pub(super) form: Form,
    pub(super) access_key_id: String,
    pub(super) served: Served,
    pub(super) date: AmzDate,
    pub(super) lifetime: Option<Duration>,
    pub(super) proof: Proof,
    pub(super) token: Option<Zeroizing<Vec<u8>>>,
    pub(super) signed_headers: Vec<String>,
    pub(super) payload: PayloadClaim,
    /// The canonical request but for its last line: hashed, and as text where it may be told.
    pub(super) hashed: Box<HashSink>,
    pub(super) text: Option<Vec<u8>>,
}

impl Claim {
    /// Whose key the request claims to be signed with.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What it claims of its body.
    pub fn payload(&self) -> &PayloadClaim {
        &self.payload
    }

    /// Checks the claim against the credentials of its access key id, or `None` if there are none: expiry, session
    /// token, and the signature, unless that waits for the body ([`PayloadClaim::Body`]).
    pub fn check_key(self, credentials: Option<&Credentials>) -> Result<SignedHead, Rejection> {
        match self.key(credentials) {
            Ok(key) => SignedHead::new(self, key),
            Err(reason) => Err(self.refuse(reason)),
        }
    }

    fn key(&self, credentials: Option<&Credentials>) -> Result<Key, Reason> {
        let credentials = credentials.ok_or_else(|| Reason::UnknownKey(self.access_key_id.clone()))?;
        if credentials.access_key_id() != self.access_key_id {
            return Err(Reason::Internal(Error::new(
                ErrorKind::Credentials,
                "find_credentials returned the credentials of another access key id",
            )));
        }
        if credentials.is_expired(self.now) {
            return Err(Reason::ExpiredToken);
        }
        let Served { service, region } = &self.served;
        let secret = credentials.secret_access_key();
        let key = credentials.keys().get(secret, &self.date, region, service).clone();
        let token_fits = match (credentials.session_token(), &self.token) {
            (None, None) => true,
            // A MAC of each, so that the comparison takes the same time wherever they differ.
            (Some(expected), Some(given)) => key.verify(given, &key.sign(expected.as_bytes())),
            _ => false,
        };
        if token_fits { Key::of(&self.proof, credentials, key) } else { Err(Reason::InvalidToken) }
    }

    fn scope(&self) -> CredentialScope<'_> {
        let Served { service, region } = &self.served;
        if self.proof.has_region() {
            CredentialScope::new(&self.date, region, service)
        } else {
            CredentialScope::without_region(&self.date, service)
        }
    }

    fn string_to_sign(&self, digest: [u8; 32]) -> StringToSign<'_> {
        StringToSign { algorithm: self.proof.algorithm(), date: &self.date, scope: self.scope(), digest }
    }

    pub(super) fn refuse(&self, reason: Reason) -> Rejection {
        let dialect = self.config.dialect(Some(&self.served.service));
        Rejection::new(reason, Wording { dialect, form: self.form })
    }

    /// The canonical request that ends in `last_line`, and its string to sign, where these may be told.
    fn told(&self, last_line: &str) -> Option<Box<Told>> {
        let mut canonical_request = self.text.clone()?;
        canonical_request.put(last_line.as_bytes());
        let string_to_sign = self.string_to_sign(sha256(&canonical_request)).to_text();
        Some(Box::new(Told {
            canonical_request,
            string_to_sign,
            access_key_id: self.access_key_id.clone(),
            signature: self.proof.to_text(),
        }))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope().to_string())
            .field("form", &self.form)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// A request whose head is verified, or that has to show its body first. What is left to check is the body.
#[must_use = "the body is not verified"]
pub struct SignedHead {
    claim: Claim,
    key: Key,
}

impl SignedHead {
    fn new(mut claim: Claim, key: Key) -> Result<Self, Rejection> {
        if let Some(line) = claim.payload.line() {
            check_signature(&mut claim, &key, &line)?;
        }
        Ok(Self { claim, key })
    }

    /// What the request says of its body: whether it has to be read whole.
    pub fn payload(&self) -> &PayloadClaim {
        &self.claim.payload
    }

    /// Checks the body: that of [`Payload::bytes`], or its hash as [`Payload::precomputed`]. Where the signature
    /// does not cover the body (see [`PayloadClaim::needs_body`]) `payload` is not looked at.
    pub fn check_body(mut self, payload: Payload<'_>) -> Result<Verified, Rejection> {
        if self.claim.payload.needs_body() {
            if !payload.is_plain_hash() {
                let error = Error::new(
                    ErrorKind::Payload,
                    "a verifier needs the body or its SHA-256: give Payload::bytes or Payload::precomputed",
                );
                return Err(self.refuse(Reason::Internal(error)));
            }
            let computed = match payload.hash() {
                Ok(hash) => hash.as_str().to_owned(),
                Err(error) => return Err(self.refuse(Reason::Internal(error))),
            };
            match self.claim.payload.line() {
                None => check_signature(&mut self.claim, &self.key, &computed)?,
                Some(claimed) if claimed != computed => {
                    let told = self.claim.told(&computed);
                    return Err(self.refuse(Reason::BodyMismatch { claimed, computed, told }));
                }
                Some(_) => {}
            }
        }
        Ok(self.verified())
    }

    pub(super) fn refuse(&self, reason: Reason) -> Rejection {
        self.claim.refuse(reason)
    }

    /// What the signatures of the parts of a streamed body are chained to. Those of SigV4a are not taken.
    pub(super) fn seed(&self) -> Option<StreamSeed> {
        let Served { service, region } = &self.claim.served;
        match (&self.claim.proof, &self.key) {
            (Proof::V4(signature), Key::V4(key)) => Some(StreamSeed {
                signature: Hex::of(signature),
                key: key.clone(),
                date: self.claim.date,
                service: service.clone(),
                region: region.clone(),
            }),
            #[cfg(feature = "sigv4a")]
            _ => None,
        }
    }

    fn verified(self) -> Verified {
        let is_stream = matches!(self.claim.payload, PayloadClaim::Streaming(_));
        let stream = if is_stream { self.seed() } else { None };
        let claim = self.claim;
        let Served { service, region } = claim.served;
        Verified(Arc::new(Inner {
            access_key_id: claim.access_key_id,
            service,
            region,
            date: claim.date,
            form: claim.form,
            lifetime: claim.lifetime,
            signed_headers: claim.signed_headers,
            payload: claim.payload,
            stream,
        }))
    }
}

impl fmt::Debug for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignedHead").field(&self.claim).finish()
    }
}

/// Checks the signature, in constant time, over the canonical request that ends in `last_line`.
fn check_signature(claim: &mut Claim, key: &Key, last_line: &str) -> Result<(), Rejection> {
    claim.hashed.put(last_line.as_bytes());
    let digest = claim.hashed.finish();
    let string_to_sign = claim.string_to_sign(digest).bytes();
    if key.verify(&string_to_sign, &claim.proof) {
        Ok(())
    } else {
        Err(claim.refuse(Reason::SignatureMismatch(claim.told(last_line))))
    }
}
