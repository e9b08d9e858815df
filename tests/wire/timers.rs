//! What hangs before anything is sent ends by itself: each client lends the credential cache its runtime's timer.

use bytes::Bytes;
use http::Request;
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, Signer, async_trait};
use sigv4_tests::clients::{Client, Kind};

struct Hangs;

#[async_trait]
impl ProvideCredentials for Hangs {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs() {
    // What is signed by hand waits for nothing.
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::ReqwestByHand) {
        let server = kind.server().await;
        let origin = server.origin();
        let client = Client::new(kind, Signer::new("s3", "us-east-1", Hangs), &server, &origin).await;
        let request = Request::get(format!("{origin}/")).body(Bytes::new()).unwrap();
        let error = client.send(request).await.unwrap_err();
        let error = Error::find(&*error).unwrap();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{kind:?}: {error}");
        assert!(error.to_string().contains("did not answer within 20s"), "{kind:?}: {error}");
    }
}
