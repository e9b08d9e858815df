//! A request as a signature sees it, and what is found in its headers.

use http::uri::Authority;
use http::{HeaderMap, Method, Uri};

use super::SignedHeaders;
use super::authorization::Authorization;
use crate::canonical::{CanonicalHeaders, KnownName, NameStart, NameStarts};
use crate::error::{Error, ErrorKind};

/// Headers to read, in any container.
pub trait HeaderView {
    /// Calls `each` with every header: its name in lower case, and its raw value. Repeated names come in their order.
    fn each<'a>(&'a self, each: impl FnMut(&'a str, &'a [u8]));
}

impl HeaderView for HeaderMap {
    fn each<'a>(&'a self, mut each: impl FnMut(&'a str, &'a [u8])) {
        self.iter().for_each(|(name, value)| each(name.as_str(), value.as_bytes()));
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> HeaderView for [(N, V)] {
    fn each<'a>(&'a self, mut each: impl FnMut(&'a str, &'a [u8])) {
        self.iter().for_each(|(name, value)| each(name.as_ref(), value.as_ref()));
    }
}

/// A request, borrowed, exactly as it goes on the wire.
#[derive(Debug)]
pub struct RequestView<'a, H: ?Sized> {
    /// The method.
    pub method: &'a str,
    /// The value that the client sends as `host` (HTTP/2: `:authority`) unless the headers hold one: no user name,
    /// and no port that is the scheme's default.
    pub host: Option<&'a str>,
    /// A host to sign in place of any other, where something on the way rewrites it.
    pub sign_host: Option<&'a str>,
    /// The path, percent-encoded as sent.
    pub path: &'a str,
    /// The query string as sent, without `?`; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a H,
}

impl<H: ?Sized> Clone for RequestView<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for RequestView<'_, H> {}

impl<'a, H: ?Sized> RequestView<'a, H> {
    /// All but the headers: of one type, whatever they are in.
    pub(super) fn without_headers(&self) -> RequestView<'a, ()> {
        let Self { method, host, sign_host, path, query, headers: _ } = *self;
        RequestView { method, host, sign_host, path, query, headers: &() }
    }
}

impl<'a> RequestView<'a, HeaderMap> {
    /// The view of an `http` request. An error of kind `Request` when the URI holds a user name.
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Result<Self, Error> {
        Ok(Self {
            method: method.as_str(),
            host: wire_host(uri)?,
            sign_host: None,
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers,
        })
    }
}

/// The authority of a URI as clients send it in `host`: without a port that is empty or the scheme's default.
/// An error of kind `Request` when it holds a user name, or a port that clients would write in another way.
pub(crate) fn wire_host(uri: &Uri) -> Result<Option<&str>, Error> {
    let Some(text) = uri.authority().map(Authority::as_str) else { return Ok(None) };
    if text.as_bytes().contains(&b'@') {
        return Err(Error::new(
            ErrorKind::Request,
            "the URL holds a user name or password before the host: take it out, credentials come from the signer",
        ));
    }
    if may_have_port(text) && has_padded_port(text) {
        return Err(Error::new(
            ErrorKind::Request,
            "the URL's port begins with a zero, which clients leave out when they send it: write the number without",
        ));
    }
    Ok(Some(without_default_port(uri, text)))
}

/// One look at the last byte: hardly a port is written, and hardly a host ends with a digit.
#[inline]
fn may_have_port(authority: &str) -> bool {
    matches!(authority.as_bytes().last(), Some(b'0'..=b'9' | b':'))
}

#[cold]
fn has_padded_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| port.len() > 1 && port.starts_with('0'))
}

/// An authority of a URI without a port that is empty or the scheme's default.
pub(crate) fn without_default_port<'a>(uri: &Uri, authority: &'a str) -> &'a str {
    if !may_have_port(authority) {
        return authority;
    }
    let (host, default_for) = if let Some(host) = authority.strip_suffix(":443") {
        (host, ["https", "wss"])
    } else if let Some(host) = authority.strip_suffix(":80") {
        (host, ["http", "ws"])
    } else {
        return authority.strip_suffix(':').unwrap_or(authority);
    };
    if uri.scheme_str().is_some_and(|scheme| default_for.contains(&scheme)) { host } else { authority }
}

