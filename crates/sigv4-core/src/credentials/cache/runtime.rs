//! What a runtime can lend to the cache: a timer and a place for work that nobody waits for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A timer. Without one the cache cannot end a call of a provider that hangs.
///
/// ```
/// use std::{future::Future, pin::Pin, time::Duration};
/// use sigv4_core::credentials::Sleep;
///
/// struct TokioSleep;
///
/// impl Sleep for TokioSleep {
///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
///         # mod tokio { pub mod time { pub async fn sleep(_: std::time::Duration) {} } }
///         Box::pin(tokio::time::sleep(duration))
///     }
/// }
/// # let _ = TokioSleep.sleep(Duration::ZERO);
/// ```
pub trait Sleep: Send + Sync {
    /// A future that is ready once `duration` has passed. Called while a future is polled, and only if that is
    /// not ready at once.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Runs a future to its end with nobody waiting for it. With one, a refresh ahead of time costs no caller anything.
pub trait Spawn: Send + Sync {
    /// Starts `task`, and returns at once. Where it cannot run (the runtime is shutting down), drop it: a later
    /// caller takes the work over.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>);
}

impl<S: Sleep + ?Sized> Sleep for Arc<S> {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (**self).sleep(duration)
    }
}

impl<S: Spawn + ?Sized> Spawn for Arc<S> {
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        (**self).spawn(task);
    }
}
