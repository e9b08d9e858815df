//! Clocks that jump, either way.

use std::time::Duration;

use sigv4_core::ErrorKind;

use crate::harness::*;

#[test]
fn ahead_and_back_again() {
    let filled = Filled::new(|cache| cache);
    filled.answer.open(Ok(credentials(2, noon() + HOUR + MINUTE)));

    // A day ahead, everything the source gives seems expired.
    filled.clock.set(noon() + 24 * HOUR);
    let error = at_once(&filled.cache, filled.now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
    assert!(error.to_string().contains("whether this clock is right"));

    // Set right, what was kept is good as before, without asking again.
    let calls = filled.vault.calls();
    filled.clock.set(noon() + MINUTE);
    assert_eq!(at_once(&filled.cache, filled.now()).unwrap().access_key_id(), "AKID1");
    assert_eq!(filled.vault.calls(), calls);
}

#[test]
fn a_clock_set_back_ends_no_expiry_and_asks_nobody() {
    let filled = Filled::new(|cache| cache);
    filled.clock.set(noon() - 24 * HOUR);
    let cached = filled.cache.fresh(filled.now()).unwrap();
    assert_eq!(cached.age(filled.now()), Duration::ZERO);
    assert_eq!(filled.vault.calls(), 1);
    // The windows are counted from the expiry, which is the services' time.
    assert!(filled.cache.fresh(noon() + HOUR - 5 * MINUTE).is_none());
}

#[test]
fn a_back_off_noted_by_a_wrong_clock_ends_when_it_is_set_back() {
    let filled = Filled::new(|cache| cache.with_windows(50 * MINUTE, MINUTE));
    // 15 minutes before the expiry: the window is a quarter of the lifetime. Fails, and backs off.
    let wrong = filled.at(MINUTE + MINUTE / 2);
    filled.answer.open(Err(sealed()));
    at_once(&filled.cache, wrong).unwrap();
    assert!(filled.cache.fresh(wrong).is_some());
    // Callers may have read the clock a little before the one that noted it.
    assert!(filled.cache.fresh(wrong - Duration::from_secs(60)).is_some());

    let right = filled.at(12 * MINUTE);
    assert!(filled.cache.fresh(right).is_none(), "due, and the back-off of another reckoning is void");
    filled.deliver();
    assert_eq!(at_once(&filled.cache, right).unwrap().access_key_id(), "AKID2");
}

#[test]
fn a_jump_while_a_refresh_is_under_way() {
    for (jump, got) in [(2 * HOUR, Err(ErrorKind::ExpiredCredentials)), (Duration::ZERO, Ok("AKID2"))] {
        let filled = Filled::new(|cache| cache);
        let mut callers = start(&filled.cache, filled.at(MINUTE), 3);
        filled.clock.advance(jump);
        filled.answer.open(Ok(credentials(2, noon() + 2 * HOUR)));
        run(&mut callers);
        for caller in &callers {
            match got {
                Ok(id) => assert_eq!(caller.got(), id),
                Err(kind) => assert_eq!(caller.error().kind(), kind),
            }
        }
    }
}

#[test]
fn times_at_the_ends_of_time() {
    let filled = Filled::new(|cache| cache.with_timeout(Duration::MAX));
    let far = std::time::UNIX_EPOCH + Duration::from_secs(i64::MAX as u64);
    assert!(filled.cache.fresh(std::time::UNIX_EPOCH).is_some());
    filled.answer.open(Err(sealed()));
    for shown in [noon(), noon() + 290 * 365 * 24 * HOUR / 2] {
        filled.clock.set(shown);
        assert_eq!(at_once(&filled.cache, far).unwrap_err().to_string(), "the vault is sealed");
    }
}

/// A signer that knows the services' time asks in that, whatever the cache's own clock shows.
#[test]
fn callers_reckon_in_the_services_time() {
    for (what, shown) in [("behind", noon() - 20 * MINUTE), ("ahead", noon() + 20 * MINUTE)] {
        let clock = clock();
        clock.set(shown);
        // At noon by the services, each is good for 15 minutes.
        let vault = Vault::new(|call| async move {
            Ok(credentials(call, noon() + 15 * MINUTE * u32::try_from(call).unwrap()))
        });
        let cache = cache(&vault, &clock);
        let later = |by: Duration| {
            clock.set(shown + by);
            at_once(&cache, noon() + by).unwrap().access_key_id().to_owned()
        };
        assert_eq!(later(Duration::ZERO), "AKID1", "{what}");
        assert_eq!(later(10 * MINUTE), "AKID1", "{what}");
        assert_eq!(later(16 * MINUTE), "AKID2", "{what}: expired by the services");
        assert_eq!(later(17 * MINUTE), "AKID2", "{what}");
        assert_eq!(vault.calls(), 2, "{what}");
        let cached = cache.fresh(noon() + 17 * MINUTE).unwrap();
        assert_eq!(cached.age(shown + 17 * MINUTE), MINUTE, "{what}: by the cache's own clock");
    }
}

/// What is good no more for a caller is not served to it when the refresh fails; to others it is.
#[test]
fn a_failed_refresh_serves_those_by_whose_time_the_old_ones_are_good() {
    let filled = Filled::new(|cache| cache);
    filled.answer.open(Err(sealed()));
    let error = at_once(&filled.cache, noon() + HOUR + MINUTE).unwrap_err();
    assert_eq!(error.to_string(), "the vault is sealed");
    assert_eq!(at_once(&filled.cache, filled.now()).unwrap().access_key_id(), "AKID1");
    assert_eq!(filled.vault.calls(), 2);
}
