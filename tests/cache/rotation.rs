//! The life of credentials: fetched once, renewed in time, nobody stalled.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sigv4_core::clock::Clock;
use sigv4_core::credentials::{CredentialCache, EnvironmentProvider, RefreshReason};
use sigv4_core::{Credentials, ProvideCredentials};

use crate::harness::*;

#[test]
fn a_thousand_callers_make_one_call() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |_| answer.wait());
    let cache = cache(&vault, &clock);

    let mut callers = start(&cache, noon(), 1000);
    assert!(callers.iter().all(|caller| caller.outcome().is_none()));
    gate.open(Ok(credentials(1, noon() + HOUR)));
    run(&mut callers);

    let first = callers[0].outcome().unwrap().clone().unwrap();
    for caller in &callers {
        assert!(caller.outcome().unwrap().as_ref().unwrap().same(&first), "all share one allocation");
    }
    assert_eq!(vault.calls(), 1);
}

#[test]
fn with_a_spawner_an_advisory_refresh_costs_no_caller_anything() {
    let spawner = ManualSpawn::default();
    let filled = Filled::new(|cache| cache.with_spawner(spawner.clone()));
    let now = filled.at(5 * MINUTE);
    assert!(filled.cache.fresh(now).is_none(), "the window has begun");

    for _ in 0..1000 {
        assert_eq!(at_once(&filled.cache, now).unwrap().access_key_id(), "AKID1");
    }
    assert!(filled.cache.fresh(now).is_some(), "while the task is under way, the old ones are read as fresh");
    assert_eq!(filled.vault.calls(), 1, "the caller did not even poll the provider");

    let mut tasks = spawner.take();
    assert_eq!(tasks.len(), 1);
    let task = tasks.remove(0);
    let mut task = [Caller::of(async move {
        task.await;
        Err(sealed())
    })];
    run(&mut task);
    assert_eq!((filled.vault.calls(), task[0].outcome().is_some()), (2, false));
    filled.deliver();
    run(&mut task);
    assert!(task[0].outcome().is_some());
    assert_eq!(filled.cache.fresh(now).unwrap().access_key_id(), "AKID2");
}

#[test]
fn without_a_spawner_one_caller_waits_and_the_others_go_on() {
    let filled = Filled::new(|cache| cache);
    let now = filled.at(5 * MINUTE);
    let mut leader = start(&filled.cache, now, 1);
    assert!(leader[0].outcome().is_none());
    for _ in 0..1000 {
        assert_eq!(filled.cache.fresh(now).unwrap().access_key_id(), "AKID1");
    }
    // After the claim has lapsed too: somebody still sees to it.
    let later = filled.at(4 * MINUTE);
    assert!(filled.cache.fresh(later).is_none());
    assert_eq!(at_once(&filled.cache, later).unwrap().access_key_id(), "AKID1");

    filled.deliver();
    run(&mut leader);
    assert_eq!(leader[0].got(), "AKID2");
    assert_eq!(filled.vault.calls(), 2);
}

#[test]
fn in_the_mandatory_window_all_wait() {
    let filled = Filled::new(|cache| cache.with_spawner(ManualSpawn::default()));
    let now = filled.at(MINUTE);
    let mut callers = start(&filled.cache, now, 100);
    assert!(callers.iter().all(|caller| caller.outcome().is_none()));
    assert!(filled.cache.try_get(now).unwrap().is_none());
    filled.deliver();
    run(&mut callers);
    assert!(callers.iter().all(|caller| caller.got() == "AKID2"));
    assert_eq!(filled.vault.calls(), 2);
}

#[test]
fn an_advisory_refresh_that_lasts_into_the_mandatory_window_is_the_one_that_all_wait_for() {
    let filled = Filled::new(|cache| cache);
    let mut callers = start(&filled.cache, filled.at(2 * MINUTE), 1);
    callers.extend(start(&filled.cache, filled.at(MINUTE), 10));
    assert!(callers.iter().all(|caller| caller.outcome().is_none()));
    filled.deliver();
    run(&mut callers);
    assert!(callers.iter().all(|caller| caller.got() == "AKID2"));
    assert_eq!(filled.vault.calls(), 2);
}

