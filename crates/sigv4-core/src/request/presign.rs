//! Step 4 of the specification, presigned form: the signature put into the URL's query.

use std::fmt::Write;
use std::time::Duration;

use smallvec::SmallVec;
use zeroize::Zeroizing;

use super::key::Key;
use super::view::{self, Found, HeaderView, RequestView};
use super::{SignedText, SigningParams};
use crate::body::Payload;
use crate::canonical::encode::put_encoded;
use crate::canonical::{CanonicalHeaders, CanonicalQuery, CanonicalRequest, HashSink, Text, pairs};
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
    /// The query, and what a caller of this crate had written before it. Wiped at its end: it holds the session token.
    url: Zeroizing<String>,
    query_at: usize,
    signature: Signature,
    lifetime: Duration,
    signed_headers: Vec<String>,
}

impl QuerySignature {
    /// The whole query string to send, without `?`. It is a bearer secret for as long as it lives.
    pub fn query(&self) -> &str {
        &self.url[self.query_at..]
    }

    /// The query with what was written before it.
    pub(crate) fn into_url(self) -> Zeroizing<String> {
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
    presign_after(String::new(), request, params, expires, payload, text)
}

/// As [`presign`], with the query written after what `url` holds: the URL up to its `?`.
pub(crate) fn presign_after<H: HeaderView + ?Sized>(
    url: String,
    request: &RequestView<'_, H>,
    params: &SigningParams<'_>,
    expires: Duration,
    payload: Payload<'_>,
    text: Option<&mut SignedText>,
) -> Result<QuerySignature, Error> {
    let (key, lifetime) = key_and_lifetime(params, expires)?;
    // Before the headers, which borrow it.
    let mut found = Found::default();
    let mut headers = CanonicalHeaders::default();
    found.look(request.headers, params.signed_headers, &mut headers, || ())?;
    let by = Presigner { key, lifetime, params };
    by.presign(url, &request.without_headers(), payload, &found, &mut headers, text)
}

/// What fails for reasons that are not the request's comes first.
fn key_and_lifetime(params: &SigningParams<'_>, expires: Duration) -> Result<(Key, Duration), Error> {
    Ok((params.key()?, lifetime(params, expires)?))
}

struct Presigner<'p, 'x> {
    key: Key,
    lifetime: Duration,
    params: &'p SigningParams<'x>,
}

impl<'x> Presigner<'_, 'x> {
    /// The rest of it. Not generic over the kind of request, so that it is compiled once, and here.
    fn presign(
        self,
        url: String,
        request: &RequestView<'x, ()>,
        payload: Payload<'x>,
        found: &Found<'x>,
        headers: &mut CanonicalHeaders<'x>,
        text: Option<&mut SignedText>,
    ) -> Result<QuerySignature, Error> {
        let Self { key, lifetime, params } = self;
        let host = found.host(request)?;
        let former = found.former()?;
        if former.signed {
            return Err(Error::new(
                ErrorKind::Header,
                "the request is signed in its Authorization header already: presign an unsigned one",
            ));
        }
        let payload_hash = former.content_sha256.map_or(payload, Payload::literal).hash()?;
        headers.push_known(&view::HOST, host, false);
        if let Some(value) = former.content_sha256 {
            headers.push_known(&view::CONTENT_SHA256, value.as_bytes(), false);
        }
        if let Some(value) = found.region_set {
            headers.push_known(&view::REGION_SET, value, false);
        }
        headers.sort();

        // Each value is encoded once, for what is sent and for what is signed.
        let (mut credential, mut lives, mut regions) =
            (Text::<128>::new(), Text::<8>::new(), Text::<32>::new());
        for part in [params.credentials.access_key_id(), "/", key.scope()] {
            put_encoded(&mut credential, part.as_bytes());
        }
        // Writing there does not fail.
        let _ = write!(lives, "{}", lifetime.as_secs());
        let (mut names, mut signed_names) = (Text::<64>::new(), Text::<64>::new());
        headers.put_names(&mut names);
        put_encoded(&mut signed_names, names.as_bytes());
        let mut own = Parameters::new();
        own.push(("X-Amz-Algorithm", params.algorithm.name()));
        own.push(("X-Amz-Credential", credential.as_str()));
        own.push(("X-Amz-Date", params.date.as_str()));
        own.push(("X-Amz-Expires", lives.as_str()));
        if let Some(set) = params.algorithm.region_set() {
            put_encoded(&mut regions, set.as_str().as_bytes());
            own.push(("X-Amz-Region-Set", regions.as_str()));
        }
        own.push(("X-Amz-SignedHeaders", signed_names.as_str()));
        let token_name = match params.rules.token {
            TokenPlacement::S3Express if params.credentials.is_s3_session() => "X-Amz-S3session-Token",
            _ => "X-Amz-Security-Token",
        };
        let append_token =
            params.omit_session_token || params.rules.token == TokenPlacement::AppendedAfterSigning;
        let token = params.credentials.session_token_in_query().map(|token| (token_name, token));
        own.extend(token.filter(|_| !append_token));

        let callers = || pairs(request.query).filter(|pair| !is_parameter(pair));
        let mut query = CanonicalQuery::default();
        callers().for_each(|pair| query.read(pair));
        query.extend(&own);
        query.sort();
        let canonical = CanonicalRequest {
            payload_hash: payload_hash.as_str(),
            ..params.canonical(request, &query, headers)
        };
        if let Some(text) = text {
            params.write_text(&canonical, text);
        }
        let mut hash = HashSink::new();
        if token.is_some() {
            hash.hide();
        }
        canonical.put(&mut hash);
        let digest = hash.finish();

        // Needs no hash: the processor writes it while it hashes.
        let mut url = Zeroizing::new(url);
        let query_at = url.len();
        let own_len = |own: &[(&str, &str)]| {
            own.iter().map(|(name, value)| name.len() + value.len() + "&=".len()).sum::<usize>()
        };
        let appended = token.filter(|_| append_token);
        let signature_len = "&X-Amz-Signature=".len() + params.algorithm.signature_len();
        url.reserve_exact(
            request.query.len() + "&".len() + own_len(&own) + signature_len + own_len(appended.as_slice()),
        );
        for pair in callers() {
            url.extend([pair, "&"]);
        }
        for (at, (name, value)) in own.iter().enumerate() {
            url.extend([if at > 0 { "&" } else { "" }, name, "=", value]);
        }
        let signed_headers = headers.names().filter(|name| *name != "host").map(str::to_owned).collect();

        let signature = key.sign(params.date, &digest, hash.room());
        for (name, value) in [("X-Amz-Signature", signature.as_str())].into_iter().chain(appended) {
            url.extend(["&", name, "=", value]);
        }
        Ok(QuerySignature { url, query_at, signature, lifetime, signed_headers })
    }
}

/// The signer's own parameters, with encoded values.
type Parameters<'a> = SmallVec<[(&'static str, &'a str); 9]>;

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
