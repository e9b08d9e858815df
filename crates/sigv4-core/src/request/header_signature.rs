//! What a signature in the header form adds to a request.

use std::cell::RefCell;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::clock::AmzDate;
use crate::error::{Error, ErrorKind};

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
    pub(super) authorization: HeaderValue,
    pub(super) signature_len: usize,
    pub(super) others: Others,
}

/// What goes into the headers besides `authorization`.
#[derive(Debug, Clone, Default)]
pub(super) struct Others {
    pub(super) date: Option<HeaderValue>,
    pub(super) content_sha256: Option<HeaderValue>,
    pub(super) token: Option<HeaderValue>,
    /// Whether the token is that of an S3 Express session.
    pub(super) s3_session: bool,
    pub(super) region_set: Option<HeaderValue>,
    pub(super) removed: Option<Removed>,
}

/// Which headers of an earlier signature are to go.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Removed {
    pub(super) content_sha256: bool,
    pub(super) token: bool,
    pub(super) s3_session_token: bool,
    pub(super) region_set: bool,
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

/// Makes room for headers, and for what the client will add, so that the map grows once.
#[cold]
fn grow(headers: &mut HeaderMap, added: usize) -> Result<(), Error> {
    /// `host`, and one of `content-length`, `accept`, `user-agent`.
    const ADDED_BY_CLIENTS: usize = 2;
    headers.try_reserve(added + ADDED_BY_CLIENTS).map_err(|_| {
        Error::new(ErrorKind::Header, "the request has more headers than an http::HeaderMap can hold")
    })
}

impl Others {
    /// Puts them into a request, in place of those of an earlier signature, with room for one header more. An error of
    /// kind `Header`, with nothing changed, when the map can hold no more.
    #[inline(always)]
    pub(super) fn put(&mut self, headers: &mut HeaderMap) -> Result<(), Error> {
        let others = [&self.date, &self.content_sha256, &self.token, &self.region_set];
        let added = 1 + others.iter().filter(|value| value.is_some()).count();
        if headers.len() + added > headers.capacity() {
            grow(headers, added)?;
        }
        if let Some(removed) = self.removed {
            removed.from(headers);
        }
        if let Some(value) = self.date.take() {
            headers.insert(X_AMZ_DATE, value);
        }
        if let Some(value) = self.content_sha256.take() {
            headers.insert(X_AMZ_CONTENT_SHA256, value);
        }
        if let Some(value) = self.token.take() {
            headers.insert(if self.s3_session { X_AMZ_S3SESSION_TOKEN } else { X_AMZ_SECURITY_TOKEN }, value);
        }
        if let Some(value) = self.region_set.take() {
            headers.insert(X_AMZ_REGION_SET, value);
        }
        Ok(())
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
        let others = &self.others;
        let values = [
            Some(&self.authorization),
            others.date.as_ref(),
            others.content_sha256.as_ref(),
            others.token.as_ref().filter(|_| !others.s3_session),
            others.token.as_ref().filter(|_| others.s3_session),
            others.region_set.as_ref(),
        ];
        NAMES.iter().zip(values).filter_map(|(name, value)| Some((name, value?)))
    }

    /// Puts them into a request, in place of those of an earlier signature. An error of kind `Header`, with
    /// nothing changed, when the map can hold no more.
    pub fn apply(mut self, headers: &mut HeaderMap) -> Result<(), Error> {
        self.others.put(headers)?;
        headers.insert(AUTHORIZATION, self.authorization);
        Ok(())
    }
}

/// The value of `x-amz-date`, shared by the requests that a thread signs in one second, but for the first: who signs now and
/// then would only keep what nobody shares.
#[inline(always)]
pub(super) fn date_value(date: &AmzDate) -> Result<HeaderValue, Error> {
    thread_local! {
        static LAST: RefCell<Option<(AmzDate, Option<HeaderValue>)>> = const { RefCell::new(None) };
    }
    let shared = LAST.try_with(|last| match &mut *last.try_borrow_mut().ok()? {
        Some((of, Some(value))) if of == date => Some(value.clone()),
        Some((of, value)) if of == date => {
            *value = header_value(date.as_bytes().to_vec(), false).ok();
            value.clone()
        }
        last => {
            *last = Some((*date, None));
            None
        }
    });
    match shared {
        Ok(Some(value)) => Ok(value),
        _ => header_value(date.as_bytes().to_vec(), false),
    }
}

/// A header's value out of bytes that are known to be visible ASCII, without a copy.
pub(super) fn header_value(bytes: Vec<u8>, sensitive: bool) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(bytes)).map_err(|_| {
        Error::new(
            ErrorKind::Header,
            "a signed header's name or the access key id holds a byte that no header can carry",
        )
    })?;
    value.set_sensitive(sensitive);
    Ok(value)
}
