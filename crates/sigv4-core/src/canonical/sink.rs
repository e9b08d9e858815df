//! Where a canonical form goes: into a hash, or into text. The code that writes it is the same.

use sha2::Sha256;
use sha2::digest::block_api::EagerHash;
use zeroize::optimization_barrier;

use crate::blocks;

/// Takes bytes in order.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes pieces that follow one another.
    fn put_all<const N: usize>(&mut self, pieces: [&[u8]; N]) {
        pieces.iter().for_each(|piece| self.put(piece));
    }
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

/// Memory that is there already, and long enough: short pieces are copied there the fastest. What is left of it.
pub(crate) struct Room<'a>(pub(crate) &'a mut [u8]);

impl Sink for Room<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.put_all([bytes]);
    }

    #[inline(always)]
    fn put_all<const N: usize>(&mut self, pieces: [&[u8]; N]) {
        self.0 = put_short(std::mem::take(&mut self.0), pieces);
    }
}

/// A SHA-256 that takes many small pieces cheaply: they are gathered on the stack, and hashed from there.
///
/// Each round of a hash waits for the one before it, and leaves the processor time for other work: what is put next is written while
/// blocks before it are hashed. So they are not left for the end, but hashed a block behind what is put. (Not at once: what was just
/// written in small pieces cannot be read in large ones for a while.)
#[derive(Clone)]
pub(crate) struct HashSink {
    hash: <Sha256 as EagerHash>::Core,
    gathered: [u8; GATHERED],
    len: usize,
    /// How much of it is hashed, in whole blocks.
    hashed: usize,
    /// Whether it is wiped in the end.
    is_hidden: bool,
}

const BLOCK: usize = 64;

/// Room for eight blocks, which most requests fit in.
const GATHERED: usize = 8 * BLOCK;

impl HashSink {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { hash: Default::default(), gathered: [0; GATHERED], len: 0, hashed: 0, is_hidden: false }
    }

    /// Says that there is a token in what is put, of which no trace is to stay on the stack: what is built there later may be moved to
    /// the heap with all that lies between its fields.
    pub(crate) fn hide(&mut self) {
        self.is_hidden = true;
    }

    /// The digest of what was put. Once, and nothing can be put any more. (Not by value: to move all this takes longer than a block.)
    #[inline]
    pub(crate) fn finish(&mut self) -> [u8; 32] {
        debug_assert!(!self.is_finished(), "finished twice");
        let digest = blocks::finish(&mut self.hash, &self.gathered[self.hashed..self.len]).into();
        self.len = usize::MAX;
        digest
    }

    /// Hashes all whole blocks.
    #[inline(never)]
    pub(crate) fn catch_up(&mut self) {
        self.hashed += blocks::take_blocks(&mut self.hash, &self.gathered[self.hashed..self.len]);
    }

    fn is_finished(&self) -> bool {
        self.len == usize::MAX
    }

    /// Hashes the blocks that are full, but for the last.
    #[inline(never)]
    fn hash_behind(&mut self) {
        let behind = self.hashed..self.len - BLOCK;
        self.hashed += blocks::take_blocks(&mut self.hash, &self.gathered[behind]);
    }

    /// The memory in which pieces are gathered, to be used for something else once all are hashed.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        debug_assert!(self.is_finished(), "gathered, and not hashed yet");
        &mut self.gathered
    }

    /// Takes what there may be no room for.
    #[cold]
    #[inline(never)]
    fn overflow(&mut self, pieces: &[&[u8]]) {
        pieces.iter().for_each(|piece| self.put_long(piece));
    }

    /// After the block that was begun, its blocks are hashed where they are.
    fn put_long(&mut self, bytes: &[u8]) {
        let lacking = self.len.next_multiple_of(BLOCK) - self.len;
        let (now, later) = bytes.split_at(lacking.min(bytes.len()));
        self.gathered[self.len..][..now.len()].copy_from_slice(now);
        self.len += now.len();
        self.hashed += blocks::take_blocks(&mut self.hash, &self.gathered[self.hashed..self.len]);
        if self.hashed == self.len {
            let rest = &later[blocks::take_blocks(&mut self.hash, later)..];
            self.gathered[..rest.len()].copy_from_slice(rest);
            (self.len, self.hashed) = (rest.len(), 0);
        }
    }
}

impl Drop for HashSink {
    #[inline]
    fn drop(&mut self) {
        if self.is_hidden {
            // At once, where `Zeroize` would take byte after byte.
            self.gathered.fill(0);
            optimization_barrier(&self.gathered);
        }
    }
}

