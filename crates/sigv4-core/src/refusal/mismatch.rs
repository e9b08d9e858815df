//! A signature that does not match: canonical requests and strings to sign held side by side.

use super::compare;
use super::explanation::{Cause, Confidence, Finding};
use super::facts;
use super::kind::{Refusal, ServerText};
use super::lines::{Canonical, Line, differences};
use super::sent::SentSignature;
use super::show;

use Confidence::{Certain, Likely, Possible};

impl Refusal {
    pub(super) fn mismatch(
        &self,
        sent: &SentSignature,
        (canonical, to_sign): (Option<&ServerText>, Option<&ServerText>),
        differing: &mut Vec<Line>,
    ) -> Vec<Finding> {
        let ours_to_sign = sent.string_to_sign.as_deref();
        let to_sign = to_sign.zip(ours_to_sign).map(|(theirs, ours)| string_to_sign(ours, theirs.expose()));
        if let (Some(theirs), Some(ours)) = (canonical, &sent.canonical_request) {
            let (ours, theirs) = (Canonical::parse(ours), Canonical::parse(theirs.expose()));
            let differences = differences(&ours, &theirs);
            differing.extend(differences.iter().map(|difference| difference.line.clone()));
            if let Some(found) = compare::finding(sent, &differences, &ours, &theirs) {
                return vec![found];
            }
            return vec![match to_sign {
                Some(ToSign::Differs(found)) => {
                    differing.extend(found.line.clone());
                    found
                }
                Some(ToSign::Digest) => {
                    differing.push(Line::Digest);
                    wrong_digest()
                }
                Some(ToSign::Same) => secret(
                    sent,
                    Certain,
                    "the service computed the same canonical request and string to sign",
                ),
                None => secret(sent, Likely, "the service computed the same canonical request"),
            }];
        }
        match to_sign {
            Some(ToSign::Differs(found)) => {
                differing.extend(found.line.clone());
                vec![found]
            }
            Some(ToSign::Same) => vec![secret(sent, Certain, "the service computed the same string to sign")],
            Some(ToSign::Digest) => {
                differing.push(Line::Digest);
                let mut found = facts::ranked(sent, self);
                found.truncate(facts::MAX_FINDINGS - 1);
                found.push(hidden_canonical());
                found
            }
            None => {
                let mut found = facts::ranked(sent, self);
                // What is no more than possible leaves the secret as likely.
                if found.iter().all(|finding| finding.confidence == Possible) {
                    let evidence = if found.is_empty() {
                        "the service does not show what it computed, and no fact of the request stands out"
                    } else {
                        "the service does not show what it computed"
                    };
                    found.truncate(facts::MAX_FINDINGS - 1);
                    found.push(secret(sent, Possible, evidence));
                }
                found
            }
        }
    }
}

enum ToSign {
    Same,
    /// Only the digest differs.
    Digest,
    Differs(Finding),
}

fn string_to_sign(ours: &str, theirs: &str) -> ToSign {
    let lines =
        |text: &str| -> Vec<String> { text.trim().split('\n').map(|line| line.trim().to_owned()).collect() };
    let (ours, theirs) = (lines(ours), lines(theirs));
    let line = |side: &[String], at: usize| side.get(at).cloned().unwrap_or_default();
    let evidence = |what: &str, at: usize| {
        let (ours, theirs) = (show::scope(&line(&ours, at)), show::scope(&line(&theirs, at)));
        format!("{what} was signed as {ours} and the service computed {theirs}")
    };
    let found = |cause, at, named: Line, advice: &str| {
        ToSign::Differs(Finding::new(cause, Certain, evidence(&named.to_string(), at), advice).on(named))
    };
    if line(&ours, 0) != line(&theirs, 0) {
        return found(
            Cause::Algorithm,
            0,
            Line::Scope,
            "sign with the algorithm that the authorization names",
        );
    }
    if line(&ours, 1) != line(&theirs, 1) {
        let advice =
            "the time in the string to sign has to be the one in x-amz-date: write both from one reading";
        return found(Cause::StringToSignDate, 1, Line::Date, advice);
    }
    if line(&ours, 2) != line(&theirs, 2) {
        let (ours_parts, theirs_line) = (line(&ours, 2), line(&theirs, 2));
        let parts: Vec<_> = ours_parts.split('/').zip(theirs_line.split('/')).collect();
        let cause = match parts.iter().position(|(a, b)| a != b) {
            Some(0) => Cause::ScopeDate,
            Some(1) => Cause::WrongRegion,
            Some(2) => Cause::WrongService,
            _ => Cause::AuthorizationForm,
        };
        return found(
            cause,
            2,
            Line::Scope,
            "the scope in the string to sign has to be the one in the credential",
        );
    }
    if line(&ours, 3) != line(&theirs, 3) { ToSign::Digest } else { ToSign::Same }
}

/// Canonical requests agree and digests do not.
fn wrong_digest() -> Finding {
    Finding::new(
        Cause::StringToSignDigest,
        Certain,
        "the canonical requests agree and the digests in the strings to sign do not",
        "the last line of the string to sign is the SHA-256 of the canonical request's UTF-8 bytes, in lower-case hex, once",
    )
    .on(Line::Digest)
}

fn hidden_canonical() -> Finding {
    Finding::new(
        Cause::StringToSignDigest,
        Likely,
        "time and scope agree and the digest of the canonical request does not",
        "the secret is not at fault, but method, path, query, headers or body arrived otherwise than they were signed",
    )
    .on(Line::Digest)
}

fn secret(sent: &SentSignature, confidence: Confidence, evidence: &str) -> Finding {
    let whose = if sent.access_key_id.is_empty() {
        "its access key id".to_owned()
    } else {
        format!("the access key id {}", show::key_id(&sent.access_key_id))
    };
    let what =
        if sent.has_session_token { "secret access key or session token" } else { "secret access key" };
    let (verb, else_what) = match confidence {
        Possible => (
            "most often the",
            ", and if other requests with it are accepted, something below the signer changes this one",
        ),
        _ => ("the", ""),
    };
    let advice = format!(
        "{verb} {what} is not the one of {whose} (white space, cut short, or of another key){else_what}"
    );
    Finding::new(Cause::SecretOrToken, confidence, evidence, advice)
}
