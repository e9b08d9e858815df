//! How far the clock is off. Services reckon by their own: what they take as the time of a signature, and from when on
//! credentials are no good. So credentials are found, fetched and used at a corrected time, the same for all three.

use super::{RequestHead, Signer};
#[cfg(feature = "refusals")]
pub(super) use crate::refusal::ClockOffset;

/// Without the feature `refusals`, nothing is learnt of it.
#[cfg(not(feature = "refusals"))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClockOffset;

#[cfg(not(feature = "refusals"))]
impl ClockOffset {
    pub(super) const ZERO: Self = Self;

    pub(super) fn apply(self, now: std::time::SystemTime) -> std::time::SystemTime {
        now
    }
}

impl Signer {
    /// How far the clock of a request's host is from the signer's, as far as answers have told.
    #[cfg(feature = "refusals")]
    #[inline]
    pub(super) fn clock_offset(&self, request: &RequestHead<'_>) -> ClockOffset {
        self.0.learnt.offset(request.location.host)
    }

    #[cfg(not(feature = "refusals"))]
    pub(super) fn clock_offset(&self, _: &RequestHead<'_>) -> ClockOffset {
        ClockOffset::ZERO
    }

    /// By which clock credentials have to be good for a presigned URL: by the host's, and by the signer's, whose time the URL
    /// carries. So by the one that is ahead.
    pub(super) fn presign_offset(&self, request: &RequestHead<'_>) -> ClockOffset {
        self.clock_offset(request).max(ClockOffset::ZERO)
    }
}
