//! A live server, and requests to it through each client.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use sigv4_core::{Credentials, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::file_body::RequestBody;

/// A server that `with-servers` started, and a user of it.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
}

impl Server {
    /// The server of this name; `None` where it is not up, which only a run by hand may be.
    pub(crate) fn up(name: &str) -> Option<Self> {
        let read = |suffix: &str| std::env::var(format!("SIGV4_LIVE_{name}{suffix}")).ok();
        let Some(endpoint) = read("") else {
            assert!(std::env::var_os("SIGV4_LIVE_REQUIRED").is_none(), "{name} is not up: run with-servers");
            eprintln!("DID NOT RUN: {name} is not up; start it with tests/live/with-servers");
            return None;
        };
        let value = |suffix| read(suffix).unwrap_or_else(|| panic!("SIGV4_LIVE_{name}{suffix} is not set"));
        let credentials = Credentials::new(value("_ACCESS_KEY_ID"), value("_SECRET_ACCESS_KEY")).unwrap();
        Some(Self { endpoint, credentials, region: value("_REGION") })
    }

    /// The same server, and a user whose secret is wrong.
    pub(crate) fn with_wrong_secret(&self) -> Self {
        let id = self.credentials.access_key_id();
        Self { credentials: Credentials::new(id, "not-the-secret-of-this-user").unwrap(), ..self.clone() }
    }

    pub(crate) fn signer(&self, service: &str) -> Signer {
        Signer::new(service, self.region.as_str(), self.credentials.clone())
    }

    /// A client of each kind that signs for `service`.
    pub(crate) fn clients(&self, service: &str) -> impl Iterator<Item = Client> {
        let (server, signer) = (self.clone(), self.signer(service));
        SigningClient::KINDS.into_iter().map(move |kind| Client {
            kind,
            inner: SigningClient::new(kind, signer.clone()).unwrap(),
            endpoint: server.endpoint.clone(),
        })
    }
}

pub(crate) struct Client {
    pub(crate) kind: &'static str,
    pub(crate) inner: SigningClient,
    pub(crate) endpoint: String,
}

impl Client {
    /// Sends, and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<RequestBody>) -> (StatusCode, Bytes) {
        let what = format!("{} {} through {}", request.method(), request.uri().path(), self.kind);
        let answer = self.inner.send(request).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        (answer.status(), answer.into_body().collect().await.unwrap().to_bytes())
    }

    /// Signs and sends a request for a path and query of this server.
    pub(crate) async fn call(
        &self,
        method: Method,
        target: &str,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Bytes) {
        self.send(self.request(method, target, body)).await
    }

    pub(crate) fn request(
        &self,
        method: Method,
        target: &str,
        body: impl Into<Bytes>,
    ) -> Request<RequestBody> {
        let uri = format!("{}{target}", self.endpoint);
        Request::builder().method(method).uri(uri).body(body.into().into()).unwrap()
    }

    /// Sends without a signature: what a presigned URL is for.
    pub(crate) async fn open(
        &self,
        method: Method,
        uri: &http::Uri,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Bytes) {
        let mut request =
            Request::builder().method(method).uri(uri.clone()).body(body.into().into()).unwrap();
        request.extensions_mut().insert(SignOptions::skip());
        self.send(request).await
    }
}
