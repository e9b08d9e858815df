//! The table of rules.

/// How one service departs from plain SigV4.
///
/// Obtained from [`for_service`](ServiceRules::for_service) by the service's *signing name*, the third
/// part of a credential scope (`s3`, `execute-api`; `ses`, where the host says `email`).
///
/// Source: the SigV4 and S3 pages of the AWS documentation, and what botocore, smithy-rs and the services
/// themselves do where those are silent.
///
/// ```
/// use sigv4_core::service::{ServiceRules, UnsignedPayload};
///
/// let rules = ServiceRules::for_service("vpc-lattice-svcs");
/// assert_eq!(rules.unsigned_payload, UnsignedPayload::Required);
/// assert!(rules.normalize_path);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceRules {
    /// Whether the canonical URI has its dot segments and empty segments removed (RFC 3986 section 5.2.4).
    /// Not on S3, where `//`, `.` and `..` are bytes of a key.
    pub normalize_path: bool,
    /// Whether each path segment is URI-encoded once more than on the wire: a wire `%3A` is `%253A` in the
    /// canonical URI.
    pub double_encode: bool,
    /// The form that the path must have on the wire.
    pub wire_path: WirePath,
    /// Whether the payload hash travels in `x-amz-content-sha256`.
    pub content_sha256: ContentSha256,
    /// What the service makes of the payload hash `UNSIGNED-PAYLOAD` in the header form.
    pub unsigned_payload: UnsignedPayload,
    /// Whether uploads may be `aws-chunked` (`STREAMING-…` payload hashes).
    pub aws_chunked: bool,
    /// Where the session token goes, and whether it is signed.
    pub token: TokenPlacement,
    /// The payload hash of a presigned URL.
    pub presign_payload: PresignPayload,
    /// Whether the service takes SigV4a signatures only. Single hosts can demand them too, whatever their
    /// service (S3 Multi-Region Access Points).
    pub sigv4a_only: bool,
}

/// The form that a path must have on the wire for the service to reckon the same canonical URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WirePath {
    /// Any form: the service signs what it received.
    AsSent,
    /// Unreserved characters and `/` raw, every other byte `%XX` in upper case: the service decodes the
    /// path and encodes it anew, so that no other form verifies.
    S3,
}

/// Whether the payload hash travels in the header `x-amz-content-sha256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentSha256 {
    /// The header is not needed: the service hashes the body that it receives. It is still sent and signed
    /// where it says what no body could (`UNSIGNED-PAYLOAD`).
    Omitted,
    /// The header is required, and must be signed.
    Header,
}

/// What a service makes of the payload hash `UNSIGNED-PAYLOAD` in the header form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsignedPayload {
    /// Accepted, and the usual thing for a streamed body over TLS.
    StreamsOverTls,
    /// Accepted by some operations: never chosen unasked.
    OnRequest,
    /// The only payload hash that the service takes.
    Required,
    /// Refused.
    Rejected,
}

/// Where the session token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPlacement {
    /// `x-amz-security-token` or `X-Amz-Security-Token`, signed.
    Signed,
    /// As [`Signed`](TokenPlacement::Signed) in the header form; in a presigned URL,
    /// `X-Amz-Security-Token` is appended after signing.
    AppendedAfterSigning,
    /// `x-amz-s3session-token` or `X-Amz-S3session-Token`, signed, for credentials that CreateSession of S3
    /// Express gave. IAM credentials (CreateSession itself, CopyObject, HeadBucket) go as
    /// [`Signed`](TokenPlacement::Signed).
    S3Express,
}

/// The payload hash of a presigned URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresignPayload {
    /// The SHA-256 of the body; of the empty one, unless the caller says otherwise.
    Hash,
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
}

impl ServiceRules {
    /// The specification as it stands, and the rules of every service that has no entry in the table.
    pub const STANDARD: Self = Self {
        normalize_path: true,
        double_encode: true,
        wire_path: WirePath::AsSent,
        content_sha256: ContentSha256::Omitted,
        unsigned_payload: UnsignedPayload::OnRequest,
        aws_chunked: false,
        token: TokenPlacement::Signed,
        presign_payload: PresignPayload::Hash,
        sigv4a_only: false,
    };

    /// Amazon S3 and what shares its front end.
    const S3: Self = Self {
        normalize_path: false,
        double_encode: false,
        wire_path: WirePath::S3,
        content_sha256: ContentSha256::Header,
        unsigned_payload: UnsignedPayload::StreamsOverTls,
        aws_chunked: true,
        token: TokenPlacement::Signed,
        presign_payload: PresignPayload::Unsigned,
        sigv4a_only: false,
    };

