//! Credentials that die before their time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use sigv4_core::verify::{FindCredentials, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, Signer};
use tokio::sync::Barrier;

use crate::clients::Client;
use crate::connections::Raw;
use crate::server::{Ahead, SCOPE, serve};

/// Hands out sessions, of which the server accepts the latest only.
#[derive(Clone, Default)]
struct Sessions {
    issued: Arc<AtomicUsize>,
    accepted: Arc<Mutex<usize>>,
}

impl Sessions {
    fn session(number: usize) -> Credentials {
        let session = Credentials::new(format!("ASIA{number}"), "secret").unwrap();
        session.with_session_token(format!("token-{number}")).unwrap()
    }
}

#[sigv4_core::async_trait]
impl ProvideCredentials for Sessions {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        *self.accepted.lock().unwrap() = number;
        Ok(Self::session(number).with_expiry(SystemTime::now() + Duration::from_secs(3600)))
    }
}

#[sigv4_core::async_trait]
impl FindCredentials for Sessions {
    async fn find_credentials(&self, access_key_id: &str) -> Result<Option<Credentials>, Error> {
        let live = Self::session(*self.accepted.lock().unwrap());
        Ok(Some(live).filter(|live| live.access_key_id() == access_key_id))
    }
}

#[tokio::test]
async fn one_refresh_serves_a_hundred_requests_in_flight() {
    for which in 0..3 {
        let sessions = Sessions::default();
        let (address, counts) = serve(Verifier::new(SCOPE.0, SCOPE.1, sessions.clone()), Ahead(0)).await;
        let client = Client::all(|| Signer::new(SCOPE.0, SCOPE.1, sessions.clone()))[which].clone();
        let (name, url) = (client.name(), format!("http://{address}/a"));
        assert_eq!(client.post(&url, "").await.status, StatusCode::OK, "{name}");
        assert_eq!(sessions.issued.load(Ordering::SeqCst), 1, "{name}");

        // The service forgets the session that everybody uses.
        *sessions.accepted.lock().unwrap() = usize::MAX;
        let start = Arc::new(Barrier::new(100));
        let requests = (0..100).map(|_| {
            let (client, url, start) = (client.clone(), url.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                client.post(&url, "hello").await.status
            })
        });
        for request in requests.collect::<Vec<_>>() {
            assert_eq!(request.await.unwrap(), StatusCode::OK, "{name}");
        }
        assert_eq!(sessions.issued.load(Ordering::SeqCst), 2, "{name}: one refresh");
        assert_eq!(counts.accepted(), 101, "{name}");
        assert!((1..=100).contains(&counts.refused()), "{name}: {}", counts.refused());
    }
}

#[tokio::test]
async fn credentials_that_stay_refused_are_tried_twice_and_no_more() {
    for which in 0..3 {
        let sessions = Sessions::default();
        let nobody = Sessions::default();
        *nobody.accepted.lock().unwrap() = usize::MAX;
        let (address, counts) = serve(Verifier::new(SCOPE.0, SCOPE.1, nobody), Ahead(0)).await;
        let client = &Client::all(|| Signer::new(SCOPE.0, SCOPE.1, sessions.clone()))[which];
        let answer = client.post(&format!("http://{address}/a"), "hello").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", client.name());
        assert!(answer.explanation.is_some(), "{}", client.name());
        assert_eq!((counts.accepted(), counts.refused()), (0, 2), "{}", client.name());
    }
}

/// Fetches once, and never again.
#[derive(Default)]
struct Once(AtomicUsize);

#[sigv4_core::async_trait]
impl ProvideCredentials for Once {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Sessions::session(0).with_expiry(SystemTime::now() + Duration::from_secs(3600))),
            _ => Err(Error::new(ErrorKind::Credentials, "the vault is down")),
        }
    }
}

#[tokio::test]
async fn a_refusal_comes_back_where_no_other_credentials_are_to_be_had() {
    let signer = || Signer::new(SCOPE.0, SCOPE.1, Once::default());
    let nobody = Sessions::default();
    *nobody.accepted.lock().unwrap() = usize::MAX;
    let (address, counts) = serve(Verifier::new(SCOPE.0, SCOPE.1, nobody), Ahead(0)).await;
    let [_, tower, hyper] = Client::all(signer);
    for client in [tower, hyper] {
        let answer = client.post(&format!("http://{address}/a"), "hello").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", client.name());
        assert!(answer.explanation.is_some() && !answer.body.is_empty(), "{}", client.name());
    }
    for mut connection in Raw::both(signer, address).await {
        let answer = connection.post("/a", "hello").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", connection.name());
        assert!(answer.explanation.is_some() && !answer.body.is_empty(), "{}", connection.name());
    }
    assert_eq!((counts.accepted(), counts.refused()), (0, 4), "each was sent once");
}
