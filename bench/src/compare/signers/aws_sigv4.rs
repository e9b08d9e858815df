//! The signer of AWS's own SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::Request;

use super::{in_headers, in_query};
use crate::compare::workload::{ACCESS_KEY_ID, Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// Its identity and settings, made once.
pub struct AwsSigv4 {
    identity: Identity,
    settings: SigningSettings,
    service: &'static str,
    cover: Cover,
}

impl super::Signer for AwsSigv4 {
    const NAME: &'static str = "aws-sigv4";

    type Input = (Request<()>, Bytes);

    fn new(workload: &Workload) -> Option<Self> {
        let expiry = SystemTime::now() + Duration::from_secs(6 * 3600);
        let token = workload.session_token.clone();
        let identity =
            Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token, Some(expiry), "bench").into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if workload.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        if let Cover::Presigned(expires) = workload.cover {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(expires);
        }
        Some(Self { identity, settings, service: workload.service, cover: workload.cover })
    }

    fn input(&self, sample: &Sample) -> Self::Input {
        (sample.request(), sample.body.clone())
    }

    fn sign(&self, (request, body): &mut Self::Input) {
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(REGION)
            .name(self.service)
            .time(SystemTime::now())
            .settings(self.settings.clone())
            .build()
            .expect("all parameters are there")
            .into();
        let body = match self.cover {
            Cover::Hashed => SignableBody::Bytes(body),
            Cover::Unsigned | Cover::Presigned(_) => SignableBody::UnsignedPayload,
        };
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str(), value.to_str().expect("a header in ASCII")));
        let signable =
            SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body);
        let (instructions, _) =
            sign(signable.expect("a request"), &params).expect("it can be signed").into_parts();
        instructions.apply_to_request_http1x(request);
    }

    fn signed(&self, (request, _): &Self::Input) -> (String, String) {
        match self.cover {
            Cover::Presigned(_) => in_query(&request.uri().to_string()),
            _ => in_headers(|name| request.headers().get(name).map(|value| value.as_bytes())),
        }
    }
}
