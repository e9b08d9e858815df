//! From a saved request and its refusal to sentences.

use sigv4_core::flow::wire_path;
use sigv4_core::refusal::{Explanation, Refusal, RefusalKind, SentSignature};
use sigv4_core::service::ServiceRules;
use sigv4_core::signature::{Hex, sha256};

use crate::claim::Claim;
use crate::faults::{self, Match};
use crate::recipe::Recipe;
use crate::wire::{Request, Response};

/// What the client should have signed with.
pub struct Secret {
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// One sentence if the finding is certain; else what is likely, and what would tell more.
pub fn verdict(request: &Request, response: &Response, secret: Option<&Secret>) -> Vec<String> {
    let method = http::Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
    let refusal = Refusal::read_for(&method, response.status, &response.headers, &response.body);
    let because = match &refusal {
        Some(refusal) => format!("refused with {refusal}, because"),
        None => format!(
            "answered with {}, which is no refusal of a signature that is known;",
            response.status.as_u16()
        ),
    };
    let Some(claim) = Claim::read(request) else {
        return vec![format!("{because} the request carries no signature: sign it")];
    };
    // No secret access key begins or ends with white space: what stands there came with the variable.
    let own = secret.map_or("", |secret| secret.secret_access_key.trim());
    let right = Recipe::right(request, &claim, own);
    let mut sent = sent(request, &claim, &right);
    let explain = |sent: &SentSignature| refusal.as_ref().and_then(|refusal| refusal.explain(sent));
    let told = match refusal.as_ref().map(Refusal::kind) {
        Some(RefusalKind::SignatureMismatch { canonical_request, .. }) => canonical_request.is_some(),
        Some(RefusalKind::Untold) | None => false,
        // The service says what it is: no recomputing tells better.
        Some(_) => return lines(explain(&sent)),
    };
    if claim.access_key_id.is_empty() {
        let sentence = "the access key id in the credential is empty: the client found no credentials and signed all the same";
        return vec![format!("{because} {sentence}")];
    }
    if claim.algorithm != "AWS4-HMAC-SHA256" {
        let algorithm = claim.algorithm.escape_default();
        return vec![format!(
            "{because} of a reason that cannot be recomputed: a signature of {algorithm} differs each time"
        )];
    }
    let Some(secret) = secret else {
        return without_secret(&because, explain(&sent), told, path_form(request, &claim));
    };
    if let Some(sentence) = token(request, &claim, secret) {
        return vec![format!("{because} {sentence}")];
    }
    let faults = faults::all(request, &claim, &right, &secret.secret_access_key);
    let differs = explain(&sent).filter(|found| told && !found.differing_lines().is_empty());
    match faults::search(&right, &faults, &claim.signature) {
        Match::Right => {
            if let Some(sentence) = body(request, &right) {
                return vec![format!("{because} {sentence}")];
            }
            if told {
                sent.string_to_sign = Some(String::from_utf8_lossy(&right.string_to_sign()).into_owned());
                return lines(explain(&sent));
            }
            if refusal.is_none() {
                return vec![format!("{because} the signature is right for this request and this secret")];
            }
            let found = likely(explain(&sent));
            if !found.is_empty() {
                return [found, vec!["the signature is right for this request and this secret".to_owned()]]
                    .concat();
            }
            vec![format!(
                "{because} the signature is right for this request and this secret: the request was changed on its way, \
                 or the service knows another secret for this access key id"
            )]
        }
        Match::One(fault) => {
            std::iter::once(format!("{because} {}", fault.sentence)).chain(lines(differs)).collect()
        }
        Match::Two(first, second) => {
            vec![format!("{because} {}; and {}", first.sentence, second.sentence)]
        }
        Match::None => {
            let because = because.replace(", because", ", probably because");
            let mut found = likely(explain(&sent));
            found.extend(lines(differs));
            found.extend(body_left_out(request).map(|sentence| format!("{because} {sentence}")));
            found.push(format!(
                "{because} the client signed with another secret access key than the one at hand, or in a way that is \
                 not known here ({} faults were tried, alone and by twos)",
                faults.len()
            ));
            found
        }
    }
}

fn sent(request: &Request, claim: &Claim, right: &Recipe) -> SentSignature {
    let mut sent = SentSignature::default();
    sent.canonical_request = Some(right.canonical_request());
    sent.access_key_id.clone_from(&claim.access_key_id);
    sent.region.clone_from(&claim.region);
    sent.service.clone_from(&claim.service);
    sent.amz_date.clone_from(&claim.amz_date);
    sent.host = request.header("host").unwrap_or_default().into_owned();
    sent.has_session_token = claim.has_session_token;
    sent.presigned_for = claim.expires.filter(|_| claim.presigned);
    sent.body_len = Some(request.body.len() as u64);
    sent
}

fn lines(explanation: Option<Explanation>) -> Vec<String> {
    explanation.iter().map(ToString::to_string).collect()
}

/// An explanation that a fact of the request speaks for, not only the lack of any.
fn likely(explanation: Option<Explanation>) -> Vec<String> {
    use sigv4_core::refusal::{Cause, Confidence};
    let telling = |found: &Explanation| {
        found.differing_lines().is_empty()
            && found.cause() != Cause::SecretOrToken
            && found.findings().iter().any(|finding| finding.confidence() > Confidence::Possible)
    };
    lines(explanation.filter(telling))
}

fn without_secret(
    because: &str,
    explanation: Option<Explanation>,
    told: bool,
    path_form: Option<String>,
) -> Vec<String> {
    let differs = explanation.as_ref().is_some_and(|found| !found.differing_lines().is_empty());
    if let Some(form) = path_form.filter(|_| !differs) {
        return vec![
            format!("{} {form}", because.replace(", because", ", probably because")),
            "with --secret-from-env this program computes the signature anew and can tell more".to_owned(),
        ];
    }
    if told && !differs {
        return vec![format!(
            "{because} the client signed something else than this request, or with another secret: the service read the \
             request as it stands here; with --secret-from-env this program can tell which"
        )];
    }
    let mut found = lines(explanation);
    if found.is_empty() {
        found.push(match because.strip_suffix(", because") {
            Some(refused) => format!(
                "{refused}, and the service does not say why: a missing permission is as likely as a wrong signature"
            ),
            None => because.trim_end_matches(';').to_owned(),
        });
    }
    if !told {
        found.push(
            "with --secret-from-env this program computes the signature anew and can tell more".to_owned(),
        );
    }
    found
}

fn token(request: &Request, claim: &Claim, secret: &Secret) -> Option<String> {
    let own = secret.session_token.as_deref()?;
    if !claim.has_session_token {
        return Some(
            "no session token was sent though AWS_SESSION_TOKEN is set: send it as x-amz-security-token"
                .to_owned(),
        );
    }
    let sent = request
        .header("x-amz-security-token")
        .map(std::borrow::Cow::into_owned)
        .or_else(|| request.parameter("X-Amz-Security-Token"))?;
    (sent != own).then(|| {
        format!(
            "the session token that was sent ({} bytes) is not the one in AWS_SESSION_TOKEN ({} bytes): take all three \
             of one set of credentials",
            sent.len(),
            own.len()
        )
    })
}

/// A path that the service reads in another form than it was sent in, which few clients that send such sign.
fn path_form(request: &Request, claim: &Claim) -> Option<String> {
    let read = wire_path(&request.path, &ServiceRules::for_service(&claim.service))?;
    let sent = request.path.escape_default();
    Some(format!(
        "the path was sent as \"{sent}\", which the service reads as \"{read}\": send and sign it so"
    ))
}

/// A body that cannot be hashed here, since it is not in the request, although its method is one that brings a body.
fn body_left_out(request: &Request) -> Option<String> {
    let brings_one =
        ["POST", "PUT", "PATCH"].iter().any(|method| method.eq_ignore_ascii_case(&request.method));
    let is_said = request.header("x-amz-content-sha256").is_some();
    (brings_one && request.body.is_empty() && !is_said).then(|| {
        format!(
            "a body was hashed and none was sent, if the request is saved whole (a {} without a body): send what is hashed, or \
             hash an empty one",
            request.method.to_ascii_uppercase()
        )
    })
}

/// A hash in `x-amz-content-sha256` that is not the body's.
fn body(request: &Request, right: &Recipe) -> Option<String> {
    let hash = &right.payload_hash;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash || hash.as_str() == Hex::of(&sha256(&request.body)).as_str() {
        return None;
    }
    let what = if request.body.is_empty() {
        "a body was hashed and none was sent: send it, or hash an empty one"
    } else if hash == sigv4_core::signature::EMPTY_SHA256 {
        "the hash of an empty body was signed though a body was sent: hash the body"
    } else {
        "the body that was sent is not the one that was hashed: hash the bytes that are sent"
    };
    Some(what.to_owned())
}
