//! Providers, timers and executors under the test's control.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::{CredentialCache, Sleep, Spawn};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, async_trait};

pub type Answer = Result<Credentials, Error>;
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Midday of some day.
pub fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_014_400)
}

/// The `number`th credentials of a source, valid until `expiry`.
pub fn credentials(number: usize, expiry: SystemTime) -> Credentials {
    Credentials::new(format!("AKID{number}"), "secret")
        .and_then(|credentials| credentials.with_session_token(format!("token{number}")))
        .unwrap()
        .with_expiry(expiry)
        .with_source("vault")
}

pub fn sealed() -> Error {
    Error::new(ErrorKind::Credentials, "the vault is sealed")
}

/// A provider whose `n`th call (from 1) does as the test says, and which counts.
pub struct Vault {
    answer: Box<dyn Fn(usize) -> BoxFuture<Answer> + Send + Sync>,
    pub calls: AtomicUsize,
    pub in_flight: AtomicUsize,
    pub most_in_flight: AtomicUsize,
}

impl Vault {
    pub fn new<F>(answer: impl Fn(usize) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Arc::new(Self {
            answer: Box::new(move |call| Box::pin(answer(call))),
            calls: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        })
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ProvideCredentials for Vault {
    async fn provide_credentials(&self) -> Answer {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let _gone = OnDrop(|| {
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
        });
        (self.answer)(call).await
    }
}

pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Something that is waited for until the test lets it happen.
#[derive(Clone)]
pub struct Gate<T>(Arc<Mutex<(Option<T>, Vec<Waker>)>>);

impl<T: Clone + Send + 'static> Gate<T> {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new((None, Vec::new()))))
    }

    pub fn open(&self, value: T) {
        let mut state = self.0.lock().unwrap();
        state.0 = Some(value);
        let wakers = std::mem::take(&mut state.1);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub fn wait(&self) -> impl Future<Output = T> + Send + use<T> {
        let gate = self.clone();
        poll_fn(move |cx| {
            let mut state = gate.0.lock().unwrap();
            match &state.0 {
                Some(value) => Poll::Ready(value.clone()),
                None => {
                    state.1.push(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

/// Timers that end when the test says.
#[derive(Clone)]
pub struct ManualSleep {
    pub elapsed: Gate<()>,
    pub asked: Arc<Mutex<Vec<Duration>>>,
}

impl ManualSleep {
    pub fn new() -> Self {
        Self { elapsed: Gate::new(), asked: Arc::default() }
    }

    pub fn asked(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().clone()
    }
}

impl Sleep for ManualSleep {
    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        self.asked.lock().unwrap().push(duration);
        Box::pin(self.elapsed.wait())
    }
}

/// Tasks that run when the test says.
#[derive(Clone, Default)]
pub struct ManualSpawn(Arc<Mutex<Vec<BoxFuture<()>>>>);

impl ManualSpawn {
    pub fn take(&self) -> Vec<BoxFuture<()>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Spawn for ManualSpawn {
    fn spawn(&self, task: BoxFuture<()>) {
        self.0.lock().unwrap().push(task);
    }
}

/// One caller of the cache, polled by hand.
pub struct Caller {
    future: BoxFuture<Answer>,
    woken: Arc<Woken>,
    outcome: Option<Answer>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Caller {
    pub fn new(cache: &CredentialCache, now: SystemTime) -> Self {
        let cache = cache.clone();
        Self::of(async move { cache.get(now).await.map(|cached| Credentials::clone(&cached)) })
    }

    pub fn of(future: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self { future: Box::pin(future), woken: Arc::new(Woken(AtomicBool::new(true))), outcome: None }
    }

    /// Polls, woken or not. Whether it has ended.
    pub fn poll(&mut self) -> bool {
        if self.outcome.is_none() {
            self.woken.0.store(false, Ordering::SeqCst);
            let waker = Waker::from(Arc::clone(&self.woken));
            if let Poll::Ready(outcome) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.outcome = Some(outcome);
            }
        }
        self.outcome.is_some()
    }

    pub fn is_runnable(&self) -> bool {
        self.outcome.is_none() && self.woken.0.load(Ordering::SeqCst)
    }

    pub fn outcome(&self) -> Option<&Answer> {
        self.outcome.as_ref()
    }

    /// The access key id that it got.
    pub fn got(&self) -> &str {
        self.outcome.as_ref().expect("it has ended").as_ref().expect("it got credentials").access_key_id()
    }

    pub fn error(&self) -> &Error {
        self.outcome.as_ref().expect("it has ended").as_ref().expect_err("it got an error")
    }
}

/// Polls those that were woken until none is.
pub fn run(callers: &mut [Caller]) {
    while let Some(caller) = callers.iter_mut().find(|caller| caller.is_runnable()) {
        caller.poll();
    }
}

/// A caller that ends without waiting.
pub fn at_once(cache: &CredentialCache, now: SystemTime) -> Answer {
    let mut caller = Caller::new(cache, now);
    assert!(caller.poll(), "a caller had to wait");
    caller.outcome.unwrap()
}

/// Several callers, each polled once.
pub fn start(cache: &CredentialCache, now: SystemTime, number: usize) -> Vec<Caller> {
    let mut callers: Vec<Caller> = (0..number).map(|_| Caller::new(cache, now)).collect();
    for caller in &mut callers {
        caller.poll();
    }
    callers
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(noon()))
}

/// A cache with the clock at noon, no jitter.
pub fn cache(vault: &Arc<Vault>, clock: &Arc<ManualClock>) -> CredentialCache {
    CredentialCache::new(Arc::clone(vault)).with_clock(Arc::clone(clock)).with_jitter(|| 0.0)
}

/// A cache at noon that holds the first credentials, good for an hour, and a gate for each later call's answer.
pub struct Filled {
    pub cache: CredentialCache,
    pub clock: Arc<ManualClock>,
    pub vault: Arc<Vault>,
    pub answer: Gate<Answer>,
}

impl Filled {
    pub fn new(change: impl FnOnce(CredentialCache) -> CredentialCache) -> Self {
        let (clock, answer) = (clock(), Gate::new());
        let later = answer.clone();
        let vault = Vault::new(move |call| {
            let later = later.clone();
            async move {
                if call == 1 {
                    return Ok(credentials(1, noon() + HOUR));
                }
                later.wait().await
            }
        });
        let cache = change(cache(&vault, &clock));
        assert_eq!(at_once(&cache, noon()).unwrap().access_key_id(), "AKID1");
        Self { cache, clock, vault, answer }
    }

    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Sets the clock to `before` the expiry of the first credentials, and says what time it is.
    pub fn at(&self, before: Duration) -> SystemTime {
        self.clock.set(noon() + HOUR - before);
        self.clock.now()
    }

    /// Lets the provider give its second credentials.
    pub fn deliver(&self) {
        self.answer.open(Ok(credentials(2, self.now() + HOUR)));
    }
}

/// Runs `test` with the messages of expected panics kept off the output.
pub fn panics<T>(test: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(test))
}
