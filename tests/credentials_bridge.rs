//! Providers of `aws-credential-types` as ours and ours as theirs: contents, expiry, cache and errors.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Theirs;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{
    ProvideCredentials as TheirProvider, SharedCredentialsProvider, future,
};
use futures_lite::future::block_on;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, async_trait};
use sigv4_credentials::bridge::{FromAws, IntoAws, from_aws, to_aws};
use sigv4_credentials::context::Context;
use sigv4_credentials::{ContainerProvider, DefaultChain};

/// Gives what it is told to, once.
#[derive(Debug)]
struct Once(Mutex<Option<Result<Theirs, CredentialsError>>>);

impl TheirProvider for Once {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.0.lock().unwrap().take().unwrap())
    }
}

fn through_ours(answer: Result<Theirs, CredentialsError>) -> Result<Credentials, Error> {
    let shared = SharedCredentialsProvider::new(Once(Mutex::new(Some(answer))));
    block_on(FromAws::new(shared).provide_credentials())
}

struct Ours<F>(F, AtomicU32);

#[async_trait]
impl<F: Fn() -> Result<Credentials, Error> + Send + Sync> ProvideCredentials for Ours<F> {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        (self.0)()
    }
}

fn through_theirs(error: Error) -> CredentialsError {
    let provider = Ours(move || Err(error.clone()), AtomicU32::new(0));
    block_on(IntoAws::new(provider).provide_credentials()).unwrap_err()
}

#[test]
fn contents_and_expiry_survive_both_ways() {
    let expiry = SystemTime::now() + Duration::from_secs(3600);
    let theirs = Theirs::new("ASIA1", "hush", Some("token".to_owned()), Some(expiry), "test");
    let ours = through_ours(Ok(theirs)).unwrap();
    assert_eq!((ours.access_key_id(), ours.secret_access_key()), ("ASIA1", "hush"));
    assert_eq!((ours.session_token(), ours.expiry()), (Some("token"), Some(expiry)));
    assert_eq!(ours.source(), "aws-credential-types");
    let back = to_aws(&ours);
    assert_eq!((back.access_key_id(), back.secret_access_key()), ("ASIA1", "hush"));
    assert_eq!((back.session_token(), back.expiry()), (Some("token"), Some(expiry)));
}

#[test]
fn empty_tokens_count_as_none_and_white_space_is_refused() {
    let empty = Theirs::new("AKID", "hush", Some(String::new()), None, "test");
    assert_eq!(from_aws(&empty).unwrap().session_token(), None);
    let error = through_ours(Ok(Theirs::new("AKID", "hush\n", None, None, "test"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.to_string().contains("white space") && !format!("{error:?}").contains("hush"), "{error}");
}

#[test]
fn ours_as_theirs_is_cached() {
    let expiry = SystemTime::now() + Duration::from_secs(3600);
    let make = move || Ok(Credentials::new("AKID", "hush")?.with_expiry(expiry));
    let provider = Arc::new(Ours(make, AtomicU32::new(0)));
    let theirs = IntoAws::new(provider.clone());
    for _ in 0..10 {
        assert_eq!(block_on(theirs.provide_credentials()).unwrap().access_key_id(), "AKID");
    }
    assert_eq!(provider.1.load(Ordering::SeqCst), 1);
    assert!(!format!("{theirs:?}").contains("hush"));
}

#[test]
fn their_errors_as_ours() {
    let cause = || std::io::Error::other("sts answered 503");
    for (theirs, kind, retryable, part) in [
        (
            CredentialsError::not_loaded("nothing in the environment"),
            ErrorKind::Credentials,
            false,
            "nothing in the",
        ),
        (CredentialsError::provider_timed_out(Duration::from_secs(5)), ErrorKind::Timeout, true, "5 seconds"),
        (CredentialsError::invalid_configuration("a loop"), ErrorKind::Credentials, false, "a loop"),
        (CredentialsError::provider_error(cause()), ErrorKind::Credentials, true, "sts answered 503"),
        (CredentialsError::unhandled("no JSON"), ErrorKind::Credentials, false, "no JSON"),
    ] {
        let ours = through_ours(Err(theirs)).unwrap_err();
        assert_eq!((ours.kind(), ours.is_retryable()), (kind, retryable), "{ours}");
        assert!(ours.to_string().contains(part), "{ours}");
        assert!(std::error::Error::source(&ours).is_some_and(|source| source.is::<CredentialsError>()));
    }
}

#[test]
fn our_errors_as_theirs() {
    let error = |kind| Error::new(kind, "because");
    assert!(matches!(
        through_theirs(error(ErrorKind::Credentials)),
        CredentialsError::InvalidConfiguration(_)
    ));
    assert!(matches!(through_theirs(error(ErrorKind::Timeout)), CredentialsError::ProviderError(_)));
    let down = error(ErrorKind::Credentials).with_retryable(true);
    assert!(matches!(through_theirs(down), CredentialsError::ProviderError(_)));
    assert!(matches!(through_theirs(error(ErrorKind::Body)), CredentialsError::Unhandled(_)));
    let found = through_theirs(error(ErrorKind::Timeout));
    assert_eq!(Error::find(&found).unwrap().kind(), ErrorKind::Timeout);

    // What is not set up lets a chain of theirs go on.
    let disabled = Context::isolated().with_environment([("AWS_EC2_METADATA_DISABLED", "true")]);
    for absent in [
        block_on(IntoAws::new(DefaultChain::new(disabled.clone())).provide_credentials()),
        block_on(IntoAws::new(ContainerProvider::new(&disabled)).provide_credentials()),
    ] {
        let absent = absent.unwrap_err();
        assert!(matches!(absent, CredentialsError::CredentialsNotLoaded(_)), "{absent:?}");
    }
}
