//! Why, with all that the words need.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use super::Told;
use crate::clock::AmzDate;
use crate::error::Error;

/// Why a request was refused. The same in every dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The request is not signed, or with another scheme (Basic, Bearer).
    MissingAuthentication,
    /// The request is signed in its header and in its query.
    MultipleAuthentication,
    /// An algorithm other than `AWS4-HMAC-SHA256`.
    UnsupportedAlgorithm,
    /// Parts of the signature are missing, there twice, or cannot be read; or the time is.
    Malformed,
    /// The scope's region, service or terminator is not what is served here.
    WrongScope,
    /// The scope's date is not that of the time that was signed.
    ScopeDate,
    /// The time of a signature in the header form is too far from the server's, either way.
    Skew,
    /// A presigned URL is past its time.
    Expired,
    /// A presigned URL is from the future, by more than clocks may differ.
    NotYetValid,
    /// `X-Amz-Expires` is out of range.
    Expires,
    /// No such access key id.
    UnknownAccessKeyId,
    /// The session token is not that of the key, or one of both has none.
    InvalidToken,
    /// The credentials are past their expiry.
    ExpiredToken,
    /// `host`, an `x-amz-*` that arrived, or a header that the server demands is not signed.
    HeadersNotSigned,
    /// A header is listed as signed and did not arrive.
    SignedHeaderAbsent,
    /// The request shares its signature with others that mean something else: see
    /// [`WireForm`](super::super::WireForm).
    WireForm,
    /// `x-amz-content-sha256` is not there, or neither a hash nor one of the literals.
    ContentSha256,
    /// An unsigned or streamed body is not accepted here.
    PayloadRefused,
    /// The signature is not that of this request.
    SignatureMismatch,
    /// The body is not the one whose hash was signed.
    BodyMismatch,
    /// The data of a chunked body is not that whose checksum came with it.
    ChecksumMismatch,
    /// The body is over the server's limit.
    BodyTooLarge,
    /// The body could not be read.
    BodyUnreadable,
    /// The server's own fault: the credentials could not be looked up.
    Internal,
}

/// A [`RejectionKind`], with what is to be said about it.
pub(in crate::verify) enum Reason {
    MissingAuthentication,
    OtherScheme,
    Multiple,
    Algorithm(String),
    /// A part of `Authorization` has no equal sign.
    NotKeyValue,
    MissingParts(Vec<&'static str>),
    /// A header or parameter that may be there once.
    Repeated(&'static str),
    /// In words of this project; it repeats nothing of the request.
    Malformed(Cow<'static, str>),
    /// Of how many parts the credential is, and not of which: who mixes up id and secret sends the secret there, and
    /// one with slashes in it makes too many.
    CredentialShape {
        expected: usize,
        given: usize,
    },
    EmptyKeyId,
    DateMissing,
    DateFormat(String),
    /// What was given, and what is served.
    Scope {
        region: Option<(String, String)>,
        service: Option<(String, String)>,
        terminator: Option<String>,
    },
    ScopeDate {
        given: String,
        date: AmzDate,
    },
    Skew {
        date: AmzDate,
        now: SystemTime,
        skew: Duration,
    },
    Expired {
        date: AmzDate,
        lifetime: Duration,
        now: SystemTime,
    },
    NotYetValid {
        date: AmzDate,
        now: SystemTime,
        skew: Duration,
    },
    Expires(Cow<'static, str>),
    UnknownKey(String),
    InvalidToken,
    ExpiredToken,
    HeadersNotSigned(Vec<String>),
    SignedHeaderAbsent(String),
    WireForm(&'static str),
    MissingContentSha256,
    ContentSha256Form,
    PayloadRefused(&'static str),
    /// Not even hex.
    SignatureForm,
    SignatureMismatch(Option<Box<Told>>),
    BodyMismatch {
        claimed: String,
        computed: String,
        told: Option<Box<Told>>,
    },
    /// What the error says names the checksum, and none of the values.
    #[cfg(feature = "chunked")]
    ChecksumMismatch(Error),
    BodyTooLarge(u64),
    BodyUnreadable(Error),
    Internal(Error),
}

impl Reason {
    pub(super) fn kind(&self) -> RejectionKind {
        match self {
            Self::MissingAuthentication | Self::OtherScheme => RejectionKind::MissingAuthentication,
            Self::Multiple => RejectionKind::MultipleAuthentication,
            Self::Algorithm(_) => RejectionKind::UnsupportedAlgorithm,
            Self::NotKeyValue
            | Self::MissingParts(_)
            | Self::Repeated(_)
            | Self::Malformed(_)
            | Self::CredentialShape { .. }
            | Self::EmptyKeyId
            | Self::DateMissing
            | Self::DateFormat(_) => RejectionKind::Malformed,
            Self::Scope { .. } => RejectionKind::WrongScope,
            Self::ScopeDate { .. } => RejectionKind::ScopeDate,
            Self::Skew { .. } => RejectionKind::Skew,
            Self::Expired { .. } => RejectionKind::Expired,
            Self::NotYetValid { .. } => RejectionKind::NotYetValid,
            Self::Expires(_) => RejectionKind::Expires,
            Self::UnknownKey(_) => RejectionKind::UnknownAccessKeyId,
            Self::InvalidToken => RejectionKind::InvalidToken,
            Self::ExpiredToken => RejectionKind::ExpiredToken,
            Self::HeadersNotSigned(_) => RejectionKind::HeadersNotSigned,
            Self::SignedHeaderAbsent(_) => RejectionKind::SignedHeaderAbsent,
            Self::WireForm(_) => RejectionKind::WireForm,
            Self::MissingContentSha256 | Self::ContentSha256Form => RejectionKind::ContentSha256,
            Self::PayloadRefused(_) => RejectionKind::PayloadRefused,
            Self::SignatureForm | Self::SignatureMismatch(_) => RejectionKind::SignatureMismatch,
            Self::BodyMismatch { .. } => RejectionKind::BodyMismatch,
            #[cfg(feature = "chunked")]
            Self::ChecksumMismatch(_) => RejectionKind::ChecksumMismatch,
            Self::BodyTooLarge(_) => RejectionKind::BodyTooLarge,
            Self::BodyUnreadable(_) => RejectionKind::BodyUnreadable,
            Self::Internal(_) => RejectionKind::Internal,
        }
    }
}

/// A piece of the request, fit to be quoted in a message: printable ASCII, and not much of it.
pub(super) fn quoted(text: &str) -> String {
    const MAX: usize = 80;
    let mut out = String::with_capacity(text.len().min(MAX));
    for character in text.chars() {
        if out.len() >= MAX {
            out.push_str("...");
            break;
        }
        match character {
            ' '..='~' => out.push(character),
            _ => out.extend(character.escape_default()),
        }
    }
    out
}

/// A moment as a signature writes it.
pub(super) fn moment(time: SystemTime) -> String {
    AmzDate::new(time).map_or_else(|_| "an impossible time".to_owned(), |date| date.to_string())
}

/// A moment as S3 writes it in elements of their own: `2015-08-30T12:36:00Z`.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let text = moment(time);
    match AmzDate::parse(&text) {
        Ok(_) => format!(
            "{}-{}-{}T{}:{}:{}Z",
            &text[..4],
            &text[4..6],
            &text[6..8],
            &text[9..11],
            &text[11..13],
            &text[13..15]
        ),
        Err(_) => text,
    }
}

/// A span in words: `15 min.`, or in seconds where minutes would not do.
pub(super) fn span(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds % 60 == 0 => format!("{} min.", seconds / 60),
        seconds => format!("{seconds} sec."),
    }
}
