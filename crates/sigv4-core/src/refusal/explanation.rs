//! What an explanation is: findings, ranked, with the fact that speaks for each.

use std::fmt;

use super::kind::Refusal;
use super::lines::Line;

/// Why a service refused: made by [`Refusal::explain`].
///
/// A certain finding stands alone; uncertain ones are at most three, the likeliest first. `Display` writes one
/// line of printable ASCII for logs. Values are shown of a short list of headers only (host, dates, content
/// type and the like); of every other value the length and the first differing offset, and of tokens,
/// signatures and keys nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub(super) refusal: Refusal,
    pub(super) findings: Vec<Finding>,
    pub(super) differing: Vec<Line>,
}

impl Explanation {
    /// The refusal that is explained.
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// One to three findings, the likeliest first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The cause of the first finding.
    pub fn cause(&self) -> Cause {
        self.findings.first().map_or(Cause::Unknown, |finding| finding.cause)
    }

    /// The line that the first finding is about, where it is about one.
    pub fn line(&self) -> Option<&Line> {
        self.findings.first().and_then(|finding| finding.line.as_ref())
    }

    /// Every line on which the signer and the service disagree, in the order of the canonical request.
    pub fn differing_lines(&self) -> &[Line] {
        &self.differing
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = self.findings.iter().map(|finding| finding.confidence).max();
        let because = match best {
            Some(Confidence::Certain) => "because",
            Some(Confidence::Likely) => "probably because",
            Some(Confidence::Possible) | None => "possibly because",
        };
        write!(f, "refused with {}, {because} ", self.refusal)?;
        match self.findings.as_slice() {
            [finding] => write!(f, "{finding}")?,
            findings => {
                for (rank, finding) in findings.iter().enumerate() {
                    let separator = if rank == 0 { "" } else { "; " };
                    write!(f, "{separator}({}) {finding}", rank + 1)?;
                }
            }
        }
        let first = self.line();
        let others: Vec<_> = self.differing.iter().filter(|line| Some(*line) != first).collect();
        match others.as_slice() {
            [] => Ok(()),
            [other] => write!(f, " (also different: {other})"),
            [other, rest @ ..] => write!(f, " (also different: {other} and {} more)", rest.len()),
        }
    }
}

/// One cause, with the fact that speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) cause: Cause,
    pub(super) line: Option<Line>,
    pub(super) confidence: Confidence,
    pub(super) evidence: String,
    pub(super) advice: String,
}

impl Finding {
    pub(super) fn new(
        cause: Cause,
        confidence: Confidence,
        evidence: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { cause, line: None, confidence, evidence: evidence.into(), advice: advice.into() }
    }

    pub(super) fn on(mut self, line: Line) -> Self {
        self.line = Some(line);
        self
    }

    /// What went wrong.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The line of the canonical request or string to sign that it is about, where it is about one.
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// How sure it is.
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// The fact that speaks for it: part of a sentence, printable ASCII, no secrets.
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// What it means and what to do: part of a sentence.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

/// The evidence, a colon, the advice: one sentence.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.evidence, self.advice)
    }
}

/// How sure a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Confidence {
    /// The facts allow it, and little speaks against it.
    Possible,
    /// A fact of this request speaks for it.
    Likely,
    /// Nothing else fits what the service told.
    Certain,
}

/// What went wrong, for code to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Something between the signer and the service changed the method.
    MethodChanged,
    /// Signed encoded once, where the service encodes once more.
    EncodedTooFew,
    /// Signed encoded once more than the service does.
    EncodedTooOften,
    /// Percent-encoded in lower-case hex on one side, upper-case on the other.
    HexCase,
    /// The same bytes, percent-encoded on one side and raw on the other.
    Reencoded,
    /// A `+` on one side is a space on the other.
    PlusAndSpace,
    /// Dot segments or double slashes were removed before signing, and the service keeps them.
    PathNormalized,
    /// The service sees no dot segments or double slashes where some were signed.
    PathNotNormalized,
    /// Another path arrived.
    PathChanged,
    /// The pairs were signed in another order.
    QueryOrder,
    /// A name without a value was signed without its `=`.
    QueryEqualsSign,
    /// A pair arrived that was not signed.
    QueryPairAdded,
    /// A signed pair did not arrive.
    QueryPairDropped,
    /// A pair arrived with another value.
    QueryPairChanged,
    /// A signed header did not arrive.
    HeaderDropped,
    /// A header is covered on the service's side and was not signed.
    HeaderAdded,
    /// A header arrived with another value.
    HeaderChanged,
    /// A header arrived with more behind its signed value.
    HeaderAppended,
    /// A header's value was signed with white space that the canonical form trims or folds.
    HeaderWhiteSpace,
    /// The headers were signed in another order.
    HeaderOrder,
    /// Another host arrived.
    HostChanged,
    /// The host was signed with a port and arrived without, or the other way round.
    HostPort,
    /// The list of signed headers is written in another way.
    SignedHeadersList,
    /// Another body arrived.
    BodyChanged,
    /// The body was compressed after it was signed.
    BodyCompressed,
    /// The hash of an empty body was signed, and a body was sent.
    BodyNotHashed,
    /// A body was hashed, and none arrived.
    BodyNotSent,
    /// `UNSIGNED-PAYLOAD` on one side, a hash on the other.
    UnsignedPayload,
    /// The secret access key or the session token is not the one that belongs to the access key id.
    SecretOrToken,
    /// The region in the credential scope is not the endpoint's.
    WrongRegion,
    /// The service in the credential scope is not the endpoint's.
    WrongService,
    /// The time in the string to sign is not the time of the request.
    StringToSignDate,
    /// The digest in the string to sign is not that of the canonical request.
    StringToSignDigest,
    /// The local clock is behind.
    ClockBehind,
    /// The local clock is ahead.
    ClockAhead,
    /// Month and minute are the same number: the month stands where the minutes belong.
    MonthForMinutes,
    /// Local time was signed as if it were UTC.
    LocalTimeSigned,
    /// The clock is right, and the signature was old when it arrived.
    StaleSignature,
    /// A presigned URL was used after its time.
    UrlExpired,
    /// The session token is past its time.
    TokenExpired,
    /// Temporary credentials were used without their session token.
    TokenMissing,
    /// A session token was sent with a key that has none.
    TokenUnwanted,
    /// The session token is not valid.
    TokenInvalid,
    /// The access key id is not known to the service.
    UnknownKey,
    /// The access key id is empty.
    EmptyAccessKeyId,
    /// The access key id holds white space.
    AccessKeyIdWhiteSpace,
    /// The access key id is not of the form that the service uses.
    AccessKeyIdForm,
    /// The signature was lost on the way.
    AuthorizationDropped,
    /// The authorization cannot be read.
    AuthorizationForm,
    /// The gateway has no such route, method or stage.
    NoSuchRoute,
    /// The date is not of the right form.
    DateForm,
    /// The date in the credential scope is not that of the signed time.
    ScopeDate,
    /// The lifetime of a presigned URL is out of range.
    ExpiryRange,
    /// A header arrived unsigned that must be signed.
    HeaderNotSigned,
    /// A header is signed that hops rewrite.
    HopHeaderSigned,
    /// `x-amz-content-sha256` is missing, not signed, or of another form.
    ContentSha256Missing,
    /// The service wants another algorithm, or the request is signed twice.
    Algorithm,
    /// None of these.
    Unknown,
}
