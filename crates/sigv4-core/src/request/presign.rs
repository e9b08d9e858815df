//! Step 4 of the specification, presigned form: the signature put into the URL's query.

use std::io::Write;
use std::time::Duration;

use smallvec::SmallVec;

use super::view::{Found, HeaderView, RequestView};
use super::{SignedText, SigningParams};
use crate::body::Payload;
use crate::canonical::encode::put_encoded;
use crate::canonical::{CanonicalHeaders, CanonicalRequest, Sink};
use crate::error::{Error, ErrorKind};
use crate::service::TokenPlacement;
use crate::signature::Signature;

/// The longest that a presigned URL can live: 7 days.
pub const MAX_EXPIRY: Duration = Duration::from_secs(604_800);

/// What a presigned URL's query is made of; names of an earlier signature are replaced.
const PARAMETERS: [&str; 9] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Region-Set",
    "X-Amz-Security-Token",
    "X-Amz-S3session-Token",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

/// A signature in the presigned form.
#[derive(Clone)]
pub struct QuerySignature {
    /// The query, and what a caller of this crate had written before it.
    url: Vec<u8>,
    query_at: usize,
    signature: Signature,
    lifetime: Duration,
    signed_headers: Vec<String>,
}

impl QuerySignature {
    /// The whole query string to send, without `?`. It is a bearer secret for as long as it lives.
    pub fn query(&self) -> &str {
        as_str(&self.url[self.query_at..])
    }

    /// The query with what was written before it.
    pub(crate) fn into_url(self) -> Vec<u8> {
        self.url
    }

    /// The signature itself, in hex.
    pub fn signature(&self) -> &str {
        self.signature.as_str()
    }

    /// How long the URL will be accepted: what was asked for, or less when the credentials expire sooner.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Names of the headers, `host` apart, that the URL's user must send with the values that were signed.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.iter().map(String::as_str)
    }
}

impl std::fmt::Debug for QuerySignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuerySignature")
            .field("query", &"<redacted>")
            .field("lifetime", &self.lifetime)
            .field("signed_headers", &self.signed_headers)
            .finish()
    }
}

/// Presigns a request for `expires`, 1 second to 7 days, whole seconds; clamped to what is left of the credentials.
///
/// The payload is that of `payload`, or `UNSIGNED-PAYLOAD` or the caller's own `x-amz-content-sha256` where the
/// caller decides so. An earlier presigned signature in the query is replaced.
///
/// Errors as for [`sign`](super::sign), and kind `Option` for an expiry out of range.
pub fn presign<H: HeaderView + ?Sized>(
    request: &RequestView<'_, H>,
    params: &SigningParams<'_>,
    expires: Duration,
    payload: Payload<'_>,
    text: Option<&mut SignedText>,
) -> Result<QuerySignature, Error> {
    presign_after(Vec::new(), request, params, expires, payload, text)
}

