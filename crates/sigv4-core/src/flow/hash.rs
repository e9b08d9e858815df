//! Hashing large bodies without holding up a runtime's thread.

use std::future::poll_fn;
use std::task::Poll;

use sha2::{Digest, Sha256};

/// Bodies of up to this many bytes are hashed at once: some hundred microseconds at most.
pub const HASHED_AT_ONCE: usize = 256 * 1024;

/// SHA-256 of `bytes`, raw. After each slice of [`HASHED_AT_ONCE`] bytes the task yields, so that no poll takes long.
pub async fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (at, slice) in bytes.chunks(HASHED_AT_ONCE).enumerate() {
        if at > 0 {
            yield_once().await;
        }
        hash.update(slice);
    }
    hash.finalize().into()
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
