//! What the tables of cases are made of.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, StatusCode};
use sigv4_core::clock::AmzDate;
use sigv4_core::refusal::{Cause, Line, Refusal, SentSignature};

pub(crate) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
pub(crate) const SOME: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
pub(crate) const OTHER: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

pub(crate) fn moment(text: &str) -> SystemTime {
    AmzDate::parse(text).unwrap().time()
}

/// A canonical request, changed field by field.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) signed: Option<&'static str>,
    pub(crate) payload: &'static str,
}

impl Request {
    pub(crate) fn new() -> Self {
        Self {
            method: "PUT",
            path: "/items/one",
            query: "a=1&b=2",
            headers: vec![
                ("content-type", "application/json"),
                ("host", "abc.execute-api.eu-west-1.amazonaws.com"),
                ("x-amz-date", "20260102T030405Z"),
                ("x-amz-meta-owner", "a customer's secret"),
            ],
            signed: None,
            payload: SOME,
        }
    }

    pub(crate) fn path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    pub(crate) fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    pub(crate) fn payload(mut self, payload: &'static str) -> Self {
        self.payload = payload;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        self.headers.sort_unstable();
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    pub(crate) fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<_> = self.headers.iter().map(|(name, _)| *name).collect();
        let signed = self.signed.map_or(names.join(";"), str::to_owned);
        format!("{}\n{}\n{}\n{headers}\n{signed}\n{}", self.method, self.path, self.query, self.payload)
    }
}

pub(crate) fn to_sign(date: &str, scope: &str, digest: &str) -> String {
    format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}")
}

pub(crate) fn scope() -> &'static str {
    "20260102/eu-west-1/execute-api/aws4_request"
}

/// What was sent, with the right facts; cases change some.
pub(crate) fn sent() -> SentSignature {
    let mut sent = SentSignature::default();
    sent.access_key_id = "AKIAEXAMPLE".to_owned();
    sent.region = "eu-west-1".to_owned();
    sent.service = "execute-api".to_owned();
    sent.amz_date = "20260102T030405Z".to_owned();
    sent.host = "abc.execute-api.eu-west-1.amazonaws.com".to_owned();
    sent
}

pub(crate) fn signed(ours: &Request) -> SentSignature {
    let mut sent = sent();
    sent.canonical_request = Some(ours.text());
    sent.string_to_sign = Some(to_sign("20260102T030405Z", scope(), SOME));
    sent
}

pub(crate) fn s3(ours: &Request) -> SentSignature {
    let mut sent = signed(ours);
    sent.service = "s3".to_owned();
    sent.host = "b.s3.eu-west-1.amazonaws.com".to_owned();
    sent
}

pub(crate) fn refused(status: u16, body: &str) -> Refusal {
    let mut headers = HeaderMap::new();
    headers.insert("date", HeaderValue::from_static("Fri, 02 Jan 2026 03:04:06 GMT"));
    Refusal::read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes()).unwrap()
}

pub(crate) fn error(code: &str, message: &str, rest: &str) -> Refusal {
    refused(403, &format!("<Error><Code>{code}</Code><Message>{message}</Message>{rest}</Error>"))
}

/// A mismatch with both texts of the service's.
pub(crate) fn computed(theirs: &Request, to_sign: &str) -> Refusal {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let rest = format!(
        "<StringToSign>{to_sign}</StringToSign><CanonicalRequest>{}</CanonicalRequest>",
        escape(&theirs.text())
    );
    error("SignatureDoesNotMatch", "", &rest)
}

pub(crate) fn against(theirs: &Request) -> Refusal {
    computed(theirs, &to_sign("20260102T030405Z", scope(), OTHER))
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) sent: SentSignature,
    pub(crate) refusal: Refusal,
    pub(crate) line: Option<Line>,
    pub(crate) cause: Cause,
}

pub(crate) fn case(
    name: &'static str,
    sent: SentSignature,
    refusal: Refusal,
    line: impl Into<Option<Line>>,
    cause: Cause,
) -> Case {
    Case { name, sent, refusal, line: line.into(), cause }
}

pub(crate) fn header(name: &str) -> Line {
    Line::Header(name.to_owned())
}

pub(crate) fn parameter(name: &str) -> Line {
    Line::Query(name.to_owned())
}
