//! Refusals that are not about the canonical request, and those that tell nothing.

use http::{HeaderMap, HeaderValue, StatusCode};
use sigv4_core::refusal::{Cause, Line, Refusal, SentSignature};

use crate::table::*;

pub(crate) fn others() -> Vec<Case> {
    let base = Request::new();
    let change = |change: &dyn Fn(&mut SentSignature)| {
        let mut sent = signed(&base);
        change(&mut sent);
        sent
    };
    let right = || signed(&base);
    let token = "The security token included in the request is invalid.";
    let early = "Signature not yet current: 20260102T030405Z is still later than 20260102T024905Z (20260102T024405Z + 5 min.)";
    let zone = "Signature not yet current: 20260102T030405Z is still later than 20260102T010905Z (20260102T010405Z + 5 min.)";
    let late = "Signature expired: 20260102T030405Z is now earlier than 20260102T030905Z (20260102T032405Z - 15 min.)";
    let region = "The authorization header is malformed; the region 's3' is wrong; expecting 'us-east-1'";
    let other_service = "Credential should be scoped to correct service: 'lambda'. ";
    let equal_sign = "x not a valid key=value pair (missing equal-sign) in Authorization header: 'x'";
    let not_signed = "There were headers present in the request which were not signed";
    let hashes = |claimed: &str, computed: &str| {
        error(
            "XAmzContentSHA256Mismatch",
            "",
            &format!(
                "<ClientComputedContentSHA256>{claimed}</ClientComputedContentSHA256><S3ComputedContentSHA256>{computed}</S3ComputedContentSHA256>"
            ),
        )
    };
    let x = |code, message| error(code, message, "");
    let mute = || x("SignatureDoesNotMatch", "");
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert("x-amz-bucket-region", HeaderValue::from_static("eu-south-2"));
    let elsewhere = Refusal::read(StatusCode::MOVED_PERMANENTLY, &elsewhere, b"").unwrap();
    vec![
        case(
            "region and service exchanged",
            right(),
            x("AuthorizationHeaderMalformed", region),
            Line::Scope,
            Cause::WrongRegion,
        ),
        case(
            "another service",
            right(),
            x("InvalidSignatureException", other_service),
            Line::Scope,
            Cause::WrongService,
        ),
        case(
            "ahead by a time zone, no clock to ask",
            right(),
            x("InvalidSignatureException", zone),
            Line::Date,
            Cause::LocalTimeSigned,
        ),
        case(
            "mute, a token that is not signed",
            change(&|sent| {
                sent.access_key_id = "ASIAEXAMPLE".into();
                sent.has_session_token = true;
            }),
            mute(),
            header("x-amz-security-token"),
            Cause::HeaderNotSigned,
        ),
        case(
            "mute, a colon that stood raw",
            signed(&base.clone().path("/model/a%3Ab")),
            mute(),
            None,
            Cause::SecretOrToken,
        ),
        case("a bucket elsewhere", right(), elsewhere, Line::Scope, Cause::WrongRegion),
        case("ahead", right(), x("InvalidSignatureException", early), Line::Date, Cause::ClockAhead),
        case(
            "behind",
            change(&|sent| sent.received_at = Some(moment("20260102T030407Z"))),
            x("InvalidSignatureException", late),
            Line::Date,
            Cause::ClockBehind,
        ),
        case("behind, or old", right(), x("InvalidSignatureException", late), Line::Date, Cause::ClockBehind),
        case(
            "old",
            change(&|sent| sent.received_at = Some(moment("20260102T032405Z"))),
            x("InvalidSignatureException", late),
            Line::Date,
            Cause::StaleSignature,
        ),
        case(
            "local time",
            change(&|sent| {
                sent.amz_date = "20260102T050405Z".into();
                sent.received_at = Some(moment("20260102T030407Z"));
            }),
            x("RequestTimeTooSkewed", ""),
            Line::Date,
            Cause::LocalTimeSigned,
        ),
        case(
            "the month for the minutes",
            change(&|sent| sent.amz_date = "20260102T030105Z".into()),
            error("RequestTimeTooSkewed", "", "<ServerTime>2026-01-02T03:41:05Z</ServerTime>"),
            Line::Date,
            Cause::MonthForMinutes,
        ),
        case(
            "an old URL",
            change(&|sent| {
                sent.presigned_for = Some(60);
                sent.amz_date = "20260102T010405Z".into();
            }),
            x("AccessDenied", "Request has expired"),
            None,
            Cause::UrlExpired,
        ),
        case("an old token", right(), x("ExpiredToken", ""), None, Cause::TokenExpired),
        case(
            "a token missing",
            change(&|sent| sent.access_key_id = "ASIAEXAMPLE".into()),
            x("InvalidClientTokenId", token),
            None,
            Cause::TokenMissing,
        ),
        case(
            "a token left over",
            change(&|sent| sent.has_session_token = true),
            x("InvalidClientTokenId", token),
            None,
            Cause::TokenUnwanted,
        ),
        case(
            "a bad token",
            change(&|sent| {
                sent.access_key_id = "ASIAEXAMPLE".into();
                sent.has_session_token = true;
            }),
            x("InvalidClientTokenId", token),
            None,
            Cause::TokenInvalid,
        ),
        case("no token, so the key", right(), x("InvalidClientTokenId", token), None, Cause::UnknownKey),
        case("an unknown key", right(), x("InvalidAccessKeyId", ""), None, Cause::UnknownKey),
        case(
            "key and secret exchanged",
            change(&|sent| sent.access_key_id = "a".repeat(40)),
            x("InvalidAccessKeyId", ""),
            None,
            Cause::AccessKeyIdForm,
        ),
        case(
            "no such route",
            right(),
            x("MissingAuthenticationTokenException", ""),
            None,
            Cause::NoSuchRoute,
        ),
        case(
            "the signature lost",
            change(&|sent| {
                sent.service = "es".into();
                sent.host = "search.eu-west-1.es.amazonaws.com".into();
            }),
            x("MissingAuthenticationTokenException", ""),
            None,
            Cause::AuthorizationDropped,
        ),
        case(
            "not signed at all",
            SentSignature::default(),
            x("MissingAuthenticationTokenException", ""),
            None,
            Cause::AuthorizationDropped,
        ),
        case(
            "an empty key",
            right(),
            x(
                "AuthorizationHeaderMalformed",
                "a non-empty Access Key (AKID) must be provided in the credential.",
            ),
            None,
            Cause::EmptyAccessKeyId,
        ),
        case(
            "a space in the key",
            change(&|sent| sent.access_key_id = "AKIAEXAMPLE ".into()),
            x("IncompleteSignature", equal_sign),
            None,
            Cause::AccessKeyIdWhiteSpace,
        ),
        case("another scheme", right(), x("IncompleteSignature", equal_sign), None, Cause::AuthorizationForm),
        case(
            "parts missing",
            right(),
            x("IncompleteSignature", "Authorization header requires 'Signature' parameter."),
            None,
            Cause::AuthorizationForm,
        ),
        case(
            "the scope's day",
            right(),
            x(
                "InvalidSignatureException",
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
            ),
            Line::Scope,
            Cause::ScopeDate,
        ),
        case(
            "the date's form",
            change(&|sent| sent.amz_date = "2026-01-02T03:04:05Z".into()),
            x("InvalidSignatureException", "Date must be in ISO-8601 'basic format'. Got 'x'"),
            Line::Date,
            Cause::DateForm,
        ),
        case(
            "over a week",
            change(&|sent| sent.presigned_for = Some(604_801)),
            x("AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds)"),
            None,
            Cause::ExpiryRange,
        ),
        case(
            "a header listed and absent",
            right(),
            x(
                "IncompleteSignatureException",
                "'accept' is named as a SignedHeader, but it does not exist in the HTTP request.",
            ),
            header("accept"),
            Cause::HeaderDropped,
        ),
        case(
            "the old algorithm",
            right(),
            x("InvalidRequest", "Please use AWS4-HMAC-SHA256."),
            None,
            Cause::Algorithm,
        ),
        case(
            "a default header",
            right(),
            error("AccessDenied", not_signed, "<HeadersNotSigned>x-amz-acl</HeadersNotSigned>"),
            header("x-amz-acl"),
            Cause::HeaderNotSigned,
        ),
        case("a body not hashed", right(), hashes(EMPTY, SOME), Line::PayloadHash, Cause::BodyNotHashed),
        case("a hashed body not sent", right(), hashes(SOME, EMPTY), Line::PayloadHash, Cause::BodyNotSent),
        case("a body changed", right(), hashes(SOME, OTHER), Line::PayloadHash, Cause::BodyChanged),
        case(
            "no hash",
            right(),
            x("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
            header("x-amz-content-sha256"),
            Cause::ContentSha256Missing,
        ),
        // The service tells nothing: facts.
        case("mute", right(), mute(), None, Cause::SecretOrToken),
        case(
            "mute, region in the host",
            change(&|sent| sent.region = "us-east-1".into()),
            mute(),
            Line::Scope,
            Cause::WrongRegion,
        ),
        case(
            "mute, service in the host",
            change(&|sent| sent.service = "apigateway".into()),
            mute(),
            Line::Scope,
            Cause::WrongService,
        ),
        case(
            "mute, no token",
            change(&|sent| sent.access_key_id = "ASIAEXAMPLE".into()),
            mute(),
            None,
            Cause::TokenMissing,
        ),
        case(
            "mute, a line break in the key",
            change(&|sent| sent.access_key_id = "AKIAEXAMPLE\n".into()),
            mute(),
            None,
            Cause::AccessKeyIdWhiteSpace,
        ),
        case(
            "mute, clock behind",
            change(&|sent| sent.amz_date = "20260102T024405Z".into()),
            mute(),
            None,
            Cause::ClockBehind,
        ),
        case(
            "mute, default port",
            change(&|sent| sent.host.push_str(":443")),
            mute(),
            header("host"),
            Cause::HostPort,
        ),
        case(
            "mute, hop header",
            signed(&Request::new().header("user-agent", "x")),
            mute(),
            header("user-agent"),
            Cause::HopHeaderSigned,
        ),
        case(
            "mute, empty hash",
            {
                let mut sent = signed(&Request::new().payload(EMPTY));
                sent.body_len = Some(12);
                sent
            },
            mute(),
            Line::PayloadHash,
            Cause::BodyNotHashed,
        ),
        case("mute, hex case", signed(&Request::new().query("q=%2f")), mute(), Line::Path, Cause::HexCase),
        case(
            "mute, encoded once",
            signed(&Request::new().path("/a%20b")),
            mute(),
            Line::Path,
            Cause::EncodedTooFew,
        ),
        case(
            "mute, encoded twice",
            s3(&Request::new().header("x-amz-content-sha256", SOME).path("/a%2520b")),
            mute(),
            Line::Path,
            Cause::EncodedTooOften,
        ),
        case(
            "mute, plus",
            signed(&Request::new().query("q=a%2Bb")),
            mute(),
            parameter("q"),
            Cause::PlusAndSpace,
        ),
        case(
            "mute, OpenSearch Serverless",
            {
                let mut sent = signed(&Request::new());
                sent.service = "aoss".into();
                sent.host = "x.eu-west-1.aoss.amazonaws.com".into();
                sent
            },
            refused(403, ""),
            header("x-amz-content-sha256"),
            Cause::ContentSha256Missing,
        ),
        case(
            "mute, a URL over a week",
            change(&|sent| sent.presigned_for = Some(700_000)),
            x("AccessDenied", ""),
            None,
            Cause::ExpiryRange,
        ),
        case(
            "mute, an old URL",
            change(&|sent| {
                sent.presigned_for = Some(60);
                sent.amz_date = "20260101T030405Z".into();
            }),
            x("AccessDenied", ""),
            None,
            Cause::UrlExpired,
        ),
    ]
}

#[test]
fn a_clock_that_agrees_is_not_blamed() {
    let date = http::HeaderValue::from_static("Fri, 02 Jan 2026 03:04:06 GMT");
    let headers = http::HeaderMap::from_iter([(http::header::DATE, date)]);
    let body = b"<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error></Errors></Response>";
    let refusal = Refusal::read(http::StatusCode::BAD_REQUEST, &headers, body).unwrap();
    let mut sent = SentSignature::default();
    for (date, cause) in [
        ("20260102T030405Z", Cause::StaleSignature),
        ("20260102T030505Z", Cause::StaleSignature),
        ("20260102T032405Z", Cause::ClockAhead),
    ] {
        sent.amz_date = date.to_owned();
        let explanation = refusal.explain(&sent).unwrap();
        assert_eq!(explanation.cause(), cause, "{explanation}");
    }
}
