//! What a request's own facts make likely when the service tells little: ranked, the likeliest first.

use std::time::SystemTime;

use super::bucket_host;
use super::clock_facts;
use super::explanation::{Cause, Confidence, Finding};
use super::kind::Refusal;
use super::lines::{Canonical, Line};
use super::sent::SentSignature;
use super::{show, when};
use crate::request::HOP_HEADERS;
use crate::service::{ContentSha256, Operator, ServiceRules, UnsignedPayload, infer};
use crate::signature::EMPTY_SHA256;

use Confidence::{Likely, Possible};

pub(super) const MAX_FINDINGS: usize = 3;
const WEEK: u64 = 604_800;
/// What is reserved and may stand raw in a path, as it is encoded: `!$&'()*+,;=:@`.
const RAW_IN_PATHS: [&str; 13] =
    ["21", "24", "26", "27", "28", "29", "2A", "2B", "2C", "3A", "3B", "3D", "40"];

/// At most three findings; none if no fact stands out.
pub(super) fn ranked(sent: &SentSignature, refusal: &Refusal) -> Vec<Finding> {
    let server_time = refusal.server_time();
    let mut found: Vec<Finding> = Vec::new();
    found.extend(key_id(sent));
    found.extend(token(sent));
    found.extend(expiry(sent, server_time));
    found.extend(clock_facts::offset(sent, server_time));
    found.extend(date(sent));
    found.extend(scope(sent, refusal.bucket_region()));
    if let Some(text) = &sent.canonical_request {
        canonical(sent, &Canonical::parse(text), &mut found);
    }
    // Stable: among equals the order above is the rank.
    found.sort_by_key(|finding| std::cmp::Reverse(finding.confidence));
    found.truncate(MAX_FINDINGS);
    found
}

/// An access key id that cannot be right.
pub(super) fn key_id(sent: &SentSignature) -> Option<Finding> {
    let id = &sent.access_key_id;
    if id.is_empty() {
        // Plain data may leave it out: a scope without it counts as one.
        return sent.canonical_request.as_ref().filter(|_| !sent.region.is_empty()).map(|_| {
            Finding::new(
                Cause::EmptyAccessKeyId,
                Likely,
                "the access key id in the credential is empty",
                "the client found no credentials and signed all the same, so give it some",
            )
        });
    }
    if id.chars().any(char::is_whitespace) {
        return Some(Finding::new(
            Cause::AccessKeyIdWhiteSpace,
            Likely,
            "the access key id holds white space or a line break",
            "copy it again, whole and nothing else, and the secret with it",
        ));
    }
    None
}

/// A session token that is missing, or is there with a key that has none.
pub(super) fn token(sent: &SentSignature) -> Option<Finding> {
    let id = show::key_id(&sent.access_key_id);
    if sent.access_key_id.starts_with("ASIA") && !sent.has_session_token {
        return Some(Finding::new(
            Cause::TokenMissing,
            Likely,
            format!("the access key id {id} is of temporary credentials and no session token was sent"),
            "send the session token that came with it",
        ));
    }
    if sent.access_key_id.starts_with("AKIA") && sent.has_session_token {
        return Some(Finding::new(
            Cause::TokenUnwanted,
            Likely,
            format!("the access key id {id} is of a long-lived key and a session token was sent"),
            "one of them is left over from other credentials, so set both anew",
        ));
    }
    None
}

fn expiry(sent: &SentSignature, server_time: Option<SystemTime>) -> Option<Finding> {
    let seconds = sent.presigned_for?;
    if seconds > WEEK {
        return Some(Finding::new(
            Cause::ExpiryRange,
            Likely,
            format!("the URL was signed for {seconds} seconds"),
            "services take seven days (604800 seconds) at most",
        ));
    }
    let (end, server) = (clock_facts::url_expiry(sent)?, server_time?);
    (when::seconds_ahead(server, end) > 0).then(|| {
        let (end, server) = (when::shown(end), when::shown(server));
        Finding::new(
            Cause::UrlExpired,
            Likely,
            format!("the URL was good until {end} and the service's clock showed {server}"),
            "make a new URL",
        )
    })
}

