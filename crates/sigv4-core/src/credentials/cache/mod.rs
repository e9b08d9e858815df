//! The credential cache: what stands between every signature and the provider.
//!
//! | the credentials are… | callers get | who fetches |
//! |---|---|---|
//! | fresh | them, at once: no lock, no reference count, no allocation | nobody |
//! | in the advisory window | the old ones, at once | the spawner's task; without a spawner one caller, who waits |
//! | in the mandatory window | the new ones, or after a failure the old ones | one call, all wait for it |
//! | expired, invalidated, absent | the new ones, or the error | one call, all wait for it |
//!
//! - `entry`: the credentials with their schedule, pure functions of the time.
//! - `flight`: the one future that all waiters share. No runtime, no task of its own.
//! - `fetch`: one call of the provider, its time-out and its panics.
//! - `moment`: a caller's time, and the cache's own.
//! - `refresh`: from a caller to a flight, and from its outcome to a new entry.
//!
//! A fresh read takes one atomic load of an entry that never changes. All else takes a lock for a few
//! instructions, and never over foreign code.

mod entry;
mod event;
mod fetch;
mod flight;
mod moment;
mod refresh;
mod runtime;
mod sync;

use std::any::Any;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use arc_swap::Guard;

use self::entry::{Entry, Windows};
use self::refresh::{Boarding, Outcome, Shared, Wait};
use super::{Credentials, ProvideCredentials};
use crate::clock::{Clock, SystemClock};
use crate::error::Error;

pub use self::event::{CacheStatus, RefreshEvent, RefreshReason};
pub use self::runtime::{Sleep, Spawn};

/// Keeps the credentials of a provider, and fetches new ones before they expire.
///
/// Clones share what is kept. The setters are for the start: each gives a cache that shares nothing with its
/// former clones.
///
/// Refreshes begin `min(window, lifetime / 4)` before the expiry: the advisory window is 5 minutes long (the
/// instance metadata service promises new credentials that early and no earlier), the mandatory one 1 minute.
/// Lifetime is what was left when they were fetched, so a source that keeps giving the same ones is asked ever
/// later, not ever more often. A failed refresh is tried again after a quarter of the time left (at most
/// 5 minutes, with jitter); with nothing left to serve, each call tries again, one at a time.
///
/// A provider that extends the expiry of what it had (static stability) does so itself; credentials that come
/// back expired are an error here. Those without an expiry are kept until they are
/// [invalidated](Self::invalidate).
///
/// ```
/// use std::time::SystemTime;
/// use sigv4_core::credentials::{CredentialCache, EnvironmentProvider};
///
/// let provider = EnvironmentProvider::with_reader(|name| match name {
///     "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
///     "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
///     _ => None,
/// });
/// let cache = CredentialCache::new(provider);
/// let now = SystemTime::now();
/// assert!(cache.fresh(now).is_none());
///
/// // No IO, so no need to wait. Otherwise: `cache.get(now).await?`.
/// let credentials = cache.try_get(now)?.expect("the environment answers at once");
/// assert_eq!(credentials.access_key_id(), "AKIDEXAMPLE");
/// assert!(cache.fresh(now).is_some());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct CredentialCache(Arc<Shared>);

