//! The rules of verification once more, without a hash or a key: which of them does a request break first?
//!
//! It is asked of requests that differ from an accepted one, so that what breaks no rule has a wrong signature.

use sigv4_core::clock::AmzDate;
use sigv4_core::verify::{Dialect, Form, RejectionKind};

use crate::support::{NOW, Request, TOKEN};

/// The part of a request that differs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field {
    Method,
    Path,
    Query,
    /// The name of the header in this place.
    Name(usize),
    /// The value of the header in this place.
    Value(usize),
    Body,
}

pub struct Model {
    pub service: &'static str,
    pub region: &'static str,
    pub dialect: Dialect,
    pub form: Form,
}

/// What a request is to be refused with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    pub kind: RejectionKind,
    /// S3's code, where the kind has another one in most cases.
    pub s3: Option<&'static str>,
}

impl From<RejectionKind> for Verdict {
    fn from(kind: RejectionKind) -> Self {
        Self { kind, s3: None }
    }
}

fn s3(kind: RejectionKind, code: &'static str) -> Verdict {
    Verdict { kind, s3: Some(code) }
}

/// `Err` is the first rule that is broken.
type Broken = Result<(), Verdict>;

use RejectionKind::*;

impl Model {
    pub fn expected(&self, accepted: &Request, field: Field, request: &Request) -> Verdict {
        let broken = match field {
            Field::Method => rule(request.method.bytes().all(|byte| byte.is_ascii_graphic()), WireForm),
            Field::Path => self.path(&request.path),
            Field::Query if self.form == Form::Header => query(&request.query),
            Field::Query => self.presigned(accepted, request),
            Field::Name(at) => self.name(&accepted.headers[at].0, &request.headers[at].0),
            Field::Value(at) => self.value(accepted, &request.headers[at]),
            // (Where the body is not signed, as in a URL of S3, no change of it is asked about.)
            Field::Body => rule(self.dialect != Dialect::S3, BodyMismatch),
        };
        broken.err().unwrap_or(SignatureMismatch.into())
    }

    fn path(&self, path: &str) -> Broken {
        rule(path.starts_with('/') && !path.bytes().any(|byte| byte <= b' ' || byte == 0x7f), WireForm)?;
        if self.dialect == Dialect::S3 {
            let is_escape = |rest: &str| {
                let digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
                let hex = rest.get(..2).filter(|hex| hex.bytes().all(digit));
                let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                byte.is_some_and(|byte| !byte.is_ascii_alphanumeric() && !b"-._~/".contains(&byte))
            };
            return rule(path.split('%').skip(1).all(is_escape), WireForm);
        }
        let inside = path[1..].strip_suffix('/').unwrap_or(&path[1..]);
        rule(!inside.split('/').any(|segment| matches!(segment, "" | "." | "..")), WireForm)
    }

    fn name(&self, old: &str, new: &str) -> Broken {
        rule(!new.bytes().any(|byte| byte.is_ascii_uppercase()), Malformed)?;
        match old {
            "authorization" => Err(s3(MissingAuthentication, "MissingAuthenticationToken")),
            "x-amz-date" => Err(s3(Malformed, "AccessDenied")),
            "x-amz-content-sha256" if self.dialect == Dialect::S3 => Err(s3(ContentSha256, "InvalidRequest")),
            "host" => Err(WireForm.into()),
            _ if new.starts_with("x-amz-") => Err(HeadersNotSigned.into()),
            // One of two is left, and the value is another.
            "x-amz-meta-two" => Ok(()),
            _ => Err(SignedHeaderAbsent.into()),
        }
    }

    fn value(&self, accepted: &Request, (name, value): &(String, Vec<u8>)) -> Broken {
        let text = String::from_utf8_lossy(value.trim_ascii()).into_owned();
        match name.as_str() {
            "host" => return Ok(()),
            "authorization" => return self.authorization(accepted, value),
            "x-amz-date" => {
                rule(value.trim_ascii().is_ascii(), Malformed)?;
                let date = AmzDate::parse(&text).map_err(|_| s3(Malformed, "AccessDenied"))?;
                rule(date.date() == &NOW[..8], ScopeDate)?;
                rule(seconds(date).abs() <= 900, Skew)?;
            }
            "x-amz-content-sha256" => {
                rule(value.trim_ascii().is_ascii(), Malformed)?;
                rule(text.len() == 64 && text.bytes().all(is_lower_hex), ContentSha256)?;
            }
            _ => {}
        }
        let folded = value.iter().any(|byte| byte.is_ascii_whitespace() && *byte != b' ');
        rule(!folded, WireForm)?;
        rule(name != "x-amz-security-token", InvalidToken)
    }

    /// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
    fn authorization(&self, accepted: &Request, value: &[u8]) -> Broken {
        let value = value.trim_ascii();
        rule(value.is_ascii(), Malformed)?;
        let text = std::str::from_utf8(value).unwrap();
        rule(text.starts_with("AWS4-"), MissingAuthentication)?;
        rule(!text.bytes().any(|byte| byte < b' ' || byte == 0x7f), Malformed)?;
        let (algorithm, rest) = text.split_once(' ').unwrap();
        let parts: Vec<_> = rest.split(',').map(str::trim).collect();
        let [credential, signed, signature] = parts[..] else { return Err(Malformed.into()) };
        let part =
            |part: &'static str, text: &'_ str| text.strip_prefix(part).map(str::to_owned).ok_or(Malformed);
        let credential = part("Credential=", credential)?;
        let signed = part("SignedHeaders=", signed)?;
        part("Signature=", signature)?;
        rule(algorithm == "AWS4-HMAC-SHA256", UnsupportedAlgorithm)?;
        let known = self.credential(&credential)?;
        self.signed_headers(accepted, &signed)?;
        rule(known, UnknownAccessKeyId)
    }

