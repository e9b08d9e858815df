//! Credentials that a service refused: forgotten, and not brought back by what was under way.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sigv4_core::Credentials;
use sigv4_core::clock::Clock;
use sigv4_core::credentials::CredentialCache;

use crate::harness::*;

#[test]
fn only_what_is_kept_is_forgotten() {
    let vault = Vault::new(|call| async move { Ok(credentials(call, noon() + HOUR)) });
    let cache = cache(&vault, &clock());
    at_once(&cache, noon()).unwrap();

    // Equal by content is enough; any part that differs is not.
    assert!(cache.invalidate(&credentials(7, noon() + HOUR)), "others are at hand");
    let other_secret = Credentials::new("AKID1", "other").unwrap().with_session_token("token1").unwrap();
    let other_token = Credentials::new("AKID1", "secret").unwrap().with_session_token("token2").unwrap();
    assert!(cache.invalidate(&other_secret) && cache.invalidate(&other_token));
    assert_eq!(cache.fresh(noon()).unwrap().access_key_id(), "AKID1");

    assert!(cache.invalidate(&credentials(1, noon() + HOUR)));
    assert!(cache.fresh(noon()).is_none());
    assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID2");
    assert!(cache.invalidate(&credentials(1, noon() + HOUR)), "a straggler's refusal of the former ones");
    assert_eq!(cache.fresh(noon()).unwrap().access_key_id(), "AKID2");
}

#[test]
fn what_was_invalidated_is_not_served_after_a_failure() {
    let filled = Filled::new(|cache| cache);
    let first = at_once(&filled.cache, noon()).unwrap();
    let mut leader = start(&filled.cache, filled.at(5 * MINUTE), 1);
    filled.cache.invalidate(&first);
    filled.answer.open(Err(sealed()));
    run(&mut leader);
    assert_eq!(leader[0].error().to_string(), "the vault is sealed");
}

#[test]
fn a_refresh_under_way_that_brings_the_rejected_ones_is_done_anew() {
    for before in [5 * MINUTE, MINUTE] {
        let (clock, gate) = (clock(), Gate::new());
        let answer = gate.clone();
        let vault = Vault::new(move |call| {
            let answer = answer.clone();
            async move {
                match call {
                    1 => Ok(credentials(1, noon() + HOUR)),
                    2 => answer.wait().await,
                    _ => Ok(credentials(call, noon() + 2 * HOUR)),
                }
            }
        });
        let cache = cache(&vault, &clock);
        let first = at_once(&cache, noon()).unwrap();
        clock.set(noon() + HOUR - before);
        let mut callers = start(&cache, clock.now(), 1);
        assert!(cache.invalidate(&first));
        callers.extend(start(&cache, clock.now(), 10));
        // The source had not rotated yet when it was asked.
        gate.open(Ok(credentials(1, noon() + HOUR)));
        run(&mut callers);
        assert!(callers.iter().all(|caller| caller.got() == "AKID3"));
        assert_eq!(vault.calls(), 3);
        assert_eq!(vault.most_in_flight.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_refresh_under_way_that_brings_others_counts() {
    let filled = Filled::new(|cache| cache);
    let first = at_once(&filled.cache, noon()).unwrap();
    let mut callers = start(&filled.cache, filled.at(5 * MINUTE), 1);
    assert!(filled.cache.invalidate(&first));
    callers.extend(start(&filled.cache, filled.now(), 10));
    filled.deliver();
    run(&mut callers);
    assert!(callers.iter().all(|caller| caller.got() == "AKID2"));
    assert_eq!(filled.vault.calls(), 2);
}

#[test]
fn try_get_too_does_a_superseded_refresh_anew() {
    let (clock, gate) = (clock(), Gate::new());
    let answer = gate.clone();
    let vault = Vault::new(move |call| {
        let answer = answer.clone();
        async move { if call == 1 { answer.wait().await } else { Ok(credentials(call, noon() + HOUR)) } }
    });
    let cache = cache(&vault, &clock);
    assert!(cache.try_get(noon()).unwrap().is_none());
    // Nothing is kept, but another cache on the same source had these refused.
    assert!(cache.invalidate(&credentials(1, noon() + HOUR)));
    gate.open(Ok(credentials(1, noon() + HOUR)));
    assert_eq!(cache.try_get(noon()).unwrap().unwrap().access_key_id(), "AKID2");
}

#[test]
fn a_source_that_insists_is_asked_once_a_minute() {
    // Also by callers whose time is another than the cache's.
    for ahead in [Duration::ZERO, 20 * MINUTE] {
        let clock = clock();
        let vault = Vault::new(|_| async { Ok(credentials(1, noon() + HOUR)) });
        let cache = cache(&vault, &clock);
        let mut replays = 0;
        for second in 0..600 {
            clock.set(noon() + Duration::from_secs(second));
            // Every request is refused.
            let used = at_once(&cache, clock.now() + ahead).unwrap();
            replays += usize::from(cache.invalidate(&used));
        }
        assert_eq!((vault.calls(), replays), (11, 10), "the first, then one a minute");
    }
}

#[test]
fn static_credentials_cannot_be_renewed() {
    let fixed = Credentials::new("AKID", "secret").unwrap();
    let cache = CredentialCache::new(fixed.clone());
    assert!(!cache.invalidate(&fixed));
    assert!(cache.fresh(noon()).unwrap().same(&fixed));
}