/// What one look over the headers finds: those that the signer itself writes or reads, each there once at most.
#[derive(Default)]
pub(crate) struct Found<'a> {
    host: Option<&'a [u8]>,
    authorization: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    content_sha256: Option<&'a [u8]>,
    /// A session token.
    pub(crate) token: Option<&'a [u8]>,
    /// The token of an S3 Express session.
    pub(crate) s3_session_token: Option<&'a [u8]>,
    /// A region set.
    pub(crate) region_set: Option<&'a [u8]>,
}

/// What the headers say of an earlier signature of the same request, and of the caller's own payload hash.
#[derive(Clone, Copy)]
pub(crate) struct Former<'a> {
    /// Whether an earlier AWS4 signature is there.
    pub(crate) signed: bool,
    /// A value of `x-amz-content-sha256` that the caller set, not an earlier signature.
    pub(crate) content_sha256: Option<&'a str>,
}

pub(super) static HOST: KnownName = KnownName::of("host");
pub(super) static DATE: KnownName = KnownName::of("x-amz-date");
pub(super) static CONTENT_SHA256: KnownName = KnownName::of("x-amz-content-sha256");
pub(super) static SECURITY_TOKEN: KnownName = KnownName::of("x-amz-security-token");
pub(super) static S3SESSION_TOKEN: KnownName = KnownName::of("x-amz-s3session-token");
pub(super) static REGION_SET: KnownName = KnownName::of("x-amz-region-set");

/// The names of those.
const OWN: NameStarts = NameStarts::of(&[
    "host",
    "authorization",
    "x-amz-date",
    "x-amz-content-sha256",
    "x-amz-security-token",
    "x-amz-s3session-token",
    "x-amz-region-set",
]);

impl<'a> Found<'a> {
    fn own(&mut self, name: &str) -> Option<&mut Option<&'a [u8]>> {
        Some(match name {
            "host" => &mut self.host,
            "authorization" => &mut self.authorization,
            "x-amz-date" => &mut self.date,
            "x-amz-content-sha256" => &mut self.content_sha256,
            "x-amz-security-token" => &mut self.token,
            "x-amz-s3session-token" => &mut self.s3_session_token,
            "x-amz-region-set" => &mut self.region_set,
            _ => return None,
        })
    }

    /// Puts the headers that the policy signs into `signed`, without those that the signer itself adds; what else there is
    /// stands here then. An error of kind `Header` names one that is there twice and may not be. `meanwhile` is done once for each.
    #[inline(never)]
    pub(crate) fn look<H: HeaderView + ?Sized>(
        &mut self,
        headers: &'a H,
        policy: &SignedHeaders,
        signed: &mut CanonicalHeaders<'a>,
        mut meanwhile: impl FnMut(),
    ) -> Result<(), Error> {
        let mut repeated = None;
        headers.each(|name, value| {
            meanwhile();
            let start = NameStart::of(name);
            if start.may_be_of(OWN)
                && let Some(own) = self.own(name)
            {
                if own.replace(value).is_some() {
                    repeated.get_or_insert(name);
                }
            } else if policy.covers_other(start, name) {
                signed.push_started(start, name, value);
            }
        });
        match repeated {
            None => Ok(()),
            Some(name) => {
                Err(Error::new(ErrorKind::Header, format!("the header {name} is there twice: send it once")))
            }
        }
    }

    /// The host to sign: the one asked for, else the header's, else the URI's.
    pub(crate) fn host(&self, request: &RequestView<'a, ()>) -> Result<&'a [u8], Error> {
        let host = request.sign_host.map(str::as_bytes).or(self.host).or(request.host.map(str::as_bytes));
        match host {
            Some(host) if !host.iter().all(u8::is_ascii_whitespace) => Ok(host),
            _ => Err(Error::new(
                ErrorKind::Request,
                "the request has no host: give an absolute URI or a host header before it is signed",
            )),
        }
    }

    /// What an earlier signature left, and what the caller set. Errors of kind `Header` name the header at fault.
    #[inline]
    pub(crate) fn former(&self) -> Result<Former<'a>, Error> {
        match (self.authorization, self.content_sha256) {
            (None, None) => Ok(Former { signed: false, content_sha256: None }),
            (authorization, content_sha256) => former(authorization, content_sha256),
        }
    }
}

