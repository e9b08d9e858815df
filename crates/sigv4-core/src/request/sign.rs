//! Step 4 of the specification, header form: the signature put into the request's headers.

use std::cell::Cell;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::authorization::Draft;
use super::view::{Found, HeaderView, RequestView};
use super::{SignedText, SigningParams};
use crate::body::Payload;
use crate::canonical::{CanonicalHeaders, CanonicalQuery, HashSink};
use crate::clock::AmzDate;
use crate::error::{Error, ErrorKind};
use crate::service::{ContentSha256, TokenPlacement};

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

/// A signature in the header form: the headers that carry it.
#[derive(Debug, Clone)]
pub struct HeaderSignature {
    /// It ends with the signature.
    authorization: HeaderValue,
    signature_len: usize,
    date: HeaderValue,
    content_sha256: Option<HeaderValue>,
    token: Option<HeaderValue>,
    /// Whether the token is that of an S3 Express session.
    s3_session: bool,
    region_set: Option<HeaderValue>,
    removed: Option<Removed>,
}

/// Which headers of an earlier signature are to go.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Removed {
    content_sha256: bool,
    token: bool,
    s3_session_token: bool,
    region_set: bool,
}

impl Removed {
    #[cold]
    fn from(self, headers: &mut HeaderMap) {
        for (is_removed, name) in [
            (self.content_sha256, X_AMZ_CONTENT_SHA256),
            (self.token, X_AMZ_SECURITY_TOKEN),
            (self.s3_session_token, X_AMZ_S3SESSION_TOKEN),
            (self.region_set, X_AMZ_REGION_SET),
        ] {
            if is_removed {
                headers.remove(name);
            }
        }
    }
}

impl HeaderSignature {
    /// The signature itself, in hex.
    pub fn signature(&self) -> &str {
        let text = self.authorization.to_str().unwrap_or_default();
        &text[text.len().saturating_sub(self.signature_len)..]
    }

