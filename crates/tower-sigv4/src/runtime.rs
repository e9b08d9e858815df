//! What a runtime gives the credential cache: a timer for time-outs, and a place for refreshes.

use sigv4_core::Signer;

/// Offers tokio's timer to the signer's credential cache, unless it has one.
#[cfg(feature = "tokio")]
pub(crate) fn offer(signer: &Signer) {
    use std::pin::Pin;
    use std::time::Duration;

    struct Tokio;

    impl sigv4_core::credentials::Sleep for Tokio {
        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(tokio::time::sleep(duration))
        }
    }

    signer.credentials().offer_sleep(Tokio);
}

/// Without a runtime, the provider's own time-outs are all there are.
#[cfg(not(feature = "tokio"))]
pub(crate) fn offer(_: &Signer) {}