/// Most requests have neither.
#[inline(never)]
fn former<'a>(authorization: Option<&[u8]>, content_sha256: Option<&'a [u8]>) -> Result<Former<'a>, Error> {
    let mut lists_content_sha256 = false;
    if let Some(value) = authorization {
        if !Authorization::is_ours(value) {
            return Err(Error::new(
                ErrorKind::Header,
                "the request has an Authorization header that is not an AWS4 signature (Basic, Bearer; a user \
                 name in the URL becomes one): remove it, or leave this request unsigned with SignOptions::skip",
            ));
        }
        lists_content_sha256 = std::str::from_utf8(value)
            .ok()
            .and_then(|value| Authorization::parse(value).ok())
            .is_some_and(|parts| parts.signs("x-amz-content-sha256"));
    }
    let content_sha256 = content_sha256.filter(|_| !lists_content_sha256).map(std::str::from_utf8);
    let content_sha256 = content_sha256.transpose().map_err(|_| {
        Error::new(ErrorKind::Header, "the header x-amz-content-sha256 holds bytes outside ASCII")
    })?;
    Ok(Former { signed: authorization.is_some(), content_sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_day_are_told_from_the_signers_own() {
        let headers = "\
            accept accept-encoding accept-language cache-control connection content-disposition content-encoding \
            content-language content-length content-md5 content-type cookie date expect expires from forwarded \
            if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive max-forwards origin \
            pragma range referer te traceparent tracestate trailer transfer-encoding upgrade user-agent via \
            x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-request-id x-amz-abort-date x-amz-acl \
            x-amz-api-version x-amz-bucket-object-lock-enabled x-amz-bucket-region \
            x-amz-bypass-governance-retention x-amz-checksum-algorithm x-amz-checksum-crc32 \
            x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-mode x-amz-checksum-sha1 \
            x-amz-checksum-sha256 x-amz-client-context x-amz-client-id x-amz-client-token \
            x-amz-confirm-remove-self-bucket-access x-amz-copy-source x-amz-copy-source-if-match \
            x-amz-copy-source-range x-amz-decoded-content-length x-amz-delete-marker x-amz-expected-bucket-owner \
            x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write \
            x-amz-grant-write-acp x-amz-id-2 x-amz-if-match-size x-amz-invocation-type x-amz-log-type \
            x-amz-metadata-directive x-amz-mfa x-amz-mp-object-size x-amz-object-attributes \
            x-amz-object-lock-legal-hold x-amz-object-lock-mode x-amz-object-lock-retain-until-date \
            x-amz-object-ownership x-amz-object-size x-amz-optional-object-attributes x-amz-part-number-marker \
            x-amz-rename-source x-amz-request-payer x-amz-request-source x-amz-retry-mode \
            x-amz-sdk-checksum-algorithm x-amz-server-side-encryption x-amz-server-side-encryption-context \
            x-amz-skip-destination-validation x-amz-sns-message-type x-amz-source-expected-bucket-owner \
            x-amz-storage-class x-amz-tagging x-amz-tagging-directive x-amz-target x-amz-te x-amz-trailer \
            x-amz-transition-default-minimum-object-size x-amz-user-agent x-amz-version-id \
            x-amz-website-redirect-location x-amz-write-offset-bytes x-amzn-requestid x-amzn-trace-id \
            amz-sdk-invocation-id amz-sdk-request";
        let metadata = "\
            lens camera language origin department exposure revision author build checksum owner title name id \
            type source version hash size user project env created date tag";
        let names = headers.split_whitespace().map(str::to_owned);
        for name in names.chain(metadata.split_whitespace().map(|name| format!("x-amz-meta-{name}"))) {
            assert!(!NameStart::of(&name).may_be_of(OWN), "{name}");
        }
    }
}
