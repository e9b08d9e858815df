//! The flight of the credential cache under a model checker: loom runs each test once for every order in which
//! its threads can meet at a lock, at a park or at a wake (with three preemptions at most), and fails on a deadlock,
//! so on a lost wake-up too.
//!
//! What is checked is the source file of the cache itself, with loom's mutex in place of the standard library's.
//! Not covered here: `arc-swap` (it has models of its own) and the lock around the cache's record, which is held
//! over plain data only.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

#[allow(dead_code, reason = "the file is shared with the cache, which uses all of it")]
#[allow(unreachable_pub, reason = "see above")]
#[path = "../crates/sigv4-core/src/credentials/cache/flight.rs"]
mod flight;

mod sync {
    pub(super) use loom::sync::{Mutex, MutexGuard};
}

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::UNIX_EPOCH;

use flight::{Flight, Ticket};
use loom::future::block_on;
use loom::thread;

/// An answer from another thread. Its state is loom's, so that polling it and giving it meet in every order.
#[derive(Clone)]
struct Answer(Arc<loom::sync::Mutex<(Option<u32>, Option<Waker>)>>);

impl Answer {
    fn new() -> Self {
        Self(Arc::new(loom::sync::Mutex::new((None, None))))
    }

    fn give(&self, value: u32) {
        let mut state = self.0.lock().unwrap();
        state.0 = Some(value);
        let waker = state.1.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn wait(&self) -> impl Future<Output = u32> + Send + use<> {
        let answer = self.clone();
        poll_fn(move |cx| {
            let mut state = answer.0.lock().unwrap();
            match state.0 {
                Some(value) => Poll::Ready(value),
                None => {
                    // One waker only, the last: as sockets and channels keep it.
                    state.1 = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

/// A flight whose runs are counted, and checked to be polled by one thread at a time.
#[derive(Clone)]
struct Model {
    flight: Arc<Flight<u32>>,
    runs: Arc<AtomicUsize>,
}

impl Model {
    fn new() -> Self {
        Self { flight: Arc::new(Flight::new()), runs: Arc::default() }
    }

    fn join<F: Future<Output = u32> + Send + 'static>(&self, start: impl FnOnce() -> F) -> Ticket<u32> {
        self.flight.lock().join(false, UNIX_EPOCH, || {
            self.runs.fetch_add(1, Ordering::SeqCst);
            let future: Pin<Box<dyn Future<Output = u32> + Send>> = Box::pin(start());
            future
        })
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

/// Runs `model` in every order in which threads are cut off, where they could have gone on, three times at most
/// (two miss a wake-up that is lost between a poll and its end). `LOOM_MAX_PREEMPTIONS` sets another bound.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}

fn poll_once(ticket: &mut Ticket<u32>) -> Poll<Option<u32>> {
    Pin::new(ticket).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn two_callers_and_the_answer_meet_in_every_order() {
    check(|| {
        let (model, answer) = (Model::new(), Answer::new());
        let tickets = [model.join(|| answer.wait()), model.join(|| answer.wait())];
        let threads = tickets.map(|ticket| thread::spawn(move || block_on(ticket)));
        answer.give(7);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Some(7));
        }
        assert_eq!(model.runs(), 1);
        assert!(model.flight.lock().abandoned_since().is_none(), "the slot is empty again");
    });
}

#[test]
fn callers_that_join_at_any_time_share_a_run_or_begin_the_next() {
    check(|| {
        let (model, answer) = (Model::new(), Answer::new());
        let other = {
            let (model, answer) = (model.clone(), answer.clone());
            thread::spawn(move || block_on(model.join(|| answer.wait())))
        };
        let giver = {
            let answer = answer.clone();
            thread::spawn(move || answer.give(7))
        };
        assert_eq!(block_on(model.join(|| answer.wait())), Some(7));
        assert_eq!(other.join().unwrap(), Some(7));
        giver.join().unwrap();
        // The second may have come after the first was over.
        assert!((1..=2).contains(&model.runs()));
    });
}

#[test]
fn a_leader_that_leaves_at_any_time_takes_no_wake_along() {
    check(|| {
        let (model, answer) = (Model::new(), Answer::new());
        let (mut leader, follower) = (model.join(|| answer.wait()), model.join(|| answer.wait()));
        let leaves = thread::spawn(move || {
            let polled = poll_once(&mut leader);
            drop(leader);
            polled
        });
        let waits = thread::spawn(move || block_on(follower));
        answer.give(7);
        assert_eq!(waits.join().unwrap(), Some(7));
        leaves.join().unwrap().map(|outcome| assert_eq!(outcome, Some(7))).is_ready();
        assert_eq!(model.runs(), 1);
    });
}

#[test]
fn a_leader_that_stays_unpolled_holds_nobody_up() {
    check(|| {
        let (model, answer) = (Model::new(), Answer::new());
        let (mut leader, follower) = (model.join(|| answer.wait()), model.join(|| answer.wait()));
        let stays = thread::spawn(move || {
            let _ = poll_once(&mut leader);
            leader
        });
        let waits = thread::spawn(move || block_on(follower));
        answer.give(7);
        assert_eq!(waits.join().unwrap(), Some(7));
        let mut leader = stays.join().unwrap();
        assert_eq!(poll_once(&mut leader), Poll::Ready(Some(7)), "the outcome is there whenever it looks");
    });
}

#[test]
fn what_was_left_by_one_is_taken_over_by_the_next() {
    check(|| {
        let (model, answer) = (Model::new(), Answer::new());
        let mut first = model.join(|| answer.wait());
        let leaves = thread::spawn(move || {
            let _ = poll_once(&mut first);
        });
        let next = {
            let (model, answer) = (model.clone(), answer.clone());
            thread::spawn(move || block_on(model.join(|| answer.wait())))
        };
        answer.give(7);
        assert_eq!(next.join().unwrap(), Some(7));
        leaves.join().unwrap();
        assert!((1..=2).contains(&model.runs()));
    });
}

#[test]
fn wakes_during_a_poll_reach_somebody() {
    check(|| {
        let model = Model::new();
        // Wakes from within, and is ready only at the third poll.
        let future = || {
            let mut polls = 0;
            poll_fn(move |cx| {
                polls += 1;
                if polls == 3 {
                    return Poll::Ready(polls);
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        };
        let tickets = [model.join(future), model.join(future)];
        let threads = tickets.map(|ticket| thread::spawn(move || block_on(ticket)));
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Some(3));
        }
        assert_eq!(model.runs(), 1);
    });
}

#[test]
fn two_steps_need_two_wakes_whoever_polls() {
    check(|| {
        let (model, first, second) = (Model::new(), Answer::new(), Answer::new());
        let (one, two) = (first.clone(), second.clone());
        let steps = move || async move { one.wait().await + two.wait().await };
        let leader = model.join(steps);
        let follower = model.join(|| async { unreachable!("there is a run") });
        let threads = [leader, follower].map(|ticket| thread::spawn(move || block_on(ticket)));
        first.give(3);
        second.give(4);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Some(7));
        }
    });
}

#[test]
fn a_run_that_panics_under_one_lets_the_others_start_over() {
    check(|| {
        let model = Model::new();
        let mut broken = model.join(|| async { std::panic::resume_unwind(Box::new("expected by the test")) });
        let waiting = model.join(|| async { unreachable!("there is a run") });
        let other = {
            let model = model.clone();
            thread::spawn(move || {
                // Whoever polls it gets the panic; the other one is told.
                let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(waiting)));
                assert!(!matches!(polled, Ok(Some(_))));
                (polled.is_err(), block_on(model.join(|| async { 7 })))
            })
        };
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll_once(&mut broken)));
        let (theirs, outcome) = other.join().unwrap();
        assert_eq!(outcome, Some(7));
        assert!(theirs != polled.is_err(), "it panics once");
        let mut cx = Context::from_waker(Waker::noop());
        if polled.is_ok() {
            assert_eq!(pin!(broken).poll(&mut cx), Poll::Ready(None));
        }
        assert!(model.flight.lock().abandoned_since().is_none());
    });
}
