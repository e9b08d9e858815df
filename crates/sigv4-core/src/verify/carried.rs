//! The parts of a signature as a request carries them, in either form.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::arrived::Arrived;
use super::rejection::Reason;
use super::verified::Form;
use crate::clock::AmzDate;
use crate::request::Authorization;
use crate::service::TokenPlacement;

/// What a request says about its signature. Nothing in it is verified.
pub(super) struct Carried<'a> {
    pub(super) algorithm: Cow<'a, str>,
    /// Access key id and scope, joined by slashes.
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    /// In hex.
    pub(super) signature: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    /// `X-Amz-Expires`, in the presigned form.
    pub(super) expires: Option<Cow<'a, str>>,
    /// The session token, where one is there.
    pub(super) token: Option<Cow<'a, [u8]>>,
    /// `x-amz-region-set`, or `X-Amz-Region-Set` in the presigned form.
    #[cfg(feature = "sigv4a")]
    pub(super) region_set: Option<Cow<'a, str>>,
    /// `x-amz-content-sha256`, or `X-Amz-Content-Sha256` in the presigned form.
    pub(super) content_sha256: Option<Cow<'a, str>>,
}

const TOKEN_HEADERS: [&str; 2] = ["x-amz-security-token", "x-amz-s3session-token"];

/// How a request is signed. Refuses one that is not, and one that is signed in both forms.
pub(super) fn form(headers: &Arrived<'_>, query: &Parameters<'_>) -> Result<Form, Reason> {
    match (headers.all("authorization"), query.is_signed()) {
        ([], false) => Err(Reason::MissingAuthentication),
        ([], true) => Ok(Form::Presigned),
        ([_], false) => Ok(Form::Header),
        ([_, ..], true) => Err(Reason::Multiple),
        ([_, _, ..], false) => Err(Reason::Repeated("authorization")),
    }
}

impl<'a> Carried<'a> {
    /// Reads the header form.
    pub(super) fn in_headers(headers: &Arrived<'a>) -> Result<Self, Reason> {
        let value = headers.text("authorization")?.unwrap_or_default();
        let parts = authorization(value)?;
        let text = |name| -> Result<_, Reason> { Ok(headers.text(name)?.map(Cow::Borrowed)) };
        let mut token = None;
        for name in TOKEN_HEADERS {
            if let Some(value) = headers.once(name)?
                && token.replace(Cow::Borrowed(value.trim_ascii())).is_some()
            {
                return Err(Reason::Malformed("the request holds two session tokens".into()));
            }
        }
        Ok(Self {
            algorithm: parts.algorithm.into(),
            credential: format!("{}/{}", parts.access_key_id, parts.scope).into(),
            signed_headers: parts.signed_headers.into(),
            signature: parts.signature.into(),
            date: match text("x-amz-date")? {
                Some(date) => date,
                None => stand_in(headers.text("date")?.ok_or(Reason::DateMissing)?),
            },
            expires: None,
            token,
            #[cfg(feature = "sigv4a")]
            region_set: text("x-amz-region-set")?,
            content_sha256: text("x-amz-content-sha256")?,
        })
    }

    /// Reads the presigned form.
    pub(super) fn in_query(headers: &Arrived<'a>, query: &Parameters<'a>) -> Result<Self, Reason> {
        query.check()?;
        let missing: Vec<_> = REQUIRED.into_iter().filter(|name| query.get(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(Reason::MissingParts(missing));
        }
        let text = |name: &'static str| match query.get(name).map(|value| decode(value)) {
            None => Ok(None),
            Some(Cow::Borrowed(bytes)) => std::str::from_utf8(bytes).map(|text| Some(Cow::Borrowed(text))),
            Some(Cow::Owned(bytes)) => {
                String::from_utf8(bytes).map(|text| Some(Cow::Owned(text))).map_err(|e| e.utf8_error())
            }
        };
        let text = |name: &'static str| match text(name) {
            Ok(text) if text.as_ref().is_none_or(|text| text.is_ascii()) => Ok(text),
            _ => Err(Reason::Malformed(format!("{name} holds bytes outside ASCII").into())),
        };
        if let Some(name) = TOKEN_HEADERS.into_iter().find(|name| !headers.all(name).is_empty()) {
            return Err(Reason::Malformed(
                format!(
                    "{name} is a header, and the request is signed in its query: put the token there, too"
                )
                .into(),
            ));
        }
        let mut token = None;
        for name in TOKENS {
            if let Some(value) = query.get(name)
                && token.replace(decode(value)).is_some()
            {
                return Err(Reason::Malformed("the request holds two session tokens".into()));
            }
        }
        let content_sha256 = match (headers.text("x-amz-content-sha256")?, text(CONTENT_SHA256)?) {
            (Some(header), Some(parameter)) if header != parameter => {
                return Err(Reason::Malformed(
                    "x-amz-content-sha256 is there as a header and as a parameter, and they differ".into(),
                ));
            }
            (Some(header), _) => Some(Cow::Borrowed(header)),
            (None, parameter) => parameter,
        };
        Ok(Self {
            algorithm: text("X-Amz-Algorithm")?.unwrap_or_default(),
            credential: text("X-Amz-Credential")?.unwrap_or_default(),
            signed_headers: text("X-Amz-SignedHeaders")?.unwrap_or_default(),
            // Not decoded: of all parameters this one is not signed, and one signature is written one way.
            signature: query.get(SIGNATURE).unwrap_or_default().into(),
            date: text("X-Amz-Date")?.unwrap_or_default(),
            expires: text("X-Amz-Expires")?,
            token,
            #[cfg(feature = "sigv4a")]
            region_set: text(REGION_SET)?,
            content_sha256,
        })
    }
}

