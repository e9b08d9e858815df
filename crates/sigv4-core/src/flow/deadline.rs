//! One deadline over all that a request waits for.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::credentials::Sleep;
use crate::error::{Error, ErrorKind};

/// What a request waits for, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Its body is read into memory, to be hashed.
    Body,
    /// Its body is hashed.
    Hashing,
    /// Its credentials are fetched.
    Credentials,
    /// It is sent, with a body that may be a stream, and the head of its answer is waited for.
    Sending,
}

impl Step {
    fn doing(self) -> &'static str {
        match self {
            Self::Body => "its body was read to be hashed: the source of the body is slow or hangs",
            Self::Hashing => "its body was hashed",
            Self::Credentials => "its credentials were fetched: the provider is slow or hangs",
            Self::Sending => {
                "it was sent, or its answer waited for: the server, or the source of a streamed body, is slow or hangs"
            }
        }
    }
}

/// How long requests may take, and the timer that tells; or no limit. For adapters.
#[derive(Clone, Default)]
pub struct TimeLimit(Option<(Duration, Arc<dyn Sleep>)>);

impl TimeLimit {
    /// No limit.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Each request may take this long, by this timer.
    pub fn new(after: Duration, sleep: impl Sleep + 'static) -> Self {
        Self(Some((after, Arc::new(sleep))))
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The deadline of one request, whose time begins to run now. Call it while a future is polled.
    pub fn begin(&self) -> Deadline {
        self.0.as_ref().map_or(Deadline::none(), |(after, sleep)| Deadline::after(*after, sleep))
    }
}

impl fmt::Debug for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimeLimit").field(&self.0.as_ref().map(|(after, _)| after)).finish()
    }
}

/// The time that is left for one request, over all its steps. Made by [`TimeLimit::begin`].
///
/// ```
/// # use std::{future::{Future, pending}, pin::{Pin, pin}, task::{Context, Poll, Waker}, time::Duration};
/// use sigv4_core::credentials::Sleep;
/// use sigv4_core::flow::{Step, TimeLimit};
/// use sigv4_core::ErrorKind;
///
/// /// A timer that is up at once.
/// struct Now;
///
/// impl Sleep for Now {
///     fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
///         Box::pin(std::future::ready(()))
///     }
/// }
///
/// let mut deadline = TimeLimit::new(Duration::from_secs(5), Now).begin();
/// let held = pin!(deadline.hold(Step::Credentials, pending::<()>()));
/// let Poll::Ready(Err(error)) = held.poll(&mut Context::from_waker(Waker::noop())) else { panic!("time is up") };
/// assert_eq!(error.kind(), ErrorKind::Timeout);
/// assert!(error.to_string().contains("deadline of 5s passed while its credentials were fetched"));
/// ```
#[derive(Default)]
pub struct Deadline(Option<Timer>);

struct Timer {
    after: Duration,
    up: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether it was up: then it is not asked again.
    passed: bool,
}

impl Deadline {
    /// No deadline: every step takes the time it takes.
    pub const fn none() -> Self {
        Self(None)
    }

    fn after(after: Duration, sleep: &dyn Sleep) -> Self {
        Self(Some(Timer { after, up: sleep.sleep(after), passed: false }))
    }

    /// Waits for `future`, as long as time is left: then it is dropped, and the error, of kind `Timeout`, says what was waited
    /// for. What is ready in time is never turned into an error.
    pub async fn hold<T>(&mut self, step: Step, future: impl Future<Output = T>) -> Result<T, Error> {
        let Some(timer) = &mut self.0 else { return Ok(future.await) };
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if !timer.passed && timer.up.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            timer.passed = true;
            Poll::Ready(Err(Error::new(
                ErrorKind::Timeout,
                format!("the request's deadline of {:?} passed while {}", timer.after, step.doing()),
            )))
        })
        .await
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deadline").field(&self.0.as_ref().map(|timer| timer.after)).finish()
    }
}
