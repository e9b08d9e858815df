//! From a response to a typed refusal.

use http::header::{AGE, DATE};
use http::{HeaderMap, Method, StatusCode};

use super::fields::Fields;
use super::kind::{Malformed, Refusal, RefusalKind, ScopePart, ServerText};
use super::message::{Message, header, name};
use super::when;

impl Refusal {
    /// Whether a response of this status can be a refusal at all, and its body is worth holding back and reading.
    ///
    /// Costs a comparison, so that accepted responses cost nothing.
    pub fn is_possible(status: StatusCode) -> bool {
        matches!(status.as_u16(), 301 | 307 | 400 | 401 | 403)
    }

    /// Reads a response. `None` when it is no refusal of a signature or of credentials.
    ///
    /// Of `body` at most [`MAX_BODY`](super::MAX_BODY) bytes are looked at: the first so many of a long one are
    /// enough. XML of S3, of the query protocol and EC2, and JSON of every AWS protocol are read, and the
    /// wording of compatible services; a compressed body is not unpacked, then only the headers tell.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use sigv4_core::refusal::{Refusal, RefusalKind};
    ///
    /// let body = br#"{"__type":"com.amazon.coral.service#UnrecognizedClientException",
    ///     "message":"The security token included in the request is invalid."}"#;
    /// let refusal = Refusal::read(StatusCode::BAD_REQUEST, &HeaderMap::new(), body).unwrap();
    /// assert_eq!(refusal.kind(), &RefusalKind::InvalidToken);
    /// assert_eq!(refusal.to_string(), "400 UnrecognizedClientException");
    /// ```
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if !Self::is_possible(status) {
            return None;
        }
        let fields = Fields::read(headers, body);
        let code = error_code(headers, &fields);
        // GCS writes the same message for many things, and what it is about beside it.
        let message = fields.first(&["message", "detailedmessage", "errormessage", "reason"]);
        let text = [message, fields.get("details")].into_iter().flatten().collect::<Vec<_>>().join("\n");
        let message = Message::new(&text);
        // An application has codes of its own, and names some of them alike.
        let gate = code.as_deref().filter(|_| is_code_of_the_gate(headers, &fields));
        let kind = classify(status, headers, &fields, (code.as_deref(), gate), &message)?;
        let unexecuted = is_of_the_gate(headers, gate, &message);
        let (date, bucket_region) = (date(headers), bucket_region(headers));
        Some(Self { kind, status, code, date, bucket_region, unexecuted })
    }

    /// The same for the answer to a request with `method`: the answer to a `HEAD` has no body, so that a bare
    /// 400 or 403 counts as a refusal without a reason. A method that changes nothing may be sent again whoever refused it.
    pub fn read_for(method: &Method, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let read = Self::read(status, headers, body);
        let unexecuted = method.is_safe();
        if read.is_none() && method == Method::HEAD && status == StatusCode::BAD_REQUEST {
            let (date, bucket_region) = (date(headers), bucket_region(headers));
            let kind = RefusalKind::Untold;
            return Some(Self { kind, status, code: None, date, bucket_region, unexecuted });
        }
        read.map(|refusal| Self { unexecuted: unexecuted || refusal.unexecuted, ..refusal })
    }
}

/// The response's own time, unless a cache kept it.
fn date(headers: &HeaderMap) -> Option<std::time::SystemTime> {
    if headers.contains_key(AGE) {
        return None;
    }
    when::parse_http(headers.get(DATE)?.to_str().ok()?)
}

/// The error code: from the header that JSON services set, else from the body; without its namespace.
fn error_code(headers: &HeaderMap, fields: &Fields) -> Option<String> {
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = header.or_else(|| fields.first(&["__type", "code", "errortype"]))?;
    // `com.amazon.coral.service#Name`, `Name:http://...`, `Name;Sender`.
    let code = code.rsplit_once('#').map_or(code, |(_, name)| name);
    let code = code.split([':', ';']).next().unwrap_or_default().trim();
    // Only what looks like a code is carried on; anything else could hold the caller's own data.
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    ((1..=64).contains(&code.len()) && code.bytes().all(fits)).then(|| code.to_owned())
}

fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    fields: &Fields,
    (code, gate): (Option<&str>, Option<&str>),
    message: &Message<'_>,
) -> Option<RefusalKind> {
    if matches!(status.as_u16(), 301 | 307) {
        return wrong_endpoint(headers, fields, code);
    }
    // EC2 says of a wrong clock what S3 says of a presigned URL; the latter tells when it expired.
    let clock = gate == Some("RequestExpired") && fields.get("expires").is_none();
    let told = if clock { None } else { message.kind() };
    let kind = match told.or_else(|| by_code(gate?, message)) {
        Some(kind) => kind,
        None if is_untold(status, headers, fields, code, message) => RefusalKind::Untold,
        None => return None,
    };
    Some(with_fields(kind, headers, fields))
}

/// Whether the error code stands where AWS's protocols and S3 put it. In JSON of another form it takes the service's own
/// words to tell its check from an application.
fn is_code_of_the_gate(headers: &HeaderMap, fields: &Fields) -> bool {
    headers.contains_key("x-amzn-errortype") || fields.xml || fields.get("__type").is_some()
}

/// Whether what checks signatures speaks, and not an application behind it, which may have words of its own for signatures and
/// tokens that it does not like, and may have done something before it said them.
fn is_of_the_gate(headers: &HeaderMap, code: Option<&str>, message: &Message<'_>) -> bool {
    let known = |code: &str| {
        matches!(code, "AccessDenied" | "AccessDeniedException") || by_code(code, message).is_some()
    };
    headers.contains_key("x-aoss-response-hint")
        || code.is_some_and(known)
        || message.has_any(&[
            "signature we calculated",
            "signature expired:",
            "signature not yet current:",
            "difference between the request time and the",
            "security token included in the request",
            "the provided token",
            "access key id you provided does not exist",
            "not able to validate the provided access credentials",
        ])
}

/// What the code says where the message says nothing that is known.
fn by_code(code: &str, message: &Message<'_>) -> Option<RefusalKind> {
    let mismatch = || RefusalKind::SignatureMismatch { canonical_request: None, string_to_sign: None };
    let code = code.strip_suffix("Exception").unwrap_or(code);
    Some(match code {
        "SignatureDoesNotMatch" | "InvalidSignature" => mismatch(),
        "RequestTimeTooSkewed" | "RequestInTheFuture" | "RequestExpired" => {
            RefusalKind::Skew { request_time: None, server_time: None }
        }
        "ExpiredRequest" | "ExpiredPresignRequest" => {
            RefusalKind::ExpiredUrl { expired_at: None, server_time: None }
        }
        "ExpiredToken" | "TokenRefreshRequired" => RefusalKind::ExpiredToken,
        "InvalidToken" | "InvalidClientTokenId" | "UnrecognizedClient" => RefusalKind::InvalidToken,
        "InvalidAccessKeyId" | "InvalidSecurity" => RefusalKind::UnknownKey,
        "MissingAuthenticationToken" | "MissingSecurityHeader" => RefusalKind::MissingAuthorization,
        "IncompleteSignature"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "CredentialsNotSupported" => RefusalKind::MalformedAuthorization(Malformed::Other),
        "MalformedSecurityHeader" => RefusalKind::MalformedAuthorization(Malformed::AbsentHeader(Vec::new())),
        "XAmzContentSHA256Mismatch" => RefusalKind::BodyHashMismatch { claimed: None, computed: None },
        // Of a Content-MD5 or checksum S3 says which; compatible servers say this of the signed hash, too.
        "BadDigest" => RefusalKind::BodyHashMismatch { claimed: None, computed: None },
        "AuthFailure" => RefusalKind::Untold,
        "AccessDenied" if message.has("invalid signature") => mismatch(),
        _ => return None,
    })
}

