//! How far a service's clock is from the local one, learnt from its responses.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use http::HeaderMap;
use http::header::{AGE, DATE};

use super::when;

/// A round trip as long as this tells nothing about the moment at which the server read its clock.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(15 * 60);
/// What was accepted was signed within this of the service's clock.
const MOST_ACCEPTED: Duration = Duration::from_secs(15 * 60);
/// A clock further off than this is not corrected: the server's is as likely to be wrong.
const MAX_OFFSET: Duration = Duration::from_secs(24 * 3_600);

/// How far a service's clock is ahead of the local one; negative when it is behind. Milliseconds.
///
/// Added to the local time when a header is signed, so that a wrong clock costs nothing but the first request.
/// A presigned URL is never shifted: it is the caller's time that it carries.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use http::{HeaderMap, HeaderValue};
/// use sigv4_core::refusal::ClockOffset;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("date", HeaderValue::from_static("Fri, 02 Jan 2026 03:04:05 GMT"));
/// let sent = UNIX_EPOCH + Duration::from_secs(1_767_323_041); // 03:04:01
/// let offset = ClockOffset::learn(&headers, sent, sent + Duration::from_secs(2)).unwrap();
/// assert_eq!(offset, ClockOffset::from_millis(3_000));
/// assert_eq!(offset.apply(sent), sent + Duration::from_secs(3));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockOffset(i64);

impl ClockOffset {
    /// Both clocks agree.
    pub const ZERO: Self = Self(0);

    /// An offset in milliseconds, positive if the service's clock is ahead.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The offset in milliseconds, positive if the service's clock is ahead.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads the offset from a response's `Date` and the *uncorrected* local times between which it was made:
    /// the server is taken to have read its clock halfway.
    ///
    /// `None` without a `Date` that can be read, with an `Age` (a cache answered), after a round trip of 15
    /// minutes, and beyond 24 hours. Call it for origins that [can be trusted](may_learn_from) only.
    pub fn learn(headers: &HeaderMap, sent_at: SystemTime, received_at: SystemTime) -> Option<Self> {
        if headers.contains_key(AGE) {
            return None;
        }
        let server = when::parse_http(headers.get(DATE)?.to_str().ok()?)?;
        let round_trip = received_at.duration_since(sent_at).ok().filter(|trip| *trip < MAX_ROUND_TRIP)?;
        // Whole milliseconds in 64 bits: a day has 86 million, and every response comes by here.
        let (distance, ahead) = match server.duration_since(sent_at) {
            Ok(ahead) => (ahead, 1),
            Err(behind) => (behind.duration(), -1),
        };
        if distance.as_secs() > 2 * MAX_OFFSET.as_secs() {
            return None;
        }
        let micros_of =
            |span: Duration| (span.as_secs() * 1_000_000 + u64::from(span.subsec_micros())) as i64;
        let micros = ahead * micros_of(distance) - micros_of(round_trip) / 2;
        (micros.unsigned_abs() <= MAX_OFFSET.as_secs() * 1_000_000).then_some(Self(micros / 1_000))
    }

    /// The service's time at the local time `now`; `now` itself where that cannot be represented.
    #[must_use]
    #[inline]
    pub fn apply(self, now: SystemTime) -> SystemTime {
        if self == Self::ZERO { now } else { self.shift(now) }
    }

    fn shift(self, now: SystemTime) -> SystemTime {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        let shifted = if self.0 >= 0 { now.checked_add(distance) } else { now.checked_sub(distance) };
        shifted.unwrap_or(now)
    }

    /// How far two offsets are apart.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }
}