#[test]
fn windows_are_at_most_a_quarter_of_the_lifetime() {
    // Lifetime, the windows asked for, and those that count; all in seconds.
    for (lifetime, asked, advisory, mandatory) in [
        (3600, (300, 60), 300, 60),
        (3600, (900, 600), 900, 600),
        (3600, (7200, 60), 900, 60),
        (600, (300, 60), 150, 60),
        (240, (300, 60), 60, 30),
        (8, (300, 60), 2, 1),
        (3600, (60, 300), 60, 60),
        (3600, (0, 0), 0, 0),
    ] {
        let (clock, seconds) = (clock(), Duration::from_secs);
        let vault = Vault::new(move |call| async move {
            if call > 1 {
                std::future::pending::<()>().await;
            }
            Ok(credentials(call, noon() + seconds(lifetime)))
        });
        let cache = cache(&vault, &clock).with_windows(seconds(asked.0), seconds(asked.1));
        at_once(&cache, noon()).unwrap();
        let expiry = noon() + seconds(lifetime);
        let nano = Duration::from_nanos(1);

        let begins = expiry - seconds(advisory);
        assert_eq!(cache.status().next, Some(begins), "{lifetime} {asked:?}");
        assert!(cache.fresh(begins - nano).is_some() && cache.fresh(begins).is_none());
        // `try_get` claims nothing: in the advisory window it gives the old ones, in the mandatory one none.
        let waits = expiry - seconds(mandatory);
        assert!(cache.try_get(waits - nano).unwrap().is_some(), "{lifetime} {asked:?}");
        assert!(cache.try_get(waits).unwrap().is_none(), "{lifetime} {asked:?}");
    }
}

#[test]
fn jitter_spreads_refreshes_over_the_first_half_before_the_mandatory_window() {
    for (jitter, next) in [(0.0, 300), (0.5, 240), (1.0, 180), (7.0, 180), (-1.0, 300), (f64::NAN, 300)] {
        let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
        let cache = cache(&vault, &clock()).with_jitter(move || jitter);
        at_once(&cache, noon()).unwrap();
        assert_eq!(cache.status().next, Some(noon() + HOUR - Duration::from_secs(next)), "{jitter}");
    }
    // Unset, it comes from the standard library, and differs.
    let moments: std::collections::HashSet<_> = (0..50)
        .map(|_| {
            let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
            let cache = CredentialCache::new(vault).with_clock(clock());
            at_once(&cache, noon()).unwrap();
            cache.status().next.unwrap()
        })
        .collect();
    assert!(moments.len() > 40, "{}", moments.len());
    assert!(
        moments
            .iter()
            .all(|at| (180..=300).contains(&(noon() + HOUR).duration_since(*at).unwrap().as_secs()))
    );
}

#[test]
fn a_source_that_repeats_itself_is_not_asked_ever_more_often() {
    let clock = clock();
    let vault = Vault::new(|_| async { Ok(credentials(1, noon() + HOUR)) });
    let cache = cache(&vault, &clock);
    let first = at_once(&cache, noon()).unwrap();
    for second in 0..3600 {
        clock.set(noon() + Duration::from_secs(second));
        let now = at_once(&cache, clock.now()).unwrap();
        assert!(now.same(&first), "the ones that remember their signing keys are kept");
    }
    assert!((5..12).contains(&vault.calls()), "{} calls", vault.calls());
}

#[test]
fn credentials_without_expiry_are_fetched_once() {
    let vault = Vault::new(|_| async { Credentials::new("AKID", "secret") });
    let cache = cache(&vault, &clock());
    for years in 0..50 {
        at_once(&cache, noon() + years * 365 * 24 * HOUR).unwrap();
    }
    assert_eq!(vault.calls(), 1);
    assert_eq!(cache.status().next, None);
}

#[test]
fn a_provider_without_io_needs_no_waiting() {
    let cache = CredentialCache::new(EnvironmentProvider::with_reader(|name| {
        (name != "AWS_CREDENTIAL_EXPIRATION").then(|| name.to_owned())
    }));
    let cached = cache.try_get(noon()).unwrap().unwrap();
    assert_eq!(cached.access_key_id(), "AWS_ACCESS_KEY_ID");
}