    /// The rules of the service with this signing name; [`STANDARD`](ServiceRules::STANDARD) if it has none
    /// of its own. Names are compared as they are, without regard to a likely spelling.
    ///
    /// ```
    /// use sigv4_core::service::{ServiceRules, TokenPlacement};
    ///
    /// let rules = ServiceRules::for_service("iotdevicegateway");
    /// assert_eq!(rules.token, TokenPlacement::AppendedAfterSigning);
    /// ```
    #[must_use]
    pub const fn for_service(service: &str) -> Self {
        match service.as_bytes() {
            b"s3" | b"s3-outposts" | b"s3-object-lambda" => Self::S3,
            // Objects are reached with a session from CreateSession; CreateSession, CopyObject and HeadBucket
            // are signed with IAM credentials, whose token goes the usual way.
            b"s3express" => Self { token: TokenPlacement::S3Express, ..Self::S3 },
            b"s3tables" => Self { unsigned_payload: UnsignedPayload::Rejected, ..Self::STANDARD },
            // OpenSearch Serverless refuses requests without the header; Glacier wants it on uploads.
            b"aoss" | b"glacier" => Self { content_sha256: ContentSha256::Header, ..Self::STANDARD },
            // VPC Lattice passes bodies through and cannot verify their hash.
            b"vpc-lattice-svcs" => Self {
                content_sha256: ContentSha256::Header,
                unsigned_payload: UnsignedPayload::Required,
                presign_payload: PresignPayload::Unsigned,
                ..Self::STANDARD
            },
            // MQTT over WebSocket: the gateway checks the signature of a URL that has no token in it.
            b"iotdevicegateway" => Self { token: TokenPlacement::AppendedAfterSigning, ..Self::STANDARD },
            b"cloudfront-keyvaluestore" => Self { sigv4a_only: true, ..Self::STANDARD },
            _ => Self::STANDARD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_s3_family_signs_the_wire_path_once() {
        for service in ["s3", "s3-outposts", "s3-object-lambda", "s3express"] {
            let rules = ServiceRules::for_service(service);
            assert!(!rules.normalize_path && !rules.double_encode && rules.aws_chunked, "{service}");
            assert_eq!(rules.wire_path, WirePath::S3, "{service}");
            assert_eq!(rules.content_sha256, ContentSha256::Header, "{service}");
            assert_eq!(rules.unsigned_payload, UnsignedPayload::StreamsOverTls, "{service}");
            assert_eq!(rules.presign_payload, PresignPayload::Unsigned, "{service}");
        }
        assert_eq!(ServiceRules::for_service("s3").token, TokenPlacement::Signed);
        assert_eq!(ServiceRules::for_service("s3express").token, TokenPlacement::S3Express);
    }

    #[test]
    fn every_other_service_normalises_and_encodes_twice() {
        for service in [
            "s3tables",
            "s3vectors",
            "aoss",
            "es",
            "glacier",
            "vpc-lattice-svcs",
            "iotdevicegateway",
            "execute-api",
            "lambda",
            "bedrock",
            "cloudfront-keyvaluestore",
            "sts",
            "S3",
            "",
        ] {
            let rules = ServiceRules::for_service(service);
            assert!(rules.normalize_path && rules.double_encode && !rules.aws_chunked, "{service}");
            assert_eq!(rules.wire_path, WirePath::AsSent, "{service}");
        }
    }

    #[test]
    fn single_departures_touch_nothing_else() {
        let standard = ServiceRules::STANDARD;
        let header = ServiceRules { content_sha256: ContentSha256::Header, ..standard };
        let table = [
            ("aoss", header),
            ("glacier", header),
            ("es", standard),
            ("lambda", standard),
            ("s3tables", ServiceRules { unsigned_payload: UnsignedPayload::Rejected, ..standard }),
            ("iotdevicegateway", ServiceRules { token: TokenPlacement::AppendedAfterSigning, ..standard }),
            ("cloudfront-keyvaluestore", ServiceRules { sigv4a_only: true, ..standard }),
            (
                "vpc-lattice-svcs",
                ServiceRules {
                    unsigned_payload: UnsignedPayload::Required,
                    presign_payload: PresignPayload::Unsigned,
                    ..header
                },
            ),
        ];
        for (service, rules) in table {
            assert_eq!(ServiceRules::for_service(service), rules, "{service}");
        }
    }
}
