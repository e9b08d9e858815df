//! The hot path of the credential cache allocates nothing: counted, in a binary of its own, by the allocator.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use sigv4_core::credentials::{CredentialCache, EnvironmentProvider};
use sigv4_core::{Credentials, Error, ProvideCredentials, async_trait};

/// Temporary credentials, from a source that gives them at once.
struct Role(SystemTime);

#[async_trait]
impl ProvideCredentials for Role {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        Ok(Credentials::new("AKID", "secret")?.with_session_token("token")?.with_expiry(self.0))
    }
}

#[test]
fn a_fresh_read_allocates_nothing() {
    let now = SystemTime::now();
    let caches = [
        CredentialCache::new(Credentials::new("AKID", "secret").unwrap()),
        CredentialCache::new(EnvironmentProvider::with_reader(|name| {
            (name != "AWS_CREDENTIAL_EXPIRATION").then(|| name.to_owned())
        })),
        CredentialCache::new(Role(now + Duration::from_secs(3600))),
    ];
    assert_eq!(measure(|| drop(black_box(Box::new(7)))).count_total, 1, "the allocator counts");
    for cache in &caches {
        // The first read fetches; and a thread's first use of `arc-swap` sets up its slots.
        cache.try_get(now).unwrap().unwrap();
        let fresh = measure(|| {
            for _ in 0..10_000 {
                let cached = cache.fresh(now).unwrap();
                black_box((cached.access_key_id(), cached.session_token_header(), cached.age(now)));
            }
        });
        assert_eq!(fresh.count_total, 0);
        let either_way = measure(|| {
            for _ in 0..10_000 {
                black_box(cache.try_get(now).unwrap().unwrap());
                // The asynchronous way in, ready at once and driven by nothing.
                let got = pin!(cache.get(now)).poll(&mut Context::from_waker(Waker::noop()));
                assert!(got.is_ready());
            }
        });
        assert_eq!(either_way.count_total, 0);
    }
}
