//! What may go with signing, and is off unless asked for.

use http::request::Parts;
use http_body::Body;
use sigv4_core::flow::{Seal, TimeLimit};

/// A time limit, and a seal for debugging.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    pub(super) limit: TimeLimit,
    pub(super) seal: bool,
}

impl Extras {
    /// The length that a seal states; nothing where none is set.
    pub(super) fn length<B: Body>(&self, body: &B) -> Option<u64> {
        if self.seal { body.size_hint().exact() } else { None }
    }

    /// Leaves a seal with a signed request, if it is wanted.
    pub(super) fn seal(&self, parts: &mut Parts, length: Option<u64>) {
        if self.seal
            && let Some(seal) = Seal::of(parts, length)
        {
            parts.extensions.insert(seal);
        }
    }
}
