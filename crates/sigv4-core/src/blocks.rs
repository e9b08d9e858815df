//! Hashes and MACs by their blocks.
//!
//! `Sha256` and `Hmac` gather what they take in a buffer of their own, are moved to be finished, and wiped to begin anew. Where a
//! message is at hand already, that takes as long as one of its blocks.

use hmac::digest::Output;
use hmac::digest::array::Array;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};

/// Takes the whole blocks of `bytes`, and returns how many bytes those were.
#[inline]
pub(crate) fn take_blocks<C: UpdateCore>(core: &mut C, bytes: &[u8]) -> usize {
    let (blocks, rest) = Array::slice_as_chunks(bytes);
    core.update_blocks(blocks);
    bytes.len() - rest.len()
}

/// The digest, once `core` took the rest of its message too. What it is left with is of no use.
#[inline]
pub(crate) fn finish<C: FixedOutputCore>(core: &mut C, rest: &[u8]) -> Output<C> {
    // Not wiped: it holds the end of the message, then an inner hash, and neither tells of a key.
    let mut buffer = Buffer::<C>::default();
    buffer.digest_blocks(rest, |blocks| core.update_blocks(blocks));
    let mut digest = Output::<C>::default();
    core.finalize_fixed_core(&mut buffer, &mut digest);
    digest
}
