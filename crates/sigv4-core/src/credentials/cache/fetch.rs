//! One call of the provider, bounded in time and fenced against panics.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::{ProvideCredentials, Sleep};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};

/// What `provider` gives, or an error after `timeout` (if there is a timer) or on a panic.
///
/// The timer starts with the first poll that is not ready, so that a provider without IO needs no runtime.
pub(super) async fn fetch(
    provider: Arc<dyn ProvideCredentials>,
    sleep: Option<Arc<dyn Sleep>>,
    timeout: Duration,
) -> Result<Credentials, Error> {
    let mut call = pin!(async { provider.provide_credentials().await });
    let mut timer = None;
    poll_fn(|cx| {
        let called = fenced("the credential provider panicked", || call.as_mut().poll(cx))?;
        if called.is_ready() {
            return called;
        }
        let Some(sleep) = &sleep else { return Poll::Pending };
        let elapsed = fenced("the timer of the credential cache panicked (does it need a runtime?)", || {
            timer.get_or_insert_with(|| sleep.sleep(timeout)).as_mut().poll(cx)
        })?;
        elapsed.map(|()| Err(timed_out(timeout)))
    })
    .await
}

fn timed_out(timeout: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "the credential provider did not answer within {timeout:?}: see whether its source can be reached, or \
             give the cache a longer time-out"
        ),
    )
}

/// A panic as an error. Its text stays out: it may hold anything, and the panic hook has shown it.
pub(super) fn fenced<T>(what: &'static str, run: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| {
        Error::new(ErrorKind::Credentials, format!("{what}: its message went to the panic hook"))
            .with_retryable(true)
    })
}
