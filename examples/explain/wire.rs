//! A saved request and a saved response, as raw HTTP/1.1 text.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// A request as it went out, byte for byte.
#[derive(Default, Clone)]
pub struct Request {
    pub method: String,
    /// Percent-encoded, as sent.
    pub path: String,
    /// As sent, without `?`.
    pub query: String,
    /// Names as sent, and values without the white space around them; in their order.
    pub headers: Vec<(String, String)>,
    /// The same values, with all that stands between the colon and the line break.
    pub untrimmed: Vec<String>,
    pub body: Vec<u8>,
}

pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// More headers than this are refused.
const MAX_HEADERS: usize = 256;

impl Request {
    /// Reads `METHOD target HTTP/1.1`, headers, an empty line and the body. Line breaks may be bare.
    pub fn parse(raw: &[u8]) -> Result<Self, String> {
        let raw = as_http_1(raw);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let status = parsed.parse(&raw).map_err(|error| format!("the request cannot be read: {error}"))?;
        let httparse::Status::Complete(head) = status else {
            return Err("the request ends inside its headers: an empty line has to follow them".to_owned());
        };
        let target = parsed.path.unwrap_or("/");
        // A proxy is sent the whole URL.
        let target = match target.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => match rest.find(['/', '?']) {
                Some(at) => &rest[at..],
                None => "/",
            },
            _ => target,
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let lossy = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
        let headers: Vec<_> =
            parsed.headers.iter().map(|header| (header.name.to_owned(), lossy(header.value))).collect();
        let untrimmed = parsed.headers.iter().map(|header| untrimmed(&raw, header.name)).collect();
        let mut request = Self {
            method: parsed.method.unwrap_or("GET").to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            untrimmed,
            body: Vec::new(),
        };
        let header = |name: &str| request.header(name).map(Cow::into_owned);
        request.body = body(&raw[head..], header("content-length"), header("transfer-encoding"));
        Ok(request)
    }

    /// A header's values, joined by commas, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let first = Cow::Borrowed(values.next()?.1.as_str());
        Some(values.fold(first, |all, (_, value)| Cow::Owned(format!("{all},{value}"))))
    }

    /// A value of the query, percent-decoded, by its name as sent.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let (_, value) = pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(
            String::from_utf8_lossy(&percent_encoding::percent_decode_str(value).collect::<Vec<_>>())
                .into_owned(),
        )
    }
}

impl Response {
    /// Reads `HTTP/1.1 status reason`, headers, an empty line and the body.
    pub fn parse(raw: &[u8]) -> Result<Self, String> {
        let raw = as_http_1(raw);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let status = parsed.parse(&raw).map_err(|error| format!("the response cannot be read: {error}"))?;
        let httparse::Status::Complete(head) = status else {
            return Err("the response ends inside its headers: an empty line has to follow them".to_owned());
        };
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
        let mut headers = HeaderMap::new();
        for header in parsed.headers.iter() {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let value = HeaderValue::from_bytes(header.value);
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = body(&raw[head..], text("content-length"), text("transfer-encoding"));
        Ok(Self { status: status.ok_or("the response has no status")?, headers, body })
    }
}

/// The value of a header that was parsed out of `raw`, with the white space around it. `name` is a part of `raw`, which tells
/// which of several headers of the name is meant.
fn untrimmed(raw: &[u8], name: &str) -> String {
    let behind = (name.as_ptr() as usize).saturating_sub(raw.as_ptr() as usize) + name.len() + 1;
    let line = raw.get(behind..).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

/// Tools write `HTTP/2` where they show a later version as text.
fn as_http_1(raw: &[u8]) -> Vec<u8> {
    let end = raw.iter().position(|byte| *byte == b'\n').unwrap_or(raw.len());
    let (line, rest) = raw.split_at(end);
    let line = String::from_utf8_lossy(line);
    let mut line = line.into_owned();
    for later in ["HTTP/2.0", "HTTP/2", "HTTP/3"] {
        if !line.contains("HTTP/1.") {
            line = line.replace(later, "HTTP/1.1");
        }
    }
    [line.as_bytes(), rest].concat()
}

/// The body without its framing, and without the line break that an editor puts behind it.
fn body(rest: &[u8], length: Option<String>, coding: Option<String>) -> Vec<u8> {
    if coding.is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        && let Some(whole) = unchunked(rest)
    {
        return whole;
    }
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length < rest.len() => rest[..length].to_vec(),
        _ => rest.to_vec(),
    }
}

/// `None` if the text is not chunked, as when a tool saved the decoded body beside the header.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 1..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
    }
}