    /// Whether the key is known, which is asked later.
    fn credential(&self, credential: &str) -> Result<bool, Verdict> {
        let parts: Vec<_> = credential.split('/').collect();
        let [id, date, region, service, terminator] = parts[..] else { return Err(Malformed.into()) };
        rule(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()), Malformed)?;
        let scope = (region, service, terminator) == (self.region, self.service, "aws4_request");
        rule(scope, WrongScope)?;
        rule(date == &NOW[..8], ScopeDate)?;
        Ok(id == "AKIDEXAMPLE")
    }

    fn signed_headers(&self, accepted: &Request, list: &str) -> Broken {
        let names: Vec<_> = list.split(';').collect();
        let is_name = |name: &&str| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$%&'*+-.^_`|~".contains(c))
        };
        rule(names.iter().all(is_name), Malformed)?;
        rule(names.windows(2).all(|pair| pair[0] < pair[1]), Malformed)?;
        let arrived: Vec<_> = accepted.headers.iter().map(|(name, _)| name.as_str()).collect();
        let due = |name: &&&str| **name == "host" || name.starts_with("x-amz-");
        rule(arrived.iter().filter(due).all(|name| names.contains(name)), HeadersNotSigned)?;
        rule(names.iter().all(|name| arrived.contains(name)), SignedHeaderAbsent)
    }

    fn presigned(&self, accepted: &Request, request: &Request) -> Broken {
        const REQUIRED: [&str; 6] = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
        ];
        let pairs: Vec<_> =
            request.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let raw = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        rule(REQUIRED.iter().all(|name| raw(name).is_some()), Malformed)?;
        // The token is not required, but in another spelling it is refused.
        let token_as = |key: &&(&str, &str)| key.0.eq_ignore_ascii_case("X-Amz-Security-Token");
        rule(pairs.iter().filter(token_as).all(|(key, _)| *key == "X-Amz-Security-Token"), Malformed)?;
        let text = |name: &str| {
            let bytes = decode(raw(name).unwrap_or_default());
            String::from_utf8(bytes).ok().filter(|text| text.is_ascii()).ok_or(Malformed)
        };
        for name in
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"]
        {
            text(name)?;
        }
        rule(text("X-Amz-Algorithm")? == "AWS4-HMAC-SHA256", UnsupportedAlgorithm)?;
        let date = AmzDate::parse(&text("X-Amz-Date")?).map_err(|_| Malformed)?;
        let credential = text("X-Amz-Credential")?;
        // The scope's date is compared with the one that is sent.
        let dated = credential.contains(&format!("/{}/", date.date()));
        let known = self.credential(&credential).or_else(|verdict| match verdict.kind {
            ScopeDate if dated => Ok(true),
            _ => Err(verdict),
        })?;
        rule(dated, ScopeDate)?;
        let expires = text("X-Amz-Expires")?;
        rule(!expires.is_empty() && expires.bytes().all(|byte| byte.is_ascii_digit()), Expires)?;
        let lifetime = expires.parse::<i64>().unwrap();
        rule(lifetime <= 604_800, Expires)?;
        rule(-seconds(date) <= lifetime, Expired)?;
        rule(seconds(date) <= 900, NotYetValid)?;
        let signature = raw("X-Amz-Signature").unwrap();
        rule(signature.len() == 64 && signature.bytes().all(is_lower_hex), SignatureMismatch)?;
        query(&request.query)?;
        self.signed_headers(accepted, &text("X-Amz-SignedHeaders")?)?;
        rule(known, UnknownAccessKeyId)?;
        let token = raw("X-Amz-Security-Token").map(decode);
        rule(token.as_deref() == Some(TOKEN.as_bytes()), InvalidToken)
    }
}

fn rule(kept: bool, verdict: impl Into<Verdict>) -> Broken {
    if kept { Ok(()) } else { Err(verdict.into()) }
}

fn query(query: &str) -> Broken {
    rule(!query.split('&').any(str::is_empty), WireForm)?;
    let escapes = query.split('%').skip(1);
    rule(
        !escapes.into_iter().any(|rest| rest.bytes().take(2).any(|byte| matches!(byte, b'a'..=b'f'))),
        WireForm,
    )
}

/// How far a date is ahead of [`NOW`].
fn seconds(date: AmzDate) -> i64 {
    let now = AmzDate::parse(NOW).unwrap().time();
    match date.time().duration_since(now) {
        Ok(ahead) => ahead.as_secs() as i64,
        Err(behind) => -(behind.duration().as_secs() as i64),
    }
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let is_hex = |hex: &&str| hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hex.filter(is_hex).filter(|_| bytes[at] == b'%') {
            Some(hex) => {
                out.push(u8::from_str_radix(hex, 16).unwrap());
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
