//! From a refusal and what was sent to an explanation.

use super::clock_facts;
use super::explanation::{Cause, Confidence, Explanation, Finding};
use super::facts;
use super::kind::{Refusal, RefusalKind, ScopePart};
use super::kinds;
use super::mask;
use super::sent::SentSignature;

use Confidence::Certain;

impl Refusal {
    /// Says which line differs and why, from what the service told and what was sent.
    ///
    /// `None` only for a refusal without a reason ([`RefusalKind::Untold`]) when no fact of the request stands
    /// out: then a permission is missing as likely as anything.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use sigv4_core::refusal::{Cause, Refusal, SentSignature};
    ///
    /// let body = br#"{"message":"Credential should be scoped to a valid region, not 'us-east-1'. "}"#;
    /// let refusal = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body).unwrap();
    /// let mut sent = SentSignature::default();
    /// sent.host = "sqs.eu-west-1.amazonaws.com".to_owned();
    /// let explanation = refusal.explain(&sent).unwrap();
    /// assert_eq!(explanation.cause(), Cause::WrongRegion);
    /// assert_eq!(
    ///     explanation.to_string(),
    ///     "refused with 403, because the credential scope names the region \"us-east-1\": sign for \"eu-west-1\"",
    /// );
    /// ```
    pub fn explain(&self, sent: &SentSignature) -> Option<Explanation> {
        let mut differing = Vec::new();
        let mut findings = match &self.kind {
            RefusalKind::SignatureMismatch { canonical_request, string_to_sign } => {
                let server = (canonical_request.as_ref(), string_to_sign.as_ref());
                self.mismatch(sent, server, &mut differing)
            }
            RefusalKind::WrongScope { region, service } => {
                vec![kinds::scope(sent, region.as_ref(), service.as_ref())]
            }
            RefusalKind::WrongEndpoint { region } => vec![kinds::endpoint(sent, region.as_deref())],
            RefusalKind::Skew { request_time, .. } => {
                clock_facts::skew(sent, *request_time, self.server_time())
            }
            RefusalKind::ExpiredUrl { expired_at, .. } => {
                kinds::expired_url(sent, *expired_at, self.server_time())
            }
            // What is past its time is the URL, where there is no token.
            RefusalKind::ExpiredToken if sent.presigned_for.is_some() && !sent.has_session_token => {
                kinds::expired_url(sent, None, self.server_time())
            }
            RefusalKind::ExpiredToken => vec![Finding::new(
                Cause::TokenExpired,
                Certain,
                "the service says that the session token is past its time",
                "fetch new credentials",
            )],
            RefusalKind::InvalidToken => kinds::invalid_token(sent),
            RefusalKind::UnknownKey => vec![kinds::unknown_key(sent)],
            RefusalKind::MissingAuthorization => kinds::missing(sent),
            RefusalKind::MalformedAuthorization(what) => vec![kinds::malformed(sent, what)],
            RefusalKind::HeadersNotSigned { names } => vec![kinds::not_signed(names)],
            RefusalKind::BodyHashMismatch { claimed, computed } => {
                vec![kinds::body_hash(sent, claimed.as_deref(), computed.as_deref())]
            }
            RefusalKind::MissingContentSha256 => vec![kinds::content_sha256(sent)],
            RefusalKind::Untold => match self.unspoken_region(&sent.service, &sent.host, &sent.region) {
                Some(region) => {
                    let part = ScopePart { given: None, expected: Some(region.to_owned()) };
                    vec![kinds::scope(sent, Some(&part), None)]
                }
                None => facts::ranked(sent, self),
            },
        };
        // A certain finding stands alone.
        if let Some(certain) = findings.iter().position(|finding| finding.confidence == Certain) {
            findings = vec![findings.swap_remove(certain)];
        }
        findings.truncate(facts::MAX_FINDINGS);
        if findings.is_empty() {
            return None;
        }
        let mut explanation = Explanation { refusal: self.clone(), findings, differing };
        mask::token(&mut explanation, sent);
        Some(explanation)
    }
}
