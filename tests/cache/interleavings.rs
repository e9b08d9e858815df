//! Every order of what can happen between two polls, to a depth: callers polled and dropped, answers, failures,
//! time, invalidation. (What happens *within* a poll, on several threads, is the model test's.)

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sigv4_core::Credentials;
use sigv4_core::clock::Clock;

use crate::harness::*;

const DEPTH: u32 = 5;

#[derive(Debug, Clone, Copy)]
enum Step {
    Poll(usize),
    Leave(usize),
    TryGet,
    Deliver,
    Fail,
    Invalidate,
    Tick,
}

const STEPS: [Step; 9] = [
    Step::Poll(0),
    Step::Poll(1),
    Step::Leave(0),
    Step::Leave(1),
    Step::TryGet,
    Step::Deliver,
    Step::Fail,
    Step::Invalidate,
    Step::Tick,
];

/// The cache, what was done to it, and what must hold whatever the order.
struct World {
    filled: Filled,
    gates: Arc<Mutex<Vec<Gate<bool>>>>,
    callers: [Option<Asking>; 2],
    invalidated: HashSet<String>,
}

struct Asking {
    caller: [Caller; 1],
    /// What had been invalidated when it first asked: it must get none of these.
    barred: Option<HashSet<String>>,
}

impl World {
    /// In the advisory window, a tick before the mandatory one, which ends three ticks later.
    fn new() -> Self {
        let clock = clock();
        let gates: Arc<Mutex<Vec<Gate<bool>>>> = Arc::default();
        let (at, doors) = (Arc::clone(&clock), Arc::clone(&gates));
        let vault = Vault::new(move |call| {
            let gate = Gate::new();
            doors.lock().unwrap().push(gate.clone());
            let at = Arc::clone(&at);
            async move {
                if call > 1 && !gate.wait().await {
                    return Err(sealed());
                }
                Ok(credentials(call, at.now() + HOUR))
            }
        });
        let cache = cache(&vault, &clock);
        at_once(&cache, noon()).unwrap();
        clock.set(noon() + HOUR - Duration::from_secs(75));
        let filled = Filled { cache, clock, vault, answer: Gate::new() };
        Self { filled, gates, callers: [None, None], invalidated: HashSet::new() }
    }

    fn apply(&mut self, step: Step) {
        let Filled { cache, clock, .. } = &self.filled;
        match step {
            Step::Poll(which) => {
                let asking = self.callers[which].get_or_insert_with(|| {
                    let (cache, clock) = (cache.clone(), Arc::clone(clock));
                    let caller = Caller::of(async move {
                        let asked = clock.now();
                        let cached = cache.get(asked).await?;
                        assert!(!cached.is_expired(asked), "expired credentials were served");
                        Ok(Credentials::clone(&cached))
                    });
                    Asking { caller: [caller], barred: None }
                });
                asking.barred.get_or_insert_with(|| self.invalidated.clone());
                asking.caller[0].poll();
                asking.check();
            }
            Step::Leave(which) => self.callers[which] = None,
            Step::TryGet => {
                if let Ok(Some(cached)) = cache.try_get(clock.now()) {
                    assert!(!cached.is_expired(clock.now()));
                    assert!(!self.invalidated.contains(cached.access_key_id()));
                }
            }
            Step::Deliver | Step::Fail => self.answer(matches!(step, Step::Deliver)),
            Step::Invalidate => {
                if let Some(cached) = cache.fresh(clock.now()) {
                    assert!(cache.invalidate(&cached));
                    self.invalidated.insert(cached.access_key_id().to_string());
                }
            }
            Step::Tick => clock.advance(Duration::from_secs(25)),
        }
        assert!(self.filled.vault.most_in_flight.load(Ordering::SeqCst) <= 1, "two calls at once");
    }

    fn answer(&self, good: bool) {
        let gates = self.gates.lock().unwrap().clone();
        gates.iter().for_each(|gate| gate.open(good));
    }

    /// Whoever still waits ends, woken by nothing but the answer; and the next caller is served.
    fn finish(mut self) {
        for asking in self.callers.iter_mut().flatten() {
            asking.caller[0].poll();
        }
        for _ in 0..4 {
            self.answer(true);
            self.callers.iter_mut().flatten().for_each(|asking| run(&mut asking.caller));
        }
        for asking in self.callers.iter().flatten() {
            assert!(asking.caller[0].outcome().is_some(), "a caller was never woken");
            asking.check();
        }
        let mut next = start(&self.filled.cache, self.filled.now(), 1);
        self.answer(true);
        run(&mut next);
        assert!(!self.invalidated.contains(next[0].got()));
    }
}

impl Asking {
    fn check(&self) {
        if let (Some(Ok(got)), Some(barred)) = (self.caller[0].outcome(), &self.barred) {
            assert!(!barred.contains(got.access_key_id()), "invalidated credentials were served");
        }
    }
}

#[test]
fn every_order_of_events() {
    let mut orders = 0;
    for number in 0..STEPS.len().pow(DEPTH) {
        let order: Vec<Step> =
            (0..DEPTH).map(|at| STEPS[number / STEPS.len().pow(at) % STEPS.len()]).collect();
        let shown = order.clone();
        let _show = OnDrop(|| {
            if std::thread::panicking() {
                eprintln!("in the order {shown:?}");
            }
        });
        let mut world = World::new();
        order.into_iter().for_each(|step| world.apply(step));
        world.finish();
        orders += 1;
    }
    assert_eq!(orders, 59_049);
}
