//! The cache below a signer, as adapters use it: first `try_sign`, which waits for nothing, then `fetch`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, StatusCode};
use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::flow::Kept;
use sigv4_core::{Payload, Signer, Watch};

use crate::harness::*;

fn signer(filled: &Filled) -> Signer {
    // The cache's own clock first: setters make a cache anew.
    let clock: Arc<ManualClock> = Arc::clone(&filled.clock);
    let signer = Signer::new("execute-api", "us-east-2", credentials(0, noon() + HOUR)).with_clock(clock);
    let cache: CredentialCache = filled.cache.clone();
    signer.with_credentials_for(move |_| Ok(cache.clone()))
}

const URI: &str = "https://example.com/";

fn request() -> Request<()> {
    Request::get(URI).body(()).unwrap()
}

/// The access key id that a request was signed with; `None` if that takes waiting.
fn try_sign(signer: &Signer) -> Option<String> {
    let mut request = request();
    signer.try_sign(&mut request, Payload::EMPTY).unwrap().then(|| {
        let authorization = request.headers()["authorization"].to_str().unwrap();
        authorization.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned()
    })
}

#[test]
fn with_a_spawner_an_advisory_refresh_is_begun_and_nobody_waits() {
    let spawner = ManualSpawn::default();
    let filled = Filled::new(|cache| cache.with_spawner(spawner.clone()));
    let signer = signer(&filled);
    let now = filled.at(5 * MINUTE);
    for _ in 0..1000 {
        assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"));
    }
    assert_eq!(filled.vault.calls(), 1, "no caller even polled the provider");
    let mut tasks = spawner.take();
    assert_eq!(tasks.len(), 1, "one task refreshes");
    let task = tasks.remove(0);
    let mut task = [Caller::of(async move {
        task.await;
        Err(sealed())
    })];
    run(&mut task);
    assert_eq!(filled.vault.calls(), 2);
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"), "while the task waits");
    filled.deliver();
    run(&mut task);
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID2"));
    assert_eq!((filled.clock.now(), filled.vault.calls()), (now, 2));
}

/// Without one, each signature polls the refresh once, waits for nothing, and goes out with the old credentials; from the mandatory
/// window on, `try_sign` says that there is something to wait for.
#[test]
fn without_a_spawner_signatures_drive_the_refresh_and_none_waits_before_the_mandatory_window() {
    let filled = Filled::new(|cache| cache);
    let signer = signer(&filled);
    filled.at(5 * MINUTE);
    for _ in 0..1000 {
        assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"));
    }
    assert_eq!(filled.vault.calls(), 2, "it was begun, once");
    filled.at(MINUTE);
    assert_eq!(try_sign(&signer), None);
    assert_eq!(filled.vault.calls(), 3, "nobody drove it for longer than its time-out: it was begun anew");
    filled.deliver();
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID2"));
    assert_eq!(filled.vault.calls(), 3);
}

/// A provider that is done when it is polled again gives the new credentials to the next signature.
#[test]
fn without_a_spawner_the_next_signature_gets_what_is_ready() {
    let filled = Filled::new(|cache| cache);
    let signer = signer(&filled);
    filled.at(5 * MINUTE);
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"));
    filled.deliver();
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID2"));
}

/// Caches that are chosen for a request borrow the signer's timer and spawner.
#[test]
fn chosen_caches_borrow_the_signers_runtime() {
    let spawner = ManualSpawn::default();
    let filled = Filled::new(|cache| cache);
    let signer = signer(&filled);
    signer.credentials().offer_spawner(spawner.clone());
    filled.at(5 * MINUTE);
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"));
    assert_eq!((spawner.take().len(), filled.vault.calls()), (1, 1));
}

/// A signer whose clock is off from the services', which show noon, and which has learnt so from a refusal. Its source gives
/// credentials that are good for an hour from when they are asked for.
fn corrected(shown: Duration, is_ahead: bool) -> (Signer, Arc<ManualClock>, Arc<Vault>) {
    let local = if is_ahead { noon() + shown } else { noon() - shown };
    let clock = Arc::new(ManualClock::new(local));
    let reads = Arc::clone(&clock);
    let vault = Vault::new(move |call| {
        let services = if is_ahead { reads.now() - shown } else { reads.now() + shown };
        async move { Ok(credentials(call, services + HOUR)) }
    });
    let signer = Signer::new("execute-api", "us-east-2", Arc::clone(&vault)).with_clock(Arc::clone(&clock));
    let mut sent = request();
    let mut watch = Watch::new(Kept::new(sent.method(), Some("example.com"), &[URI], sent.headers()));
    assert!(signer.try_sign_watched(&mut sent, Payload::EMPTY, &mut watch).unwrap());
    let date = HeaderValue::from_static("Fri, 15 Jan 2027 12:00:00 GMT");
    let headers = HeaderMap::from_iter([(http::header::DATE, date)]);
    let body =
        br#"{"message":"Signature expired: it is now earlier than it was (20270115T120000Z - 15 min.)"}"#;
    assert!(signer.refused(&watch, &request(), StatusCode::FORBIDDEN, &headers, body).unwrap().replay);
    (signer, clock, vault)
}

/// Credentials expire by the services' clocks. Where the signer's is behind and it knows, they are renewed in time all the same,
/// and never found expired when they are used.
#[test]
fn a_clock_that_is_behind_and_corrected_does_not_outlast_credentials() {
    let (signer, clock, vault) = corrected(20 * MINUTE, false);
    let start = clock.now();
    for minute in 0..300 {
        clock.set(start + minute * MINUTE);
        let used = try_sign(&signer).unwrap();
        assert_eq!(used, format!("AKID{}", vault.calls()), "minute {minute}");
        signer.presign(&request(), MINUTE).unwrap();
    }
    assert_eq!(vault.calls(), 6, "one an hour");
}

/// Where it is ahead, credentials that seem expired are taken for what they are. A URL carries the signer's time, by which they
/// have to be good.
#[test]
fn a_clock_that_is_ahead_and_corrected_does_not_bury_credentials_alive() {
    let (signer, clock, vault) = corrected(50 * MINUTE, true);
    let start = clock.now();
    for minute in [0, 20, 40, 57] {
        clock.set(start + minute * MINUTE);
        assert_eq!(try_sign(&signer).as_deref(), Some("AKID1"), "minute {minute}");
    }
    assert_eq!(vault.calls(), 1);
    clock.set(start + HOUR);
    assert_eq!(try_sign(&signer).as_deref(), Some("AKID2"));

    for minute in [60, 75] {
        clock.set(start + minute * MINUTE);
        let lifetime = signer.presign(&request(), HOUR).unwrap().lifetime();
        assert_eq!(lifetime, 10 * MINUTE, "an hour, less the fifty minutes that the clock is ahead");
    }
    assert_eq!(vault.calls(), 3);
}
