//! What the crate `aws-sigv4`, the signer of AWS's own SDK, makes of a request.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use time::PrimitiveDateTime;
use time::macros::format_description;

const EXPRESS_HEADER: &str = "x-amz-s3session-token";
const EXPRESS_PARAMETER: &str = "X-Amz-S3session-Token";

/// A request, and how it is to be signed.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The method.
    pub method: String,
    /// An absolute URL, as it goes on the wire.
    pub url: String,
    /// The headers. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Names of those that are not to be signed.
    pub unsigned: Vec<String>,
    /// The last line of the canonical request.
    pub payload_hash: String,
    /// Whether `x-amz-content-sha256` is added.
    pub content_sha256: bool,
    /// Who signs.
    pub access_key_id: String,
    /// With which secret.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: Option<String>,
    /// Whether the token is added after signing.
    pub omit_session_token: bool,
    /// Whether the token goes under the names of S3 Express.
    pub s3_express: bool,
    /// `YYYYMMDDTHHMMSSZ`.
    pub date: String,
    /// The region of the scope.
    pub region: String,
    /// The service of the scope.
    pub service: String,
    /// Whether the path is normalised.
    pub normalize_path: bool,
    /// Whether the path is encoded once more.
    pub double_encode: bool,
    /// The lifetime of a presigned URL; `None` for a signature in headers.
    pub expires: Option<Duration>,
}

/// What came of it.
#[derive(Debug)]
pub struct Signed {
    /// The signature, in hex.
    pub signature: String,
    /// The headers to add: names in lower case, sorted.
    pub headers: Vec<(String, String)>,
    /// The query parameters to add, not encoded, sorted.
    pub parameters: Vec<(String, String)>,
}

impl Peer {
    /// Signs the request.
    pub fn sign(&self) -> Signed {
        let token = self.session_token.clone();
        let identity =
            Credentials::new(&*self.access_key_id, &*self.secret_access_key, token, None, "tests").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(moment(&self.date))
            .settings(self.settings())
            .build()
            .expect("all parameters are there")
            .into();
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Precomputed(self.payload_hash.clone());
        let request =
            SignableRequest::new(&self.method, &*self.url, headers, body).expect("a request of that crate");
        let (instructions, signature) = sign(request, &params).expect("that crate signs it").into_parts();
        let mut signed = Signed { signature, headers: Vec::new(), parameters: Vec::new() };
        for (name, value) in instructions.headers() {
            signed.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        for (name, value) in instructions.params() {
            let name = if *name == EXPRESS_HEADER { EXPRESS_PARAMETER } else { name };
            signed.parameters.push((name.to_owned(), value.to_string()));
        }
        signed.headers.sort();
        signed.parameters.sort();
        signed
    }

    fn settings(&self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = match self.double_encode {
            true => PercentEncodingMode::Double,
            false => PercentEncodingMode::Single,
        };
        settings.payload_checksum_kind = match self.content_sha256 {
            true => PayloadChecksumKind::XAmzSha256,
            false => PayloadChecksumKind::NoHeader,
        };
        settings.signature_location = match self.expires {
            Some(_) => SignatureLocation::QueryParams,
            None => SignatureLocation::Headers,
        };
        settings.expires_in = self.expires;
        settings.excluded_headers = Some(self.unsigned.iter().cloned().map(Cow::Owned).collect());
        settings.uri_path_normalization_mode = UriPathNormalizationMode::from(self.normalize_path);
        settings.session_token_mode = match self.omit_session_token {
            true => SessionTokenMode::Exclude,
            false => SessionTokenMode::Include,
        };
        settings.session_token_name_override = self.s3_express.then_some(match self.expires {
            // That crate panics over upper case in the name of a token that it is to leave out.
            Some(_) if !self.omit_session_token => EXPRESS_PARAMETER,
            _ => EXPRESS_HEADER,
        });
        settings
    }
}

/// A moment in the form of `x-amz-date`.
pub fn moment(date: &str) -> SystemTime {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(date, form).expect("YYYYMMDDTHHMMSSZ").assume_utc().into()
}
