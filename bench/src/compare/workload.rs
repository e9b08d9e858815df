//! What is signed: the same for every signer.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sigv4_bench::random::Random;

/// Who signs in all workloads.
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
/// With which secret.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Where.
pub const REGION: &str = "us-east-1";

/// One kind of request.
#[derive(Debug, Clone)]
pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    pub service: &'static str,
    pub host: &'static str,
    pub method: &'static str,
    pub cover: Cover,
    pub session_token: Option<String>,
    /// In bytes.
    pub body: usize,
    headers: usize,
    shape: Shape,
    /// How many are prepared, then signed, at a time: few, so that they are in the processor's caches as a request is
    /// that was just built.
    pub batch: usize,
}

/// How the body is covered, and where the signature goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    Hashed,
    Unsigned,
    Presigned(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Document,
    Object,
    Unicode,
}

/// One request, in no client's type.
#[derive(Debug, Clone)]
pub struct Sample {
    pub method: &'static str,
    pub host: &'static str,
    /// Decoded.
    pub path: String,
    /// Decoded.
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Sample {
    /// The URL as it goes on the wire.
    pub fn url(&self) -> String {
        let mut url = format!("https://{}{}", self.host, encode(&self.path).replace("%2F", "/"));
        for (at, (name, value)) in self.query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(&format!("{name}={}", encode(value)));
        }
        url
    }

    /// The request of the `http` crate.
    pub fn request(&self) -> http::Request<()> {
        let mut request = http::Request::new(());
        *request.method_mut() = self.method.parse().expect("a method");
        *request.uri_mut() = self.url().parse().expect("a URL");
        for (name, value) in &self.headers {
            let name: http::HeaderName = name.parse().expect("a header's name");
            request.headers_mut().append(name, value.parse().expect("a header's value"));
        }
        request
    }
}

fn encode(text: &str) -> String {
    const SET: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, SET).to_string()
}

impl Workload {
    /// All that are compared.
    ///
    /// The services are such as take the payload hash in a header, which some of the signers always add; and every
    /// header is one that all of them sign. So all sign the same bytes.
    pub fn all() -> [Self; 6] {
        let small = Self {
            name: "W1",
            what: "GET with 3 headers",
            service: "aoss",
            host: "3f9k2q7d1c.us-east-1.aoss.amazonaws.com",
            method: "GET",
            cover: Cover::Hashed,
            session_token: None,
            body: 0,
            headers: 3,
            shape: Shape::Document,
            batch: 8,
        };
        let object = Self {
            service: "s3",
            host: "photos.s3.us-east-1.amazonaws.com",
            shape: Shape::Object,
            ..small.clone()
        };
        let post =
            Self { name: "W2", what: "POST of 1 KiB JSON", method: "POST", body: 1024, ..small.clone() };
        [
            small,
            post.clone(),
            Self {
                name: "W3",
                what: "S3 GET, Unicode key, 4 parameters, unsigned",
                cover: Cover::Unsigned,
                headers: 2,
                shape: Shape::Unicode,
                ..object.clone()
            },
            Self {
                name: "W4",
                what: "S3 PUT of 1 MiB, hashed",
                method: "PUT",
                body: 1 << 20,
                batch: 1,
                ..object.clone()
            },
            Self {
                name: "W5",
                what: "presigned S3 GET, session token",
                cover: Cover::Presigned(Duration::from_secs(300)),
                session_token: Some(token()),
                headers: 0,
                ..object
            },
            Self {
                name: "W6",
                what: "POST with 25 headers, session token",
                session_token: Some(token()),
                body: 256,
                headers: 25,
                ..post
            },
        ]
    }

    /// One request of this kind. Its headers are in no sorted order.
    pub fn sample(&self, random: &mut Random) -> Sample {
        let (path, query) = match self.shape {
            Shape::Document => (format!("/orders/_doc/{}", random.text(DIGITS, 8)), Vec::new()),
            Shape::Object => (format!("/2026/11/{}.jpg", random.text(DIGITS, 8)), Vec::new()),
            Shape::Unicode => (
                // In any order, each letter twice: all keys are of one length.
                format!("/{}/{}", shuffled(&UNICODE[1..], random), shuffled(UNICODE, random)),
                vec![
                    ("versionId", random.text(LETTERS, 32)),
                    ("response-content-type", "application/json".to_owned()),
                    ("partNumber", "1".to_owned()),
                    ("response-content-disposition", "attachment; filename=report.json".to_owned()),
                ],
            ),
        };
        let mut headers: Vec<_> = NAMES[..self.headers]
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    if *name == "content-type" { JSON.into() } else { random.text(LETTERS, 8) },
                )
            })
            .collect();
        random.shuffle(&mut headers);
        let body = random.text(LETTERS, self.body.min(4096));
        let body = body.bytes().cycle().take(self.body).collect();
        Sample { method: self.method, host: self.host, path, query, headers, body }
    }
}

fn shuffled(letters: &str, random: &mut Random) -> String {
    let mut letters: Vec<_> = letters.chars().collect();
    random.shuffle(&mut letters);
    letters.into_iter().collect()
}

const JSON: &str = "application/json";
const DIGITS: &str = "0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Half of it outside ASCII, as in a title that is not English.
const UNICODE: &str = "abcdeä ößfghiéçñ日本語klmпривет()";

/// Headers, of which a workload takes the first ones.
const NAMES: [&str; 25] = [
    "x-amz-request-source",
    "content-type",
    "x-amz-client-id",
    "x-amz-tagging",
    "x-amz-meta-author",
    "x-amz-acl",
    "x-amz-meta-origin",
    "x-amz-storage-class",
    "x-amz-meta-revision",
    "x-amz-grant-read",
    "x-amz-meta-build",
    "x-amz-website-redirect-location",
    "x-amz-meta-department",
    "x-amz-request-payer",
    "x-amz-meta-checksum",
    "x-amz-expected-bucket-owner",
    "x-amz-meta-language",
    "x-amz-object-lock-mode",
    "x-amz-meta-camera",
    "x-amz-mfa",
    "content-md5",
    "x-amz-target",
    "x-amz-meta-exposure",
    "x-amz-user-agent",
    "x-amz-meta-lens",
];

/// As long as many that STS gives out.
fn token() -> String {
    Random::new(7).text(BASE64, 500)
}
