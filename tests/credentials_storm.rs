//! Ten thousand tasks on two threads, credentials that live two seconds, a source that fails one call in three.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime};

use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, async_trait};

const LIFETIME: Duration = Duration::from_secs(2);
const STORM: Duration = Duration::from_secs(20);

/// Moves the clock of the storm as time passes, but for moments in which the machine lets nobody run: those would take the
/// credentials with them before anyone could renew them.
async fn pace(clock: Arc<ManualClock>, end: SystemTime) {
    let mut last = Instant::now();
    while clock.now() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let now = Instant::now();
        clock.advance((now - last).min(Duration::from_millis(50)));
        last = now;
    }
}

struct Source {
    clock: Arc<ManualClock>,
    calls: AtomicU64,
    failures: AtomicU64,
    in_flight: AtomicBool,
    overlaps: AtomicU64,
}

struct Shared(Arc<Source>);

#[async_trait]
impl ProvideCredentials for Shared {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let source = &self.0;
        if source.in_flight.swap(true, SeqCst) {
            source.overlaps.fetch_add(1, SeqCst);
        }
        let call = source.calls.fetch_add(1, SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        source.in_flight.store(false, SeqCst);
        if call % 3 == 2 {
            source.failures.fetch_add(1, SeqCst);
            return Err(Error::new(ErrorKind::Credentials, "the source is down").with_retryable(true));
        }
        Ok(Credentials::new(format!("AKID{call}"), "secret")?.with_expiry(source.clock.now() + LIFETIME))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm() {
    let started = SystemTime::now();
    let clock = Arc::new(ManualClock::new(started));
    let source = Arc::new(Source {
        clock: clock.clone(),
        calls: AtomicU64::default(),
        failures: AtomicU64::default(),
        in_flight: AtomicBool::default(),
        overlaps: AtomicU64::default(),
    });
    // A tenth of the lifetime ahead, as five minutes are for an hour.
    let cache = CredentialCache::new(Shared(source.clone()))
        .with_clock(clock.clone())
        .with_windows(Duration::from_millis(250), Duration::from_millis(100));
    let end = started + STORM;
    let pacing = tokio::spawn(pace(clock.clone(), end));
    let tasks: Vec<_> = (0..10_000u64)
        .map(|task| {
            let (cache, clock) = (cache.clone(), clock.clone());
            tokio::spawn(async move {
                let mut requests = 0u64;
                loop {
                    let now = clock.now();
                    if now >= end {
                        break requests;
                    }
                    let credentials = Credentials::clone(&*cache.get(now).await.unwrap());
                    assert!(!credentials.is_expired(now), "dead credentials were handed out");
                    requests += 1;
                    tokio::time::sleep(Duration::from_millis(400 + task % 400)).await;
                }
            })
        })
        .collect();
    let mut requests = 0;
    for task in tasks {
        requests += task.await.unwrap();
    }
    pacing.await.unwrap();
    let lifetimes = STORM.as_secs_f64() / LIFETIME.as_secs_f64();
    let (calls, failures) = (source.calls.load(SeqCst), source.failures.load(SeqCst));
    println!("{requests} requests, {calls} calls of which {failures} failed, {lifetimes:.1} lifetimes");
    assert_eq!(source.overlaps.load(SeqCst), 0, "two calls at once");
    assert!(failures >= 3, "{failures} failures");
    assert!(
        (calls - failures) as f64 <= 1.2 * lifetimes,
        "{calls} calls, {failures} failures, {lifetimes} lifetimes"
    );
    assert!(requests > 100_000, "{requests} requests are no storm");
}