type Hook = dyn Fn(&RefreshEvent<'_>) + Send + Sync;

/// What a cache was made with.
#[derive(Clone)]
struct Settings {
    provider: Arc<dyn ProvideCredentials>,
    /// The provider, if it is nothing but credentials.
    fixed: Option<Credentials>,
    clock: Arc<dyn Clock>,
    windows: Windows,
    timeout: Duration,
    sleep: OnceLock<Arc<dyn Sleep>>,
    spawner: OnceLock<Arc<dyn Spawn>>,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    hook: Option<Arc<Hook>>,
}

impl CredentialCache {
    /// A cache around `provider`, with the windows above, a time-out of 20 seconds (once there is a
    /// [`Sleep`]), and the system's clock. Around [`Credentials`], they are all it ever gives. Around another
    /// cache, it is a clone of that one.
    pub fn new<P: ProvideCredentials + 'static>(provider: P) -> Self {
        let any: &dyn Any = &provider;
        if let Some(cache) = any.downcast_ref::<Self>() {
            return cache.clone();
        }
        let fixed = any.downcast_ref::<Credentials>().cloned();
        Self::with_settings(Settings {
            provider: Arc::new(provider),
            fixed,
            clock: Arc::new(SystemClock),
            windows: Windows { advisory: Duration::from_secs(300), mandatory: Duration::from_secs(60) },
            timeout: Duration::from_secs(20),
            sleep: OnceLock::new(),
            spawner: OnceLock::new(),
            jitter: Arc::new(random_fraction),
            hook: None,
        })
    }

    fn with_settings(settings: Settings) -> Self {
        Self(Shared::new(settings))
    }

    /// A cache around another provider, with the settings of this one.
    pub(crate) fn around(&self, provider: impl ProvideCredentials + 'static) -> Self {
        let settings = self.0.settings.clone();
        Self::with_settings(Settings { provider: Arc::new(provider), fixed: None, hook: None, ..settings })
    }

    /// Whether both give the same credentials: clones of one cache, or two around the same fixed ones.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let fixed = || self.0.settings.fixed.as_ref().zip(other.0.settings.fixed.as_ref());
        Arc::ptr_eq(&self.0, &other.0) || fixed().is_some_and(|(ours, theirs)| refresh::alike(ours, theirs))
    }

    fn changed(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self::with_settings(settings)
    }

    /// Measures by `clock` how long a refresh took: give it the one that the callers' `now` comes from. Callers may
    /// correct what they read from it: their credentials are judged by their own `now`, before and after a refresh.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.changed(|settings| settings.clock = Arc::new(clock))
    }

    /// How long before the expiry a refresh may begin (advisory), and when callers begin to wait for it
    /// (mandatory). Either is at most a quarter of the lifetime, and the second at most the first.
    #[must_use]
    pub fn with_windows(self, advisory: Duration, mandatory: Duration) -> Self {
        self.changed(|settings| settings.windows = Windows { advisory, mandatory })
    }

    /// How long one call of the provider may take, where there is a [`Sleep`]; then it is dropped, and its
    /// callers get an error of kind `Timeout`. 20 seconds unless set: three attempts at a service that hangs, and some. A command
    /// that asks a user takes more.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.changed(|settings| settings.timeout = timeout)
    }

    /// The timer for time-outs.
    #[must_use]
    pub fn with_sleep(self, sleep: impl Sleep + 'static) -> Self {
        self.changed(|settings| settings.sleep = OnceLock::from(Arc::new(sleep) as Arc<dyn Sleep>))
    }

    /// Where refreshes in the advisory window run.
    #[must_use]
    pub fn with_spawner(self, spawner: impl Spawn + 'static) -> Self {
        self.changed(|settings| settings.spawner = OnceLock::from(Arc::new(spawner) as Arc<dyn Spawn>))
    }

    /// Where jitter comes from: numbers from 0 to 1. From the hasher of the standard library unless set.
    #[must_use]
    pub fn with_jitter(self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.changed(|settings| settings.jitter = Arc::new(jitter))
    }

    /// Calls `hook` after each refresh, on the thread of whoever drove it: be quick.
    #[must_use]
    pub fn with_hook(self, hook: impl Fn(&RefreshEvent<'_>) + Send + Sync + 'static) -> Self {
        self.changed(|settings| settings.hook = Some(Arc::new(hook)))
    }

    /// Lends this cache and all its clones a timer, unless they have one: for adapters, which know their runtime.
    pub fn offer_sleep(&self, sleep: impl Sleep + 'static) {
        self.0.settings.sleep.get_or_init(|| Arc::new(sleep));
    }

    /// Lends this cache and all its clones a spawner, unless they have one.
    pub fn offer_spawner(&self, spawner: impl Spawn + 'static) {
        self.0.settings.spawner.get_or_init(|| Arc::new(spawner));
    }

    /// Lends this cache the timer and the spawner of another, where it has none.
    pub(crate) fn borrow_runtime(&self, other: &Self) {
        let (mine, theirs) = (&self.0.settings, &other.0.settings);
        if let Some(sleep) = theirs.sleep.get() {
            mine.sleep.get_or_init(|| Arc::clone(sleep));
        }
        if let Some(spawner) = theirs.spawner.get() {
            mine.spawner.get_or_init(|| Arc::clone(spawner));
        }
    }

    /// The credentials, if they are at hand and nothing is to be done about them.
    ///
    /// The hot path: takes no lock, counts no reference, allocates nothing.
    #[inline]
    pub fn fresh(&self, now: SystemTime) -> Option<CachedCredentials> {
        let held = self.0.entry.load();
        held.as_ref().is_some_and(|entry| entry.is_fresh(now)).then_some(CachedCredentials(held))
    }

    /// As [`fresh`](Self::fresh), but where that has none, polls the provider once: enough for one that needs no
    /// IO. Then, `None` says that it is not ready; what it has begun stays for the next caller.
    ///
    /// In the advisory window the answer is never `None`, and without a spawner nobody drives the refresh in
    /// between: where waiting is possible, call [`get`](Self::get). Errors as there.
    #[inline]
    pub fn try_get(&self, now: SystemTime) -> Result<Option<CachedCredentials>, Error> {
        match self.fresh(now) {
            Some(fresh) => Ok(Some(fresh)),
            None => self.try_refreshed(now),
        }
    }

    fn try_refreshed(&self, now: SystemTime) -> Result<Option<CachedCredentials>, Error> {
        self.0.try_refreshed(now).map(|entry| entry.map(CachedCredentials::from))
    }

    /// The credentials, fetched if need be.
    ///
    /// Of all callers that find none, one fetches, and all get what it got. Dropping this future harms nobody:
    /// the call of the provider stays for the others, or for the next.
    ///
    /// Errors, each only where no credentials are left to serve: the provider's own; `Timeout`; `Credentials` if
    /// it panicked; `ExpiredCredentials` if it gave such as have expired, or was nothing but such.
    pub async fn get(&self, now: SystemTime) -> Result<CachedCredentials, Error> {
        if let Some(fresh) = self.fresh(now) {
            return Ok(fresh);
        }
        let mut now = self.0.moment(now);
        loop {
            match self.0.board(now, Wait::Yes)? {
                Boarding::Use(entry) => return Ok(entry.into()),
                Boarding::Join { ticket, .. } => match ticket.await {
                    Some(Outcome::Current(entry)) => return Ok(entry.into()),
                    Some(Outcome::Failed(error)) => return Err(error),
                    Some(Outcome::Superseded) | None => now = self.0.later(now),
                },
            }
        }
    }

    /// Forgets `rejected`, which a service refused as expired or unknown, if that is what is kept. A refresh
    /// under way that brings them once more does not count either: it is done anew.
    ///
    /// Returns whether another try may see other credentials. `false`: the provider is nothing but these, or has
    /// just given them a second time, and is not asked again for a minute.
    pub fn invalidate(&self, rejected: &Credentials) -> bool {
        self.0.invalidate(rejected)
    }

    /// What is kept now, and how the last refresh ended.
    pub fn status(&self) -> CacheStatus {
        self.0.status()
    }
}

