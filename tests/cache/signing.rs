//! The cache below a signer, as adapters use it: first `try_sign`, which waits for nothing, then `fetch`.

use std::sync::Arc;

use http::Request;
use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::{Payload, Signer};

use crate::harness::*;

fn signer(filled: &Filled) -> Signer {
    // The cache's own clock first: setters make a cache anew.
    let clock: Arc<ManualClock> = Arc::clone(&filled.clock);
    let signer = Signer::new("execute-api", "us-east-2", credentials(0, noon() + HOUR)).with_clock(clock);
    let cache: CredentialCache = filled.cache.clone();
    signer.with_credentials_for(move |_| Ok(cache.clone()))
}

/// The access key id that a request was signed with; `None` if that takes waiting.
fn try_sign(signer: &Signer) -> Option<String> {
    let mut request = Request::get("https://example.com/").body(()).unwrap();
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