    /// The headers that carry it: `authorization`, `x-amz-date`, and as needed `x-amz-security-token`,
    /// `x-amz-content-sha256` and `x-amz-region-set`.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        static NAMES: [HeaderName; 6] = [
            AUTHORIZATION,
            X_AMZ_DATE,
            X_AMZ_CONTENT_SHA256,
            X_AMZ_SECURITY_TOKEN,
            X_AMZ_S3SESSION_TOKEN,
            X_AMZ_REGION_SET,
        ];
        let values = [
            Some(&self.authorization),
            Some(&self.date),
            self.content_sha256.as_ref(),
            self.token.as_ref().filter(|_| !self.s3_session),
            self.token.as_ref().filter(|_| self.s3_session),
            self.region_set.as_ref(),
        ];
        NAMES.iter().zip(values).filter_map(|(name, value)| Some((name, value?)))
    }

    /// Puts them into a request, in place of those of an earlier signature. An error of kind `Header`, with
    /// nothing changed, when the map can hold no more.
    pub fn apply(self, headers: &mut HeaderMap) -> Result<(), Error> {
        // Date and signature, and what else there is.
        let others = [&self.content_sha256, &self.token, &self.region_set];
        let added = 2 + others.iter().filter(|value| value.is_some()).count();
        headers.try_reserve(added).map_err(|_| {
            Error::new(ErrorKind::Header, "the request has more headers than an http::HeaderMap can hold")
        })?;
        if let Some(removed) = self.removed {
            removed.from(headers);
        }
        headers.insert(X_AMZ_DATE, self.date);
        if let Some(value) = self.content_sha256 {
            headers.insert(X_AMZ_CONTENT_SHA256, value);
        }
        if let Some(value) = self.token {
            headers.insert(if self.s3_session { X_AMZ_S3SESSION_TOKEN } else { X_AMZ_SECURITY_TOKEN }, value);
        }
        if let Some(value) = self.region_set {
            headers.insert(X_AMZ_REGION_SET, value);
        }
        headers.insert(AUTHORIZATION, self.authorization);
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
    let key = params.key()?;
    let token = params.credentials.session_token_header();
    let s3_session = params.rules.token == TokenPlacement::S3Express && params.credentials.is_s3_session();
    let region_set = params.algorithm.region_set();
    let mut removed = Removed::default();
    let (payload_hash, content_sha256, authorization, signature_len);
    {
        // These borrow what is declared before. In a block, since to move them to their end takes longer than a header's line.
        let mut headers = CanonicalHeaders::default();
        let mut query = CanonicalQuery::default();
        let mut found = Found::default();
        found.look(request.headers, params.signed_headers, &mut headers)?;
        let host = found.host(request)?;
        let former = found.former()?;
        query.read(request.query);
        query.sort();
        if query.has("X-Amz-Signature") {
            return Err(Error::new(
                ErrorKind::Request,
                "the URL is presigned already (it has X-Amz-Signature): send it as it is, with SignOptions::skip",
            ));
        }
        let payload = former.content_sha256.map_or(payload, Payload::literal);
        payload_hash = payload.hash()?;
        let is_due = params.rules.content_sha256 == ContentSha256::Header || !payload.is_plain_hash();
        content_sha256 = if is_due { Some(payload_hash.header_value()?) } else { None };
        // Left by an earlier signature that needed it.
        removed.content_sha256 = former.signed && content_sha256.is_none();

        headers.push("host", host);
        headers.push_plain("x-amz-date", params.date.as_bytes());
        if let Some(token) = token.filter(|_| !params.omit_session_token) {
            headers.push(
                if s3_session { "x-amz-s3session-token" } else { "x-amz-security-token" },
                token.as_bytes(),
            );
        }
        for (name, value, is_ours, removed) in [
            ("x-amz-security-token", former.token, !s3_session, &mut removed.token),
            ("x-amz-s3session-token", former.s3_session_token, s3_session, &mut removed.s3_session_token),
        ] {
            match value {
                None => {}
                Some(_) if token.is_some() && is_ours => {}
                // Left by an earlier signature, made with other credentials; or one token too many.
                Some(_) if token.is_some() || former.signed => *removed = true,
                Some(callers) => headers.push(name, callers),
            }
        }
        if let Some(value) = &content_sha256 {
            headers.push_plain("x-amz-content-sha256", value.as_bytes());
        }
        match (region_set, former.region_set) {
            (Some(regions), _) => headers.push("x-amz-region-set", regions.header_value().as_bytes()),
            (None, Some(_)) if former.signed => removed.region_set = true,
            (None, Some(callers)) => headers.push("x-amz-region-set", callers),
            (None, None) => {}
        }
        headers.sort();

        let canonical = params.canonical(request, &query, &headers, payload_hash.as_str());
        let mut sink = HashSink::new();
        canonical.put_head(&mut sink);
        // While the processor still hashes that.
        let draft = Draft::new(params.algorithm, params.credentials.access_key_id(), key.scope(), &headers);
        let signature = params.signature(&key, &canonical, &mut sink, draft.signed_headers(), text)?;
        signature_len = signature.as_bytes().len();
        authorization = draft.finish(signature.as_bytes());
    }
    Ok(HeaderSignature {
        authorization: header_value(authorization, true)?,
        signature_len,
        date: date_value(params.date)?,
        content_sha256,
        token: token.cloned(),
        s3_session,
        region_set: region_set.map(|regions| regions.header_value().clone()),
        removed: (removed != Removed::default()).then_some(removed),
    })
}

/// The value of `x-amz-date`, shared by the requests that a thread signs in one second, but for the first: who signs now and
/// then would only keep what nobody shares.
fn date_value(date: &AmzDate) -> Result<HeaderValue, Error> {
    thread_local! {
        static LAST: Cell<Option<(AmzDate, Option<HeaderValue>)>> = const { Cell::new(None) };
    }
    let kept = LAST.try_with(Cell::take).ok().flatten().filter(|(of, _)| of == date);
    let is_first = kept.is_none();
    let value = match kept {
        Some((_, Some(value))) => value,
        _ => header_value(date.as_bytes().to_vec(), false)?,
    };
    let shared = (!is_first).then(|| value.clone());
    let _ = LAST.try_with(|last| last.set(Some((*date, shared))));
    Ok(value)
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
