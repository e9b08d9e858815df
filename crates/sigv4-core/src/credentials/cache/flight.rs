//! Single flight without a runtime: one future, polled by whoever waits for it.
//!
//! The future stands in a slot. Every waiter that is woken may poll it, so no waiter depends on another one
//! being polled, or living on: one that is dropped, or forgotten without being dropped, holds nobody up. The
//! future is taken out of its slot while it is polled, so no lock is held over foreign code.
//!
//! Knows nothing of credentials. `Mutex` comes from `super::sync`, so that a model checker can put its own there.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::SystemTime;

use super::sync::{Mutex, MutexGuard};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The slot: empty, or with the run that is under way.
pub(super) struct Flight<T>(Mutex<Option<Arc<Run<T>>>>);

/// One future on its way to one outcome.
struct Run<T> {
    stage: Mutex<Stage<T>>,
    /// Apart from the future, which holds it as its waker: no cycle keeps an abandoned run alive.
    bell: Arc<Bell>,
    started: SystemTime,
}

enum Stage<T> {
    /// Nobody polls.
    Waiting(BoxFuture<T>),
    /// Somebody polls, and has the future.
    Polling,
    /// The outcome, or `None` if the future panicked.
    Over(Option<T>),
}

impl<T: Clone> Flight<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The slot, locked: decide quickly, then [`join`](Slot::join) or let go.
    pub(super) fn lock(self: &Arc<Self>) -> Slot<'_, T> {
        Slot { flight: self, run: lock(&self.0) }
    }

    /// Empties the slot if `run` is what it holds.
    fn clear(&self, run: &Arc<Run<T>>) {
        let mut slot = lock(&self.0);
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, run)) {
            *slot = None;
        }
    }
}

pub(super) struct Slot<'a, T> {
    flight: &'a Arc<Flight<T>>,
    run: MutexGuard<'a, Option<Arc<Run<T>>>>,
}

impl<T: Clone> Slot<'_, T> {
    /// Whether a run is under way with somebody waiting for it.
    pub(super) fn attended(&self) -> bool {
        // Tickets are handed out under this lock only, so the count can but fall meanwhile.
        self.run.as_ref().is_some_and(|run| Arc::strong_count(run) > 1)
    }

    /// When the run was started that everybody has left, if there is one.
    pub(super) fn abandoned_since(&self) -> Option<SystemTime> {
        self.run.as_ref().filter(|_| !self.attended()).map(|run| run.started)
    }

    /// A place in the run that is under way, or in the one that `start` begins if there is none or it is to be
    /// `replace`d.
    pub(super) fn join(
        mut self,
        replace: bool,
        now: SystemTime,
        start: impl FnOnce() -> BoxFuture<T>,
    ) -> Ticket<T> {
        let usable = self.run.take_if(|run| replace || matches!(*lock(&run.stage), Stage::Over(_)));
        let run = match &*self.run {
            Some(run) => {
                if Arc::strong_count(run) == 1 {
                    // Whoever was to be woken for it has gone, perhaps with the wake: look for oneself.
                    run.bell.set();
                }
                Arc::clone(run)
            }
            None => {
                let run = Arc::new(Run {
                    stage: Mutex::new(Stage::Waiting(start())),
                    bell: Arc::new(Bell::rung()),
                    started: now,
                });
                *self.run = Some(Arc::clone(&run));
                run
            }
        };
        let flight = Arc::clone(self.flight);
        drop(self.run);
        // A discarded future runs foreign code as it is dropped: not under the lock.
        drop(usable);
        let id = run.bell.next_id();
        Ticket { flight, run, id }
    }
}

/// A place in a run. Resolves to its outcome, or to `None` if the future panicked under another waiter.
///
/// Dropped early, it leaves the future where it is, for the others and for the next.
pub(super) struct Ticket<T: Clone> {
    flight: Arc<Flight<T>>,
    run: Arc<Run<T>>,
    id: u64,
}

impl<T: Clone> Future for Ticket<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let run = &self.run;
        // Before looking: a ring after this reaches us, one before this is seen below.
        run.bell.register(self.id, cx.waker());

        let mut stage = lock(&run.stage);
        let mut future = match mem::replace(&mut *stage, Stage::Polling) {
            Stage::Waiting(future) if run.bell.answer() => future,
            Stage::Over(outcome) => {
                *stage = Stage::Over(outcome.clone());
                return Poll::Ready(outcome);
            }
            other => {
                *stage = other;
                return Poll::Pending;
            }
        };
        drop(stage);

        let waker = Waker::from(Arc::clone(&run.bell));
        let mut landing = Landing { ticket: &self, outcome: None, over: true };
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => {
                landing.outcome = Some(outcome.clone());
                drop(future);
                drop(landing);
                Poll::Ready(Some(outcome))
            }
            Poll::Pending => {
                landing.over = false;
                drop(landing);
                *lock(&run.stage) = Stage::Waiting(future);
                // Rung while it was polled: those who were woken found it taken, so wake them again.
                if run.bell.is_rung() {
                    run.bell.ring();
                }
                Poll::Pending
            }
        }
    }
}

impl<T: Clone> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.run.bell.forget(self.id);
    }
}

/// Ends the run as it is dropped: after the outcome, and when the future panics too.
struct Landing<'a, T: Clone> {
    ticket: &'a Ticket<T>,
    outcome: Option<T>,
    over: bool,
}

impl<T: Clone> Drop for Landing<'_, T> {
    fn drop(&mut self) {
        if self.over {
            let Ticket { flight, run, .. } = self.ticket;
            *lock(&run.stage) = Stage::Over(self.outcome.take());
            flight.clear(run);
            run.bell.ring();
        }
    }
}

/// The waker that the future gets: wakes all waiters, since any of them may be one that is never polled again.
struct Bell(Mutex<Ring>);

struct Ring {
    /// Whether it rang since the future was last polled. Until then polling it again is of no use.
    rung: bool,
    next_id: u64,
    waiters: BTreeMap<u64, Waker>,
}

impl Bell {
    /// Rung from the start, since a new future wants to be polled.
    fn rung() -> Self {
        Self(Mutex::new(Ring { rung: true, next_id: 0, waiters: BTreeMap::new() }))
    }

    fn next_id(&self) -> u64 {
        let mut ring = lock(&self.0);
        ring.next_id += 1;
        ring.next_id
    }

    fn register(&self, id: u64, waker: &Waker) {
        let former = lock(&self.0).waiters.insert(id, waker.clone());
        drop(former);
    }

    fn forget(&self, id: u64) {
        let former = lock(&self.0).waiters.remove(&id);
        drop(former);
    }

    fn set(&self) {
        lock(&self.0).rung = true;
    }

    fn is_rung(&self) -> bool {
        lock(&self.0).rung
    }

    /// Whether it rang; from now on it has not.
    fn answer(&self) -> bool {
        mem::take(&mut lock(&self.0).rung)
    }

    fn ring(&self) {
        let mut ring = lock(&self.0);
        ring.rung = true;
        let waiters = mem::take(&mut ring.waiters);
        drop(ring);
        waiters.into_values().for_each(Waker::wake);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

/// No lock here is held over foreign code, so none is ever poisoned halfway through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
