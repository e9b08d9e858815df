//! tokio's timer and tasks, for the credential cache and for deadlines.

use std::pin::Pin;
use std::time::Duration;

use sigv4_core::credentials::{Sleep, Spawn};

/// tokio's timer and tasks.
pub(crate) struct Tokio;

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
