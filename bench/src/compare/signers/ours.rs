//! This project: `Signer::sign` and `Signer::presign`.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use sigv4_core::{Credentials, Error, Payload, Presigned, ProvideCredentials};

use super::{in_headers, in_query};
use crate::compare::workload::{ACCESS_KEY_ID, Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// The signer with the workload's service and credentials.
pub struct Ours {
    signer: sigv4_core::Signer,
    cover: Cover,
}

/// A request and its body, and the presigned URL if that is what comes of it.
pub struct Input {
    request: Request<()>,
    body: Bytes,
    url: Option<Presigned>,
}

/// Temporary credentials, which are cached and looked after as those of a role.
struct Role {
    session_token: Option<String>,
}

#[sigv4_core::async_trait]
impl ProvideCredentials for Role {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let expiry = SystemTime::now() + Duration::from_secs(6 * 3600);
        let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY)?.with_expiry(expiry);
        match &self.session_token {
            Some(token) => credentials.with_session_token(token),
            None => Ok(credentials),
        }
    }
}

/// A signer for a workload.
pub fn signer(workload: &Workload) -> sigv4_core::Signer {
    let provider = Role { session_token: workload.session_token.clone() };
    sigv4_core::Signer::new(workload.service, REGION, provider)
}

impl super::Signer for Ours {
    const NAME: &'static str = "sigv4-core";

    type Input = Input;

    fn new(workload: &Workload) -> Option<Self> {
        Some(Self { signer: signer(workload), cover: workload.cover })
    }

    fn input(&self, sample: &Sample) -> Input {
        Input { request: sample.request(), body: sample.body.clone(), url: None }
    }

    fn sign(&self, input: &mut Input) {
        let payload = match self.cover {
            Cover::Hashed => Payload::bytes(&input.body),
            Cover::Unsigned => Payload::UNSIGNED,
            Cover::Presigned(expires) => {
                input.url = Some(self.signer.presign(&input.request, expires).expect("it can be presigned"));
                return;
            }
        };
        self.signer.sign(&mut input.request, payload).expect("it can be signed");
    }

    fn signed(&self, input: &Input) -> (String, String) {
        match &input.url {
            Some(url) => in_query(url.url()),
            None => in_headers(|name| input.request.headers().get(name).map(|value| value.as_bytes())),
        }
    }
}

impl Input {
    /// Makes room for the headers that a signature adds, so that what is allocated is the signature's own.
    pub fn make_room(&mut self) {
        self.request.headers_mut().reserve(16);
    }
}
