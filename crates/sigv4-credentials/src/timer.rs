//! Time-outs and pauses, over a timer that the runtime in use supplies.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sigv4_core::credentials::Sleep;

/// Tokio's timer.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TokioSleep;

#[cfg(any(feature = "hyper", feature = "reqwest"))]
impl Sleep for TokioSleep {
    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A timer that may be absent: then nothing times out here and pauses are skipped.
#[derive(Clone, Default)]
pub(crate) struct Timer(Option<Arc<dyn Sleep>>);

impl Timer {
    pub(crate) fn new(sleep: impl Sleep + 'static) -> Self {
        Self(Some(Arc::new(sleep)))
    }

    pub(crate) async fn pause(&self, duration: Duration) {
        if let Some(sleep) = &self.0 {
            sleep.sleep(duration).await;
        }
    }

    /// What the future gives, or `None` when it takes longer than `limit`.
    pub(crate) async fn within<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        let Some(sleep) = &self.0 else { return Some(future.await) };
        let mut future = pin!(future);
        // Made only if it is needed.
        let mut deadline = None;
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => {
                let deadline = deadline.get_or_insert_with(|| sleep.sleep(limit));
                deadline.as_mut().poll(context).map(|()| None)
            }
        })
        .await
    }
}
