//! `GetCallerIdentity` of STS: whoever is handed the signed request can ask STS who signed it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};

use super::{MINUTE, Service, Token, TokenSigner};
use crate::body::Payload;
use crate::error::{Error, ErrorKind};
use crate::request::{RequestView, SignedHeaders, SigningParams, sign};
use crate::service::dns_suffix;

/// The query string of a presigned call, and the body of a posted one.
pub(super) const CALLER_IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// STS takes a presigned call for 15 minutes, whatever it says.
const STS: Service = Service {
    name: "sts",
    title: "a presigned GetCallerIdentity",
    lifetime: MINUTE,
    longest: MINUTE.saturating_mul(15),
};

impl TokenSigner<'_> {
    /// The host of STS in the region.
    pub(super) fn sts_host(&self) -> String {
        format!("sts.{}.{}", self.region, dns_suffix(self.region))
    }

    /// A URL whose GET tells account, ARN and user id of the credentials, for 1 minute or up to 15.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    pub fn sts_caller_identity(&self) -> Result<Token, Error> {
        let host = self.sts_host();
        let signed = self.presign(&STS, &host, "/", CALLER_IDENTITY, &[])?;
        Ok(self.token(format!("https://{host}/?{}", signed.query()), signed.lifetime()))
    }

    /// The same call as a POST with its signature in the headers, for a server that sends it on: the AWS login of Vault.
    /// `headers` are signed too, so that the server can demand one that names itself
    /// (`x-vault-aws-iam-server-id`).
    ///
    /// An error of kind `Header` when the signature needs one of them itself.
    pub fn sts_caller_identity_request(&self, headers: HeaderMap) -> Result<CallerIdentityRequest, Error> {
        const EVERYTHING: &SignedHeaders = &SignedHeaders::everything();
        let host = self.sts_host();
        let wrong_region = |_| {
            Error::new(
                ErrorKind::Option,
                format!("the region {:?} makes no host: give it as in \"us-east-1\"", self.region),
            )
        };
        let uri =
            format!("https://{host}/").parse::<Uri>().map_err(|error| wrong_region(error.to_string()))?;
        let host = HeaderValue::try_from(host).map_err(|error| wrong_region(error.to_string()))?;
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        let mut request = Request::new(CALLER_IDENTITY);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        for (name, value) in [(HOST, host), (CONTENT_TYPE, content_type)] {
            if request.headers_mut().insert(&name, value).is_some() {
                return Err(Error::new(
                    ErrorKind::Header,
                    format!("the header {name} is a part of the login itself: leave it out"),
                ));
            }
        }
        let mut params = SigningParams::new(self.credentials, &self.date, self.region, STS.name);
        params.signed_headers = EVERYTHING;
        let view = RequestView::new(request.method(), request.uri(), request.headers())?;
        sign(&view, &params, Payload::bytes(CALLER_IDENTITY.as_bytes()), None)?
            .apply(request.headers_mut())?;
        Ok(CallerIdentityRequest(request))
    }
}

/// A signed call of `GetCallerIdentity`, to be sent by somebody else. It is a secret for as long as STS takes it, 15
/// minutes.
#[derive(Debug, Clone)]
pub struct CallerIdentityRequest(Request<&'static str>);

impl CallerIdentityRequest {
    /// The request as it has to reach STS.
    pub fn as_request(&self) -> &Request<&'static str> {
        &self.0
    }

    /// The request as it has to reach STS.
    pub fn into_request(self) -> Request<&'static str> {
        self.0
    }

    /// The fields of Vault's AWS login, type `iam`: `iam_http_request_method`, and in base64 `iam_request_url`,
    /// `iam_request_body` and `iam_request_headers` (JSON, a list of values for each name).
    ///
    /// <https://developer.hashicorp.com/vault/api-docs/auth/aws#login>
    pub fn vault_fields(&self) -> [(&'static str, String); 4] {
        let mut headers = serde_json::Map::new();
        for name in self.0.headers().keys() {
            let values = self.0.headers().get_all(name).iter();
            headers.insert(
                name.to_string(),
                values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect(),
            );
        }
        let headers = serde_json::Value::Object(headers).to_string();
        [
            ("iam_http_request_method", self.0.method().to_string()),
            ("iam_request_url", BASE64_STANDARD.encode(self.0.uri().to_string())),
            ("iam_request_body", BASE64_STANDARD.encode(self.0.body())),
            ("iam_request_headers", BASE64_STANDARD.encode(headers)),
        ]
    }
}

/// The header by which a Vault server can demand that a login was made for it.
pub const X_VAULT_AWS_IAM_SERVER_ID: HeaderName = HeaderName::from_static("x-vault-aws-iam-server-id");
