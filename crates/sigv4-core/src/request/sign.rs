//! Step 4 of the specification, header form: the signature put into the request's headers.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

use super::authorization::Draft;
use super::view::{Former, Found, HeaderView, RequestView};
use super::{SignedHeaders, SignedText};
use crate::body::{Payload, PayloadHash};
use crate::canonical::{CanonicalHeaders, CanonicalRequest, Sink};
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::service::{ContentSha256, ServiceRules, TokenPlacement};
use crate::signature::{Algorithm, CredentialScope, Hex, Signature, StringToSign, scope};

/// `x-amz-date`: the time of the signature.
pub const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
/// `x-amz-content-sha256`: the payload hash.
pub const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
/// `x-amz-security-token`: the session token.
pub const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// `x-amz-s3session-token`: the session token of S3 Express.
pub const X_AMZ_S3SESSION_TOKEN: HeaderName = HeaderName::from_static("x-amz-s3session-token");

/// `x-amz-region-set`: the regions in which a SigV4a signature is good.
pub const X_AMZ_REGION_SET: HeaderName = HeaderName::from_static("x-amz-region-set");

/// With what, when and how a request is signed. Both forms of a signature, header and presigned, take it.
#[derive(Debug, Clone, Copy)]
pub struct SigningParams<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// The time of the signature.
    pub date: &'a AmzDate,
    /// SigV4, or SigV4a and its region set.
    pub algorithm: Algorithm<'a>,
    /// The region of the scope. Of no account in SigV4a.
    pub region: &'a str,
    /// The service of the scope: its signing name.
    pub service: &'a str,
    /// How this service departs from plain SigV4.
    pub rules: ServiceRules,
    /// Which headers are signed.
    pub signed_headers: &'a SignedHeaders,
    /// Adds the session token after signing, not covered by the signature.
    pub omit_session_token: bool,
}

impl<'a> SigningParams<'a> {
    /// Parameters with the rules of the service and the default signed headers.
    pub fn new(credentials: &'a Credentials, date: &'a AmzDate, region: &'a str, service: &'a str) -> Self {
        const STANDARD: &SignedHeaders = &SignedHeaders::standard();
        let rules = ServiceRules::for_service(service);
        Self {
            credentials,
            date,
            algorithm: Algorithm::V4,
            region,
            service,
            rules,
            signed_headers: STANDARD,
            omit_session_token: false,
        }
    }

    /// Refuses parameters that no service would take, and names them.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_algorithm()?;
        scope::check_part("service", self.service)?;
        if self.credentials.is_expired(self.date.time()) {
            return Err(Error::new(
                ErrorKind::ExpiredCredentials,
                format!(
                    "the credentials from {:?} expired before {}: fetch new ones",
                    self.credentials.source(),
                    self.date
                ),
            ));
        }
        Ok(())
    }

    fn check_algorithm(&self) -> Result<(), Error> {
        match self.algorithm {
            Algorithm::V4 if self.rules.sigv4a_only => Err(if cfg!(feature = "sigv4a") {
                Error::new(
                    ErrorKind::Option,
                    format!(
                        "{} takes SigV4a signatures only: choose a region set, such as \"*\"",
                        self.service
                    ),
                )
            } else {
                Error::new(
                    ErrorKind::Feature,
                    format!(
                        "{} takes SigV4a signatures only: enable the feature `sigv4a` of sigv4-core",
                        self.service
                    ),
                )
            }),
            Algorithm::V4 => scope::check_part("region", self.region),
            Algorithm::V4a { .. } if cfg!(feature = "sigv4a") => Ok(()),
            Algorithm::V4a { .. } => Err(Error::new(
                ErrorKind::Feature,
                "this host or service takes SigV4a signatures only, or a region set asks for one: enable the feature \
                 `sigv4a` of sigv4-core",
            )),
        }
    }

    pub(crate) fn scope(&self) -> CredentialScope<'a> {
        match self.algorithm {
            Algorithm::V4 => CredentialScope::new(self.date, self.region, self.service),
            Algorithm::V4a { .. } => CredentialScope::without_region(self.date, self.service),
        }
    }

    /// The signature of a canonical request, and both texts where somebody asked for them. The lists of signed headers and
    /// the scope are at hand, written.
    pub(super) fn signature(
        &self,
        canonical: &CanonicalRequest<'_, '_>,
        signed_headers: &[u8],
        scope: &[u8],
        text: Option<&mut SignedText>,
    ) -> Result<Signature, Error> {
        let string_to_sign = StringToSign {
            algorithm: self.algorithm.name(),
            date: self.date,
            scope: self.scope(),
            digest: canonical.digest_with(signed_headers),
        };
        if let Some(text) = text {
            text.canonical_request = canonical.to_text();
            text.string_to_sign = string_to_sign.to_text();
        }
        #[cfg(feature = "sigv4a")]
        if let Algorithm::V4a { .. } = self.algorithm {
            let signature = self.credentials.key_pair()?.sign(&string_to_sign.bytes());
            return Ok(Signature::V4a(signature.into()));
        }
        let secret = self.credentials.secret_access_key();
        let key = self.credentials.keys().get(secret, self.date, self.region, self.service);
        Ok(Signature::V4(Hex::of(
            &key.sign_put(|sink| string_to_sign.put_with(sink, |sink| sink.put(scope))),
        )))
    }

    /// The name under which the session token travels in headers.
    fn token_header(&self) -> HeaderName {
        match self.rules.token {
            TokenPlacement::S3Express if self.credentials.is_s3_session() => X_AMZ_S3SESSION_TOKEN,
            _ => X_AMZ_SECURITY_TOKEN,
        }
    }
}

