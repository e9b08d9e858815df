//! The kinds of refusals that a service names itself, each with its finding.

use std::time::SystemTime;

use super::clock_facts;
use super::explanation::{Cause, Confidence, Finding};
use super::facts;
use super::kind::{Malformed, ScopePart};
use super::lines::{Canonical, Line};
use super::sent::SentSignature;
use super::{show, when};
use crate::signature::EMPTY_SHA256;

use Confidence::{Certain, Likely, Possible};

pub(super) fn expired_url(
    sent: &SentSignature,
    expired_at: Option<SystemTime>,
    server_time: Option<SystemTime>,
) -> Vec<Finding> {
    let end = expired_at.or_else(|| clock_facts::url_expiry(sent));
    let evidence = match (end, server_time) {
        (Some(end), Some(server)) => format!(
            "the URL was good until {} and the service's clock showed {}",
            when::shown(end),
            when::shown(server)
        ),
        (Some(end), None) => format!("the URL was good until {}", when::shown(end)),
        _ => "the service says that the URL is past its time".to_owned(),
    };
    let advice = "make a new URL, with a longer lifetime if it has to wait (seven days at most, and never longer \
                      than the credentials live)";
    vec![Finding::new(Cause::UrlExpired, Certain, evidence, advice)]
}

pub(super) fn scope(
    sent: &SentSignature,
    region: Option<&ScopePart>,
    service: Option<&ScopePart>,
) -> Finding {
    let text = |part: Option<String>, own: &str| part.or_else(|| (!own.is_empty()).then(|| own.to_owned()));
    let given = |part: &ScopePart, own: &str| text(part.given.clone(), own).map(|text| show::quoted(&text));
    // The service that was signed for is not the wrong one, where a wrong region is named beside it.
    let service = service.filter(|part| region.is_none() || part.expected.as_ref() != Some(&sent.service));
    let mut names = Vec::new();
    let mut wanted = Vec::new();
    let mut swapped = false;
    if let Some(part) = region {
        let signed = given(part, &sent.region);
        swapped = part.given.as_deref().is_some_and(|given| given == "s3" || given == sent.service);
        names.push(format!("the region {}", signed.unwrap_or_else(|| "of another endpoint".to_owned())));
        // A host that names the refused region tells nothing.
        let host = facts::region_in_host(&sent.host).filter(|region| Some(region) != part.given.as_ref());
        if let Some(expected) = part.expected.clone().or(host) {
            wanted.push(show::quoted(&expected));
        }
    }
    if let Some(part) = service {
        let signed = given(part, &sent.service);
        names.push(format!("the service {}", signed.unwrap_or_else(|| "of another endpoint".to_owned())));
        wanted.extend(
            part.expected.as_deref().map(|expected| format!("the service {}", show::quoted(expected))),
        );
    }
    let mut advice = match wanted.as_slice() {
        [] => "sign for the region of the endpoint".to_owned(),
        [one] => format!("sign for {one}"),
        [region, service, ..] => format!("sign for {region} and {service}"),
    };
    if swapped {
        advice.push_str(" (region and service look exchanged)");
    }
    let cause = if region.is_some() { Cause::WrongRegion } else { Cause::WrongService };
    let evidence = format!("the credential scope names {}", names.join(" and "));
    Finding::new(cause, Certain, evidence, advice).on(Line::Scope)
}

pub(super) fn endpoint(sent: &SentSignature, region: Option<&str>) -> Finding {
    let host = if sent.host.is_empty() { "its host".to_owned() } else { show::quoted(&sent.host) };
    let advice = match region {
        Some(region) => {
            let region = show::quoted(region);
            format!("the bucket is in {region}, so send it to that region's endpoint, signed for {region}")
        }
        None => {
            "the bucket is in another region, so send it to that region's endpoint and sign for it".to_owned()
        }
    };
    Finding::new(Cause::WrongRegion, Certain, format!("{host} does not serve this bucket"), advice)
        .on(Line::Scope)
}

pub(super) fn invalid_token(sent: &SentSignature) -> Vec<Finding> {
    let says = "the service says that the security token is invalid";
    if let Some(mut found) = facts::key_id(sent).or_else(|| facts::token(sent)) {
        if found.cause == Cause::TokenMissing {
            found.confidence = Certain;
        }
        return vec![found];
    }
    if sent.has_session_token {
        return vec![Finding::new(
            Cause::TokenInvalid,
            Likely,
            says,
            "the session token is cut short, revoked, or of other credentials than the access key id, so set all three anew",
        )];
    }
    vec![Finding::new(
        Cause::UnknownKey,
        Likely,
        format!("{says} and none was sent, so it means the access key id"),
        "the key is deleted, inactive, or of another partition (China, GovCloud); a temporary key needs its session token",
    )]
}