fn date(sent: &SentSignature) -> Option<Finding> {
    if sent.amz_date.is_empty() {
        return None;
    }
    if when::parse(&sent.amz_date).is_none() || sent.amz_date.len() != 16 {
        let shown = show::quoted(&sent.amz_date);
        return Some(
            Finding::new(
                Cause::DateForm,
                Likely,
                format!("the signed time is {shown}"),
                "write it as YYYYMMDDTHHMMSSZ, in UTC",
            )
            .on(Line::Date),
        );
    }
    let scope = sent.string_to_sign.as_ref()?.split('\n').nth(2)?;
    let day = scope.split('/').next()?;
    (day != &sent.amz_date[..8]).then(|| {
        let evidence = format!(
            "the credential scope is of {} and the signed time of {}",
            show::quoted(day),
            show::quoted(&sent.amz_date[..8])
        );
        Finding::new(Cause::ScopeDate, Likely, evidence, "read the clock once and write both from it")
            .on(Line::Scope)
    })
}

/// Region and service against the bucket's and the host's.
fn scope(sent: &SentSignature, bucket: Option<&str>) -> Option<Finding> {
    let path = sent.canonical_request.as_deref().map_or("/", |text| Canonical::parse(text).path);
    let host = infer(&sent.host, path).filter(|host| !host.sigv4a);
    let found = |cause, evidence: String, advice: &str| {
        Some(Finding::new(cause, Likely, evidence, advice).on(Line::Scope))
    };
    let signed = show::quoted(&sent.region);
    // Beside any refusal S3 tells where the bucket is: no host knows better.
    if let Some(bucket) = bucket.filter(|_| sent.service == "s3" && !sent.region.is_empty()) {
        if bucket != sent.region {
            let bucket = show::quoted(bucket);
            let evidence =
                format!("the bucket is in {bucket} and the credential scope names the region {signed}");
            let advice = "send it to the endpoint of the bucket's region, signed for that; if it is refused there, a \
                          permission is missing";
            return found(Cause::WrongRegion, evidence, advice);
        }
    } else if let Some(host) = &host
        && !sent.region.is_empty()
        && sent.region != *host.region
        // Others take a second name for their region, or any.
        && host.operator == Operator::Aws
        && !bucket_host::is_global(&sent.host)
    {
        let right = show::quoted(&host.region);
        let evidence = format!("the credential scope names the region {signed} and the host is of {right}");
        return found(Cause::WrongRegion, evidence, "sign for the region of the endpoint");
    }
    let right = host?.service;
    if sent.service.is_empty() || sent.service == right {
        return None;
    }
    let (signed, right) = (show::quoted(&sent.service), show::quoted(right));
    let evidence = format!("the credential scope names the service {signed} and the host is of {right}");
    found(Cause::WrongService, evidence, "sign for the service of the endpoint")
}

/// The region that a host names, where it is one of AWS or of a service that is known.
pub(super) fn region_in_host(host: &str) -> Option<String> {
    infer(host, "/").filter(|_| !bucket_host::is_global(host)).map(|scope| scope.region.into_owned())
}

