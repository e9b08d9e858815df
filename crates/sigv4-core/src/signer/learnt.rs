//! What a signer learnt from answers; shared by its clones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Guard};

use crate::refusal::{ClockOffset, ClockOffsets};

/// What answers told, by host.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub(super) offsets: ClockOffsets,
    regions: ArcSwap<Vec<(Box<str>, Box<str>)>>,
    moves: ArcSwap<Vec<Moved>>,
    /// Whether there is a region or a move, so that most signers ask no further.
    elsewhere: AtomicBool,
}

/// A bucket that is reached at another host.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    pub(super) from: Box<str>,
    pub(super) to: Box<str>,
}

/// Hosts of which something is remembered.
const MAX_HOSTS: usize = 64;

impl Learnt {
    pub(super) fn offset(&self, host: Option<&str>) -> ClockOffset {
        host.map_or(ClockOffset::ZERO, |host| self.offsets.get(host))
    }

    /// Whether something is known of regions or moves.
    #[inline]
    pub(super) fn is_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Acquire)
    }

    pub(super) fn region(&self, host: Option<&str>) -> Option<Box<str>> {
        if !self.is_elsewhere() {
            return None;
        }
        let regions = self.regions.load();
        regions.iter().find(|(known, _)| host == Some(&**known)).map(|(_, region)| region.clone())
    }

    pub(super) fn remember_region(&self, host: &str, region: &str) {
        self.regions.rcu(|regions| {
            let mut next = vec![(Box::from(host), Box::from(region))];
            next.extend(regions.iter().filter(|(known, _)| **known != *host).take(MAX_HOSTS - 1).cloned());
            next
        });
        self.elsewhere.store(true, Ordering::Release);
    }

    /// The moves, if there are any.
    pub(super) fn moves(&self) -> Option<Guard<Arc<Vec<Moved>>>> {
        self.is_elsewhere().then(|| self.moves.load())
    }

    pub(super) fn remember_move(&self, from: &str, to: &str) {
        self.moves.rcu(|moves| {
            let mut next = vec![Moved { from: from.into(), to: to.into() }];
            // Nothing moves on from where something moved to, so that no request goes round in circles.
            let others = moves.iter().filter(|moved| *moved.from != *from && *moved.from != *to);
            next.extend(others.take(MAX_HOSTS - 1).cloned());
            next
        });
        self.elsewhere.store(true, Ordering::Release);
    }
}
