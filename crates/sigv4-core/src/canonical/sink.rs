//! Where a canonical form goes: into a hash, or into text. The code that writes it is the same.

use sha2::{Digest, Sha256};

/// Takes bytes in order.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl<A: smallvec::Array<Item = u8>> Sink for smallvec::SmallVec<A> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A SHA-256 that takes many small pieces cheaply: they are gathered on the stack, and hashed when that is full.
pub(crate) struct HashSink {
    gathered: [u8; GATHERED],
    len: usize,
    hash: Sha256,
}

/// A multiple of SHA-256's block of 64 bytes, so that the hash copies nothing into a buffer of its own.
const GATHERED: usize = 512;

impl HashSink {
    pub(crate) fn new() -> Self {
        Self { gathered: [0; GATHERED], len: 0, hash: Sha256::new() }
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.hash.update(&self.gathered[..self.len]);
        self.hash.finalize().into()
    }
}

impl Sink for HashSink {
    fn put(&mut self, mut bytes: &[u8]) {
        loop {
            let room = &mut self.gathered[self.len..];
            if bytes.len() < room.len() {
                room[..bytes.len()].copy_from_slice(bytes);
                self.len += bytes.len();
                return;
            }
            let (now, later) = bytes.split_at(room.len());
            room.copy_from_slice(now);
            self.hash.update(self.gathered);
            self.len = 0;
            bytes = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_the_same_whatever_the_pieces() {
        let data: Vec<u8> = (0..2000u32).map(|n| n as u8).collect();
        for size in [1, 7, 63, 64, 511, 512, 513, 1999, 2000] {
            let mut sink = HashSink::new();
            data.chunks(size).for_each(|piece| sink.put(piece));
            assert_eq!(sink.finish()[..], Sha256::digest(&data)[..], "pieces of {size}");
        }
        assert_eq!(HashSink::new().finish()[..], Sha256::digest(b"")[..]);
    }
}
