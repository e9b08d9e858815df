//! Where a canonical form goes: into a hash, or into text. The code that writes it is the same.

use sha2::digest::consts::U32;
use sha2::digest::{FixedOutput, Update};
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
pub(crate) type HashSink = Gathered<Sha256>;

/// Gathers pieces for a hash, or for a MAC that begins with one.
#[derive(Clone)]
pub(crate) struct Gathered<H> {
    hash: H,
    gathered: [u8; GATHERED],
    len: usize,
}

/// So much is hashed at once: four blocks.
const GATHERED: usize = 256;

impl HashSink {
    pub(crate) fn new() -> Self {
        Self::of(Sha256::new())
    }
}

impl<H: Update + FixedOutput<OutputSize = U32>> Gathered<H> {
    /// Goes on where `hash` stands.
    pub(crate) fn of(hash: H) -> Self {
        Self { hash, gathered: [0; GATHERED], len: 0 }
    }

    /// The digest.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.hash.update(&self.gathered[..self.len]);
        self.hash.finalize_fixed().into()
    }

    /// Takes more than there is room for. What is handed on is full, so that the hash finds whole blocks and keeps
    /// none of them back.
    fn overflow(&mut self, mut bytes: &[u8]) {
        while self.len + bytes.len() >= GATHERED {
            let (now, later) = bytes.split_at(GATHERED - self.len);
            self.gathered[self.len..].copy_from_slice(now);
            self.hash.update(&self.gathered);
            self.len = 0;
            bytes = later;
        }
        self.gathered[..bytes.len()].copy_from_slice(bytes);
        self.len = bytes.len();
    }
}

impl<H: Update + FixedOutput<OutputSize = U32>> Sink for Gathered<H> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if end >= GATHERED {
            return self.overflow(bytes);
        }
        copy_short(&mut self.gathered[self.len..end], bytes);
        self.len = end;
    }
}

/// Copies between slices of one length. Most are short, and for those a call would take longer than the copy: up to
/// 32 bytes, the first and the last few are copied, which may overlap.
#[inline]
fn copy_short(to: &mut [u8], from: &[u8]) {
    #[inline]
    fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
        if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
            *to = *from;
        }
        if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
            *to = *from;
        }
    }
    match from.len() {
        0 => {}
        1 => to[0] = from[0],
        2..4 => ends::<2>(to, from),
        4..8 => ends::<4>(to, from),
        8..16 => ends::<8>(to, from),
        16..=32 => ends::<16>(to, from),
        _ => to.copy_from_slice(from),
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
    }

    #[test]
    fn pads_messages_of_every_length() {
        for length in 0..1300 {
            let data = vec![0xa5; length];
            let mut sink = HashSink::new();
            sink.put(&data);
            assert_eq!(sink.finish()[..], Sha256::digest(&data)[..], "{length} bytes");
        }
    }
}
