//! Services that may have to be waited for before they are called.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use tower_service::Service;

/// What came of a first look.
pub(crate) type Look<E> = Poll<Result<(), E>>;

/// Looks whether a service is ready, as hyper-util's client always is, and waits for nothing.
pub(crate) fn look<Q, S: Service<Q>>(service: &mut S) -> Look<S::Error> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Waits for what the first look did not find. A service that failed is not asked again.
pub(crate) async fn wait<Q, S: Service<Q>>(service: &mut S, look: Look<S::Error>) -> Result<(), S::Error> {
    match look {
        Poll::Ready(known) => known,
        Poll::Pending => poll_fn(|context| service.poll_ready(context)).await,
    }
}
