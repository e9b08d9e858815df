//! HMAC-SHA256 (RFC 2104) with a key that is used again and again.

use sha2::block_api::compress256;
use zeroize::{Zeroize, Zeroizing};

use super::sha256;
use crate::canonical::{BLOCK, HashSink, INITIAL, to_digest};

/// A key, as the two states that SHA-256 has once it took the padded key: every message begins at one of them, which
/// saves two compressions each. Wiped from memory when dropped.
#[derive(Clone)]
pub(crate) struct HmacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl HmacKey {
    /// Of a key of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => block[..32].copy_from_slice(&Zeroizing::new(sha256(key))[..]),
        }
        Self { inner: after(&block, 0x36), outer: after(&block, 0x5c) }
    }

    /// The MAC, raw, of the message that `put` writes.
    pub(crate) fn mac(&self, put: impl FnOnce(&mut HashSink)) -> [u8; 32] {
        let mut message = HashSink::after(self.inner, BLOCK);
        put(&mut message);
        // The outer message is one block: the inner digest, and the padding for 64 + 32 bytes.
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&message.finish());
        block[32] = 0x80;
        block[BLOCK - 2..].copy_from_slice(&((64 + 32) * 8u16).to_be_bytes());
        let mut state = self.outer;
        compress256(&mut state, std::slice::from_ref(&block));
        to_digest(state)
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The state after the key, each byte of which is changed by `pad`.
fn after(key: &[u8; BLOCK], pad: u8) -> [u32; 8] {
    let block = Zeroizing::new(key.map(|byte| byte ^ pad));
    let mut state = INITIAL;
    compress256(&mut state, std::slice::from_ref(&*block));
    state
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;
    use crate::canonical::Sink;

    #[test]
    fn agrees_with_the_hmac_crate_for_keys_and_messages_of_every_length() {
        let bytes: Vec<u8> = (0..200u8).collect();
        for key in [0, 1, 32, 44, 63, 64, 65, 128, 200] {
            let ours = HmacKey::new(&bytes[..key]);
            for message in 0..bytes.len() {
                let mut theirs = Hmac::<Sha256>::new_from_slice(&bytes[..key]).unwrap();
                theirs.update(&bytes[..message]);
                let theirs = theirs.finalize().into_bytes();
                assert_eq!(ours.mac(|sink| sink.put(&bytes[..message]))[..], theirs[..], "{key}, {message}");
            }
        }
    }
}
