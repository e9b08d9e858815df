//! Time: where it is read, and how it is written in a signature.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, Time};

use crate::error::{Error, ErrorKind};

/// Where the signer reads the time: once per signature, nowhere else.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system. The default.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is moved, for tests and for replaying a signature.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use sigv4_core::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::at_amz_date("20150830T123600Z")?;
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(1_440_938_220));
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `time`, to the nanosecond, between the years 1678 and 2262.
    pub fn new(time: SystemTime) -> Self {
        Self(AtomicI64::new(nanos(time)))
    }

    /// A clock that shows a time in the form of `x-amz-date`: `YYYYMMDDTHHMMSSZ`.
    pub fn at_amz_date(text: &str) -> Result<Self, Error> {
        Ok(Self::new(AmzDate::parse(text)?.time()))
    }

    /// Moves the clock to `time`, forwards or back.
    pub fn set(&self, time: SystemTime) {
        self.0.store(nanos(time), Ordering::SeqCst);
    }

    /// Moves the clock forwards.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        let nanos = self.0.load(Ordering::SeqCst);
        let distance = Duration::from_nanos(nanos.unsigned_abs());
        if nanos >= 0 { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

fn nanos(time: SystemTime) -> i64 {
    let clamp = |distance: Duration| i64::try_from(distance.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => clamp(after),
        Err(before) => -clamp(before.duration()),
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The number of 1970-01-01 in astronomers' count of days.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

/// A moment as a signature writes it: `20150830T123600Z`, with its date `20150830` as the prefix.
///
/// Whole seconds, UTC, years 0 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AmzDate {
    text: [u8; 16],
    unix: i64,
}

thread_local! {
    /// The last moment that this thread wrote: many requests are signed in one second.
    static LAST: Cell<AmzDate> = const { Cell::new(AmzDate { text: *b"19700101T000000Z", unix: 0 }) };
}

impl AmzDate {
    /// The moment of `time`, its part of a second dropped. An error of kind `Option` outside the years 0 to 9999.
    #[inline]
    pub fn new(time: SystemTime) -> Result<Self, Error> {
        let unix = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
        };
        let last = LAST.get();
        if last.unix == unix { Ok(last) } else { Self::of_another_second(unix) }
    }

    #[inline(never)]
    fn of_another_second(unix: i64) -> Result<Self, Error> {
        let date = Self::of_second(unix)?;
        LAST.set(date);
        Ok(date)
    }

    fn of_second(unix: i64) -> Result<Self, Error> {
        let out_of_range =
            || Error::new(ErrorKind::Option, "the clock is outside the years 0 to 9999: set it right");
        let (day, second) = (unix.div_euclid(DAY), unix.rem_euclid(DAY) as u32);
        let day = day.checked_add(JULIAN_DAY_OF_1970).and_then(|day| i32::try_from(day).ok());
        let date = day.and_then(|day| Date::from_julian_day(day).ok()).ok_or_else(out_of_range)?;
        let (year, month, day) = date.to_calendar_date();
        let year = u32::try_from(year).map_err(|_| out_of_range())?;
        let mut text = *b"YYYYMMDDTHHMMSSZ";
        for (at, value) in [
            (0, year / 100),
            (2, year % 100),
            (4, month as u32),
            (6, day.into()),
            (9, second / 3_600),
            (11, second / 60 % 60),
            (13, second % 60),
        ] {
            text[at] = b'0' + (value / 10) as u8;
            text[at + 1] = b'0' + (value % 10) as u8;
        }
        Ok(Self { text, unix })
    }

    /// Reads `YYYYMMDDTHHMMSSZ`. An error of kind `Option` for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::new(ErrorKind::Option, "a time is not of the form YYYYMMDDTHHMMSSZ");
        let text: [u8; 16] = text.as_bytes().try_into().map_err(|_| wrong())?;
        let moment = Self::read(&text).ok_or_else(wrong)?;
        Ok(Self { text, unix: moment.unix_timestamp() })
    }

    fn read(text: &[u8; 16]) -> Option<OffsetDateTime> {
        let two = |at: usize| match (text[at], text[at + 1]) {
            (tens @ b'0'..=b'9', ones @ b'0'..=b'9') => Some((tens - b'0') * 10 + (ones - b'0')),
            _ => None,
        };
        if (text[8], text[15]) != (b'T', b'Z') {
            return None;
        }
        let year = i32::from(two(0)?) * 100 + i32::from(two(2)?);
        let date = Date::from_calendar_date(year, Month::try_from(two(4)?).ok()?, two(6)?).ok()?;
        let clock = Time::from_hms(two(9)?, two(11)?, two(13)?).ok()?;
        Some(date.with_time(clock).assume_utc())
    }

    /// `YYYYMMDDTHHMMSSZ`.
    pub fn as_str(&self) -> &str {
        // Only digits, `T` and `Z` are ever stored.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// `YYYYMMDD`, the first part of a credential scope.
    pub fn date(&self) -> &str {
        std::str::from_utf8(&self.text[..8]).unwrap_or_default()
    }

    /// The moment as a `SystemTime`.
    pub fn time(&self) -> SystemTime {
        let distance = Duration::from_secs(self.unix.unsigned_abs());
        if self.unix >= 0 { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
    }

    /// Days since 1970-01-01, a cheap key for what lives a day.
    pub(crate) fn day(&self) -> i64 {
        self.unix.div_euclid(DAY)
    }
}

impl fmt::Debug for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_same_moment() {
        for text in [
            "20150830T123600Z",
            "19700101T000000Z",
            "20000229T235959Z",
            "00010101T000000Z",
            "99991231T235959Z",
        ] {
            let date = AmzDate::parse(text).unwrap();
            assert_eq!(AmzDate::new(date.time()).unwrap(), date, "{text}");
            assert_eq!(date.as_str(), text);
            assert_eq!(date.date(), &text[..8]);
        }
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in [
            "",
            "20150830",
            "2015-08-30T12:36",
            "20151330T123600Z",
            "20150830T126000Z",
            "20150830T123600z",
            "２0150830T12360",
        ] {
            assert_eq!(AmzDate::parse(text).unwrap_err().kind(), ErrorKind::Option, "{text:?}");
        }
        let far = UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert_eq!(AmzDate::new(far).unwrap_err().kind(), ErrorKind::Option);
    }
}
