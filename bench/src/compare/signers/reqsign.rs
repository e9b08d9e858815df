//! `reqsign-aws-v4`: its `RequestSigner`, with the credentials in hand.

use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::time::Timestamp;
use reqsign_core::{Context, SignRequest};
use sha2::{Digest, Sha256};

use super::{in_headers, in_query};
use crate::compare::workload::{ACCESS_KEY_ID, Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// Its signer and credentials.
pub struct Reqsign {
    signer: RequestSigner,
    context: Context,
    credential: Credential,
    cover: Cover,
}

impl super::Signer for Reqsign {
    const NAME: &'static str = "reqsign-aws-v4";

    type Input = (Parts, Bytes);

    fn new(workload: &Workload) -> Option<Self> {
        let credential = Credential {
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
            session_token: workload.session_token.clone(),
            expires_in: Some(Timestamp::now() + Duration::from_secs(6 * 3600)),
        };
        let signer = RequestSigner::new(workload.service, REGION);
        Some(Self { signer, context: Context::new(), credential, cover: workload.cover })
    }

    fn input(&self, sample: &Sample) -> Self::Input {
        (sample.request().into_parts().0, sample.body.clone())
    }

    fn sign(&self, (parts, body): &mut Self::Input) {
        let expires = match self.cover {
            // It hashes no body: its callers do.
            Cover::Hashed => {
                let hash = match body.is_empty() {
                    true => HeaderValue::from_static(sigv4_core::signature::EMPTY_SHA256),
                    false => HeaderValue::try_from(hex::encode(Sha256::digest(&body))).expect("hex"),
                };
                parts.headers.insert("x-amz-content-sha256", hash);
                None
            }
            Cover::Unsigned => None,
            Cover::Presigned(expires) => Some(expires),
        };
        let signing = pin!(self.signer.sign_request(&self.context, parts, Some(&self.credential), expires));
        let signed = signing.poll(&mut TaskContext::from_waker(Waker::noop()));
        assert!(matches!(signed, Poll::Ready(Ok(()))), "it can be signed, at once");
    }

    fn signed(&self, (parts, _): &Self::Input) -> (String, String) {
        match self.cover {
            Cover::Presigned(_) => in_query(&parts.uri.to_string()),
            _ => in_headers(|name| parts.headers.get(name).map(|value| value.as_bytes())),
        }
    }
}