/// As [`presign`], with the query written after what `url` holds: the URL up to its `?`.
pub(crate) fn presign_after<H: HeaderView + ?Sized>(
    mut url: Vec<u8>,
    request: &RequestView<'_, H>,
    params: &SigningParams<'_>,
    expires: Duration,
    payload: Payload<'_>,
    text: Option<&mut SignedText>,
) -> Result<QuerySignature, Error> {
    params.check()?;
    let lifetime = lifetime(params, expires)?;
    // Declared before the headers that will borrow them.
    #[expect(clippy::needless_late_init, reason = "dropped after the headers that borrow it")]
    let payload_hash;
    let token = params.credentials.session_token().map(str::as_bytes);
    url.reserve_exact(presigned_len(request, params));
    let mut query = Query { at: url.len(), url };
    let mut headers = CanonicalHeaders::default();
    let found = Found::look(request.headers, params.signed_headers, &mut headers);
    let host = found.host(request)?;
    let former = found.former()?;
    if former.signed {
        return Err(Error::new(
            ErrorKind::Header,
            "the request is signed in its Authorization header already: presign an unsigned one",
        ));
    }
    payload_hash = former.content_sha256.map_or(payload, Payload::literal).hash()?;
    headers.push("host", host);
    if let Some(value) = former.content_sha256 {
        headers.push("x-amz-content-sha256", value.as_bytes());
    }
    if let Some(value) = former.region_set {
        headers.push("x-amz-region-set", value);
    }
    headers.sort();

    // What is signed is what is sent: the query is written first as it goes on the wire, then canonicalised.
    for pair in request.query.split('&').filter(|pair| !pair.is_empty() && !is_parameter(pair)) {
        query.raw(pair.as_bytes());
    }
    query.pair("X-Amz-Algorithm", params.algorithm.name().as_bytes());
    let (mut credential, mut names) = (Text::new(), Text::new());
    credential.put(params.credentials.access_key_id().as_bytes());
    credential.put(b"/");
    let scope_at = credential.len();
    params.scope().write(|part| credential.put(part.as_bytes()));
    query.pair("X-Amz-Credential", &credential);
    query.pair("X-Amz-Date", params.date.as_bytes());
    query.number("X-Amz-Expires", lifetime.as_secs());
    if let Some(regions) = params.algorithm.region_set() {
        query.pair("X-Amz-Region-Set", regions.as_str().as_bytes());
    }
    headers.put_names(&mut names);
    query.pair("X-Amz-SignedHeaders", &names);
    let token_name = match params.rules.token {
        TokenPlacement::S3Express if params.credentials.is_s3_session() => "X-Amz-S3session-Token",
        _ => "X-Amz-Security-Token",
    };
    let append_token =
        params.omit_session_token || params.rules.token == TokenPlacement::AppendedAfterSigning;
    if let Some(token) = token.filter(|_| !append_token) {
        query.pair(token_name, token);
    }

    let canonical = CanonicalRequest {
        method: request.method,
        path: request.path,
        query: query.as_str(),
        normalize_path: params.rules.normalize_path,
        double_encode: params.rules.double_encode,
        headers: &headers,
        payload_hash: payload_hash.as_str(),
    };
    let signature = params.signature(&canonical, &names, &credential[scope_at..], text)?;
    let signed_headers = headers.names().filter(|name| *name != "host").map(str::to_owned).collect();
    drop(headers);
    query.pair("X-Amz-Signature", signature.as_bytes());
    if let Some(token) = token.filter(|_| append_token) {
        query.pair(token_name, token);
    }
    Ok(QuerySignature { url: query.url, query_at: query.at, signature, lifetime, signed_headers })
}

/// About how long the query will be, in bytes, and hardly ever less.
pub(crate) fn presigned_len<H: ?Sized>(request: &RequestView<'_, H>, params: &SigningParams<'_>) -> usize {
    // What `X-Amz-*` takes, but for the token, of which some characters are encoded.
    let token = params.credentials.session_token_header().map_or(0, |token| token.len());
    request.query.len() + 384 + token + token / 4
}

/// Long enough for most.
type Text = SmallVec<[u8; 256]>;

/// A query string as it goes on the wire, and what stands before it.
struct Query {
    url: Vec<u8>,
    at: usize,
}

impl Query {
    fn raw(&mut self, pair: &[u8]) {
        if self.url.len() > self.at {
            self.url.push(b'&');
        }
        self.url.put(pair);
    }

    fn pair(&mut self, name: &str, value: &[u8]) {
        self.raw(name.as_bytes());
        self.url.put(b"=");
        put_encoded(&mut self.url, value);
    }

    fn number(&mut self, name: &str, value: u64) {
        self.raw(name.as_bytes());
        // Writing into a `Vec` does not fail.
        let _ = write!(self.url, "={value}");
    }

    fn as_str(&self) -> &str {
        as_str(&self.url[self.at..])
    }
}

/// A query as text: it is made of pieces of a `str`, cut at `&`, and of ASCII.
fn as_str(query: &[u8]) -> &str {
    std::str::from_utf8(query).unwrap_or_default()
}

fn is_parameter(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    PARAMETERS.contains(&name)
}

/// The lifetime of the URL: in range, and no longer than the credentials live.
fn lifetime(params: &SigningParams<'_>, expires: Duration) -> Result<Duration, Error> {
    let seconds = expires.as_secs();
    if seconds < 1 || expires > MAX_EXPIRY {
        return Err(Error::new(
            ErrorKind::Option,
            format!("a presigned URL cannot expire after {expires:?}: give 1 second to 604800 (7 days)"),
        ));
    }
    let left = params
        .credentials
        .expiry()
        .map(|expiry| expiry.duration_since(params.date.time()).unwrap_or_default());
    let seconds = left.map_or(seconds, |left| seconds.min(left.as_secs()));
    if seconds == 0 {
        return Err(Error::new(
            ErrorKind::ExpiredCredentials,
            "the credentials expire within a second, and a presigned URL with them: fetch new ones",
        ));
    }
    Ok(Duration::from_secs(seconds))
}
