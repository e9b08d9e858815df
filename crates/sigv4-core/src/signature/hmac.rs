//! HMAC-SHA256 with a key that is used again and again.

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use crate::canonical::Gathered;

/// A key, as the two states that SHA-256 has once it took the padded key: every message begins at one of them, which
/// saves two compressions each. Wiped from memory when dropped.
#[derive(Clone)]
pub(crate) struct HmacKey(Hmac<Sha256>);

/// A message on its way into a MAC.
pub(crate) type MacSink = Gathered<Hmac<Sha256>>;

impl HmacKey {
    /// Of a key of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length")))
    }

    /// The MAC, raw, of the message that `put` writes.
    pub(crate) fn mac(&self, put: impl FnOnce(&mut MacSink)) -> [u8; 32] {
        let mut message = MacSink::of(self.0.clone());
        put(&mut message);
        message.finish()
    }

    /// Whether `mac` is that of `message`. Takes the same time wherever they differ.
    pub(crate) fn verify(&self, message: &[u8], mac: &[u8; 32]) -> bool {
        let mut hmac = self.0.clone();
        hmac::Mac::update(&mut hmac, message);
        hmac::Mac::verify_slice(hmac, mac).is_ok()
    }
}
