//! What the time, the key, the token, the payload and the server itself have to say.

use std::time::Duration;

use sigv4_core::clock::ManualClock;
use sigv4_core::refusal::{Malformed, RefusalKind};
use sigv4_core::service::ServiceRules;
use sigv4_core::verify::{FindCredentials, RejectionKind, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, Payload};

use super::*;
use crate::support::*;

#[test]
fn times() {
    let late =
        |verifier: Verifier| verifier.with_clock(ManualClock::at_amz_date("20150830T125200Z").unwrap());
    let skew = |request: &str, server: &str| RefusalKind::Skew {
        request_time: Some(sigv4_core::clock::AmzDate::parse(request).unwrap().time()),
        server_time: Some(sigv4_core::clock::AmzDate::parse(server).unwrap().time()),
    };
    let [s3, json, query] = refused(false, &credentials(), |_| {}, late);
    s3.is(
        "403 RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
        skew(NOW, "20150830T125200Z"),
    );
    json.is(
        "403 InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z \
         (20150830T125200Z - 15 min.)",
        skew(NOW, "20150830T125200Z"),
    );
    assert_eq!(query.rejection.code(), "SignatureDoesNotMatch");
    let early =
        |verifier: Verifier| verifier.with_clock(ManualClock::at_amz_date("20150830T122000Z").unwrap());
    let [_, json, _] = refused(false, &credentials(), |_| {}, early);
    json.is(
        "403 InvalidSignatureException: Signature not yet current: 20150830T123600Z is still later than \
         20150830T123500Z (20150830T122000Z + 15 min.)",
        skew(NOW, "20150830T122000Z"),
    );
    let strict = |verifier: Verifier| late(verifier).with_skew(Duration::from_secs(90));
    let [_, json, _] = refused(false, &credentials(), |_| {}, strict);
    assert!(json.rejection.message().ends_with("(20150830T125200Z - 90 sec.)"), "{}", json.rejection);

    let [s3, json, _] = refused(true, &credentials(), |_| {}, late);
    s3.is(
        "403 AccessDenied: Request has expired",
        RefusalKind::ExpiredUrl {
            expired_at: Some(sigv4_core::clock::AmzDate::parse("20150830T123700Z").unwrap().time()),
            server_time: Some(sigv4_core::clock::AmzDate::parse("20150830T125200Z").unwrap().time()),
        },
    );
    assert!(
        json.rejection.message().starts_with("Signature expired: 20150830T123600Z"),
        "{}",
        json.rejection
    );
    let [s3, json, _] = refused(true, &credentials(), |_| {}, early);
    s3.is("403 AccessDenied: Request is not yet valid", skew(NOW, "20150830T122000Z"));
    assert!(json.rejection.message().starts_with("Signature not yet current:"), "{}", json.rejection);

    let [s3, json, _] = in_header(|request| request.set("x-amz-date", "2015-08-30T12:36:00Z"));
    s3.is(
        "403 AccessDenied: AWS authentication requires a valid Date or x-amz-date header",
        malformed(Malformed::Date),
    );
    json.is(
        "403 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See \
         http://en.wikipedia.org/wiki/ISO_8601",
        malformed(Malformed::Date),
    );
    let [s3, ..] = in_query(|request| replace_query(request, "X-Amz-Date=2015", "X-Amz-Date=x015"));
    s3.is(
        "400 AuthorizationQueryParametersError: X-Amz-Date must be in the ISO8601 Long Format \
         \"yyyyMMdd'T'HHmmss'Z'\"",
        malformed(Malformed::Date),
    );
    for (expires, words) in [
        ("x", "X-Amz-Expires should be a number"),
        ("", "X-Amz-Expires should be a number"),
        ("%2B60", "X-Amz-Expires should be a number"),
        ("-1", "X-Amz-Expires must be non-negative"),
        (
            "604801",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
        ),
        (
            "99999999999999999999999",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
        ),
    ] {
        let [s3, ..] =
            in_query(|r| replace_query(r, "X-Amz-Expires=60", &format!("X-Amz-Expires={expires}")));
        s3.is(&format!("400 AuthorizationQueryParametersError: {words}"), malformed(Malformed::Expires));
    }
    let short = |verifier: Verifier| verifier.with_max_expiry(Duration::from_secs(59));
    let [s3, ..] = refused(true, &credentials(), |_| {}, short);
    assert_eq!(s3.rejection.kind(), RejectionKind::Expires);
}

