//! What a signer learnt from answers; shared by its clones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Guard};

use crate::refusal::{ClockOffset, ClockOffsets, names_bucket};

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
    from: Box<str>,
    /// The first segment of the path, where the host does not name the bucket: others at that host stay there.
    bucket: Option<Box<str>>,
    pub(super) to: Box<str>,
}

impl Moved {
    /// The bucket that a request to `host` with `path` was for is at the host `to`.
    pub(super) fn new(host: &str, path: &str, to: &str) -> Self {
        let bucket = (!names_bucket(host)).then(|| first_segment(path).into());
        Self { from: host.into(), bucket, to: to.into() }
    }

    /// Whether a request is for that bucket, at its old host.
    pub(super) fn is_of(&self, host: &str, path: &str) -> bool {
        *self.from == *host && self.bucket.as_deref().is_none_or(|bucket| bucket == first_segment(path))
    }
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
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

    pub(super) fn remember_move(&self, moved: &Moved) {
        self.moves.rcu(|moves| {
            let mut next = vec![moved.clone()];
            // Nothing moves on from where something moved to, so that no request goes round in circles.
            let stays = |other: &Moved| other.from != moved.from && other.from != moved.to;
            let others = moves.iter().filter(|other| other.bucket != moved.bucket || stays(other));
            next.extend(others.take(MAX_HOSTS - 1).cloned());
            next
        });
        self.elsewhere.store(true, Ordering::Release);
    }
}
