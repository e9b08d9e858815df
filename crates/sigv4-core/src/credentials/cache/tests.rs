//! What cannot be seen from outside. All else is tested through the public face.

use std::time::SystemTime;

use super::*;

#[test]
fn a_fresh_read_counts_no_reference() {
    let cache = CredentialCache::new(Credentials::new("AKID", "secret").unwrap());
    let now = SystemTime::now();
    let entry = cache.0.entry.load_full().unwrap();
    let before = Arc::strong_count(&entry);

    let one = cache.fresh(now).unwrap();
    assert_eq!(Arc::strong_count(&entry), before);
    // A guard that is still there when the entry is replaced is given a count of its own, and is good as before.
    cache.0.entry.store(None);
    assert_eq!(Arc::strong_count(&entry), before, "the cache's own has gone, the guard's has come");
    drop(entry);
    assert_eq!(one.access_key_id(), "AKID");

    // More guards than a thread has slots for them: counted then, and good as ever.
    let cache = CredentialCache::new(Credentials::new("AKID", "secret").unwrap());
    let guards: Vec<_> = (0..100).map(|_| cache.fresh(now).unwrap()).collect();
    drop(cache);
    assert!(guards.iter().all(|guard| guard.same(&guards[0])));
}

#[test]
fn what_crosses_threads_can() {
    fn crosses<T: Send>(_: T) {}
    fn is_shared<T: Send + Sync>() {}
    is_shared::<CredentialCache>();
    is_shared::<CachedCredentials>();
    let cache = CredentialCache::new(Credentials::new("AKID", "secret").unwrap());
    crosses(cache.get(SystemTime::now()));
}