#[test]
fn what_try_get_has_begun_stays_for_the_next() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |_| answer.wait());
    let cache = cache(&vault, &clock);
    assert!(cache.try_get(noon()).unwrap().is_none());
    assert!(cache.try_get(noon()).unwrap().is_none());
    gate.open(Ok(credentials(1, noon() + HOUR)));
    assert_eq!(cache.try_get(noon()).unwrap().unwrap().access_key_id(), "AKID1");
    assert_eq!(vault.calls(), 1);
}

#[test]
fn a_cache_around_a_cache_is_that_cache() {
    let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
    let inner = cache(&vault, &clock());
    let outer = CredentialCache::new(inner.clone());
    at_once(&outer, noon()).unwrap();
    assert_eq!(inner.fresh(noon()).unwrap().access_key_id(), "AKID1");

    // As a source of something else, it gives what it keeps.
    let mut caller = Caller::of(async move { inner.provide_credentials().await });
    assert!(caller.poll());
    assert_eq!((caller.got(), vault.calls()), ("AKID1", 1));
}

#[test]
fn setters_change_no_former_clone_and_offers_reach_all() {
    let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
    let cache = cache(&vault, &clock());
    at_once(&cache, noon()).unwrap();
    let other = cache.clone().with_timeout(MINUTE);
    assert!(other.fresh(noon()).is_none() && cache.fresh(noon()).is_some());

    let (mine, theirs) = (ManualSpawn::default(), ManualSpawn::default());
    let clone = cache.clone();
    cache.offer_spawner(mine.clone());
    cache.offer_spawner(theirs.clone());
    let advisory = noon() + HOUR - 2 * MINUTE;
    at_once(&clone, advisory).unwrap();
    assert_eq!((mine.take().len(), theirs.take().len()), (1, 0), "the first offer holds");
}

#[test]
fn the_hook_and_the_status_tell_of_each_refresh() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, calls) = (Arc::clone(&seen), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&calls);
    let clock = clock();
    let at = Arc::clone(&clock);
    let vault = Vault::new(move |call| {
        let now = at.now();
        async move { if call == 2 { Err(sealed()) } else { Ok(credentials(call, now + HOUR)) } }
    });
    let cache = cache(&vault, &clock).with_hook(move |event| {
        count.fetch_add(1, Ordering::SeqCst);
        log.lock().unwrap().push((
            event.reason,
            event.outcome.map(|c| c.access_key_id().to_string()).map_err(|e| e.to_string()),
            event.old_ones_serve,
            event.failures,
            event.next,
        ));
    });
    at_once(&cache, noon()).unwrap();
    assert_eq!(cache.fresh(noon() + MINUTE).unwrap().age(noon() + MINUTE), MINUTE);
    assert_eq!(cache.fresh(noon()).unwrap().obtained(), noon());

    clock.set(noon() + HOUR - 4 * MINUTE);
    at_once(&cache, clock.now()).unwrap();
    let status = cache.status();
    assert_eq!((status.obtained, status.failures), (Some(noon()), 1));
    assert_eq!(status.last_error.unwrap().to_string(), "the vault is sealed");

    clock.set(noon() + HOUR);
    let now = clock.now();
    at_once(&cache, now).unwrap();
    let status = cache.status();
    assert_eq!((status.obtained, status.expiry, status.failures), (Some(now), Some(now + HOUR), 0));
    assert!(status.last_error.is_none());

    let seen = seen.lock().unwrap();
    let retry = noon() + HOUR - 4 * MINUTE + Duration::from_secs(30);
    assert_eq!(
        *seen,
        [
            (RefreshReason::Missing, Ok("AKID1".into()), false, 0, Some(noon() + HOUR - 5 * MINUTE)),
            (RefreshReason::Advisory, Err("the vault is sealed".into()), true, 1, Some(retry)),
            (RefreshReason::Expired, Ok("AKID3".into()), false, 0, Some(now + HOUR - 5 * MINUTE)),
        ]
    );
    assert_eq!(calls.load(Ordering::SeqCst), vault.calls());
}

#[test]
fn debug_shows_no_secret() {
    let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
    let cache = cache(&vault, &clock());
    at_once(&cache, noon()).unwrap();
    let shown = format!("{cache:?} {:?} {:?}", cache.fresh(noon()).unwrap(), cache.status());
    assert!(shown.contains("AKID1") && !shown.contains("secret\"") && !shown.contains("token1"), "{shown}");
}