fn canonical(sent: &SentSignature, ours: &Canonical<'_>, found: &mut Vec<Finding>) {
    let rules = ServiceRules::for_service(&sent.service);
    let mut push = |cause, confidence, line, evidence: String, advice: &str| {
        found.push(Finding::new(cause, confidence, evidence, advice).on(line));
    };
    let header = |name: &str| Line::Header(name.to_owned());
    if let Some(port) = [":443", ":80"].iter().find(|port| sent.host.ends_with(**port)) {
        let evidence = format!("the host was signed with the default port {}", &port[1..]);
        push(
            Cause::HostPort,
            Likely,
            header("host"),
            evidence,
            "clients do not send a default port, so sign the host without it",
        );
    }
    if let Some(name) = HOP_HEADERS.iter().find(|name| **name != "content-length" && ours.signs(name)) {
        let evidence = format!("the header \"{name}\" is signed");
        push(
            Cause::HopHeaderSigned,
            Likely,
            header(name),
            evidence,
            "proxies and clients rewrite it, so leave it out of the signature",
        );
    }
    let presigned = ours.parameter("X-Amz-Signature").is_some() || sent.presigned_for.is_some();
    if !presigned && rules.content_sha256 == ContentSha256::Header && !ours.signs("x-amz-content-sha256") {
        let evidence = format!(
            "{} demands the header x-amz-content-sha256 and it is not signed",
            show::quoted(&sent.service)
        );
        push(
            Cause::ContentSha256Missing,
            Likely,
            header("x-amz-content-sha256"),
            evidence,
            "send and sign it",
        );
    }
    let tokens = ["x-amz-security-token", "x-amz-s3session-token"];
    if sent.has_session_token && !presigned && !tokens.iter().any(|name| ours.signs(name)) {
        push(
            Cause::HeaderNotSigned,
            Likely,
            header(tokens[0]),
            "a session token was sent and is not signed".to_owned(),
            "sign the header that carries it, as every header x-amz-*",
        );
    }
    payload(sent, ours, rules, &mut push);
    let escapes = |text: &str| {
        text.split('%').skip(1).map(|rest| rest.get(..2).unwrap_or(rest).to_owned()).collect::<Vec<_>>()
    };
    let mut all = escapes(ours.path);
    all.extend(
        ours.query
            .iter()
            .flat_map(|(name, value)| [escapes(name), escapes(value.unwrap_or_default())].concat()),
    );
    if all.iter().any(|hex| hex.bytes().any(|b| b.is_ascii_lowercase())) {
        push(
            Cause::HexCase,
            Likely,
            Line::Path,
            "the canonical request holds lower-case hex behind a %".to_owned(),
            "percent-encode in upper-case hex",
        );
    }
    let path = show::quoted(ours.path);
    if !rules.double_encode && ours.path.contains("%25") {
        push(
            Cause::EncodedTooOften,
            Possible,
            Line::Path,
            format!("the canonical path is {path}"),
            "S3 encodes a path once, and this one looks encoded twice",
        );
    }
    // What may stand raw in a path is encoded once where it stands so.
    if rules.double_encode
        && escapes(ours.path).iter().any(|hex| hex != "25" && !RAW_IN_PATHS.contains(&&**hex))
    {
        push(
            Cause::EncodedTooFew,
            Possible,
            Line::Path,
            format!("the canonical path is {path}"),
            "every service but S3 encodes the path of the request once more, and this one looks encoded once",
        );
    }
    if let Some((name, _)) =
        ours.query.iter().find(|(_, value)| value.is_some_and(|value| value.contains("%2B")))
    {
        let evidence = format!("the query parameter {} was signed with a plus sign", show::name(name));
        push(
            Cause::PlusAndSpace,
            Possible,
            Line::Query((*name).to_owned()),
            evidence,
            "if a space was meant, send %20",
        );
    }
}

fn payload(
    sent: &SentSignature,
    ours: &Canonical<'_>,
    rules: ServiceRules,
    push: &mut impl FnMut(Cause, Confidence, Line, String, &str),
) {
    let hash = ours.payload_hash;
    let service = show::quoted(&sent.service);
    let line = Line::PayloadHash;
    if hash == EMPTY_SHA256 && sent.body_len.is_some_and(|len| len > 0) {
        let evidence = "the hash of an empty body was signed though a body was sent".to_owned();
        push(Cause::BodyNotHashed, Likely, line, evidence, "hash the body that is sent");
    } else if hash != EMPTY_SHA256 && hash.len() == 64 && sent.body_len == Some(0) {
        let evidence = "the hash of a body was signed and no body was sent".to_owned();
        push(
            Cause::BodyNotSent,
            Likely,
            line,
            evidence,
            "send the body that was hashed, or hash an empty one",
        );
    } else if hash == "UNSIGNED-PAYLOAD" && rules.unsigned_payload == UnsignedPayload::Rejected {
        push(
            Cause::UnsignedPayload,
            Likely,
            line,
            format!("{service} takes no UNSIGNED-PAYLOAD"),
            "hash the body",
        );
    } else if hash != "UNSIGNED-PAYLOAD" && rules.unsigned_payload == UnsignedPayload::Required {
        push(
            Cause::UnsignedPayload,
            Likely,
            line,
            format!("{service} takes no payload hash but UNSIGNED-PAYLOAD"),
            "sign with UNSIGNED-PAYLOAD",
        );
    }
}
