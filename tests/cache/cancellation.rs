//! Callers that go away, or stand still, at every point where they can; and caches that do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use sigv4_core::credentials::Spawn;

use crate::harness::*;

const STEPS: usize = 5;

/// A cache in one of three phases, whose next call waits `STEPS` times before it gives `AKID2`.
fn stepping(before: Option<Duration>) -> (Filled, Vec<Gate<()>>) {
    let gates: Vec<Gate<()>> = (0..STEPS).map(|_| Gate::new()).collect();
    let (clock, steps) = (clock(), gates.clone());
    let vault = Vault::new(move |call| {
        let steps = if call == 1 { Vec::new() } else { steps.clone() };
        async move {
            for step in &steps {
                step.wait().await;
            }
            Ok(credentials(call, noon() + HOUR + call as u32 * MINUTE))
        }
    });
    let cache = cache(&vault, &clock);
    let first = at_once(&cache, noon()).unwrap();
    match before {
        Some(before) => clock.set(noon() + HOUR + MINUTE - before),
        None => assert!(cache.invalidate(&first)),
    }
    (Filled { cache, clock, vault, answer: Gate::new() }, gates)
}

#[test]
fn a_leader_dropped_at_any_poll_leaves_its_work_to_a_follower() {
    for before in [None, Some(5 * MINUTE), Some(MINUTE), Some(Duration::ZERO)] {
        for polls in 0..=STEPS {
            let (filled, gates) = stepping(before);
            let mut leader = vec![Caller::new(&filled.cache, filled.now())];
            for gate in &gates[..polls] {
                run(&mut leader);
                gate.open(());
            }
            let mut follower: Vec<Caller> = Vec::new();
            if before != Some(5 * MINUTE) {
                follower = start(&filled.cache, filled.now(), 1);
            }
            drop(leader);
            // In the advisory window others have not waited: the next one does, once the claim has lapsed.
            if follower.is_empty() {
                filled.clock.advance(Duration::from_secs(9));
                let again = if polls == 0 { Duration::ZERO } else { Duration::from_secs(1) };
                assert_eq!(
                    filled.cache.fresh(filled.now()).is_some(),
                    polls > 0,
                    "claimed by whoever was polled"
                );
                filled.clock.advance(again);
                follower = start(&filled.cache, filled.now() - Duration::from_secs(1), 1);
                if polls > 0 {
                    assert_eq!(follower[0].got(), "AKID1", "the claim holds up to its end");
                    filled.clock.set(filled.now() - Duration::from_millis(1));
                }
            }
            for gate in &gates {
                run(&mut follower);
                gate.open(());
            }
            run(&mut follower);
            assert!(follower[0].outcome().is_some(), "{before:?} {polls}");
            if before != Some(5 * MINUTE) {
                assert_eq!(follower[0].got(), "AKID2");
            }
            assert_eq!(
                filled.vault.calls(),
                2,
                "the first call, and one that was handed on: {before:?} {polls}"
            );
            assert_eq!(filled.vault.most_in_flight.load(Ordering::SeqCst), 1);
        }
    }
}

#[test]
fn an_abandoned_advisory_refresh_is_taken_over_when_its_claim_lapses() {
    let filled = Filled::new(|cache| cache.with_timeout(20 * Duration::from_secs(1)));
    let now = filled.at(5 * MINUTE);
    drop(start(&filled.cache, now, 1));
    assert_eq!((filled.vault.calls(), filled.vault.in_flight.load(Ordering::SeqCst)), (2, 1));
    assert!(filled.cache.fresh(now + Duration::from_secs(19)).is_some());

    // By then it is of another time, and is begun anew.
    filled.clock.set(now + Duration::from_secs(20));
    let mut next = start(&filled.cache, filled.now(), 1);
    assert_eq!((filled.vault.calls(), filled.vault.in_flight.load(Ordering::SeqCst)), (3, 1));
    filled.deliver();
    run(&mut next);
    assert_eq!(next[0].got(), "AKID2");
}

#[test]
fn a_leader_that_is_never_polled_again_holds_nobody_up() {
    for before in [MINUTE, Duration::ZERO] {
        let (filled, gates) = stepping(Some(before));
        let mut callers = start(&filled.cache, filled.now(), 3);
        // The first one stays, undropped and unpolled, as in a `select!` that went on with another branch.
        for gate in &gates {
            gate.open(());
            run(&mut callers[1..]);
        }
        assert!(callers[1..].iter().all(|caller| caller.got() == "AKID2"));
        assert!(callers[0].is_runnable(), "it was woken, and can have the outcome whenever it looks");
        run(&mut callers);
        assert_eq!((callers[0].got(), filled.vault.calls()), ("AKID2", 2));
    }
}