/// A signature in the header form: the headers that carry it.
#[derive(Debug, Clone)]
pub struct HeaderSignature {
    signature: Signature,
    set: SmallVec<[(HeaderName, HeaderValue); 4]>,
    removed: SmallVec<[HeaderName; 2]>,
}

impl HeaderSignature {
    /// The signature itself, in hex.
    pub fn signature(&self) -> &str {
        self.signature.as_str()
    }

    /// The headers that carry it: `authorization`, `x-amz-date`, and as needed `x-amz-security-token`,
    /// `x-amz-content-sha256` and `x-amz-region-set`.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.set.iter().map(|(name, value)| (name, value))
    }

    /// Puts them into a request, in place of those of an earlier signature. An error of kind `Header`, with
    /// nothing changed, when the map can hold no more.
    pub fn apply(mut self, headers: &mut HeaderMap) -> Result<(), Error> {
        headers.try_reserve(self.set.len()).map_err(|_| {
            Error::new(ErrorKind::Header, "the request has more headers than an http::HeaderMap can hold")
        })?;
        for name in self.removed {
            headers.remove(name);
        }
        for (name, value) in self.set.drain(..) {
            headers.insert(name, value);
        }
        Ok(())
    }
}

/// Signs a request: the headers to add come back, the request itself is only read.
///
/// A former AWS4 signature counts as absent. A payload hash that the caller put into `x-amz-content-sha256`
/// is honoured over `payload`. Where `text` is given, it is filled with what was signed.
///
/// Errors: kind `Request` (no host), `Header` (an `Authorization` of another scheme, `x-amz-date` twice),
/// `Option` (region or service), `Payload`, `ExpiredCredentials`.
///
/// ```
/// use sigv4_core::clock::AmzDate;
/// use sigv4_core::request::{RequestView, SigningParams, sign};
/// use sigv4_core::{Credentials, Payload};
///
/// let request = http::Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
///     .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
///     .body(())?;
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
/// let date = AmzDate::parse("20150830T123600Z")?;
/// let params = SigningParams::new(&credentials, &date, "us-east-1", "iam");
/// let view = RequestView::new(request.method(), request.uri(), request.headers())?;
/// let signature = sign(&view, &params, Payload::EMPTY, None)?;
/// assert!(signature.signature().starts_with("5d672d79c15b1316"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign<H: HeaderView + ?Sized>(
    request: &RequestView<'_, H>,
    params: &SigningParams<'_>,
    payload: Payload<'_>,
    text: Option<&mut SignedText>,
) -> Result<HeaderSignature, Error> {
    params.check()?;
    // Declared before the headers that will borrow them.
    let (token_name, payload_hash, content_sha256);
    let mut headers = CanonicalHeaders::default();
    let found = Found::look(request.headers, params.signed_headers, &mut headers);
    let host = found.host(request)?;
    let former = found.former()?;
    let signed_before = former.signed;
    if has_presigned_signature(request.query) {
        return Err(Error::new(
            ErrorKind::Request,
            "the URL is presigned already (it has X-Amz-Signature): send it as it is, with SignOptions::skip",
        ));
    }
    (payload_hash, content_sha256) = resolve_payload(&former, payload, params)?;
    token_name = params.token_header();
    let mut set = SmallVec::new();
    let mut removed = SmallVec::new();

    headers.push("host", host);
    headers.push(X_AMZ_DATE_NAME, params.date.as_bytes());
    let token = params.credentials.session_token_header();
    if let Some(token) = token {
        if !params.omit_session_token {
            headers.push(token_name.as_str(), token.as_bytes());
        }
        set.push((token_name.clone(), token.clone()));
    }
    let former_tokens =
        [("x-amz-security-token", former.token), ("x-amz-s3session-token", former.s3_session_token)];
    for (name, value) in former_tokens {
        match value {
            None => {}
            Some(_) if token.is_some() && name == token_name.as_str() => {}
            // Left by an earlier signature, made with other credentials; or one token too many.
            Some(_) if token.is_some() || signed_before => removed.push(HeaderName::from_static(name)),
            Some(callers) => headers.push(name, callers),
        }
    }
    if let Some(value) = &content_sha256 {
        headers.push("x-amz-content-sha256", value.as_bytes());
    }
    match (params.algorithm.region_set(), former.region_set) {
        (Some(regions), _) => {
            headers.push("x-amz-region-set", regions.header_value().as_bytes());
            set.push((X_AMZ_REGION_SET, regions.header_value().clone()));
        }
        (None, Some(_)) if signed_before => removed.push(X_AMZ_REGION_SET),
        (None, Some(callers)) => headers.push("x-amz-region-set", callers),
        (None, None) => {}
    }
    headers.sort();

    let canonical = CanonicalRequest {
        method: request.method,
        path: request.path,
        query: request.query,
        normalize_path: params.rules.normalize_path,
        double_encode: params.rules.double_encode,
        headers: &headers,
        payload_hash: payload_hash.as_str(),
    };
    let access_key_id = params.credentials.access_key_id();
    let draft = Draft::new(params.algorithm, access_key_id, &params.scope(), &headers);
    let signature = params.signature(&canonical, draft.signed_headers(), draft.scope(), text)?;
    let authorization = draft.finish(signature.as_bytes());
    drop(headers);
    set.push((X_AMZ_DATE, header_value(params.date.as_bytes().to_vec(), false)?));
    match content_sha256 {
        Some(value) => set.push((X_AMZ_CONTENT_SHA256, value)),
        // Left by an earlier signature that needed it.
        None if signed_before => removed.push(X_AMZ_CONTENT_SHA256),
        None => {}
    }
    set.push((AUTHORIZATION, header_value(authorization, true)?));
    Ok(HeaderSignature { signature, set, removed })
}

const X_AMZ_DATE_NAME: &str = "x-amz-date";

/// The payload hash to sign, and the value of `x-amz-content-sha256` where that header is due.
fn resolve_payload<'a>(
    former: &Former<'a>,
    payload: Payload<'a>,
    params: &SigningParams<'_>,
) -> Result<(PayloadHash<'a>, Option<HeaderValue>), Error> {
    let payload = former.content_sha256.map_or(payload, Payload::literal);
    let hash = payload.hash()?;
    let due = params.rules.content_sha256 == ContentSha256::Header || !payload.is_plain_hash();
    let value = if due { Some(hash.header_value()?) } else { None };
    Ok((hash, value))
}

/// A header's value out of bytes that are known to be visible ASCII, without a copy.
fn header_value(bytes: Vec<u8>, sensitive: bool) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(bytes)).map_err(|_| {
        Error::new(
            ErrorKind::Header,
            "a signed header's name or the access key id holds a byte that no header can carry",
        )
    })?;
    value.set_sensitive(sensitive);
    Ok(value)
}

/// Whether a query string carries a presigned signature.
pub(super) fn has_presigned_signature(query: &str) -> bool {
    !query.is_empty() && query.split('&').any(|pair| pair.starts_with("X-Amz-Signature="))
}