/// Refused, and no word about why. A service that denies a permission names the action or the policy.
fn is_untold(
    status: StatusCode,
    headers: &HeaderMap,
    fields: &Fields,
    code: Option<&str>,
    message: &Message<'_>,
) -> bool {
    if status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED {
        return false;
    }
    let denied = code.is_none_or(|code| {
        matches!(code, "AccessDenied" | "AccessDeniedException" | "Forbidden" | "403" | "Unauthorized")
    });
    let words = message.text().trim_end_matches('.').trim();
    let bare = ["", "access denied", "forbidden", "unauthorized", "403 forbidden"]
        .iter()
        .any(|text| words.eq_ignore_ascii_case(text))
        // Lambda's function URLs point to a page, whatever was wrong.
        || message.has("function url authorization issues");
    let told = headers.contains_key("x-aoss-response-hint");
    denied && bare && (told || fields.blank || code.is_some() || !words.is_empty())
}

/// `PermanentRedirect` and `TemporaryRedirect` of S3: the bucket lives elsewhere.
fn wrong_endpoint(headers: &HeaderMap, fields: &Fields, code: Option<&str>) -> Option<RefusalKind> {
    let region = bucket_region(headers).or_else(|| fields.get("region").and_then(name));
    let told = matches!(code, Some("PermanentRedirect" | "TemporaryRedirect" | "Redirect"));
    (told || region.is_some()).then_some(RefusalKind::WrongEndpoint { region })
}

fn bucket_region(headers: &HeaderMap) -> Option<String> {
    name(headers.get("x-amz-bucket-region")?.to_str().ok()?)
}

/// Adds what stands beside the message, in elements of its own.
fn with_fields(kind: RefusalKind, headers: &HeaderMap, fields: &Fields) -> RefusalKind {
    let text = |name: &str| fields.get(name).map(|text| ServerText(text.to_owned()));
    let moment = |name: &str| fields.get(name).and_then(when::parse);
    match kind {
        RefusalKind::SignatureMismatch { canonical_request, string_to_sign } => {
            RefusalKind::SignatureMismatch {
                canonical_request: canonical_request.or_else(|| text("canonicalrequest")),
                string_to_sign: string_to_sign.or_else(|| text("stringtosign")),
            }
        }
        RefusalKind::Skew { request_time, server_time } => RefusalKind::Skew {
            request_time: request_time.or_else(|| moment("requesttime")),
            server_time: server_time.or_else(|| moment("servertime")),
        },
        RefusalKind::ExpiredUrl { expired_at, .. } => RefusalKind::ExpiredUrl {
            expired_at: expired_at.or_else(|| moment("expires")),
            server_time: moment("servertime"),
        },
        RefusalKind::WrongScope { region: Some(region), service } => {
            let expected = region
                .expected
                .or_else(|| fields.get("region").and_then(name))
                .or_else(|| bucket_region(headers));
            RefusalKind::WrongScope { region: Some(ScopePart { expected, ..region }), service }
        }
        // S3 may say no more than that the header is malformed, and give the region beside it.
        RefusalKind::MalformedAuthorization(Malformed::Other) if fields.get("region").is_some() => {
            let expected = fields.get("region").and_then(name);
            RefusalKind::WrongScope { region: Some(ScopePart { given: None, expected }), service: None }
        }
        RefusalKind::MalformedAuthorization(Malformed::AbsentHeader(names)) if names.is_empty() => {
            let names = fields.get("parametername").and_then(header);
            RefusalKind::MalformedAuthorization(Malformed::AbsentHeader(names.into_iter().collect()))
        }
        RefusalKind::HeadersNotSigned { names } if names.is_empty() => {
            let list = fields.get("headersnotsigned").unwrap_or_default();
            RefusalKind::HeadersNotSigned {
                names: list.split([',', ' ']).filter_map(header).take(16).collect(),
            }
        }
        RefusalKind::BodyHashMismatch { .. } => {
            let hash = |field: &str| {
                let fits = |hash: &&str| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
                fields.get(field).filter(fits).map(str::to_ascii_lowercase)
            };
            RefusalKind::BodyHashMismatch {
                claimed: hash("clientcomputedcontentsha256"),
                computed: hash("s3computedcontentsha256"),
            }
        }
        kind => kind,
    }
}
