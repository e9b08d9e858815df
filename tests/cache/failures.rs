//! Providers that fail, panic, hang or give what is of no use, in each phase.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sigv4_core::clock::Clock;
use sigv4_core::credentials::{CredentialCache, Sleep};
use sigv4_core::{Credentials, ErrorKind, ProvideCredentials};

use crate::harness::*;

#[test]
fn with_nothing_to_serve_all_waiters_get_the_error_and_the_next_tries_again() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |call| {
        let answer = answer.clone();
        async move { if call == 1 { answer.wait().await } else { Ok(credentials(call, noon() + HOUR)) } }
    });
    let cache = cache(&vault, &clock);
    let mut callers = start(&cache, noon(), 100);
    gate.open(Err(sealed()));
    run(&mut callers);
    for caller in &callers {
        assert_eq!(caller.error().to_string(), "the vault is sealed");
    }
    assert_eq!(vault.calls(), 1);
    assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID2");
}

#[test]
fn in_either_window_a_failure_leaves_the_old_ones_in_use_and_backs_off() {
    for (before, waits) in
        [(5 * MINUTE, Duration::from_millis(37_500)), (MINUTE, Duration::from_millis(7_500))]
    {
        let filled = Filled::new(|cache| cache);
        let now = filled.at(before);
        let mut callers = start(&filled.cache, now, 10);
        filled.answer.open(Err(sealed()));
        run(&mut callers);
        assert!(callers.iter().all(|caller| caller.got() == "AKID1"));
        assert_eq!(filled.vault.calls(), 2);

        // Half of a quarter of what is left, since the jitter is 0.
        let again = now + waits;
        assert_eq!(filled.cache.status().next, Some(again));
        assert!(filled.cache.fresh(again - Duration::from_nanos(1)).is_some());
        assert!(filled.cache.fresh(again).is_none());
        filled.clock.set(again);
        filled.deliver();
        assert_eq!(at_once(&filled.cache, again).unwrap().access_key_id(), "AKID2");
        assert_eq!((filled.vault.calls(), filled.cache.status().failures), (3, 0));
    }
}

#[test]
fn a_source_that_stays_down_is_tried_a_few_times_and_the_old_ones_serve_to_the_last_second() {
    for jitter in [0.0, 0.5, 1.0] {
        let filled = Filled::new(|cache| cache.with_jitter(move || jitter));
        filled.answer.open(Err(sealed()));
        for second in 0..3600 {
            filled.clock.set(noon() + Duration::from_secs(second));
            assert_eq!(at_once(&filled.cache, filled.now()).unwrap().access_key_id(), "AKID1", "{second}");
        }
        let calls = filled.vault.calls();
        assert!((10..45).contains(&calls), "{calls} calls with jitter {jitter}");
        filled.clock.set(noon() + HOUR);
        assert_eq!(at_once(&filled.cache, filled.now()).unwrap_err().to_string(), "the vault is sealed");
        assert_eq!(filled.vault.calls(), calls + 1);
    }
}

#[test]
fn old_ones_that_expire_during_the_refresh_are_not_served() {
    let filled = Filled::new(|cache| cache);
    let mut callers = start(&filled.cache, filled.at(5 * MINUTE), 1);
    filled.at(Duration::ZERO);
    filled.answer.open(Err(sealed()));
    run(&mut callers);
    assert_eq!(callers[0].error().to_string(), "the vault is sealed");
}

#[test]
fn a_panic_is_an_error_for_its_callers_and_the_next_one_tries_again() {
    // At the first poll, and after having waited.
    for waits in [false, true] {
        let gate = Gate::new();
        let answer = gate.clone();
        let vault = Vault::new(move |call| {
            let answer = answer.clone();
            async move {
                if call > 1 {
                    return Ok(credentials(call, noon() + HOUR));
                }
                if waits {
                    answer.wait().await;
                }
                panic!("expected by the test: hush-hush");
            }
        });
        let cache = cache(&vault, &clock());
        let mut callers = start(&cache, noon(), if waits { 100 } else { 1 });
        gate.open(());
        run(&mut callers);
        for caller in &callers {
            assert_eq!(caller.error().kind(), ErrorKind::Credentials);
            assert!(caller.error().is_retryable());
            let text = caller.error().to_string();
            assert!(text.contains("provider panicked") && !text.contains("hush"), "{text}");
        }
        assert_eq!(vault.calls(), 1);
        assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID2");
    }
}

#[test]
fn a_panic_in_a_window_counts_as_a_failure() {
    for before in [5 * MINUTE, MINUTE] {
        let clock = clock();
        let vault = Vault::new(|call| async move {
            assert_eq!(call, 1, "expected by the test");
            Ok(credentials(1, noon() + HOUR))
        });
        let cache = cache(&vault, &clock);
        at_once(&cache, noon()).unwrap();
        clock.set(noon() + HOUR - before);
        assert_eq!(at_once(&cache, clock.now()).unwrap().access_key_id(), "AKID1");
        assert!(cache.fresh(clock.now()).is_some(), "backed off");
        assert_eq!((vault.calls(), cache.status().failures), (2, 1));
    }
}

/// Panics in the call itself, before there is a future.
struct Eager(AtomicUsize);

impl ProvideCredentials for Eager {
    fn provide_credentials<'a: 'f, 'f>(&'a self) -> Pin<Box<dyn Future<Output = Answer> + Send + 'f>>
    where
        Self: 'f,
    {
        assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "expected by the test");
        Box::pin(async { Credentials::new("AKID", "secret") })
    }
}