impl Sink for HashSink {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.put_all([bytes]);
    }

    #[inline(always)]
    fn put_all<const N: usize>(&mut self, pieces: [&[u8]; N]) {
        let end = self.len + pieces.iter().map(|piece| piece.len()).sum::<usize>();
        if end >= GATHERED {
            // A copy: they stand in memory in this case only.
            return self.overflow(&{ pieces });
        }
        put_short(&mut self.gathered[self.len..end], pieces);
        self.len = end;
        if self.len - self.hashed >= 2 * BLOCK {
            self.hash_behind();
        }
    }
}

/// Text on the stack, or on the heap once it is longer than `N` bytes.
pub(crate) struct Text<const N: usize> {
    short: [u8; N],
    len: usize,
    /// All of it, if it is long.
    long: Option<Vec<u8>>,
}

impl<const N: usize> Text<N> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { short: [0; N], len: 0, long: None }
    }

    /// It, where it is made of text alone.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.long.as_deref().unwrap_or(&self.short[..self.len])
    }

    #[cold]
    #[inline(never)]
    fn overflow(&mut self, pieces: &[&[u8]]) {
        let short = &self.short[..self.len];
        let long = self.long.get_or_insert_with(|| short.to_vec());
        pieces.iter().for_each(|piece| long.extend_from_slice(piece));
        // Nothing fits any more.
        self.len = N;
    }
}

impl<const N: usize> std::fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

impl<const N: usize> Sink for Text<N> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.put_all([bytes]);
    }

    #[inline]
    fn put_all<const M: usize>(&mut self, pieces: [&[u8]; M]) {
        let end = self.len + pieces.iter().map(|piece| piece.len()).sum::<usize>();
        if end >= N {
            // A copy: they stand in memory in this case only.
            return self.overflow(&{ pieces });
        }
        put_short(&mut self.short[self.len..end], pieces);
        self.len = end;
    }
}

/// Copies pieces to the start of `room`, which is long enough, and returns the rest of it.
#[inline(always)]
fn put_short<'a, const N: usize>(mut room: &'a mut [u8], pieces: [&[u8]; N]) -> &'a mut [u8] {
    for piece in pieces {
        let (now, later) = room.split_at_mut(piece.len());
        copy_short(now, piece);
        room = later;
    }
    room
}

/// Copies between slices of one length. Most are short, and for those a call would take longer than the copy: up to
/// 64 bytes, the first and the last few are copied, which may overlap.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    // The most common lengths first.
    match from.len() {
        8..=16 => ends::<8>(to, from),
        17..=32 => ends::<16>(to, from),
        33..=64 => ends::<32>(to, from),
        1 => to[0] = from[0],
        _ => copy_others(to, from),
    }
}

/// Copies the first and the last `N` bytes.
#[inline(always)]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        *to = *from;
    }
}

/// As [`copy_short`], of other lengths. In one place, so that the code of many copies stays small.
#[inline(never)]
fn copy_others(to: &mut [u8], from: &[u8]) {
    match from.len() {
        4..8 => ends::<4>(to, from),
        2..4 => ends::<2>(to, from),
        _ => to.copy_from_slice(from),
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

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
    fn hashes_messages_of_every_length() {
        for length in 0..1300 {
            let mut sink = HashSink::new();
            let data = vec![0xa5; length];
            sink.put(&data);
            assert_eq!(sink.finish()[..], Sha256::digest(&data)[..], "{length} bytes");
        }
    }

    #[test]
    fn hashes_long_pieces_after_any_start() {
        let data: Vec<u8> = (0..2000u32).map(|n| n as u8).collect();
        for first in 0..600 {
            for second in [0, 1, 63, 64, 65, 447, 448, 449, 511, 512, 513, 1300] {
                let (message, rest) = (&data[..first + second + 60], &data[first + second..][..60]);
                let mut sink = HashSink::new();
                sink.put_all([&data[..first / 2], &data[first / 2..first]]);
                sink.put_all([&data[first..first + second], &rest[..30], &rest[30..]]);
                assert_eq!(sink.finish()[..], Sha256::digest(message)[..], "{first} and {second} bytes");
            }
        }
    }

    #[test]
    fn text_is_the_same_wherever_it_stands() {
        let data: Vec<u8> = (0..200).collect();
        for first in 0..data.len() {
            let mut text = Text::<100>::new();
            let (start, rest) = data.split_at(first);
            text.put(start);
            assert_eq!(text.as_bytes(), start);
            text.put_all([b"", &rest[..rest.len() / 2], &rest[rest.len() / 2..], b""]);
            assert_eq!(text.as_bytes(), data);
            text.put(b"");
            assert_eq!(text.as_bytes(), data);
        }
    }

    #[test]
    fn copies_of_every_length() {
        let data: Vec<u8> = (0..100).collect();
        for length in 0..data.len() {
            let mut to = vec![0xff; length];
            copy_short(&mut to, &data[..length]);
            assert_eq!(to, data[..length]);
        }
    }
}
