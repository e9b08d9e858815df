//! Step 3 of the specification: the signing key, derived once and remembered.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, Guard};
use smallvec::SmallVec;
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
        RootKey::new(secret_access_key).derive(date, region, service)
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

/// `"AWS4" + secret`, the key that all signing keys of a secret are derived from, as ready states: two compressions less for each.
struct RootKey(HmacKey);

impl RootKey {
    fn new(secret_access_key: &str) -> Self {
        let mut key = Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
        key.extend_from_slice(b"AWS4");
        key.extend_from_slice(secret_access_key.as_bytes());
        Self(HmacKey::new(&key))
    }

    /// See [`SigningKey::derive`].
    fn derive(&self, date: &str, region: &str, service: &str) -> SigningKey {
        let mut key = Zeroizing::new(self.0.mac(date.as_bytes()));
        for part in [region, service, TERMINATOR] {
            *key = HmacKey::new(&key[..]).into_mac(part.as_bytes());
        }
        SigningKey(HmacKey::new(&key[..]))
    }
}

/// The signing keys derived from one secret so far, newest first.
///
/// Reading takes no lock and counts no reference. A client uses few (region, service) pairs; past
/// `KEPT` the oldest is forgotten and would be derived again. So is what was derived for another day, but for the days
/// next to it: clocks differ.
#[derive(Default)]
pub(crate) struct KeyMemo {
    /// In a block of its own: room for it in here would be filled, while there is none, with what lies on the stack.
    root: OnceLock<Box<RootKey>>,
    entries: ArcSwap<Entries>,
}

/// Most clients sign for a service or two, today.
type Entries = SmallVec<[Arc<Entry>; 4]>;

const KEPT: usize = 16;

struct Entry {
    day: i64,
    /// The scope of the key, written, in which region and service stand.
    scope: Box<str>,
    region: Range<usize>,
    service: Range<usize>,
    key: SigningKey,
    /// Whether region and service can stand in a scope.
    is_sound: bool,
}

/// A remembered key, borrowed from the memo.
pub(crate) struct Remembered {
    entries: Guard<Arc<Entries>>,
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
        let entries = self.entries.load();
        if let Some(at) = entries.iter().position(|entry| entry.is_for(date, region, service)) {
            return Remembered { entries, at };
        }
        // Of two that derive at once, the later store wins: both keys are right, one is derived again some day.
        let root = self.root.get_or_init(|| Box::new(RootKey::new(secret)));
        let entry = Arc::new(Entry::derive(root, date, region, service));
        let others = entries
            .iter()
            .filter(|other| other.day.abs_diff(date.day()) <= 1 && !other.is_for(date, region, service));
        let next = Arc::new([entry].into_iter().chain(others.take(KEPT - 1).cloned()).collect::<Entries>());
        self.entries.store(Arc::clone(&next));
        Remembered { entries: Guard::from_inner(next), at: 0 }
    }
}

impl Entry {
    fn derive(root: &RootKey, date: &AmzDate, region: &str, service: &str) -> Self {
        let day = date.date();
        let key = root.derive(day, region, service);
        let is_sound = check_part("region", region).and(check_part("service", service)).is_ok();
        let mut scope =
            String::with_capacity(day.len() + region.len() + service.len() + TERMINATOR.len() + 3);
        CredentialScope { date: day, region: Some(region), service }.write(|part| scope.push_str(part));
        let region = day.len() + 1..day.len() + 1 + region.len();
        let service = region.end + 1..region.end + 1 + service.len();
        Self { day: date.day(), scope: scope.into(), region, service, key, is_sound }
    }

    fn is_for(&self, date: &AmzDate, region: &str, service: &str) -> bool {
        let part = |range: &Range<usize>| &self.scope[range.clone()];
        self.scope.as_bytes().starts_with(&date.as_bytes()[..8])
            && part(&self.region) == region
            && part(&self.service) == service
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> AmzDate {
        AmzDate::parse(text).unwrap()
    }

    #[test]
    fn keys_are_remembered_with_their_scopes() {
        let memo = KeyMemo::default();
        let today = date("20150830T123600Z");
        for (region, service) in [("us-east-1", "iam"), ("us-east-1", "s3"), ("", "s3"), ("ü/", "s 3")] {
            for _ in 0..2 {
                let key = memo.get("secret", &today, region, service);
                assert_eq!(key.scope(), CredentialScope::new(&today, region, service).to_string());
                assert_eq!(key.is_sound(), region == "us-east-1");
                let fresh = SigningKey::derive("secret", "20150830", region, service);
                assert_eq!(key.sign(b"text"), fresh.sign(b"text"));
            }
        }
        assert_eq!(memo.entries.load().len(), 4);
    }

    #[test]
    fn other_days_are_forgotten_but_the_next_ones() {
        let memo = KeyMemo::default();
        let days = ["20150828T000000Z", "20150829T000000Z", "20150830T235959Z", "20150829T120000Z"];
        let kept: Vec<_> = days
            .iter()
            .map(|day| {
                memo.get("secret", &date(day), "us-east-1", "s3");
                memo.entries
                    .load()
                    .iter()
                    .map(|entry| entry.scope[6..8].to_owned())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(kept, ["28", "29 28", "30 29", "30 29"]);
        for service in 0..40 {
            memo.get("secret", &date(days[0]), "us-east-1", &service.to_string());
        }
        assert_eq!(memo.entries.load().len(), KEPT);
    }
}
