//! What `tracing` gets to see: enough to find a fault, and nothing that opens a door.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::{
    Credentials, Error, ErrorKind, PayloadMode, ProvideCredentials, SignOptions, Signer, async_trait,
};
use sigv4_tests::capture::Server;
use sigv4_tests::clients::{Client, Kind};
use sigv4_tests::log::Log;
use tracing::Level;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+EXAMPLE/token==";
const CUSTOMER_KEY: &str = "MzJieXRlc2xvbmdzZWNyZXRrZXltdXN0YmVwcm92aWQ=";

/// A vault that is sealed at every second call.
struct Vault {
    clock: Arc<ManualClock>,
    calls: Mutex<usize>,
}

#[async_trait]
impl ProvideCredentials for Vault {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        if calls.is_multiple_of(2) {
            return Err(Error::new(ErrorKind::Credentials, "the vault is sealed"));
        }
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET)?.with_session_token(TOKEN)?;
        Ok(credentials.with_expiry(self.clock.now() + Duration::from_secs(3600)).with_source("vault"))
    }
}

fn signer(clock: &Arc<ManualClock>) -> Signer {
    let vault = Vault { clock: Arc::clone(clock), calls: Mutex::new(0) };
    let cache = CredentialCache::new(vault).with_clock(Arc::clone(clock)).with_jitter(|| 0.0);
    Signer::new("s3", "us-east-1", cache).with_clock(Arc::clone(clock))
}

fn request(server: &Server) -> Request<Bytes> {
    Request::put(format!("{}/key?token=query-secret", server.origin()))
        .header("x-amz-server-side-encryption-customer-key", CUSTOMER_KEY)
        .header("cookie", "session=cookie-secret")
        .body(Bytes::from_static(b"body-secret"))
        .unwrap()
}

#[tokio::test]
async fn a_span_for_each_signature_and_the_canonical_request_and_no_secret() {
    for kind in Kind::ALL {
        let log = Log::default();
        let server = kind.server().await;
        let clock = Arc::new(ManualClock::at_amz_date("20261121T120000Z").unwrap());
        let client = Client::new(kind, signer(&clock), &server, &server.origin()).await;
        let guard = log.listen(Level::TRACE);
        client.send(request(&server)).await.unwrap();
        clock.advance(Duration::from_secs(90));
        client.send(request(&server)).await.unwrap();
        let mut unsigned = request(&server);
        unsigned.extensions_mut().insert(SignOptions::new().payload(PayloadMode::Unsigned));
        client.send(unsigned).await.unwrap();
        // In the advisory window, and past the expiry: the vault is asked, and is sealed.
        for at in [3590 - 90, 20] {
            clock.advance(Duration::from_secs(at));
            let _ = client.send(request(&server)).await;
            tokio::task::yield_now().await;
        }
        drop(guard);

        let (requests, text) = (server.take(), log.text());
        let span = |age: u64| {
            format!(
                "sign{{service=\"s3\" region=\"us-east-1\" date=\"20261121\" source=\"vault\" refresh_age_s={age}}}"
            )
        };
        assert!(text.contains(&span(0)) && text.contains(&span(90)), "{kind:?}: {text}");
        let canonical = "canonical_request=\"PUT\\n/key\\ntoken=<12 bytes>\\nhost:";
        assert!(text.contains(canonical), "{kind:?}: {text}");
        assert!(text.contains("x-amz-server-side-encryption-customer-key:<44 bytes>"), "{kind:?}");
        assert!(text.contains(&format!("x-amz-security-token:<{} bytes>", TOKEN.len())), "{kind:?}");
        assert!(text.contains("\\nUNSIGNED-PAYLOAD"), "{kind:?}");
        assert!(text.contains("credentials refreshed"), "{kind:?}");
        assert!(text.contains("the vault is sealed"), "{kind:?}");

        assert!(requests.len() >= 3, "{kind:?}");
        let mut secrets = vec![SECRET, TOKEN, CUSTOMER_KEY, "query-secret", "cookie-secret", "body-secret"];
        secrets.extend(
            requests.iter().filter_map(|request| request.header("authorization")?.split("Signature=").nth(1)),
        );
        assert!(secrets.len() > 8, "{kind:?}");
        for secret in secrets {
            assert!(!text.contains(secret), "{kind:?} shows {secret}: {text}");
        }
    }
}

/// Below TRACE no canonical request is made; below DEBUG no span.
#[tokio::test]
async fn levels() {
    for (level, span, canonical) in [(Level::DEBUG, true, false), (Level::INFO, false, false)] {
        let log = Log::default();
        let server = Server::http1(&[200]).await;
        let clock = Arc::new(ManualClock::at_amz_date("20261121T120000Z").unwrap());
        let client = Client::new(Kind::Hyper1, signer(&clock), &server, &server.origin()).await;
        let guard = log.listen(level);
        client.send(request(&server)).await.unwrap();
        drop(guard);
        let text = log.text();
        assert_eq!((text.contains("sign{"), text.contains("canonical_request")), (span, canonical), "{text}");
    }
}