pub(super) fn unknown_key(sent: &SentSignature) -> Finding {
    if let Some(found) = facts::key_id(sent) {
        return found;
    }
    if let Some(found) = facts::token(sent).filter(|found| found.cause == Cause::TokenMissing) {
        return found;
    }
    let id = &sent.access_key_id;
    // A secret access key of AWS has 40 characters, an access key id 20.
    if id.len() == 40 {
        return Finding::new(
            Cause::AccessKeyIdForm,
            Likely,
            "the access key id has 40 characters",
            "that is the length of a secret access key, so the two are exchanged: make a new key, this one was sent",
        );
    }
    let id = if id.is_empty() {
        "the access key id".to_owned()
    } else {
        format!("the access key id {}", show::key_id(id))
    };
    Finding::new(
        Cause::UnknownKey,
        Certain,
        format!("the service does not know {id}"),
        "it is deleted, of another account or partition, or of another service",
    )
}

pub(super) fn missing(sent: &SentSignature) -> Vec<Finding> {
    let signed = sent.canonical_request.is_some() || !sent.access_key_id.is_empty();
    let dropped = |confidence| {
        Finding::new(
            Cause::AuthorizationDropped,
            confidence,
            "the request was signed and the service saw no signature",
            "a proxy or a redirect removed the authorization on the way",
        )
    };
    if !signed {
        return vec![Finding::new(
            Cause::AuthorizationDropped,
            Certain,
            "the request carries no signature",
            "sign it",
        )];
    }
    if sent.service == "execute-api" || sent.host.contains(".execute-api.") {
        return vec![
            Finding::new(
                Cause::NoSuchRoute,
                Likely,
                "API Gateway says the same of a route that it does not have",
                "check method, stage and path against the deployed API",
            ),
            dropped(Possible),
        ];
    }
    vec![dropped(Certain)]
}

pub(super) fn malformed(sent: &SentSignature, what: &Malformed) -> Finding {
    let form =
        |evidence: &str, advice: &str| Finding::new(Cause::AuthorizationForm, Certain, evidence, advice);
    match what {
        Malformed::EmptyAccessKeyId => Finding::new(
            Cause::EmptyAccessKeyId,
            Certain,
            "the access key id in the credential is empty",
            "the client found no credentials and signed all the same, so give it some",
        ),
        Malformed::WhiteSpace => match facts::key_id(sent) {
            Some(found) => Finding { confidence: Certain, ..found },
            None => Finding::new(
                Cause::AuthorizationForm,
                Likely,
                "the service finds a part without an equals sign in the Authorization header",
                "white space or a line break is inside it, the header's name is in its value, or it is of another scheme",
            ),
        },
        Malformed::Missing(parts) if parts.is_empty() => form(
            "the authorization lacks a part",
            "it needs Credential, SignedHeaders and Signature, and a time",
        ),
        Malformed::Missing(parts) => {
            let evidence = format!("the authorization lacks {}", parts.join(", "));
            form(&evidence, "it is cut short, or the header is of another scheme than AWS4-HMAC-SHA256")
        }
        Malformed::Credential => match facts::key_id(sent) {
            Some(found) => Finding { confidence: Certain, ..found },
            None => form(
                "the credential is not of the form ID/YYYYMMDD/REGION/SERVICE/aws4_request",
                "count its slashes, as an id, region or service holds one, or is empty",
            ),
        },
        Malformed::ScopeDate => Finding::new(
            Cause::ScopeDate,
            Certain,
            "the date in the credential scope is not the date of the signed time",
            "read the clock once and write both from it, in UTC",
        )
        .on(Line::Scope),
        Malformed::Date => {
            let shown = match sent.amz_date.as_str() {
                "" => "the signed time is missing or not of its form".to_owned(),
                date => format!("the signed time is {}", show::quoted(date)),
            };
            Finding::new(Cause::DateForm, Certain, shown, "write it as YYYYMMDDTHHMMSSZ, in UTC")
                .on(Line::Date)
        }
        Malformed::Expires => {
            let evidence = match sent.presigned_for {
                Some(seconds) => format!("the URL was signed for {seconds} seconds"),
                None => "the URL's lifetime is out of range".to_owned(),
            };
            Finding::new(
                Cause::ExpiryRange,
                Certain,
                evidence,
                "services take seven days (604800 seconds) at most",
            )
        }
        Malformed::AbsentHeader(names) => {
            let listed = |name: &String| {
                format!("the header {} is listed as signed and did not arrive", show::quoted(name))
            };
            let evidence =
                names.first().map_or("a header is listed as signed and did not arrive".to_owned(), listed);
            let advice = "a layer or proxy below the signer drops it, so let it pass, or leave it out of the signature";
            let found = Finding::new(Cause::HeaderDropped, Certain, evidence, advice);
            match names.first() {
                Some(name) => found.on(Line::Header(name.clone())),
                None => found,
            }
        }
        Malformed::Algorithm => Finding::new(
            Cause::Algorithm,
            Certain,
            "the service does not take the request's algorithm",
            "sign with AWS4-HMAC-SHA256",
        ),
        Malformed::Twice => Finding::new(
            Cause::Algorithm,
            Certain,
            "both a header and query parameters sign the request",
            "send one of them, a presigned URL without an Authorization header",
        ),
        Malformed::AccessKeyId => Finding::new(
            Cause::AccessKeyIdForm,
            Certain,
            "the access key id is not of the form that this service uses",
            "the key is of another service, so use one that this service issued",
        ),
        Malformed::Other => match facts::key_id(sent) {
            Some(found) => found,
            None => Finding::new(
                Cause::AuthorizationForm,
                Likely,
                "the service cannot read the authorization",
                "its form is AWS4-HMAC-SHA256 Credential=ID/YYYYMMDD/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=hex",
            ),
        },
    }
}

