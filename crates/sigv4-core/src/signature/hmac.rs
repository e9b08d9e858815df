//! HMAC-SHA256 with a key that is used again and again.

use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::CtOutput;
use sha2::Sha256;

use crate::blocks;

type Core = HmacCore<Sha256>;

/// A key, as the two states that SHA-256 has once it took the padded key: every message begins at one of them, which
/// saves two compressions each. Wiped from memory when dropped.
#[derive(Clone)]
pub(crate) struct HmacKey(Core);

impl HmacKey {
    /// Of a key of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Core::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length")))
    }

    /// The MAC, raw. A message is handed over whole: to hash it in pieces takes longer.
    #[inline]
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        blocks::finish(&mut self.0.clone(), message).into()
    }

    /// The MAC of the only message that this key is for.
    #[inline]
    pub(crate) fn into_mac(mut self, message: &[u8]) -> [u8; 32] {
        blocks::finish(&mut self.0, message).into()
    }

    /// Whether `mac` is that of `message`. Takes the same time wherever they differ.
    pub(crate) fn verify(&self, message: &[u8], mac: &[u8; 32]) -> bool {
        CtOutput::<Core>::new(self.mac(message).into()) == CtOutput::new((*mac).into())
    }
}