/// The `Date` of a request without `x-amz-date`, in the form of that: clients write it so, or as mail and HTTP do, which is
/// what botocore sends where its caller set a `Date`. The moment is signed in any case, as a line of the string to sign.
fn stand_in(date: &str) -> Cow<'_, str> {
    let moment =
        OffsetDateTime::parse(date, &Rfc2822).ok().and_then(|moment| AmzDate::new(moment.into()).ok());
    moment.map_or(date.into(), |moment| moment.to_string().into())
}

/// Reads `Authorization`, strictly: a part between commas is a key, an equal sign and a value, and nothing but spaces
/// separates them.
fn authorization(value: &str) -> Result<Authorization<'_>, Reason> {
    const PARTS: [&str; 3] = ["Credential", "SignedHeaders", "Signature"];
    if !value.starts_with(crate::request::FAMILY) {
        return Err(Reason::OtherScheme);
    }
    if value.bytes().any(|byte| !byte.is_ascii_graphic() && byte != b' ') {
        return Err(Reason::Malformed("Authorization holds a tab or a control character".into()));
    }
    let Some((_, rest)) = value.split_once(' ') else {
        return Err(Reason::MissingParts(PARTS.to_vec()));
    };
    let mut keys = Vec::with_capacity(3);
    for part in rest.split(',') {
        let (key, value) = part.trim().split_once('=').ok_or(Reason::NotKeyValue)?;
        if key == "Credential" && !value.contains('/') {
            return Err(Reason::CredentialShape { expected: 5, given: 1 });
        }
        keys.push(key);
    }
    let missing: Vec<_> = PARTS.into_iter().filter(|part| !keys.contains(part)).collect();
    if !missing.is_empty() {
        return Err(Reason::MissingParts(missing));
    }
    Authorization::parse(value).map_err(|error| Reason::Malformed(error.to_string().into()))
}

const SIGNATURE: &str = "X-Amz-Signature";
const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
const REGION_SET: &str = "X-Amz-Region-Set";
const TOKENS: [&str; 2] = ["X-Amz-Security-Token", "X-Amz-S3session-Token"];
const REQUIRED: [&str; 6] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", SIGNATURE];

/// The query, and the parameters of a presigned signature in it.
pub(super) struct Parameters<'a> {
    raw: &'a str,
    found: Vec<(&'static str, Parameter<'a>)>,
}

struct Parameter<'a> {
    /// As sent.
    key: &'a str,
    value: &'a str,
}

impl<'a> Parameters<'a> {
    pub(super) fn look(raw: &'a str) -> Self {
        let names = || REQUIRED.into_iter().chain(TOKENS).chain([CONTENT_SHA256, REGION_SET]);
        let mut found = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = decode(key);
            if let Some(name) = names().find(|name| decoded.eq_ignore_ascii_case(name.as_bytes())) {
                found.push((name, Parameter { key, value }));
            }
        }
        Self { raw, found }
    }

    /// Whether there is any part of a presigned signature. (A token or a payload hash alone signs nothing.)
    pub(super) fn is_signed(&self) -> bool {
        const TELLING: [&str; 3] = ["X-Amz-Algorithm", "X-Amz-Credential", SIGNATURE];
        self.found.iter().any(|(name, _)| TELLING.contains(name))
    }

    /// Refuses a parameter that is there twice, and one in another spelling: other readers of the query may take it
    /// for the same, and only one of them is looked at here.
    fn check(&self) -> Result<(), Reason> {
        for (at, (name, parameter)) in self.found.iter().enumerate() {
            // Signers disagree about the case of this one.
            let free = *name == CONTENT_SHA256 && parameter.key.eq_ignore_ascii_case(name);
            if parameter.key != *name && !free {
                return Err(Reason::Malformed(
                    format!("the parameter {name} is spelled in another way").into(),
                ));
            }
            if self.found[..at].iter().any(|(other, _)| other == name) {
                return Err(Reason::Repeated(name));
            }
        }
        Ok(())
    }

    /// The value of a parameter, as sent.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.found.iter().find(|(other, _)| *other == name).map(|(_, parameter)| parameter.value)
    }

    /// The query that was signed: without the signature, and without the token where that is added afterwards.
    pub(super) fn signed(&self, token: TokenPlacement) -> String {
        let appended = token == TokenPlacement::AppendedAfterSigning;
        let mut query = String::with_capacity(self.raw.len());
        for pair in self.raw.split('&') {
            let key = pair.split_once('=').map_or(pair, |(key, _)| key);
            if key == SIGNATURE || (appended && key == TOKENS[0]) {
                continue;
            }
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(pair);
        }
        query
    }
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('%') {
        percent_decode(text.as_bytes()).collect::<Vec<_>>().into()
    } else {
        text.as_bytes().into()
    }
}
