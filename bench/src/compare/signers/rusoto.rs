//! `rusoto_signature`, which has a request type of its own.

use std::time::Duration;

use bytes::Bytes;
use rusoto_credential::AwsCredentials;
use rusoto_signature::signature::SignedRequestPayload;
use rusoto_signature::stream::ByteStream;
use rusoto_signature::{Region, SignedRequest};

use super::{in_headers, in_query};
use crate::compare::workload::{ACCESS_KEY_ID, Cover, SECRET_ACCESS_KEY, Sample, Workload};

/// Its credentials.
pub struct Rusoto {
    credentials: AwsCredentials,
    service: &'static str,
    cover: Cover,
}

/// A request, and the presigned URL if that is what comes of it.
pub struct Input {
    request: SignedRequest,
    url: String,
}

impl super::Signer for Rusoto {
    const NAME: &'static str = "rusoto_signature";

    type Input = Input;

    fn new(workload: &Workload) -> Option<Self> {
        let token = workload.session_token.clone();
        let credentials = AwsCredentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token, None);
        Some(Self { credentials, service: workload.service, cover: workload.cover })
    }

    fn input(&self, sample: &Sample) -> Input {
        let mut request = SignedRequest::new(sample.method, self.service, &Region::UsEast1, &sample.path);
        request.set_hostname(Some(sample.host.to_owned()));
        for (name, value) in &sample.query {
            request.add_param(*name, value);
        }
        for (name, value) in &sample.headers {
            request.add_header(name, value);
        }
        match self.cover {
            Cover::Hashed if sample.body.is_empty() => {}
            Cover::Hashed => request.set_payload(Some(sample.body.clone())),
            // To it, only a stream is unsigned.
            Cover::Unsigned | Cover::Presigned(_) => {
                request.payload = Some(SignedRequestPayload::Stream(ByteStream::from(Bytes::new().to_vec())));
            }
        }
        Input { request, url: String::new() }
    }

    fn sign(&self, input: &mut Input) {
        match self.cover {
            Cover::Presigned(expires) => {
                let expires = Duration::from_secs(expires.as_secs());
                input.url = input.request.generate_presigned_url(&self.credentials, &expires, false);
            }
            _ => input.request.sign(&self.credentials),
        }
    }

    fn signed(&self, input: &Input) -> (String, String) {
        match self.cover {
            Cover::Presigned(_) => in_query(&input.url),
            _ => in_headers(|name| input.request.headers().get(name).map(|values| &*values[0])),
        }
    }
}