#[test]
fn keys_and_tokens() {
    let [s3, json, query] =
        in_header(|request| replace(request, "authorization", "AKIDEXAMPLE", "AKIDOTHER"));
    s3.is(
        "403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
        RefusalKind::UnknownKey,
    );
    let words = "The security token included in the request is invalid.";
    json.is(&format!("403 UnrecognizedClientException: {words}"), RefusalKind::InvalidToken);
    query.is(&format!("403 InvalidClientTokenId: {words}"), RefusalKind::InvalidToken);

    // Of a session, and with a token that is another one, shorter, longer, or not there at all.
    let wrong = [Some("AQoDYXdzEPT"), Some(""), Some(&*format!("{TOKEN}=")), None]
        .map(|token| token.map(str::to_owned));
    for token in wrong {
        let other = match &token {
            Some(token) if !token.is_empty() => credentials().with_session_token(token.as_str()).unwrap(),
            _ => credentials(),
        };
        for presigned in [false, true] {
            for (dialect, service) in DIALECTS {
                let mut request = plain();
                if token.as_deref() == Some("") && !presigned {
                    request.set("x-amz-security-token", "");
                }
                let request = match presigned {
                    true => request.presigned(service, "us-east-1", &other, 60),
                    false => request.signed(service, "us-east-1", &other),
                };
                let verifier = verifier(service, "us-east-1", &session()).with_dialect(dialect);
                let refused = Refused::new(verify(&verifier, &request).unwrap_err());
                assert_eq!(refused.rejection.kind(), RejectionKind::InvalidToken);
                assert_eq!(refused.read.unwrap().kind(), &RefusalKind::InvalidToken);
            }
        }
    }
    // A long-term key takes no token.
    let request = plain().signed("s3", "us-east-1", &session());
    let rejection = verify(&verifier("s3", "us-east-1", &credentials()), &request).unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "400 InvalidToken: The provided token is malformed or otherwise invalid."
    );

    let moment = sigv4_core::clock::AmzDate::parse(NOW).unwrap().time();
    let past = session().with_expiry(moment);
    let request = plain().signed("s3", "us-east-1", &session());
    for ((dialect, service), words) in DIALECTS.into_iter().zip([
        "400 ExpiredToken: The provided token has expired.",
        "403 ExpiredTokenException: The security token included in the request is expired",
        "403 ExpiredToken: The security token included in the request is expired",
    ]) {
        let request =
            if service == "s3" { request.clone() } else { plain().signed(service, "us-east-1", &session()) };
        let verifier = verifier(service, "us-east-1", &past).with_dialect(dialect);
        Refused::new(verify(&verifier, &request).unwrap_err()).is(words, RefusalKind::ExpiredToken);
    }
}

