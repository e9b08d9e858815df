//! Where a canonical form goes: into a hash, or into text. The code that writes it is the same.

use sha2::{Digest, Sha256};

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

/// A SHA-256 that takes many small pieces cheaply: they are gathered on the stack, and hashed when that is full.
#[derive(Clone)]
pub(crate) struct HashSink {
    hash: Sha256,
    gathered: [u8; GATHERED],
    len: usize,
}

/// So much is hashed at once: eight blocks, which most requests fit in.
const GATHERED: usize = 512;

impl HashSink {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { hash: Sha256::new(), gathered: [0; GATHERED], len: 0 }
    }

    /// The digest of what was put so far; what comes next begins anew. (In place: to move all this takes longer than a block.)
    #[inline]
    pub(crate) fn finish(&mut self) -> [u8; 32] {
        let gathered = &self.gathered[..std::mem::take(&mut self.len)];
        Digest::update(&mut self.hash, gathered);
        self.hash.finalize_reset().into()
    }

    /// The memory in which pieces are gathered, to be used for something else once all are hashed.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        debug_assert_eq!(self.len, 0, "gathered, and not hashed yet");
        &mut self.gathered
    }

    /// Takes more than there is room for. What is handed on is full, so that the hash finds whole blocks and keeps
    /// none of them back.
    fn overflow(&mut self, mut bytes: &[u8]) {
        while self.len + bytes.len() >= GATHERED {
            let (now, later) = bytes.split_at(GATHERED - self.len);
            self.gathered[self.len..].copy_from_slice(now);
            Digest::update(&mut self.hash, self.gathered);
            self.len = 0;
            bytes = later;
        }
        self.gathered[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
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
            return pieces.iter().for_each(|piece| self.overflow(piece));
        }
        put_short(&mut self.gathered[self.len..end], pieces);
        self.len = end;
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
    fn overflow(&mut self, bytes: &[u8]) {
        let short = &self.short[..self.len];
        self.long.get_or_insert_with(|| short.to_vec()).extend_from_slice(bytes);
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
            return pieces.iter().for_each(|piece| self.overflow(piece));
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
    #[inline(always)]
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
        16..32 => ends::<16>(to, from),
        32..=64 => ends::<32>(to, from),
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
    fn hashes_messages_of_every_length() {
        let mut sink = HashSink::new();
        for length in 0..1300 {
            let data = vec![0xa5; length];
            sink.put(&data);
            assert_eq!(sink.finish()[..], Sha256::digest(&data)[..], "{length} bytes");
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
