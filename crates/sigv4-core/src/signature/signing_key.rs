//! Step 3 of the specification: the signing key, derived once and remembered.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use zeroize::Zeroizing;

use super::hmac::HmacKey;
use super::scope::{CredentialScope, TERMINATOR, check_part};
use crate::clock::AmzDate;

/// The key derived from a secret access key for one date, region and service.
///
/// Kept as the ready inner and outer states of its HMAC, which saves two compressions per signature.
/// Wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(HmacKey);

impl SigningKey {
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`, each digest the raw
    /// 32 bytes. `date` is `YYYYMMDD`.
    pub fn derive(secret_access_key: &str, date: &str, region: &str, service: &str) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret_access_key.as_bytes());
        let mut key = HmacKey::new(&first);
        for part in [date, region, service, TERMINATOR] {
            key = HmacKey::new(&Zeroizing::new(key.mac(part.as_bytes()))[..]);
        }
        Self(key)
    }

    /// `HMAC-SHA256(key, message)`, raw. For a signature, the message is the string to sign and the result is
    /// written in lower-case hex.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.0.mac(message)
    }

    /// Whether `signature` (raw) is that of `message`. Takes the same time wherever they differ.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 32]) -> bool {
        self.0.verify(message, signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(<redacted>)")
    }
}

/// The signing keys derived from one secret so far, newest first.
///
/// Reading takes no lock and counts no reference. A client uses few (region, service) pairs; past
/// `KEPT` the oldest is forgotten and would be derived again.
#[derive(Default)]
pub(crate) struct KeyMemo(ArcSwap<Vec<Arc<Entry>>>);

const KEPT: usize = 16;

struct Entry {
    day: i64,
    region: Box<str>,
    service: Box<str>,
    key: SigningKey,
    /// The scope of the key, written.
    scope: Box<str>,
    /// Whether region and service can stand in a scope.
    is_sound: bool,
}

/// A remembered key, borrowed from the memo.
pub(crate) struct Remembered {
    entries: Guard<Arc<Vec<Arc<Entry>>>>,
    at: usize,
}

impl Remembered {
    /// The credential scope for which the key was derived.
    pub(crate) fn scope(&self) -> &str {
        &self.entries[self.at].scope
    }

    /// Whether [`check_part`](super::scope::check_part) has nothing to say of its region and service: it was asked when the key
    /// was derived.
    pub(crate) fn is_sound(&self) -> bool {
        self.entries[self.at].is_sound
    }
}

impl std::ops::Deref for Remembered {
    type Target = SigningKey;

    fn deref(&self) -> &SigningKey {
        &self.entries[self.at].key
    }
}

impl KeyMemo {
    /// The key for this date, region and service, derived from `secret` if it is not remembered.
    pub(crate) fn get(&self, secret: &str, date: &AmzDate, region: &str, service: &str) -> Remembered {
        let day = date.day();
        let wanted =
            |entry: &Arc<Entry>| entry.day == day && *entry.region == *region && *entry.service == *service;
        let entries = self.0.load();
        if let Some(at) = entries.iter().position(wanted) {
            return Remembered { entries, at };
        }
        let entry = Arc::new(Entry::derive(secret, date, region, service));
        // Of two that derive at once, the later store wins: both keys are right, one is derived again some day.
        let mut next = Vec::with_capacity(KEPT);
        next.push(Arc::clone(&entry));
        next.extend(entries.iter().filter(|entry| !wanted(entry)).take(KEPT - 1).cloned());
        let next = Arc::new(next);
        self.0.store(Arc::clone(&next));
        Remembered { entries: Guard::from_inner(next), at: 0 }
    }
}

impl Entry {
    fn derive(secret: &str, date: &AmzDate, region: &str, service: &str) -> Self {
        Self {
            day: date.day(),
            region: region.into(),
            service: service.into(),
            key: SigningKey::derive(secret, date.date(), region, service),
            scope: CredentialScope::new(date, region, service).to_string().into(),
            is_sound: check_part("region", region).and(check_part("service", service)).is_ok(),
        }
    }
}
