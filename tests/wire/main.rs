//! The bytes that arrive are the ones that were signed: for every client, by the reckoning of `aws-sigv4`.

mod bodies;
mod paths;
mod presigned;
mod readiness;
mod tenants;
mod timers;

use bytes::Bytes;
use http::{Request, request};
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Signer};
use sigv4_tests::capture::{Captured, Expected, Server};
use sigv4_tests::clients::{Client, Kind};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str =
    "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+EXAMPLE/token+with=all/of+base64==";

fn expected(service: &'static str) -> Expected<'static> {
    Expected {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: SECRET,
        session_token: Some(TOKEN),
        region: "us-east-1",
        service,
    }
}

fn signer(service: &str) -> Signer {
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET).unwrap().with_session_token(TOKEN).unwrap();
    Signer::new(service, "us-east-1", credentials)
        .with_clock(ManualClock::at_amz_date("20261121T120000Z").unwrap())
}

/// A client of some kind, and a server for it.
struct Wire {
    kind: Kind,
    service: &'static str,
    server: Server,
    client: Client,
}

impl Wire {
    async fn new(kind: Kind, service: &'static str) -> Self {
        let server = kind.server().await;
        let client = Client::new(kind, signer(service), &server, &server.origin()).await;
        Self { kind, service, server, client }
    }

    /// A request to a path of the server, signed and sent; what arrived of it, found to be signed right.
    async fn arrived(
        &self,
        target: &str,
        request: impl FnOnce(request::Builder) -> request::Builder,
        body: &'static [u8],
    ) -> Captured {
        let builder = Request::builder().uri(format!("{}{target}", self.server.origin()));
        let request = request(builder).body(Bytes::from_static(body)).unwrap();
        let status = self.client.send(request).await;
        let status = status.unwrap_or_else(|error| panic!("{:?} {target}: {error:?}", self.kind));
        assert_eq!(status, 200, "{:?} {target}", self.kind);
        let captured = self.server.take_one();
        captured.assert_signed(&expected(self.service));
        captured
    }

    /// As [`arrived`](Self::arrived), for a GET.
    async fn got(&self, target: &str) -> Captured {
        self.arrived(target, |request| request, b"").await
    }
}
