//! A request as plain data: signed by the project's signer, changed at will, then verified.

use std::future::Future;
use std::time::Duration;

use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::request::{RequestView, SignedHeaders, SigningParams, presign, sign};
use sigv4_core::verify::{Rejection, Verified, Verifier};
use sigv4_core::{Credentials, Payload};

pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW==";
pub const NOW: &str = "20150830T123600Z";

/// A request in the form in which it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

pub fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).unwrap()
}

pub fn session() -> Credentials {
    credentials().with_session_token(TOKEN).unwrap()
}

impl Request {
    pub fn new(method: &str, path: &str, query: &str, headers: &[(&str, &str)], body: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: body.into(),
        }
    }

    pub fn view(&self) -> RequestView<'_, [(String, Vec<u8>)]> {
        RequestView {
            method: &self.method,
            host: None,
            sign_host: None,
            path: &self.path,
            query: &self.query,
            headers: &self.headers[..],
        }
    }

    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.into(), value.into()));
    }

    pub fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Signed in its headers, at [`NOW`].
    pub fn signed(self, service: &str, region: &str, credentials: &Credentials) -> Self {
        let body = self.body.clone();
        self.signed_as(service, region, credentials, Payload::bytes(&body))
    }

    pub fn signed_as(
        mut self,
        service: &str,
        region: &str,
        credentials: &Credentials,
        payload: Payload<'_>,
    ) -> Self {
        let date = AmzDate::parse(NOW).unwrap();
        let policy = SignedHeaders::everything();
        let mut params = SigningParams::new(credentials, &date, region, service);
        params.signed_headers = &policy;
        let signature = sign(&self.view(), &params, payload, None).unwrap();
        for (name, value) in signature.headers() {
            self.set(name.as_str(), value.as_bytes());
        }
        self
    }

    /// Signed in its query, at [`NOW`].
    pub fn presigned(mut self, service: &str, region: &str, credentials: &Credentials, seconds: u64) -> Self {
        let date = AmzDate::parse(NOW).unwrap();
        let policy = SignedHeaders::everything();
        let mut params = SigningParams::new(credentials, &date, region, service);
        params.signed_headers = &policy;
        let payload = match params.rules.presign_payload {
            sigv4_core::service::PresignPayload::Unsigned => Payload::UNSIGNED,
            _ => Payload::bytes(&self.body),
        };
        let expires = Duration::from_secs(seconds);
        let signature = presign(&self.view(), &params, expires, payload, None).unwrap();
        self.query = signature.query().to_owned();
        self
    }
}

/// A verifier whose clock stands at [`NOW`].
pub fn verifier(service: &str, region: &str, credentials: &Credentials) -> Verifier {
    Verifier::new(service, region, credentials.clone()).with_clock(ManualClock::at_amz_date(NOW).unwrap())
}

pub fn verify(verifier: &Verifier, request: &Request) -> Result<Verified, Rejection> {
    at_once(verifier.verify(&request.view(), Payload::bytes(&request.body)))
}

/// The output of a future that waits for nothing.
pub fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the future waits"),
    }
}
