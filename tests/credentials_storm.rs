//! Ten thousand tasks on two threads, credentials that live two seconds, a source that fails one call in three: for twenty
//! seconds by a clock that the requests themselves move, so that a slow machine sees the same storm as a fast one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, UNIX_EPOCH};

use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, async_trait};

const TASKS: usize = 10_000;
const LIFETIME: Duration = Duration::from_secs(2);
const STORM: Duration = Duration::from_secs(20);

/// How far a request moves the clock: each task asks every quarter of a second.
const STEP: Duration = Duration::from_micros(25);

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
        // Room for all others to come meanwhile.
        for _ in 0..call % 4 {
            tokio::task::yield_now().await;
        }
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
    let began = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let clock = Arc::new(ManualClock::new(began));
    let source = Arc::new(Source {
        clock: Arc::clone(&clock),
        calls: AtomicU64::new(0),
        failures: AtomicU64::new(0),
        in_flight: AtomicBool::new(false),
        overlaps: AtomicU64::new(0),
    });
    // A tenth of the lifetime ahead, as five minutes are for an hour.
    let cache = CredentialCache::new(Shared(source.clone()))
        .with_clock(Arc::clone(&clock))
        .with_windows(Duration::from_millis(250), Duration::from_millis(100));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (cache, clock) = (cache.clone(), Arc::clone(&clock));
            tokio::spawn(async move {
                let mut requests = 0u64;
                loop {
                    let now = clock.now();
                    if now >= began + STORM {
                        return requests;
                    }
                    let credentials = Credentials::clone(&*cache.get(now).await.unwrap());
                    assert!(!credentials.is_expired(now), "dead credentials were handed out");
                    requests += 1;
                    clock.advance(STEP);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut requests = 0;
    for task in tasks {
        requests += task.await.unwrap();
    }
    let lifetimes = clock.now().duration_since(began).unwrap().as_secs_f64() / LIFETIME.as_secs_f64();
    let (calls, failures) = (source.calls.load(SeqCst), source.failures.load(SeqCst));
    println!("{requests} requests, {calls} calls of which {failures} failed, {lifetimes:.1} lifetimes");
    assert_eq!(source.overlaps.load(SeqCst), 0, "two calls at once");
    assert!(failures >= 3, "{failures} failures");
    assert!(
        (calls - failures) as f64 <= 1.2 * lifetimes,
        "{calls} calls, {failures} failures, {lifetimes} lifetimes"
    );
}
