//! Whose time it is.

use std::time::SystemTime;

/// One moment by two clocks. A caller may know better than the cache's own what time it is for the services, by whose
/// time credentials expire: a signer does, once answers told it how far its clock is off. So what the caller's says
/// counts for the credentials, and the cache's own for how long something of its own has lasted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) callers: SystemTime,
    pub(super) own: SystemTime,
}

impl Moment {
    /// The moment at which the cache's clock shows `own`, as the same caller reckons.
    pub(super) fn when(self, own: SystemTime) -> Self {
        let callers = match own.duration_since(self.own) {
            Ok(passed) => self.callers.checked_add(passed),
            Err(set_back) => self.callers.checked_sub(set_back.duration()),
        };
        Self { callers: callers.unwrap_or(self.callers), own }
    }
}
