//! What a runtime gives: a timer for time-outs, and a place for refreshes.

use sigv4_core::Signer;

/// Offers tokio's timer and its tasks to the signer's credential cache, unless it has others: with those a fetch cannot
/// hang for ever, and credentials that are due soon are fetched while no caller waits.
#[cfg(feature = "tokio")]
pub(crate) fn offer(signer: &Signer) {
    signer.credentials().offer_sleep(Tokio);
    signer.credentials().offer_spawner(Tokio);
}

/// Without a runtime, the provider's own time-outs are all there are.
#[cfg(not(feature = "tokio"))]
pub(crate) fn offer(_: &Signer) {}

/// tokio's timer and tasks, for a credential cache or a deadline. Outside a tokio runtime there are none: nothing is fetched ahead
/// of time, and no time runs out. Give such a program's own timer to `with_time_limit` and `CredentialCache::with_sleep`.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokio;

#[cfg(feature = "tokio")]
mod tokio_runtime {
    use std::pin::Pin;
    use std::time::Duration;

    use sigv4_core::credentials::{Sleep, Spawn};

    use super::Tokio;

    impl Sleep for Tokio {
        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            match tokio::runtime::Handle::try_current() {
                Ok(_) => Box::pin(tokio::time::sleep(duration)),
                // Outside a runtime there is no timer, and a panic would cost the request that it was to guard.
                Err(_) => Box::pin(std::future::pending()),
            }
        }
    }

    impl Spawn for Tokio {
        fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
            // Outside a runtime the task is dropped, and a caller fetches when it has to.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(task);
            }
        }
    }
}
