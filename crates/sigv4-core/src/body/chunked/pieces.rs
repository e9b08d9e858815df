//! Bytes held back, in the pieces they came in.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Pieces shorter than this are copied together: keeping each would cost more than its bytes.
const SMALL: usize = 1024;

/// A queue of bytes that copies only what comes in crumbs.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    queue: VecDeque<Bytes>,
    crumbs: BytesMut,
    len: usize,
}

impl Pieces {
    /// Adds to the end.
    pub(super) fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        if piece.len() < SMALL {
            self.crumbs.extend_from_slice(&piece);
        } else {
            self.sweep();
            self.queue.push_back(piece);
        }
    }

    /// The number of bytes held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes all pieces, in order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Bytes> {
        self.sweep();
        self.len = 0;
        self.queue.drain(..)
    }

    fn sweep(&mut self) {
        if !self.crumbs.is_empty() {
            self.queue.push_back(self.crumbs.split().freeze());
        }
    }
}
