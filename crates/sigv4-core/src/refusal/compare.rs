//! From a line that differs to what made it differ.

use super::explanation::{Cause, Confidence, Finding};
use super::lines::{Canonical, Difference, Line};
use super::relate::{Relation, normalized, relate};
use super::sent::SentSignature;
use super::show;
use crate::request::{is_shown_header, is_shown_parameter};
use crate::service::ServiceRules;
use crate::signature::EMPTY_SHA256;

use Confidence::{Certain, Likely};

const BELOW: &str = "a layer or proxy below the signer";

/// The finding for the first of the lines that differ.
pub(super) fn finding(
    sent: &SentSignature,
    differences: &[Difference<'_>],
    ours: &Canonical<'_>,
    theirs: &Canonical<'_>,
) -> Option<Finding> {
    let first = differences.first()?;
    let found = match &first.line {
        Line::Method => method(ours, theirs),
        Line::Path => path(sent, ours.path, theirs.path),
        Line::Query(name) => query(name, first),
        Line::Header(name) => header(name, first, differences),
        Line::SignedHeaders => signed_headers(ours, theirs),
        Line::PayloadHash => payload(ours, theirs),
        Line::Date | Line::Scope | Line::Digest => return None,
    };
    Some(found.on(first.line.clone()))
}

fn method(ours: &Canonical<'_>, theirs: &Canonical<'_>) -> Finding {
    let evidence = format!(
        "the method was signed as {} and arrived as {}",
        show::scope(ours.method),
        show::scope(theirs.method)
    );
    let advice = if ours.method.eq_ignore_ascii_case(theirs.method) {
        "sign the method in upper case, as it is sent".to_owned()
    } else {
        format!("{BELOW} changed it, or a redirect was followed after signing")
    };
    Finding::new(Cause::MethodChanged, Certain, evidence, advice)
}

fn path(sent: &SentSignature, ours: &str, theirs: &str) -> Finding {
    let (signed, computed) = show::pair(ours, theirs);
    let evidence = format!("the path was signed as {signed} and the service computed {computed}");
    let s3 = !ServiceRules::for_service(&sent.service).normalize_path;
    let (cause, advice) = match relate(ours, theirs) {
        Relation::OursTooFew if s3 => (
            Cause::EncodedTooFew,
            format!("S3 encodes a path once, so {BELOW} encoded it once more on the way"),
        ),
        Relation::OursTooFew => (
            Cause::EncodedTooFew,
            "the service encodes each segment once more than was signed, as every service but S3 does"
                .to_owned(),
        ),
        Relation::OursTooOften if s3 => (
            Cause::EncodedTooOften,
            "S3 encodes a path once, so sign with the rules of S3, without the second encoding".to_owned(),
        ),
        Relation::OursTooOften => (
            Cause::EncodedTooOften,
            format!("it was encoded once too often before signing, or {BELOW} decoded it on the way"),
        ),
        Relation::HexCase => {
            (Cause::HexCase, "percent-encode in upper-case hex, on the wire and in the signature".to_owned())
        }
        Relation::Plus => (
            Cause::PlusAndSpace,
            "in a path a + is a plus sign and a space is %20, so write a plus sign as %2B".to_owned(),
        ),
        Relation::SameBytes => (
            Cause::Reencoded,
            format!("both mean the same bytes, encoded in another way by the client or by {BELOW}"),
        ),
        Relation::None => path_segments(s3, ours, theirs),
    };
    Finding::new(cause, Certain, evidence, advice)
}

fn path_segments(s3: bool, ours: &str, theirs: &str) -> (Cause, String) {
    if normalized(theirs) == ours {
        let advice = if s3 {
            "S3 keeps dot segments and double slashes, so sign the path as it is sent".to_owned()
        } else {
            format!("it was normalised for the signature and sent as it was, or {BELOW} added segments")
        };
        return (Cause::PathNormalized, advice);
    }
    if normalized(ours) == theirs {
        let advice = if s3 {
            "the client normalised the path below the signer, so send one without dot segments and double slashes"
        } else {
            "the service signs a path without dot segments and double slashes, so normalise it before signing"
        };
        return (Cause::PathNotNormalized, advice.to_owned());
    }
    let advice = if theirs.trim_end_matches('/') == ours.trim_end_matches('/') {
        format!("{BELOW} added or removed the slash at its end")
    } else if !theirs.is_empty() && theirs != "/" && ours.ends_with(theirs) {
        format!("{BELOW} removed the part before it, so sign the path that the service receives")
    } else if !ours.is_empty() && ours != "/" && theirs.ends_with(ours) {
        format!("{BELOW} put a part before it, so sign the path that the service receives")
    } else {
        format!("{BELOW} rewrote it")
    };
    (Cause::PathChanged, advice)
}

fn query(name: &str, difference: &Difference<'_>) -> Finding {
    if name.is_empty() {
        return Finding::new(
            Cause::QueryOrder,
            Certain,
            "the query string was signed with the same pairs in another order",
            "sort the pairs by their encoded names, then by their encoded values",
        );
    }
    let shown = show::name(name);
    let (ours, theirs) = match (difference.ours, difference.theirs) {
        (Some("="), Some("")) => {
            return Finding::new(
                Cause::QueryEqualsSign,
                Certain,
                format!("the query parameter {shown} has no value, and one side wrote it without its \"=\""),
                "a name without a value is signed with an equals sign behind it",
            );
        }
        (Some(ours), None) => {
            let evidence = format!("the query parameter {shown} was signed and did not arrive");
            return dropped_pair(evidence, name, ours);
        }
        (None, _) => {
            return Finding::new(
                Cause::QueryPairAdded,
                Certain,
                format!("the query parameter {shown} arrived and was not signed"),
                format!("{BELOW} added it, so let the signer see it"),
            );
        }
        (Some(ours), Some(theirs)) => (ours, theirs),
    };
    let evidence = values(&format!("the query parameter {shown}"), is_shown_parameter(name), ours, theirs);
    let (cause, advice) = match relate(ours, theirs) {
        Relation::OursTooFew => (
            Cause::EncodedTooFew,
            format!("{BELOW} encoded it once more, or it was signed with one encoding too few"),
        ),
        Relation::OursTooOften => {
            (Cause::EncodedTooOften, "it was encoded once too often before signing".to_owned())
        }
        Relation::HexCase => {
            (Cause::HexCase, "percent-encode in upper-case hex, on the wire and in the signature".to_owned())
        }
        Relation::Plus => (
            Cause::PlusAndSpace,
            "one side reads + as a space, the other as a plus sign, so send %20 for a space and %2B for a plus sign"
                .to_owned(),
        ),
        Relation::SameBytes => (
            Cause::Reencoded,
            "both mean the same bytes, so sign it with everything but the unreserved characters percent-encoded"
                .to_owned(),
        ),
        Relation::None => (Cause::QueryPairChanged, format!("{BELOW} changed it")),
    };
    Finding::new(cause, Certain, evidence, advice)
}

fn dropped_pair(evidence: String, name: &str, value: &str) -> Finding {
    let advice = if value.is_empty() {
        format!("{BELOW} drops parameters without a value")
    } else if name == "X-Amz-Security-Token" {
        "the service signs without the token, so append it to the URL after signing".to_owned()
    } else {
        format!("{BELOW} removed it")
    };
    Finding::new(Cause::QueryPairDropped, Certain, evidence, advice)
}

/// `the header "host" was signed as "a" and arrived as "b"`, or lengths where values are not shown.
fn values(what: &str, shown: bool, ours: &str, theirs: &str) -> String {
    if shown {
        let (signed, arrived) = show::pair(ours, theirs);
        return format!("{what} was signed as {signed} and arrived as {arrived}");
    }
    let (signed, arrived, at) = show::hidden_pair(ours, theirs);
    format!("{what} was signed with {signed} and arrived with {arrived}, the first difference at byte {at}")
}

fn header(name: &str, difference: &Difference<'_>, all: &[Difference<'_>]) -> Finding {
    if name.is_empty() {
        return Finding::new(
            Cause::HeaderOrder,
            Certain,
            "the canonical headers were signed in another order",
            "sort them by their names in lower case",
        );
    }
    let shown = show::name(name);
    let (ours, theirs) = match (difference.ours, difference.theirs) {
        (Some(ours), None | Some("")) => {
            return Finding::new(
                Cause::HeaderDropped,
                Certain,
                format!("the header {shown} was signed ({} bytes) and did not arrive", ours.len()),
                format!("{BELOW} drops it, so let it pass, or leave it out of the signature"),
            );
        }
        (None, _) => {
            return Finding::new(
                Cause::HeaderAdded,
                Certain,
                format!("the header {shown} is in the service's canonical request and was not signed"),
                "it is listed in SignedHeaders, so put its value into the canonical headers as well",
            );
        }
        (Some(ours), Some(theirs)) => (ours, theirs),
    };
    let evidence = values(&format!("the header {shown}"), is_shown_header(name), ours, theirs);
    let folded = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let (cause, advice) = if name == "host" {
        host(ours, theirs)
    } else if folded(ours) == folded(theirs) {
        (
            Cause::HeaderWhiteSpace,
            "the canonical form trims a value and folds runs of spaces into one".to_owned(),
        )
    } else if name == "content-encoding" && all.iter().any(|other| other.line == Line::PayloadHash) {
        (Cause::BodyCompressed, format!("{BELOW} compressed the body after it was signed"))
    } else if name == "content-length" {
        (Cause::BodyChanged, format!("{BELOW} changed the body after it was signed"))
    } else if theirs.starts_with(ours) && theirs[ours.len()..].starts_with([',', ';', ' ']) {
        (
            Cause::HeaderAppended,
            format!(
                "{BELOW} appended to it, so leave it out of the signature, or let the signer see the whole value"
            ),
        )
    } else if ours.starts_with(theirs) {
        (Cause::HeaderChanged, format!("{BELOW} cut it, or only one of its several values was received"))
    } else {
        (
            Cause::HeaderChanged,
            format!("{BELOW} rewrites it, so let it pass, or leave it out of the signature"),
        )
    };
    Finding::new(cause, Certain, evidence, advice)
}