pub(super) fn not_signed(names: &[String]) -> Finding {
    let advice = if names.first().is_some_and(|name| name == "host") {
        "host has to be among the signed headers"
    } else {
        "it was added below the signer, as default headers are, so let the signer see it"
    };
    let shown: Vec<_> = names.iter().take(3).map(|name| show::quoted(name)).collect();
    let evidence = match shown.as_slice() {
        [] => "headers arrived that must be signed and are not".to_owned(),
        [name] => format!("the header {name} arrived and is not signed"),
        names => format!("the headers {} arrived and are not signed", names.join(", ")),
    };
    let found = Finding::new(Cause::HeaderNotSigned, Certain, evidence, advice);
    match names.first() {
        Some(name) => found.on(Line::Header(name.clone())),
        None => found,
    }
}

pub(super) fn body_hash(sent: &SentSignature, claimed: Option<&str>, computed: Option<&str>) -> Finding {
    let signed = sent.canonical_request.as_deref().map(|text| Canonical::parse(text).payload_hash);
    let claimed = claimed.or(signed);
    let evidence = match (claimed, computed) {
        (Some(claimed), Some(computed)) => format!(
            "the payload hash was signed as {} and the service computed {}",
            show::quoted(claimed),
            show::quoted(computed)
        ),
        _ => "the body that arrived does not have the hash that was sent with it".to_owned(),
    };
    let sent_body = sent.body_len.map(|len| len > 0);
    // Without the hashes, the digest can be one of another header, such as Content-MD5.
    let confidence = if computed.is_some() { Certain } else { Likely };
    let of_a_body = claimed.is_some_and(|hash| hash != EMPTY_SHA256 && hash.len() == EMPTY_SHA256.len());
    let (cause, confidence, advice) = if claimed == Some(EMPTY_SHA256) && sent_body != Some(false) {
        let advice = if computed.is_some() || sent_body.is_some() {
            "the hash of an empty body was signed though a body was sent, so hash the body"
        } else {
            "the hash of an empty body was signed, so hash the body if there is one, else correct the digest in another header"
        };
        (Cause::BodyNotHashed, confidence, advice)
    } else if computed == Some(EMPTY_SHA256) || (computed.is_none() && sent_body == Some(false) && of_a_body)
    {
        let advice = "the service received an empty body, so the one that was hashed was not sent, or was lost on the way";
        (Cause::BodyNotSent, confidence, advice)
    } else if computed.is_some() {
        let advice = "a layer or proxy below the signer changed the body, by compressing or re-encoding it, or another \
                      body was hashed than sent";
        (Cause::BodyChanged, Likely, advice)
    } else {
        let advice = "a layer or proxy below the signer changed the body, by compressing or re-encoding it, or the digest \
                      in a header (Content-MD5, a checksum) is of another body";
        (Cause::BodyChanged, Likely, advice)
    };
    Finding::new(cause, confidence, evidence, advice).on(Line::PayloadHash)
}

pub(super) fn content_sha256(sent: &SentSignature) -> Finding {
    let name = "x-amz-content-sha256";
    let ours = sent.canonical_request.as_deref().map(Canonical::parse);
    let evidence = match ours.map(|ours| (ours.signs(name), ours.header(name).map(show::quoted))) {
        Some((true, Some(value))) => {
            format!("the header {name} was signed as {value} and the service does not take it")
        }
        Some((false, _)) => format!("the header {name} is not signed"),
        _ => format!("the header {name} is missing, or of a form that the service does not take"),
    };
    let advice = "send it, signed, with the body's SHA-256 in lower-case hex (UNSIGNED-PAYLOAD where the service takes that)";
    Finding::new(Cause::ContentSha256Missing, Certain, evidence, advice).on(Line::Header(name.to_owned()))
}
