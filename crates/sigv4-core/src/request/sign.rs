//! Step 4 of the specification, header form: the signature put into the request's headers.

use http::header::{AUTHORIZATION, Entry, HeaderMap, HeaderValue};

use super::authorization::Draft;
use super::header_signature::{Others, Removed, date_value, header_value};
use super::key::Key;
use super::view::{self, Found, HeaderView, RequestView};
use super::{HeaderSignature, SignedText, SigningParams};
use crate::body::{Hashing, Payload, PayloadHash};
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
    taken: Option<Taken>,
    /// Once the request was read.
    begun: Option<Begun>,
}

/// What was found in the headers, and what is made of the body.
struct Looked<'x, 'b> {
    found: &'x Found<'x>,
    payload: Payload<'x>,
    body: &'b mut Hashing<'x>,
    payload_hash: &'x mut PayloadHash<'x>,
}

/// What is taken before the request is looked at.
///
/// All that counts a reference is among it: to do so later, a processor would wait for the hashes that it has begun.
struct Taken {
    key: Key,
    others: Others,
}

/// What is there besides.
struct Begun {
    date: AmzDate,
    draft: Draft,
}

impl<'h> Signing<'h> {
    /// With a hash that took nothing yet.
    #[inline(always)]
    pub(crate) fn by(hash: &'h mut HashSink) -> Self {
        Self { hash, taken: None, begun: None }
    }

    /// The first half of [`sign`].
    pub(crate) fn read<H: HeaderView + ?Sized>(
        &mut self,
        request: &RequestView<'_, H>,
        params: &SigningParams<'_>,
        payload: Payload<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<(), Error> {
        self.take(params)?;
        // Before the headers, which borrow them.
        let (mut payload_hash, mut found) = (PayloadHash::default(), Found::default());
        let mut headers = CanonicalHeaders::default();
        let mut body = payload.begin();
        found.look(request.headers, params.signed_headers, &mut headers, || body.step())?;
        let looked = Looked { found: &found, payload, body: &mut body, payload_hash: &mut payload_hash };
        self.begin(&request.without_headers(), params, looked, &mut headers, text)
    }

    /// What fails for reasons that are not the request's comes first.
    fn take(&mut self, params: &SigningParams<'_>) -> Result<(), Error> {
        let key = params.key()?;
        let others = Others {
            date: Some(date_value(params.date)?),
            token: params.credentials.session_token_header().cloned(),
            s3_session: params.rules.token == TokenPlacement::S3Express && params.credentials.is_s3_session(),
            region_set: params.algorithm.region_set().map(|regions| regions.header_value().clone()),
            ..Others::default()
        };
        self.taken = Some(Taken { key, others });
        Ok(())
    }

    /// The rest of the first half. Not generic over the kind of request, so that it is compiled once, and here.
    fn begin<'x>(
        &mut self,
        request: &RequestView<'x, ()>,
        params: &SigningParams<'x>,
        Looked { found, payload, body, payload_hash }: Looked<'x, '_>,
        headers: &mut CanonicalHeaders<'x>,
        text: Option<&mut SignedText>,
    ) -> Result<(), Error> {
        let token = params.credentials.session_token_header();
        let Taken { key, others } = taken(&mut self.taken);
        let s3_session = others.s3_session;
        let region_set = params.algorithm.region_set();
        let host = found.host(request)?;
        let former = found.former()?;
        let mut query = CanonicalQuery::default();
        query.read(request.query);
        query.sort();
        if query.has("X-Amz-Signature") {
            return Err(Error::new(
                ErrorKind::Request,
                "the URL is presigned already (it has X-Amz-Signature): send it as it is, with SignOptions::skip",
            ));
        }
        // After every check that needs no body: hashing one takes a while.
        former.content_sha256.map_or(payload, Payload::literal).hash_to(payload_hash, body)?;
        let payload_hash: &PayloadHash<'_> = payload_hash;
        let is_due = params.rules.content_sha256 == ContentSha256::Header || !payload_hash.is_plain();
        // Left by an earlier signature that needed it.
        let mut removed = Removed { content_sha256: former.signed && !is_due, ..Removed::default() };

        headers.push_known(&view::HOST, host, false);
        headers.push_known(&view::DATE, params.date.as_bytes(), true);
        if is_due {
            headers.push_known(&view::CONTENT_SHA256, payload_hash.as_bytes(), true);
        }
        if let Some(token) = token.filter(|_| !params.omit_session_token) {
            let name = if s3_session { &view::S3SESSION_TOKEN } else { &view::SECURITY_TOKEN };
            headers.push_known(name, token.as_bytes(), true);
        }
        for (name, value, is_ours, removed) in [
            (&view::SECURITY_TOKEN, found.token, !s3_session, &mut removed.token),
            (&view::S3SESSION_TOKEN, found.s3_session_token, s3_session, &mut removed.s3_session_token),
        ] {
            match value {
                None => {}
                Some(_) if token.is_some() && is_ours => {}
                // Left by an earlier signature, made with other credentials; or one token too many.
                Some(_) if token.is_some() || former.signed => *removed = true,
                Some(callers) => headers.push_known(name, callers, false),
            }
        }
        match (region_set, found.region_set) {
            (Some(regions), _) => {
                headers.push_known(&view::REGION_SET, regions.header_value().as_bytes(), false);
            }
            (None, Some(_)) if former.signed => removed.region_set = true,
            (None, Some(callers)) => headers.push_known(&view::REGION_SET, callers, false),
            (None, None) => {}
        }
        headers.sort();

        let mut canonical = params.canonical(request, &query, headers);
        if let Some(text) = text {
            canonical.payload_hash = payload_hash.as_str();
            params.write_text(&canonical, text);
        }
        if token.is_some() || found.token.is_some() || found.s3_session_token.is_some() {
            self.hash.hide();
        }
        canonical.put_head(self.hash);
        // Needs no hash: the processor writes it while it hashes.
        let scope = key.scope();
        let draft = Draft::new(params.algorithm, params.credentials.access_key_id(), scope, headers);
        self.hash.put(draft.signed_headers());
        self.hash.put_all([b"\n", payload_hash.as_bytes()]);
        if is_due {
            others.content_sha256 = Some(payload_hash.header_value()?);
        }
        if removed != Removed::default() {
            others.removed = Some(removed);
        }
        self.begun = Some(Begun { date: *params.date, draft });
        Ok(())
    }