impl fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status();
        f.debug_struct("CredentialCache")
            .field("obtained", &status.obtained)
            .field("expiry", &status.expiry)
            .field("next", &status.next)
            .field("failures", &status.failures)
            .finish_non_exhaustive()
    }
}

/// A cache is a provider too: one cache for many signers, or the source of an assumed role.
#[async_trait::async_trait]
impl ProvideCredentials for CredentialCache {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let now = self.0.settings.clock.now();
        self.get(now).await.map(|cached| Credentials::clone(&cached))
    }
}

/// [`Credentials`] borrowed from a cache without counting a reference. Drop it soon, or clone the credentials.
pub struct CachedCredentials(Guard<Option<Arc<Entry>>>);

impl CachedCredentials {
    /// When they were obtained from the provider, by the cache's clock.
    pub fn obtained(&self) -> SystemTime {
        self.entry().obtained
    }

    /// How long ago that was; zero if the clock was set back meanwhile.
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.obtained()).unwrap_or_default()
    }

    fn entry(&self) -> &Entry {
        match &*self.0 {
            Some(entry) => entry,
            None => unreachable!("made of a full slot only"),
        }
    }
}

impl From<Arc<Entry>> for CachedCredentials {
    fn from(entry: Arc<Entry>) -> Self {
        Self(Guard::from_inner(Some(entry)))
    }
}

impl Deref for CachedCredentials {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        &self.entry().credentials
    }
}

impl fmt::Debug for CachedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A number from 0 to 1, good enough to spread refreshes.
fn random_fraction() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests;
