//! The sentences that services write, and the values inside them.

use std::time::SystemTime;

use super::kind::{Malformed, RefusalKind, ScopePart, ServerText};
use super::when;

/// A message, as it came and in lower case (byte offsets are the same in both).
pub(super) struct Message<'m> {
    text: &'m str,
    lower: String,
}

impl<'m> Message<'m> {
    pub(super) fn new(text: &'m str) -> Self {
        Self { text, lower: text.to_ascii_lowercase() }
    }

    pub(super) fn text(&self) -> &'m str {
        self.text
    }

    pub(super) fn has(&self, phrase: &str) -> bool {
        self.lower.contains(phrase)
    }

    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    fn after(&self, phrase: &str) -> Option<(usize, &'m str)> {
        let at = self.lower.find(phrase)? + phrase.len();
        Some((at, &self.text[at..]))
    }

    /// The next text in quotes after a phrase.
    fn quoted_after(&self, phrase: &str, quote: char) -> Option<&'m str> {
        let (_, rest) = self.after(phrase)?;
        let (_, rest) = rest.split_once(quote)?;
        let (value, _) = rest.split_once(quote)?;
        Some(value)
    }

    /// The kind that a sentence names by itself, whatever the error code beside it.
    pub(super) fn kind(&self) -> Option<RefusalKind> {
        // From the most telling sentence to the least.
        if self.has_any(&[
            "signature we calculated does not match",
            "signature validation failed",
            "invalid signature",
            "signature does not match",
            "signature is invalid",
        ]) {
            return Some(self.mismatch());
        }
        if self.has_any(&["signature expired:", "signature not yet current:"]) {
            return Some(self.skew());
        }
        if self.has_any(&[
            "difference between the request time and the",
            "request is not yet valid",
            "request is not valid yet",
            "date is too old",
        ]) {
            return Some(RefusalKind::Skew { request_time: None, server_time: None });
        }
        if let Some(scope) = self.scope() {
            return Some(scope);
        }
        if let Some(malformed) = self.malformed() {
            return Some(RefusalKind::MalformedAuthorization(malformed));
        }
        self.headers().or_else(|| self.credentials())
    }

    fn mismatch(&self) -> RefusalKind {
        const CANONICAL: &str = "canonical string for this request should have been";
        const TO_SIGN: [&str; 2] = ["string-to-sign should have been", "string to sign should have been"];
        let text = |value: &str| Some(value).filter(|v| !v.is_empty()).map(|v| ServerText(v.to_owned()));
        let to_sign = TO_SIGN.into_iter().find(|phrase| self.has(phrase));
        // A canonical request may hold quotes of its own: it ends at the last one before the next sentence, or, where none
        // follows, before the end, if it looks whole.
        let canonical_request = self.after(CANONICAL).and_then(|(start, rest)| {
            let next = to_sign.and_then(|phrase| self.lower[start..].find(phrase));
            let (_, inner) = rest[..next.unwrap_or(rest.len())].split_once('\'')?;
            let inner = inner.rsplit_once('\'')?.0;
            text(inner).filter(|_| next.is_some() || ends_with_payload_hash(inner))
        });
        let string_to_sign = to_sign.and_then(|phrase| text(self.quoted_after(phrase, '\'')?));
        RefusalKind::SignatureMismatch { canonical_request, string_to_sign }
    }

    /// `Signature expired: A is now earlier than B (C - 15 min.)`: A was signed, C is the service's clock.
    fn skew(&self) -> RefusalKind {
        let moment = |text: &str| -> Option<SystemTime> {
            let text = text.trim_start();
            when::parse(text.get(..16)?)
        };
        let request_time = self
            .after("signature expired:")
            .or_else(|| self.after("signature not yet current:"))
            .and_then(|(_, rest)| moment(rest));
        let server_time = self.text.split_once('(').and_then(|(_, rest)| moment(rest));
        RefusalKind::Skew { request_time, server_time }
    }

    fn scope(&self) -> Option<RefusalKind> {
        let part = |given: Option<&str>, expected: Option<&str>| {
            Some(ScopePart { given: given.and_then(name), expected: expected.and_then(name) })
        };
        let mut region = None;
        let mut service = None;
        if self.has("credential should be scoped to a valid region") {
            region = part(self.quoted_after("valid region, not", '\''), None);
        }
        if self.has("credential should be scoped to correct service") {
            service = part(None, self.quoted_after("correct service", '\''));
        }
        if self.has("is wrong; expecting") {
            let expected = self.quoted_after("is wrong; expecting", '\'');
            // MinIO does not say which region was given: the next quote is around another.
            let given = self.after("the region '").and_then(|(_, rest)| rest.split_once('\''));
            region = part(given.map(|(given, _)| given), expected);
        }
        if self.has("incorrect service") {
            let expected = self.quoted_after("this endpoint belongs to", '"');
            service = part(self.quoted_after("incorrect service", '"'), expected);
        }
        if self.has("the region name") && self.has("is not valid") {
            let (_, expected) = self.after("must be one of:").unzip();
            // R2 lists its locations and ends with the one that is always right.
            let expected = expected.and_then(|list| list.split([',', ' ']).rfind(|word| !word.is_empty()));
            region = part(self.quoted_after("the region name", '\''), expected);
        }
        if self.has("unexpected scope") {
            region = part(None, None);
        }
        (region.is_some() || service.is_some()).then_some(RefusalKind::WrongScope { region, service })
    }

    fn malformed(&self) -> Option<Malformed> {
        if self.has_any(&["non-empty access key", "access key (akid) must be provided"]) {
            return Some(Malformed::EmptyAccessKeyId);
        }
        if self.has("missing equal-sign") {
            return Some(Malformed::WhiteSpace);
        }
        if self.has_any(&["must have exactly 5 slash-delimited", "mal-formed; expecting"])
            || (self.has("authorization component") && self.has("is malformed"))
        {
            return Some(Malformed::Credential);
        }
        if self.has_any(&["date in credential scope does not match", "invalid credential date"])
            || (self.has("credential date") && self.has("is not the same"))
        {
            return Some(Malformed::ScopeDate);
        }
        if self.has_any(&["valid terminator", "requires three components"]) {
            return Some(if self.has("terminator") { Malformed::Credential } else { self.missing() });
        }
        if self.has("authorization header requires")
            || self.has("query-string authentication version 4 requires")
        {
            return Some(self.missing());
        }
        if self.has_any(&[
            "iso-8601 'basic format'",
            "iso8601 long format",
            "valid date or x-amz-date header",
        ]) {
            return Some(Malformed::Date);
        }
        if self.has("x-amz-expires") && self.has_any(&["must be", "should be", "less than"]) {
            return Some(Malformed::Expires);
        }
        if self.has_any(&["named as a signedheader", "included in signedheaders, but not in the request"]) {
            let named = self.text.split_once('\'').and_then(|(_, rest)| rest.split_once('\''));
            return Some(Malformed::AbsentHeader(
                named.and_then(|(value, _)| header(value)).into_iter().collect(),
            ));
        }
        if self.has_any(&["please use aws4-hmac-sha256", "unsupported aws 'algorithm'", "please use sigv4"]) {
            return Some(Malformed::Algorithm);
        }
        if self.has_any(&["only one auth mechanism allowed", "found both 'x-amz-algorithm'"]) {
            return Some(Malformed::Twice);
        }
        if self.has_any(&["credential access key has length", "malformed access key id"]) {
            return Some(Malformed::AccessKeyId);
        }
        None
    }

    fn missing(&self) -> Malformed {
        const PARTS: [(&str, &str); 4] = [
            ("'credential' parameter", "Credential"),
            ("'signedheaders' parameter", "SignedHeaders"),
            ("'signature' parameter", "Signature"),
            ("existence of either a 'x-amz-date'", "X-Amz-Date"),
        ];
        let parts = PARTS.iter().filter(|(phrase, _)| self.has(phrase));
        Malformed::Missing(parts.map(|(_, part)| *part).collect())
    }

    fn headers(&self) -> Option<RefusalKind> {
        if self.has_any(&["headers present in the request which were not signed", "must be a 'signedheader'"])
        {
            // `'Host' or ':authority' must be a 'SignedHeader'`, `'x-amz-acl' must be a 'SignedHeader'`.
            let mut before: Vec<&str> = self.text.split("' must be a 'SignedHeader'").collect();
            before.pop();
            let names = before.iter().filter_map(|text| match text.rsplit('\'').next()? {
                ":authority" => Some("host".to_owned()),
                quoted => header(quoted),
            });
            return Some(RefusalKind::HeadersNotSigned { names: names.take(16).collect() });
        }
        // Of this header services say three things: wrong, absent, of a strange form.
        if self.has("x-amz-content-sha256") || self.has("content sha256") {
            if self.has("does not match") {
                return Some(RefusalKind::BodyHashMismatch { claimed: None, computed: None });
            }
            if self.has_any(&["missing", "must be", "required", "requires"]) {
                return Some(RefusalKind::MissingContentSha256);
            }
        }
        None
    }

    fn credentials(&self) -> Option<RefusalKind> {
        // A token of another sort (a login, an access token of a seller's API) is named as such.
        if self.has("access token") {
            return None;
        }
        // GCS calls an old URL an expired token.
        if let Some((_, rest)) = self.after("request signature expired at:") {
            let expired_at = rest.split_whitespace().next().and_then(when::parse);
            return Some(RefusalKind::ExpiredUrl { expired_at, server_time: None });
        }
        // An application has tokens of its own that expire.
        let session = self.has_any(&["security token", "session token", "provided token"]);
        if session && self.has_any(&["is expired", "has expired", "token expired"]) {
            return Some(RefusalKind::ExpiredToken);
        }
        if self.has_any(&["security token included in the request is invalid", "provided token is malformed"])
        {
            return Some(RefusalKind::InvalidToken);
        }
        if self.has_any(&[
            "access key id you provided does not exist",
            "aws access key id does not exist",
            "no such key: gk",
        ]) {
            return Some(RefusalKind::UnknownKey);
        }
        if self.has_any(&[
            "missing authentication token",
            "missing authorization header",
            "user: anonymous is not authorized",
        ]) {
            return Some(RefusalKind::MissingAuthorization);
        }
        if self.has("not able to validate the provided access credentials") {
            return Some(RefusalKind::Untold);
        }
        if self.has("request has expired") {
            return Some(RefusalKind::ExpiredUrl { expired_at: None, server_time: None });
        }
        None
    }
}

/// Whether the last line is one that ends a canonical request: a hash, or a word in its place.
fn ends_with_payload_hash(canonical: &str) -> bool {
    let last = canonical.trim_end().rsplit('\n').next().unwrap_or_default().trim();
    (last.len() == 64 && last.bytes().all(|b| b.is_ascii_hexdigit()))
        || last.starts_with("UNSIGNED-")
        || last.starts_with("STREAMING-")
}

/// A header's name, in lower case.
pub(super) fn header(text: &str) -> Option<String> {
    name(text).map(|name| name.to_ascii_lowercase())
}

/// A name as regions, services and headers have them; nothing else is carried on. Some stores tell the case of regions
/// (`RegionOne`), so it stays.
pub(super) fn name(text: &str) -> Option<String> {
    let fits = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    Some(text.trim()).filter(fits).map(str::to_owned)
}