/// Whether a `Date` of this origin may move the clock: over TLS, or on the loopback.
///
/// Anybody on the way can write a `Date` into plain HTTP, and have signatures made for a time of their choice.
/// `host` may have a port.
pub fn may_learn_from(scheme: &str, host: &str) -> bool {
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss") {
        return true;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `AWS_DISABLE_CLOCK_SKEW_CORRECTION` turns the correction off: `true`, in any case.
///
/// `read` reads an environment variable, as `|name| std::env::var(name).ok()` does.
pub fn correction_disabled(read: impl Fn(&str) -> Option<String>) -> bool {
    read("AWS_DISABLE_CLOCK_SKEW_CORRECTION").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

/// The offsets learnt so far, by host: one table for a signer, shared by its clones.
///
/// Reading and updating a known host takes no lock and allocates nothing. Hosts beyond 64 replace the oldest.
#[derive(Debug, Default)]
pub struct ClockOffsets {
    entries: ArcSwap<Vec<Arc<Entry>>>,
    /// Whether any clock was ever found to be off, so that most signers look no further.
    any_off: AtomicBool,
}

const MAX_HOSTS: usize = 64;

#[derive(Debug)]
struct Entry {
    host: Box<str>,
    millis: AtomicI64,
    /// The local time at which the request was sent from whose answer it was learnt, seconds since 1970.
    learnt_at: AtomicU64,
}

impl ClockOffsets {
    /// The offset of this host, zero if none was learnt.
    #[inline]
    pub fn get(&self, host: &str) -> ClockOffset {
        if self.any_off.load(Ordering::Acquire) { self.learnt(host) } else { ClockOffset::ZERO }
    }

    fn learnt(&self, host: &str) -> ClockOffset {
        let entries = self.entries.load();
        let entry = entries.iter().find(|entry| *entry.host == *host);
        ClockOffset(entry.map_or(0, |entry| entry.millis.load(Ordering::Relaxed)))
    }

    /// Learns from an accepted response, see [`ClockOffset::learn`]: once a second for each host, since `Date` has
    /// no more than seconds, and no more than services tolerate at once: a `Date` further off from what was just accepted
    /// is an old one that a cache kept, or of no account. Refusals are worth [`learning`](ClockOffset::learn) and [setting](Self::set) each.
    pub fn observe(&self, host: &str, headers: &HeaderMap, sent_at: SystemTime, received_at: SystemTime) {
        if !self.is_due(host, sent_at) {
            return;
        }
        let Some(offset) = ClockOffset::learn(headers, sent_at, received_at) else { return };
        if offset.distance(self.get(host)) > MOST_ACCEPTED {
            return;
        }
        self.put(host, offset, unix_seconds(sent_at));
    }

    /// Whether nothing was learnt yet from a request that was sent within the same second.
    pub(crate) fn is_due(&self, host: &str, sent_at: SystemTime) -> bool {
        let entries = self.entries.load();
        let entry = entries.iter().find(|entry| *entry.host == *host);
        entry.is_none_or(|entry| entry.learnt_at.load(Ordering::Relaxed) != unix_seconds(sent_at))
    }

    /// Remembers the offset of this host, in place of any earlier.
    pub fn set(&self, host: &str, offset: ClockOffset) {
        self.put(host, offset, 0);
    }

    fn put(&self, host: &str, offset: ClockOffset, learnt_at: u64) {
        let entries = self.entries.load();
        match entries.iter().find(|entry| *entry.host == *host) {
            Some(entry) => entry.put(offset, learnt_at),
            None => self.insert(host, offset, learnt_at),
        }
        // An accepted answer tells of a clock within a second or two, more often than not.
        if offset != ClockOffset::ZERO && !self.any_off.load(Ordering::Relaxed) {
            self.any_off.store(true, Ordering::Release);
        }
    }

    fn insert(&self, host: &str, offset: ClockOffset, learnt_at: u64) {
        self.entries.rcu(|entries| {
            let entry = Arc::new(Entry {
                host: host.into(),
                millis: AtomicI64::new(offset.0),
                learnt_at: AtomicU64::new(learnt_at),
            });
            let mut next = Vec::with_capacity(MAX_HOSTS.min(entries.len() + 1));
            next.push(entry);
            next.extend(entries.iter().filter(|other| *other.host != *host).take(MAX_HOSTS - 1).cloned());
            next
        });
    }
}

impl Entry {
    fn put(&self, offset: ClockOffset, learnt_at: u64) {
        self.millis.store(offset.0, Ordering::Relaxed);
        self.learnt_at.store(learnt_at, Ordering::Relaxed);
    }
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
