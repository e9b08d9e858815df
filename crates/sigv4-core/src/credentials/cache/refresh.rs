//! From a caller to a flight, and from its outcome to a new entry.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;

use super::Settings;
use super::entry::{Entry, Phase};
use super::event::{CacheStatus, RefreshEvent, RefreshReason};
use super::fetch::{fenced, fetch};
use super::flight::{Flight, Ticket};
use super::moment::Moment;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};

/// What all clones of a cache share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// Read by every signature; written under the lock of `record` only.
    pub(super) entry: ArcSwapOption<Entry>,
    flight: Arc<Flight<Outcome>>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    /// Counts invalidations. A refresh compares the count at its start and at its end.
    invalidations: u64,
    /// What was invalidated last, until something else has taken its place.
    rejected: Option<Credentials>,
    failures: u32,
    last_error: Option<Error>,
}

/// How a refresh ended for those who waited.
#[derive(Clone)]
pub(super) enum Outcome {
    /// These are kept now: new ones, or after a failure the old ones.
    Current(Arc<Entry>),
    /// Nothing is left to serve.
    Failed(Error),
    /// It brought what was invalidated while it ran: once more.
    Superseded,
}

/// Whether a caller stays until a refresh has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    Yes,
    No,
}

/// What a caller can do.
pub(super) enum Boarding {
    /// Use these.
    Use(Arc<Entry>),
    /// Wait for the refresh. The old ones, if they can be used in case that it takes too long.
    Join { ticket: Ticket<Outcome>, old: Option<Arc<Entry>> },
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let fixed = settings.fixed.clone().map(|credentials| Entry::fixed(credentials, settings.clock.now()));
        Arc::new(Self {
            settings,
            entry: ArcSwapOption::from_pointee(fixed),
            flight: Arc::new(Flight::new()),
            record: Mutex::default(),
        })
    }

    /// Now, as a caller has it.
    pub(super) fn moment(&self, callers: SystemTime) -> Moment {
        Moment { callers, own: self.settings.clock.now() }
    }

    /// Now, as a caller would have it who had another time `before`.
    pub(super) fn later(&self, before: Moment) -> Moment {
        before.when(self.settings.clock.now())
    }

    /// For a caller that found nothing fresh: old credentials, or a place in the refresh, begun if need be.
    pub(super) fn board(self: &Arc<Self>, moment: Moment, wait: Wait) -> Result<Boarding, Error> {
        let now = moment.callers;
        if let Some(fixed) = self.settings.fixed.as_ref().filter(|fixed| fixed.is_expired(now)) {
            return Err(expired(fixed, "supply new ones, or a provider that fetches them"));
        }
        let flight = self.flight.lock();
        // Looked at again under the lock: a refresh may have ended since. One that has ended has been published.
        let entry = self.entry.load_full();
        let (reason, old) = match entry.map(|entry| (entry.phase(now), entry)) {
            Some((Phase::Fresh, entry)) => return Ok(Boarding::Use(entry)),
            // Somebody sees to it.
            Some((Phase::Advisory, entry)) if flight.attended() => return Ok(Boarding::Use(entry)),
            Some((Phase::Advisory, entry)) => (RefreshReason::Advisory, Some(entry)),
            Some((Phase::Mandatory, _)) => (RefreshReason::Mandatory, None),
            Some((Phase::Expired, _)) => (RefreshReason::Expired, None),
            None => (RefreshReason::Missing, None),
        };
        // A run that all have left goes on where it stood, but not after so long that its timer, its connection
        // or its answer is of another time.
        let stale = flight
            .abandoned_since()
            .is_some_and(|started| apart(started, moment.own) >= self.settings.timeout);
        let ticket = flight.join(stale, moment.own, || Box::pin(self.refresh(reason, moment)));

        let Some(old) = old else { return Ok(Boarding::Join { ticket, old: None }) };
        if let Some(spawner) = self.settings.spawner.get() {
            let old = self.claim(old, now);
            let task = Box::pin(async move {
                ticket.await;
            });
            // A panic is a task that was not spawned: when the claim ends, the next caller tries again.
            drop(fenced("the spawner panicked", || spawner.spawn(task)));
            return Ok(Boarding::Use(old));
        }
        let old = if wait == Wait::Yes { self.claim(old, now) } else { old };
        Ok(Boarding::Join { ticket, old: Some(old) })
    }

    /// As `board`, but polls the refresh once instead of waiting for it.
    pub(super) fn try_refreshed(self: &Arc<Self>, now: SystemTime) -> Result<Option<Arc<Entry>>, Error> {
        let mut now = self.moment(now);
        loop {
            let (ticket, old) = match self.board(now, Wait::No)? {
                Boarding::Use(entry) => return Ok(Some(entry)),
                Boarding::Join { ticket, old } => (ticket, old),
            };
            match pin!(ticket).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => return Ok(old),
                Poll::Ready(Some(Outcome::Current(entry))) => return Ok(Some(entry)),
                Poll::Ready(Some(Outcome::Failed(error))) => return Err(error),
                Poll::Ready(Some(Outcome::Superseded) | None) => now = self.later(now),
            }
        }
    }

    /// Lets all others read the old credentials as if fresh while one refreshes them.
    fn claim(&self, old: Arc<Entry>, now: SystemTime) -> Arc<Entry> {
        let claimed = Arc::new(old.claimed(now, self.settings.timeout));
        let record = self.record();
        let untouched = self.entry.load().as_ref().is_some_and(|entry| Arc::ptr_eq(entry, &old));
        if untouched {
            self.entry.store(Some(Arc::clone(&claimed)));
        }
        drop(record);
        claimed
    }

    /// The future that flies: one call of the provider and its settlement.
    ///
    /// Holds the cache weakly, for the cache holds it.
    fn refresh(
        self: &Arc<Self>,
        reason: RefreshReason,
        started: Moment,
    ) -> impl Future<Output = Outcome> + Send + use<> {
        let invalidations = self.record().invalidations;
        let Settings { provider, sleep, timeout, .. } = &self.settings;
        let call = fetch(Arc::clone(provider), sleep.get().cloned(), *timeout);
        let shared: Weak<Self> = Arc::downgrade(self);
        async move {
            let fetched = call.await;
            match shared.upgrade() {
                Some(shared) => shared.settle(fetched, reason, started, invalidations),
                None => Outcome::Superseded,
            }
        }
    }

    /// Publishes what a refresh has brought, and tells of it.
    fn settle(
        &self,
        fetched: Result<Credentials, Error>,
        reason: RefreshReason,
        started: Moment,
        invalidations: u64,
    ) -> Outcome {
        let ended = self.later(started);
        let Moment { callers: now, own } = ended;
        let jitter = (self.settings.jitter)();
        let fetched = fetched.and_then(|credentials| {
            if credentials.is_expired(now) {
                return Err(expired(
                    &credentials,
                    "see why their source still gives them, and whether this clock is right",
                ));
            }
            Ok(credentials)
        });

        let mut record = self.record();
        let current = self.entry.load_full();
        let returned =
            |fetched: &Credentials| record.rejected.as_ref().is_some_and(|other| alike(fetched, other));
        let (outcome, published) = match &fetched {
            Ok(fetched) if record.invalidations != invalidations && returned(fetched) => {
                return Outcome::Superseded;
            }
            Ok(fetched) => {
                let again = returned(fetched);
                // The same once more: keep the ones that remember their signing keys.
                let kept = current.filter(|entry| {
                    alike(&entry.credentials, fetched) && entry.credentials.expiry() == fetched.expiry()
                });
                let credentials = kept.map_or_else(|| fetched.clone(), |entry| entry.credentials.clone());
                let entry = Entry::scheduled(credentials, ended, self.settings.windows, jitter);
                let entry = Arc::new(if again { entry.held(own) } else { entry });
                (record.rejected, record.failures, record.last_error) = (None, 0, None);
                (Outcome::Current(Arc::clone(&entry)), Some(entry))
            }
            Err(error) => {
                record.failures = record.failures.saturating_add(1);
                record.last_error = Some(error.clone());
                match current.filter(|entry| !entry.credentials.is_expired(now)) {
                    Some(old) => {
                        let old = Arc::new(old.backed_off(now, jitter));
                        (Outcome::Current(Arc::clone(&old)), Some(old))
                    }
                    None => (Outcome::Failed(error.clone()), None),
                }
            }
        };
        if let Some(entry) = &published {
            self.entry.store(Some(Arc::clone(entry)));
        }
        let event = RefreshEvent {
            reason,
            outcome: fetched.as_ref(),
            old_ones_serve: fetched.is_err() && published.is_some(),
            failures: record.failures,
            took: own.duration_since(started.own).unwrap_or_default(),
            next: published.as_ref().and_then(|entry| entry.due()),
        };
        drop(record);
        #[cfg(feature = "tracing")]
        event.trace();
        if let Some(hook) = &self.settings.hook {
            hook(&event);
        }
        outcome
    }

    pub(super) fn invalidate(&self, rejected: &Credentials) -> bool {
        if self.settings.fixed.is_some() {
            return false;
        }
        let now = self.settings.clock.now();
        let mut record = self.record();
        let current = self.entry.load_full();
        if let Some(entry) = &current {
            if !alike(&entry.credentials, rejected) {
                return true;
            }
            if entry.is_held(now) {
                return false;
            }
        }
        // With none kept, a refresh under way may bring these: note them all the same.
        record.invalidations += 1;
        record.rejected = Some(rejected.clone());
        self.entry.store(None);
        true
    }

    pub(super) fn status(&self) -> CacheStatus {
        let record = self.record();
        let entry = self.entry.load();
        let entry = entry.as_ref();
        CacheStatus {
            obtained: entry.map(|entry| entry.obtained),
            expiry: entry.and_then(|entry| entry.credentials.expiry()),
            next: entry.and_then(|entry| entry.due()),
            failures: record.failures,
            last_error: record.last_error.clone(),
        }
    }

    /// Held for a few instructions, never over foreign code.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether both are the same credentials, be it in two allocations.
pub(super) fn alike(one: &Credentials, other: &Credentials) -> bool {
    one.same(other)
        || (one.access_key_id() == other.access_key_id()
            && one.secret_access_key() == other.secret_access_key()
            && one.session_token() == other.session_token())
}

/// The distance of two times, whichever comes first.
fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

fn expired(credentials: &Credentials, remedy: &str) -> Error {
    let when = credentials.expiry().and_then(|expiry| crate::clock::AmzDate::new(expiry).ok());
    let when = when.map(|when| format!(" at {when}")).unwrap_or_default();
    Error::new(
        ErrorKind::ExpiredCredentials,
        format!("the credentials from {:?} expired{when}: {remedy}", credentials.source()),
    )
}
