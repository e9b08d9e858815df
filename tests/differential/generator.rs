//! Random requests, made of pieces that signers are known to stumble over.

use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A random request, and how it is to be signed.
#[derive(Debug, Clone)]
pub struct Sample {
    pub method: &'static str,
    /// Scheme and authority.
    pub origin: &'static str,
    pub path: String,
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    pub payload: SamplePayload,
    pub service: SampleService,
    pub region: &'static str,
    pub date: &'static str,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub omit_session_token: bool,
    pub policy: Policy,
    /// In seconds.
    pub expires: u64,
}

impl Sample {
    pub fn url(&self) -> String {
        let Self { origin, path, query, .. } = self;
        if query.is_empty() { format!("{origin}{path}") } else { format!("{origin}{path}?{query}") }
    }
}

#[derive(Debug, Clone)]
pub enum SamplePayload {
    Bytes(Vec<u8>),
    Literal(&'static str),
}

/// A service, as AWS documents it.
#[derive(Debug, Clone, Copy)]
pub struct SampleService {
    pub name: &'static str,
    /// Whether it has the rules of S3: path neither normalised nor encoded again, payload hash in a header.
    pub s3: bool,
    pub express: bool,
    /// Whether a presigned URL gets its token after signing.
    pub appends_token: bool,
}

const SERVICES: [SampleService; 5] = [
    SampleService { name: "execute-api", s3: false, express: false, appends_token: false },
    SampleService { name: "lambda", s3: false, express: false, appends_token: false },
    SampleService { name: "s3", s3: true, express: false, appends_token: false },
    SampleService { name: "s3express", s3: true, express: true, appends_token: false },
    SampleService { name: "iotdevicegateway", s3: false, express: false, appends_token: true },
];

/// Which headers are signed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    Standard,
    /// The standard ones and `if-none-match`.
    StandardAndMore,
    All,
    Everything,
    /// Everything but `x-amz-meta-a`.
    EverythingButOne,
}

impl Policy {
    /// What the documentation says of a header of [`HEADERS`].
    pub fn signs(self, name: &str) -> bool {
        let standard = name == "host"
            || name == "content-type"
            || name == "content-md5"
            || (name.starts_with("x-amz-") && name != "x-amz-cf-id");
        let hop = ["accept-encoding", "cache-control", "user-agent", "x-amzn-trace-id", "x-amz-cf-id"];
        match self {
            Self::Standard => standard,
            Self::StandardAndMore => standard || name == "if-none-match",
            Self::All => !hop.contains(&name) && !name.starts_with("x-forwarded-"),
            Self::Everything => true,
            Self::EverythingButOne => name != "x-amz-meta-a",
        }
    }
}

/// Names that a request can have; few, so that they repeat.
pub const HEADERS: [&str; 15] = [
    "accept-encoding",
    "cache-control",
    "content-md5",
    "content-type",
    "if-none-match",
    "range",
    "user-agent",
    "x-amz-cf-id",
    "x-amz-checksum-mode",
    "x-amz-meta-a",
    "x-amz-target",
    "x-amz-user-agent",
    "x-amzn-trace-id",
    "x-custom",
    "x-forwarded-for",
];

const PATH_PIECES: [&str; 40] = [
    "a",
    "b",
    "Key-1_2.~",
    "key",
    "photos",
    "2026",
    "..a",
    "a..",
    "...",
    ".x",
    "%20",
    "%2F",
    "%3A",
    "%3a",
    "%252F",
    "%41",
    "%2e",
    "%C3%BC",
    "%c3%bc",
    "%FF",
    "%00",
    "%",
    "%zz",
    "ü",
    "日本",
    "+",
    "(",
    ")",
    "'",
    "*",
    "!",
    "@",
    "=",
    "&",
    ":",
    ",",
    ";",
    "$",
    "|",
    "[]^",
];