#[test]
fn what_all_have_left_goes_on_within_the_time_out_and_is_begun_anew_after() {
    for (later, calls) in [(Duration::ZERO, 2), (Duration::from_secs(19), 2), (Duration::from_secs(20), 3)] {
        for back in [false, true] {
            let (filled, gates) = stepping(None);
            drop(start(&filled.cache, filled.now(), 10));
            gates.iter().for_each(|gate| gate.open(()));
            filled.clock.set(if back { filled.now() - later } else { filled.now() + later });
            let got = at_once(&filled.cache, filled.now()).unwrap();
            assert_eq!(got.access_key_id(), format!("AKID{calls}"));
            assert_eq!(filled.vault.calls(), calls);
            assert_eq!(filled.vault.in_flight.load(Ordering::SeqCst), 0, "the old call is dropped");
        }
    }
}

#[test]
fn a_wake_that_found_nobody_is_not_lost() {
    let (filled, gates) = stepping(None);
    drop(start(&filled.cache, filled.now(), 1));
    gates[0].open(());
    let mut next = start(&filled.cache, filled.now(), 1);
    for gate in &gates[1..] {
        assert!(!next[0].is_runnable());
        gate.open(());
        run(&mut next);
    }
    assert_eq!(next[0].got(), "AKID2");
}

#[test]
fn a_call_whose_runtime_has_gone_is_looked_at_by_the_next() {
    let vault = Vault::new(|call| async move {
        // Never wakes anybody: its reactor was shut down. Says so when it is polled again.
        let mut polled = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut polled, true) {
            false => Poll::Pending,
            true => Poll::Ready(()),
        })
        .await;
        Ok(credentials(call, noon() + HOUR))
    });
    let cache = cache(&vault, &clock());
    drop(start(&cache, noon(), 1));
    assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID1");
}

#[test]
fn a_cache_that_goes_takes_its_abandoned_call_along() {
    let (filled, gates) = stepping(None);
    let Filled { cache, vault, .. } = filled;
    drop(start(&cache, noon(), 3));
    assert_eq!(vault.in_flight.load(Ordering::SeqCst), 1);
    // The gate still holds the waker that the call was polled with: that alone must keep nothing alive.
    drop(cache);
    assert_eq!(vault.in_flight.load(Ordering::SeqCst), 0);
    gates[0].open(());
}

/// A runtime that is shutting down, in either manner.
struct Closing(bool, Arc<AtomicUsize>);

impl Spawn for Closing {
    fn spawn(&self, _: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        assert!(!self.0, "expected by the test");
    }
}

#[test]
fn a_spawner_that_cannot_spawn_delays_the_refresh_and_harms_no_caller() {
    for panics in [false, true] {
        let asked = Arc::new(AtomicUsize::new(0));
        let spawner = Closing(panics, Arc::clone(&asked));
        let filled = Filled::new(|cache| cache.with_spawner(spawner));
        let now = filled.at(5 * MINUTE);
        for second in 0..100 {
            filled.clock.set(now + Duration::from_secs(second));
            assert_eq!(at_once(&filled.cache, filled.now()).unwrap().access_key_id(), "AKID1");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 5, "once per time-out");
        // In the mandatory window the callers drive it themselves.
        let mut callers = start(&filled.cache, filled.at(MINUTE), 2);
        filled.deliver();
        run(&mut callers);
        assert!(callers.iter().all(|caller| caller.got() == "AKID2"));
    }
}

#[test]
fn a_provider_that_asks_its_own_cache_hangs_only_until_the_time_out() {
    let sleep = ManualSleep::new();
    let own: Arc<std::sync::OnceLock<sigv4_core::credentials::CredentialCache>> = Arc::default();
    let cell = Arc::clone(&own);
    let vault = Vault::new(move |_| {
        let cell = Arc::clone(&cell);
        async move {
            let cache = cell.get().unwrap().clone();
            cache.get(noon()).await.map(|cached| sigv4_core::Credentials::clone(&cached))
        }
    });
    let cache = cache(&vault, &clock()).with_sleep(sleep.clone());
    own.set(cache.clone()).ok().unwrap();
    let mut callers = start(&cache, noon(), 2);
    sleep.elapsed.open(());
    run(&mut callers);
    assert_eq!(callers[0].error().kind(), sigv4_core::ErrorKind::Timeout);
    assert_eq!(callers[1].error().kind(), sigv4_core::ErrorKind::Timeout);
}