#[test]
fn payloads() {
    let put = |payload: &str| plain().signed_as("s3", "us-east-1", &credentials(), Payload::literal(payload));
    let s3 = || verifier("s3", "us-east-1", &credentials());
    let lambda = || verifier("lambda", "us-east-1", &credentials());
    verify(&s3(), &put("UNSIGNED-PAYLOAD")).unwrap();
    let refused =
        |verifier: Verifier, request: &Request| Refused::new(verify(&verifier, request).unwrap_err());
    refused(s3().with_unsigned_payload(false), &put("UNSIGNED-PAYLOAD")).is(
        "400 InvalidArgument: x-amz-content-sha256 must be a valid sha256 value: UNSIGNED-PAYLOAD is not accepted here.",
        RefusalKind::MissingContentSha256,
    );
    refused(s3(), &put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).is(
        "400 InvalidArgument: x-amz-content-sha256 must be a valid sha256 value: STREAMING-AWS4-HMAC-SHA256-PAYLOAD is \
         not accepted here.",
        RefusalKind::MissingContentSha256,
    );
    for wrong in [
        "unsigned-payload",
        "STREAMING-X",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
    ] {
        let refused = refused(s3().with_streaming(true), &put(wrong));
        assert_eq!(refused.rejection.code(), "InvalidArgument");
        assert_eq!(refused.read.unwrap().kind(), &RefusalKind::MissingContentSha256);
    }
    // Chunks that nobody signs are an unsigned body, too.
    let open = put("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    verify(&s3().with_streaming(true), &open).unwrap();
    let closed = s3().with_streaming(true).with_unsigned_payload(false);
    assert_eq!(refused(closed, &open).rejection.kind(), RejectionKind::PayloadRefused);
    let mut bare = put("UNSIGNED-PAYLOAD");
    bare.headers.retain(|(name, _)| name != "x-amz-content-sha256");
    refused(s3(), &bare).is(
        "400 InvalidRequest: Missing required header for this request: x-amz-content-sha256",
        RefusalKind::MissingContentSha256,
    );

    // A service that hashes what it receives takes no body that nobody signed, unless it is told to.
    let open = plain().signed_as("lambda", "us-east-1", &credentials(), Payload::UNSIGNED);
    refused(lambda(), &open).is(
        "403 IncompleteSignatureException: x-amz-content-sha256 must be a valid sha256 value: UNSIGNED-PAYLOAD is not \
         accepted here.",
        RefusalKind::MissingContentSha256,
    );
    verify(&lambda().with_unsigned_payload(true), &open).unwrap();
    let lattice = |payload| plain().signed_as("vpc-lattice-svcs", "us-east-1", &credentials(), payload);
    verify(&verifier("vpc-lattice-svcs", "us-east-1", &credentials()), &lattice(Payload::UNSIGNED)).unwrap();

    // A URL of S3 covers the body only where the header with its hash is signed.
    let url = plain().presigned("s3", "us-east-1", &credentials(), 60);
    verify(&s3(), &url).unwrap();
    refused(s3().with_unsigned_payload(false), &url).is(
        "400 InvalidArgument: x-amz-content-sha256 must be a valid sha256 value: UNSIGNED-PAYLOAD is not accepted here.",
        RefusalKind::MissingContentSha256,
    );
    let mut hashed = plain();
    hashed.set("x-amz-content-sha256", hex(&sigv4_core::signature::sha256(b"content")));
    let mut hashed = hashed.presigned("s3", "us-east-1", &credentials(), 60);
    verify(&s3().with_unsigned_payload(false), &hashed).unwrap();
    hashed.body = b"CONTENT".to_vec();
    refused(s3(), &hashed).is(
        "400 XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does not match what was computed.",
        RefusalKind::BodyHashMismatch {
            claimed: Some(hex(&sigv4_core::signature::sha256(b"content"))),
            computed: Some(hex(&sigv4_core::signature::sha256(b"CONTENT"))),
        },
    );
    // What the server hands over must be the body, or its hash.
    let signed = put(&hex(&sigv4_core::signature::sha256(b"content")));
    for payload in [Payload::UNSIGNED, Payload::literal(&hex(&sigv4_core::signature::sha256(b"content")))] {
        let rejection = at_once(s3().verify(&signed.view(), payload)).unwrap_err();
        assert_eq!((rejection.kind(), rejection.status().as_u16()), (RejectionKind::Internal, 500));
    }
}

struct Broken(bool);

#[sigv4_core::async_trait]
impl FindCredentials for Broken {
    async fn find_credentials(&self, _: &str) -> Result<Option<Credentials>, Error> {
        Err(Error::new(ErrorKind::Credentials, "the database at 10.0.0.1 is down").with_retryable(self.0))
    }
}

struct Mixed;

#[sigv4_core::async_trait]
impl FindCredentials for Mixed {
    async fn find_credentials(&self, _: &str) -> Result<Option<Credentials>, Error> {
        Ok(Some(Credentials::new("AKIDOTHER", SECRET).unwrap()))
    }
}

#[test]
fn the_servers_own_faults() {
    let signed = plain().signed("lambda", "us-east-1", &credentials());
    let ask = |finder: Box<dyn FindCredentials>| {
        let verifier =
            Verifier::new("lambda", "us-east-1", finder).with_clock(ManualClock::at_amz_date(NOW).unwrap());
        verify(&verifier, &signed).unwrap_err()
    };
    for (retryable, status, code) in
        [(false, 500, "InternalFailure"), (true, 503, "ServiceUnavailableException")]
    {
        let rejection = ask(Box::new(Broken(retryable)));
        assert_eq!((rejection.status().as_u16(), rejection.code()), (status, code));
        let body = String::from_utf8(rejection.response().body().to_vec()).unwrap();
        assert!(!body.contains("database") && !rejection.to_string().contains("database"), "{body}");
        let source = Error::find(&rejection).unwrap();
        assert!(source.to_string().contains("database"));
    }
    // A finder that answers with another key than it was asked for is at fault, and nobody gets in.
    assert_eq!(ask(Box::new(Mixed)).kind(), RejectionKind::Internal);
}

#[test]
fn rules_can_be_given() {
    let s3 = ServiceRules::for_service("s3");
    let request = Request::new("GET", "/a//b", "", &[("host", "h")], "");
    let signed = request.signed("s3", "us-east-1", &credentials());
    let verifier = verifier("s3", "us-east-1", &credentials()).with_rules(s3);
    verify(&verifier, &signed).unwrap();
    assert_eq!(
        verify(&verifier.with_rules(ServiceRules::STANDARD), &signed).unwrap_err().kind(),
        RejectionKind::WireForm
    );
}
