//! One case, as it is read.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::{RequestView, SigningParams};
use sigv4_core::service::{ContentSha256, TokenPlacement};
use sigv4_core::signature::{Algorithm, RegionSet};
use sigv4_core::{Credentials, Payload, SignedHeaders};

pub type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub kind: String,
    #[serde(default)]
    pub method: String,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    exclude_headers: Vec<String>,
    #[serde(default)]
    body_b64: String,
    pub credentials: Keys,
    #[serde(default)]
    pub region: String,
    region_set: Option<String>,
    pub service: String,
    pub timestamp: String,
    #[serde(default)]
    normalize_path: bool,
    #[serde(default)]
    double_encode: bool,
    #[serde(default)]
    pub payload: String,
    #[serde(default)]
    content_sha256_header: bool,
    pub expires_in: Option<u64>,
    pub policy_b64: Option<String>,
    #[serde(default)]
    omit_session_token: bool,
    /// Sizes of the chunks; all but the last two are alike, the last is 0.
    #[serde(default)]
    pub chunk_sizes: Vec<usize>,
    /// In the order of the wire.
    #[serde(default)]
    pub trailers: Vec<(String, String)>,
    /// The checksum among them.
    pub checksum: Option<String>,
}

#[derive(Deserialize)]
pub struct Keys {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
}

/// A case in the terms of the signer, owned.
pub struct Prepared {
    pub credentials: Credentials,
    pub date: AmzDate,
    pub signed_headers: SignedHeaders,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    region_set: Option<RegionSet>,
}

impl Case {
    pub fn prepare(&self) -> Result<Prepared, Failure> {
        let mut credentials = Credentials::new(&*self.credentials.access_key, &*self.credentials.secret_key)?;
        if let Some(token) = &self.credentials.session_token {
            credentials = credentials.with_session_token(&**token)?;
        }
        let mut signed_headers = SignedHeaders::everything();
        for name in &self.exclude_headers {
            signed_headers = signed_headers.never(name.parse()?);
        }
        Ok(Prepared {
            credentials,
            date: AmzDate::parse(&self.timestamp)?,
            signed_headers,
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                .collect(),
            body: BASE64_STANDARD.decode(&self.body_b64)?,
            region_set: self.region_set.as_deref().map(RegionSet::parse).transpose()?,
        })
    }

    /// The request as it stands on the wire.
    pub fn view<'a>(
        &'a self,
        prepared: &'a Prepared,
    ) -> Result<RequestView<'a, [(String, String)]>, Failure> {
        let (_, after_scheme) = self.url.split_once("://").ok_or("the url has no scheme")?;
        let target_at = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
        let (host, target) = after_scheme.split_at(target_at);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Ok(RequestView {
            method: &self.method,
            host: Some(host),
            sign_host: None,
            path,
            query,
            headers: &prepared.headers,
        })
    }

    pub fn params<'a>(&'a self, prepared: &'a Prepared) -> SigningParams<'a> {
        let mut params =
            SigningParams::new(&prepared.credentials, &prepared.date, &self.region, &self.service);
        if let Some(region_set) = &prepared.region_set {
            params.algorithm = Algorithm::V4a { region_set };
        }
        params.rules.sigv4a_only = false;
        params.rules.normalize_path = self.normalize_path;
        params.rules.double_encode = self.double_encode;
        params.rules.token = TokenPlacement::Signed;
        params.rules.content_sha256 =
            if self.content_sha256_header { ContentSha256::Header } else { ContentSha256::Omitted };
        params.signed_headers = &prepared.signed_headers;
        params.omit_session_token = self.omit_session_token;
        params
    }

    pub fn payload<'a>(&'a self, prepared: &'a Prepared) -> Payload<'a> {
        match self.payload.as_str() {
            "sha256" => Payload::bytes(&prepared.body),
            literal => Payload::literal(literal),
        }
    }
}