    /// The second half: the signature.
    pub(crate) fn finish(self) -> Result<HeaderSignature, Error> {
        let digest = self.hash.finish();
        let Taken { key, others } = self.taken.unwrap_or_else(|| unread());
        let mut begun = self.begun.unwrap_or_else(|| unread());
        let (authorization, signature_len) = begun.authorization(&key, &digest, self.hash.room())?;
        Ok(HeaderSignature { authorization, signature_len, others })
    }

    /// As [`finish`](Self::finish), put into the headers of the request that was read.
    pub(crate) fn put(&mut self, headers: &mut HeaderMap) -> Result<(), Error> {
        self.hash.catch_up();
        let Taken { key, others } = taken(&mut self.taken);
        let begun = self.begun.as_mut().unwrap_or_else(|| unread());
        // Likewise. Behind it nothing fails: what `Authorization` is made of was checked before.
        others.put(headers)?;
        let digest = self.hash.finish();
        let place = headers.entry(AUTHORIZATION);
        let (authorization, _) = begun.authorization(key, &digest, self.hash.room())?;
        match place {
            Entry::Vacant(place) => drop(place.insert(authorization)),
            Entry::Occupied(mut place) => drop(place.insert(authorization)),
        }
        Ok(())
    }
}

impl Begun {
    /// The header, and how much of its end is the signature. `room` is some memory to write in.
    #[inline(always)]
    fn authorization(
        &mut self,
        key: &Key,
        digest: &[u8; 32],
        room: &mut [u8],
    ) -> Result<(HeaderValue, usize), Error> {
        let signature = key.sign(&self.date, digest, room);
        let signature = signature.as_bytes();
        Ok((header_value(self.draft.finish(signature), true)?, signature.len()))
    }
}

fn taken(taken: &mut Option<Taken>) -> &mut Taken {
    taken.as_mut().unwrap_or_else(|| unread())
}

fn unread() -> ! {
    unreachable!("finished before a request was read")
}
