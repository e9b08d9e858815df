//! Where a canonical form goes: into a hash, or into text. The code that writes it is the same.

use sha2::block_api::compress256;

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

/// A SHA-256 that takes many small pieces cheaply: they are gathered on the stack, and compressed when that is full. The
/// message is padded where it stands, so that nothing is copied twice.
#[derive(Clone)]
pub(crate) struct HashSink {
    state: [u32; 8],
    gathered: [u8; GATHERED + BLOCK],
    len: usize,
    /// In bytes: what was compressed before.
    compressed: usize,
}

/// SHA-256 works on blocks of so many bytes.
pub(crate) const BLOCK: usize = 64;

/// So much is compressed at once. There is always room for the padding after it.
const GATHERED: usize = 4 * BLOCK;

/// The state before the first block (FIPS 180-4 section 5.3.3).
pub(crate) const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

impl HashSink {
    pub(crate) fn new() -> Self {
        Self::after(INITIAL, 0)
    }

    /// Goes on where `compressed` bytes, whole blocks, have led to `state`.
    pub(crate) fn after(state: [u32; 8], compressed: usize) -> Self {
        Self { state, gathered: [0; GATHERED + BLOCK], len: 0, compressed }
    }

    /// The digest. To be called once, after the last [`put`](Sink::put).
    pub(crate) fn finish(&mut self) -> [u8; 32] {
        let bits = (self.compressed + self.len) as u64 * 8;
        self.gathered[self.len] = 0x80;
        // The padding: a one, zeros, and the length in the last 8 bytes of a block (FIPS 180-4 section 5.1.1).
        let end = (self.len + 1 + 8).next_multiple_of(BLOCK);
        self.gathered[self.len + 1..end - 8].fill(0);
        self.gathered[end - 8..end].copy_from_slice(&bits.to_be_bytes());
        self.compress(end);
        to_digest(self.state)
    }

    fn compress(&mut self, end: usize) {
        compress256(&mut self.state, self.gathered[..end].as_chunks().0);
    }

    /// Takes more than there is room for.
    fn overflow(&mut self, mut bytes: &[u8]) {
        while self.len + bytes.len() >= GATHERED {
            let (now, later) = bytes.split_at(GATHERED - self.len);
            self.gathered[self.len..GATHERED].copy_from_slice(now);
            self.compress(GATHERED);
            self.compressed += GATHERED;
            self.len = 0;
            bytes = later;
        }
        self.gathered[..bytes.len()].copy_from_slice(bytes);
        self.len = bytes.len();
    }
}

impl Sink for HashSink {
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

/// The bytes of a state after the last block.
pub(crate) fn to_digest(state: [u32; 8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
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
    use sha2::{Digest, Sha256};

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