#[test]
fn a_panic_before_there_is_a_future_is_an_error_too() {
    let cache = CredentialCache::new(Eager(AtomicUsize::new(0)));
    assert!(cache.try_get(noon()).unwrap_err().to_string().contains("panicked"));
    assert_eq!(cache.try_get(noon()).unwrap().unwrap().access_key_id(), "AKID");
}

#[test]
fn a_provider_that_hangs_is_cut_off() {
    let sleep = ManualSleep::new();
    let gone = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&gone);
    let vault = Vault::new(move |call| {
        let count = Arc::clone(&count);
        async move {
            if call == 1 {
                let _dropped = OnDrop(|| {
                    count.fetch_add(1, Ordering::SeqCst);
                });
                std::future::pending::<()>().await;
            }
            Ok(credentials(call, noon() + HOUR))
        }
    });
    let cache = cache(&vault, &clock()).with_sleep(sleep.clone()).with_timeout(Duration::from_millis(2500));
    let mut callers = start(&cache, noon(), 100);
    assert_eq!(sleep.asked(), [Duration::from_millis(2500)], "one timer for all");
    sleep.elapsed.open(());
    run(&mut callers);
    for caller in &callers {
        assert_eq!(caller.error().kind(), ErrorKind::Timeout);
        assert!(caller.error().to_string().contains("credential provider did not answer within 2.5s"));
    }
    assert_eq!(gone.load(Ordering::SeqCst), 1, "the hanging call is dropped");
    assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID2");
    assert_eq!(sleep.asked().len(), 1, "a provider that is ready at once starts no timer");
}

#[test]
fn a_provider_that_hangs_in_a_window_costs_its_callers_a_wait_and_no_error() {
    for before in [5 * MINUTE, MINUTE] {
        let sleep = ManualSleep::new();
        let filled = Filled::new(|cache| cache.with_sleep(sleep.clone()));
        let mut callers = start(&filled.cache, filled.at(before), 3);
        sleep.elapsed.open(());
        run(&mut callers);
        assert!(callers.iter().all(|caller| caller.got() == "AKID1"));
        assert_eq!((filled.vault.calls(), filled.cache.status().failures), (2, 1));
    }
}

/// Without a runtime, as tokio's.
struct BrokenSleep;

impl Sleep for BrokenSleep {
    fn sleep(&self, _: Duration) -> BoxFuture<()> {
        panic!("expected by the test")
    }
}

#[test]
fn a_timer_that_panics_is_named() {
    let vault = Vault::new(|_| std::future::pending());
    let cache = cache(&vault, &clock()).with_sleep(BrokenSleep);
    let text = at_once(&cache, noon()).unwrap_err().to_string();
    assert!(text.contains("timer"), "{text}");
}

#[test]
fn credentials_that_come_back_expired_are_an_error_with_their_source() {
    let clock = clock();
    let vault = Vault::new(|call| async move { Ok(credentials(call, noon())) });
    let cache = cache(&vault, &clock);
    let error = at_once(&cache, noon()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
    let text = error.to_string();
    assert!(
        text.contains("\"vault\"") && text.contains("20270115T120000Z") && text.contains("clock"),
        "{text}"
    );
    assert!(cache.status().obtained.is_none());
}

#[test]
fn a_provider_may_lend_its_old_ones_more_time() {
    let clock = clock();
    let at = Arc::clone(&clock);
    // Static stability is the provider's own: the same credentials, a later expiry.
    let vault = Vault::new(move |_| {
        let now = at.now();
        async move { Ok(credentials(1, now + 10 * MINUTE)) }
    });
    let cache = cache(&vault, &clock);
    at_once(&cache, noon()).unwrap();
    clock.set(noon() + 8 * MINUTE);
    let extended = at_once(&cache, clock.now()).unwrap();
    assert_eq!(extended.expiry(), Some(noon() + 18 * MINUTE));
    assert_eq!(vault.calls(), 2);
}

#[test]
fn expired_static_credentials_are_an_error_that_says_what_to_do() {
    let fixed =
        Credentials::new("AKID", "secret").unwrap().with_expiry(noon() + HOUR).with_source("profile x");
    let cache = CredentialCache::new(fixed.clone());
    assert!(cache.fresh(noon() + HOUR - MINUTE).unwrap().same(&fixed), "no window: nobody can refresh them");
    assert!(cache.fresh(noon() + HOUR).is_none());
    for error in [cache.try_get(noon() + HOUR).unwrap_err(), at_once(&cache, noon() + HOUR).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
        assert_eq!(
            error.to_string(),
            "the credentials from \"profile x\" expired at 20270115T130000Z: supply new ones, or a provider that \
             fetches them"
        );
    }
    assert!(cache.fresh(noon()).is_some(), "and when the clock is set right, they are back");
}

#[test]
fn a_panic_in_the_hook_is_its_callers_and_nobody_elses() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |_| answer.wait());
    let cache = cache(&vault, &clock).with_hook(|_| panic!("expected by the test"));
    let mut callers = start(&cache, noon(), 3);
    gate.open(Ok(credentials(1, noon() + HOUR)));
    assert!(panics(|| callers[0].poll()).is_err());
    run(&mut callers[1..]);
    assert!(callers[1..].iter().all(|caller| caller.got() == "AKID1"));
    assert_eq!(vault.calls(), 1);
}
