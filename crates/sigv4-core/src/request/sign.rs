//! Step 4 of the specification, header form: the signature put into the request's headers.

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::authorization::Draft;
use super::header_signature::{Others, Removed, date_value, header_value};
use super::key::Key;
use super::view::{Found, HeaderView, RequestView};
use super::{HeaderSignature, SignedText, SigningParams};
use crate::body::Payload;
use crate::canonical::{CanonicalHeaders, CanonicalQuery, HashSink, Sink};
use crate::clock::AmzDate;
use crate::error::{Error, ErrorKind};
use crate::service::{ContentSha256, TokenPlacement};

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
    let mut hash = HashSink::new();
    let mut signing = Signing::by(&mut hash);
    signing.read(request, params, payload, text)?;
    signing.finish()
}

/// A signature in the making, read from a request of which it borrows nothing: what is left is the end of a hash, and the MAC.
///
/// Filled where it stays, and the hash beside it: to move them takes longer than to hash a block.
pub(crate) struct Signing<'h> {
    hash: &'h mut HashSink,
    draft: Draft,
    others: Others,
    /// Once the request was read.
    key: Option<(Key, AmzDate)>,
}

impl<'h> Signing<'h> {
    /// With a hash that took nothing yet.
    #[inline(always)]
    pub(crate) fn by(hash: &'h mut HashSink) -> Self {
        Self { hash, draft: Draft::default(), others: Others::default(), key: None }
    }

    /// The first half of [`sign`].
    pub(crate) fn read<H: HeaderView + ?Sized>(
        &mut self,
        request: &RequestView<'_, H>,
        params: &SigningParams<'_>,
        payload: Payload<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<(), Error> {
        let key = params.key()?;
        let token = params.credentials.session_token_header();
        let s3_session =
            params.rules.token == TokenPlacement::S3Express && params.credentials.is_s3_session();
        let region_set = params.algorithm.region_set();
        let mut removed = Removed::default();
        let payload_hash;
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
            self.others.content_sha256 = if is_due { Some(payload_hash.header_value()?) } else { None };
            // Left by an earlier signature that needed it.
            removed.content_sha256 = former.signed && !is_due;

            headers.push("host", host);
            headers.push_plain("x-amz-date", params.date.as_bytes());
            if let Some(token) = token.filter(|_| !params.omit_session_token) {
                headers.push_plain(
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
            if let Some(value) = &self.others.content_sha256 {
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
            if let Some(text) = text {
                params.write_text(&canonical, text);
            }
            canonical.put_head(self.hash);
            // While the processor still hashes that.
            self.draft =
                Draft::new(params.algorithm, params.credentials.access_key_id(), key.scope(), &headers);
            self.hash.put(self.draft.signed_headers());
            canonical.put_payload_hash(self.hash);
        }
        self.key = Some((key, *params.date));
        self.others.token = token.cloned();
        self.others.s3_session = s3_session;
        self.others.region_set = region_set.map(|regions| regions.header_value().clone());
        self.others.removed = (removed != Removed::default()).then_some(removed);
        Ok(())
    }

    /// The second half: the signature.
    pub(crate) fn finish(mut self) -> Result<HeaderSignature, Error> {
        let digest = self.hash.finish();
        let date = date_value(&read(&self.key).1)?;
        let (authorization, signature_len) = self.authorization(&digest)?;
        Ok(HeaderSignature { authorization, signature_len, date, others: self.others })
    }

    /// As [`finish`](Self::finish), put into the headers of the request that was read.
    pub(crate) fn put(&mut self, headers: &mut HeaderMap) -> Result<(), Error> {
        let digest = self.hash.finish();
        // While the processor still hashes that. Behind it nothing fails: what `Authorization` is made of was checked before.
        let date = date_value(&read(&self.key).1)?;
        self.others.put(date, headers)?;
        let (authorization, _) = self.authorization(&digest)?;
        headers.insert(AUTHORIZATION, authorization);
        Ok(())
    }

    /// The header, and how much of its end is the signature.
    #[inline(always)]
    fn authorization(&mut self, digest: &[u8; 32]) -> Result<(HeaderValue, usize), Error> {
        let (key, date) = read(&self.key);
        let signature = key.sign(date, digest, self.hash.room());
        let signature = signature.as_bytes();
        Ok((header_value(self.draft.finish(signature), true)?, signature.len()))
    }
}

/// What is there once a request was read.
fn read(key: &Option<(Key, AmzDate)>) -> &(Key, AmzDate) {
    key.as_ref().unwrap_or_else(|| unreachable!("finished before a request was read"))
}
