//! Real threads, real parking: nothing is asserted of times, everything of counts.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use sigv4_core::clock::Clock;

use crate::harness::*;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_thousand_callers_on_eight_threads_make_one_call() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |_| answer.wait());
    let cache = cache(&vault, &clock);
    let (all_wait, door) = (Barrier::new(9), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut waiting: Vec<_> = (0..125).map(|_| Box::pin(cache.get(noon()))).collect();
                door.wait();
                let mut first = true;
                block_on(poll_fn(|cx| {
                    waiting.retain_mut(|caller| match caller.as_mut().poll(cx) {
                        Poll::Ready(got) => {
                            assert_eq!(got.unwrap().access_key_id(), "AKID1");
                            false
                        }
                        Poll::Pending => true,
                    });
                    if std::mem::take(&mut first) {
                        assert_eq!(waiting.len(), 125);
                        all_wait.wait();
                    }
                    if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
                }));
            });
        }
        all_wait.wait();
        gate.open(Ok(credentials(1, noon() + HOUR)));
    });
    assert_eq!(vault.calls(), 1);
}

/// How many rounds a thread has begun; more than there are once it is over, however it ended.
#[derive(Default)]
struct Progress(AtomicUsize);

struct Running<'a>(&'a Progress);

impl Progress {
    fn begin(&self) -> Running<'_> {
        Running(self)
    }

    fn is_past(&self, round: usize) -> bool {
        self.0.load(Ordering::SeqCst) > round
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst) == usize::MAX
    }
}

impl Running<'_> {
    fn reached(&self, round: usize) {
        self.0.0.store(round, Ordering::SeqCst);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.store(usize::MAX, Ordering::SeqCst);
    }
}

#[test]
fn rotation_failure_invalidation_and_cancellation_all_at_once() {
    // A source on a thread of its own, which answers each call after a while, one in five with an error.
    let (requests, inbox) = channel::<Gate<bool>>();
    let requests = Mutex::new(requests);
    let clock = clock();
    let at = Arc::clone(&clock);
    let vault = Vault::new(move |call| {
        let gate = Gate::new();
        requests.lock().unwrap().send(gate.clone()).unwrap();
        let at = Arc::clone(&at);
        async move {
            match gate.wait().await {
                true => Ok(credentials(call, at.now() + HOUR)),
                false => Err(sealed()),
            }
        }
    });
    let source = thread::spawn(move || {
        for (number, gate) in inbox.into_iter().enumerate() {
            (0..number % 50).for_each(|_| thread::yield_now());
            gate.open(number % 5 != 4);
        }
    });

    let cache = cache(&vault, &clock).with_jitter(|| 0.5);
    let (served, failed, left) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let progress: [Progress; 6] = Default::default();
    thread::scope(|scope| {
        for (thread, progress) in progress.iter().enumerate() {
            let (cache, clock) = (&cache, &clock);
            let (served, failed, left) = (&served, &failed, &left);
            scope.spawn(move || {
                let progress = progress.begin();
                for round in 0..3000 {
                    progress.reached(round);
                    let asked = clock.now();
                    if round % 7 == thread {
                        // Polled once or twice, then dropped.
                        let mut waiting = pin!(cache.get(asked));
                        for _ in 0..=round % 2 {
                            let mut cx = Context::from_waker(Waker::noop());
                            if waiting.as_mut().poll(&mut cx).is_ready() {
                                break;
                            }
                        }
                        left.fetch_add(1, Ordering::SeqCst);
                        continue;
                    }
                    match block_on(cache.get(asked)) {
                        Ok(cached) => {
                            assert!(!cached.is_expired(asked));
                            served.fetch_add(1, Ordering::SeqCst);
                            if round % 97 == 0 {
                                cache.invalidate(&cached);
                            }
                        }
                        Err(error) => {
                            assert_eq!(error.to_string(), "the vault is sealed");
                            failed.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
        // The clock goes on once all have, so that no hour passes while one of them is held up with new credentials in hand.
        scope.spawn(|| {
            let mut moved = 0;
            while progress.iter().any(|progress| !progress.is_over()) {
                if progress.iter().all(|progress| progress.is_past(moved)) {
                    clock.advance(Duration::from_secs(70));
                    moved += 1;
                }
                thread::yield_now();
            }
        });
    });
    let (served, failed, left) = (served.into_inner(), failed.into_inner(), left.into_inner());
    assert_eq!(served + failed + left, 18_000);
    assert!(
        vault.calls() > 20 && served > 10_000,
        "{} calls, {served} served, {failed} failed",
        vault.calls()
    );
    assert_eq!(vault.most_in_flight.load(Ordering::SeqCst), 1);
    drop((cache, vault));
    source.join().unwrap();
}