fn host(ours: &str, theirs: &str) -> (Cause, String) {
    let bare = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    };
    if ours.eq_ignore_ascii_case(theirs) {
        (Cause::HostChanged, "sign it in the case in which it is sent".to_owned())
    } else if bare(ours) == bare(theirs) {
        let advice = "sign the host as it is sent, without a default port and with any other";
        (Cause::HostPort, advice.to_owned())
    } else {
        let advice = "a proxy rewrites the host, so let it keep the original, or sign the one that the service receives";
        (Cause::HostChanged, advice.to_owned())
    }
}

fn signed_headers(ours: &Canonical<'_>, theirs: &Canonical<'_>) -> Finding {
    let (signed, computed) = (show::name_list(ours.signed_headers), show::name_list(theirs.signed_headers));
    Finding::new(
        Cause::SignedHeadersList,
        Certain,
        format!("the list of signed headers was signed as {signed} and the service read {computed}"),
        "write the same sorted list, in lower case, into the canonical request and into the authorization",
    )
}

fn payload(ours: &Canonical<'_>, theirs: &Canonical<'_>) -> Finding {
    let evidence = format!(
        "the payload hash was signed as {} and the service computed {}",
        show::payload_hash(ours.payload_hash),
        show::payload_hash(theirs.payload_hash)
    );
    let word = |hash: &str| hash.starts_with("UNSIGNED") || hash.starts_with("STREAMING");
    let (cause, confidence, advice) = if ours.payload_hash.eq_ignore_ascii_case(theirs.payload_hash) {
        (Cause::HexCase, Certain, "write the hash in lower-case hex".to_owned())
    } else if word(ours.payload_hash) || word(theirs.payload_hash) {
        let advice = "the service takes the payload hash from x-amz-content-sha256, or hashes what it received: \
                      send that header with the hash that was signed, or sign the body's hash";
        (Cause::UnsignedPayload, Certain, advice.to_owned())
    } else if ours.payload_hash == EMPTY_SHA256 {
        let advice = "the hash of an empty body was signed though a body was sent, so hash the body";
        (Cause::BodyNotHashed, Certain, advice.to_owned())
    } else if theirs.payload_hash == EMPTY_SHA256 {
        let advice = "the service received an empty body, so the one that was hashed was not sent, or was lost on the way";
        (Cause::BodyNotSent, Certain, advice.to_owned())
    } else {
        let advice =
            format!("{BELOW} changed the body, by compressing or re-encoding it, after it was signed");
        (Cause::BodyChanged, Likely, advice)
    };
    Finding::new(cause, confidence, evidence, advice)
}