const QUERY_PIECES: [&str; 37] = [
    "a",
    "a",
    "b",
    "A",
    "a-b",
    "X-Foo",
    "x-amz-meta",
    "list-type",
    "0",
    "~",
    "_",
    ".",
    "%C3%BC",
    "ü",
    "日",
    "%2B",
    "+",
    "%20",
    "%5B%5D",
    "[]",
    "%7e",
    "%41",
    "%3d",
    "%26",
    "%00",
    "%",
    "%zz",
    "%FF",
    "%C3",
    "*",
    "/",
    "?",
    ":",
    "@",
    "'",
    "()",
    ",;!$",
];

const VALUE_PIECES: [&str; 16] = [
    "v", "w", "value", "W/", "1", " ", "  ", "\t", "\"q  q\"", "ü", "\u{a0}", "\u{3000}", ",", "=", ";",
    "a b",
];

fn joined(pieces: &'static [&'static str], count: RangeInclusive<usize>) -> impl Strategy<Value = String> {
    vec(select(pieces), count).prop_map(|pieces| pieces.concat())
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        8 => joined(&PATH_PIECES, 1..=3),
        1 => Just(String::new()),
        1 => Just(".".to_owned()),
        1 => Just("..".to_owned()),
    ];
    let end = prop_oneof![6 => Just(""), 2 => Just("/"), 1 => Just("/."), 1 => Just("/..")];
    prop_oneof![
        1 => Just(String::new()),
        12 => (vec(segment, 1..6), end).prop_map(|(segments, end)| format!("/{}{end}", segments.join("/"))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let pair = (joined(&QUERY_PIECES, 0..=2), option::of(joined(&QUERY_PIECES, 0..=3)));
    let pair = pair.prop_map(|(key, value)| value.map_or(key.clone(), |value| format!("{key}={value}")));
    let pairs = (vec(pair, 1..6), any::<u8>()).prop_map(|(mut pairs, dice)| {
        if dice < 32 {
            pairs.push(pairs[0].clone());
        }
        pairs.join("&")
    });
    prop_oneof![1 => Just(String::new()), 5 => pairs]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    vec((select(&HEADERS), joined(&VALUE_PIECES, 0..=4)), 0..7)
}

/// Everything that goes over the wire.
fn message()
-> impl Strategy<Value = (&'static str, &'static str, String, String, Vec<(&'static str, String)>)> {
    const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "PROPFIND"];
    const ORIGINS: &[&str] = &[
        "https://example.com",
        "https://example.com:443",
        "https://example.com:8443",
        "http://bucket.s3.us-east-1.amazonaws.com",
        "http://localhost:80",
        "http://127.0.0.1:9000",
        "https://[::1]:443",
        "http://[::1]",
    ];
    (select(METHODS), select(ORIGINS), path(), query(), headers())
}

fn payload() -> impl Strategy<Value = SamplePayload> {
    prop_oneof![
        2 => Just(SamplePayload::Bytes(Vec::new())),
        4 => vec(any::<u8>(), 1..80).prop_map(SamplePayload::Bytes),
        2 => Just(SamplePayload::Literal("UNSIGNED-PAYLOAD")),
        1 => Just(SamplePayload::Literal("STREAMING-UNSIGNED-PAYLOAD-TRAILER")),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    use Policy::*;
    select(&[Standard, StandardAndMore, All, Everything, EverythingButOne])
}

pub fn sample() -> impl Strategy<Value = Sample> {
    const REGIONS: &[&str] = &["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "auto"];
    const DATES: &[&str] = &["20150830T123600Z", "20261121T000000Z", "20000229T235959Z", "20991231T235959Z"];
    let scope = (select(&SERVICES), select(REGIONS), select(DATES));
    let keys = ("[A-Za-z0-9/+]{20,40}", option::of("[A-Za-z0-9/+=]{16,60}"), any::<bool>());
    (message(), payload(), scope, keys, policy(), 1u64..=604_800).prop_map(
        |(message, payload, (service, region, date), (secret, token, omit), policy, expires)| {
            let (method, origin, path, query, headers) = message;
            Sample {
                method,
                origin,
                path,
                query,
                headers,
                payload,
                service,
                region,
                date,
                secret_access_key: secret,
                session_token: token,
                omit_session_token: omit,
                policy,
                expires,
            }
        },
    )
}
