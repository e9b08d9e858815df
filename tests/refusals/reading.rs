//! A hand-written table: what services say, and what it means.
//!
//! The wording is the services', as their users quote it in public; names, ids, hashes and tokens are made up.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sigv4_core::clock::AmzDate;
use sigv4_core::refusal::{Malformed, Refusal, RefusalKind, ScopePart};

const CANONICAL: &str = "GET\n/items/a%2520b\n\nhost:abc.execute-api.eu-west-1.amazonaws.com\n\
    x-amz-date:20260102T030405Z\n\nhost;x-amz-date\n\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TO_SIGN: &str = "AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/eu-west-1/execute-api/aws4_request\n\
    1111111111111111111111111111111111111111111111111111111111111111";
const SENTENCE: &str = "The request signature we calculated does not match the signature you provided. Check \
    your AWS Secret Access Key and signing method. Consult the service documentation for details.";

struct Case {
    name: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    expected: Option<RefusalKind>,
    code: Option<&'static str>,
}

fn case(name: &'static str, status: u16, body: impl Into<String>, expected: Option<RefusalKind>) -> Case {
    Case { name, status, headers: &[], body: body.into(), expected, code: None }
}

impl Case {
    fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn read(&self) -> Option<Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Refusal::read(StatusCode::from_u16(self.status).unwrap(), &headers, self.body.as_bytes())
    }
}

/// The sentence with both texts, as JSON services put it together.
fn told() -> String {
    format!(
        "{SENTENCE}\n\nThe Canonical String for this request should have been\n'{CANONICAL}'\n\n\
         The String-to-Sign should have been\n'{TO_SIGN}'\n"
    )
}

fn json(members: &[(&str, &str)]) -> String {
    let members: serde_json::Map<_, _> =
        members.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    serde_json::Value::Object(members).to_string()
}

fn s3(code: &str, message: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{rest}\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>aGVsbG8=</HostId></Error>"
    )
}

/// The query protocol: SQS, SNS, STS, IAM, SES and others.
fn query(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    \
         <Type>Sender</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  \
         <RequestId>f0f0</RequestId>\n</ErrorResponse>\n"
    )
}

fn mismatch(told: bool) -> Option<RefusalKind> {
    // What is told is compared on its own: the type has no public constructor.
    let body = json(&[("message", if told { self::told() } else { SENTENCE.to_owned() }.as_str())]);
    let read = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes()).unwrap();
    let RefusalKind::SignatureMismatch { canonical_request, string_to_sign } = read.kind() else {
        panic!("{read:?}");
    };
    assert_eq!(canonical_request.as_ref().map(|text| text.expose()), told.then_some(CANONICAL));
    assert_eq!(string_to_sign.as_ref().map(|text| text.expose()), told.then_some(TO_SIGN));
    Some(read.kind().clone())
}

fn region(given: Option<&str>, expected: Option<&str>) -> Option<ScopePart> {
    let mut part = ScopePart::default();
    part.given = given.map(str::to_owned);
    part.expected = expected.map(str::to_owned);
    Some(part)
}

fn skew(request: Option<&str>, server: Option<&str>) -> Option<RefusalKind> {
    let moment = |text: &str| AmzDate::parse(text).unwrap().time();
    Some(RefusalKind::Skew { request_time: request.map(moment), server_time: server.map(moment) })
}

fn expired_url(expired: Option<&str>, server: Option<&str>) -> Option<RefusalKind> {
    let moment = |text: &str| AmzDate::parse(text).unwrap().time();
    Some(RefusalKind::ExpiredUrl { expired_at: expired.map(moment), server_time: server.map(moment) })
}

fn malformed(what: Malformed) -> Option<RefusalKind> {
    Some(RefusalKind::MalformedAuthorization(what))
}

fn signatures() -> Vec<Case> {
    let texts = format!(
        "<AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId><StringToSign>{TO_SIGN}</StringToSign>\
         <SignatureProvided>00ff</SignatureProvided><StringToSignBytes>41 57 53 34</StringToSignBytes>\
         <CanonicalRequest>{}</CanonicalRequest><CanonicalRequestBytes>47 45 54</CanonicalRequestBytes>",
        CANONICAL.replace('&', "&amp;")
    );
    let no_words = |secret: &str| {
        format!(
            "The request signature we calculated does not match the signature you provided. Check your {secret}."
        )
    };
    let lower = told().replace("Canonical String", "canonical string");
    vec![
        case("S3, everything told", 403, s3("SignatureDoesNotMatch", &no_words("key and signing method"), &texts), mismatch(true))
            .code("SignatureDoesNotMatch"),
        case("S3 compatible, nothing told", 403, s3("SignatureDoesNotMatch", &no_words("key and signing method"), ""), mismatch(false)),
        case("Ceph, no message", 403, "<Error><Code>SignatureDoesNotMatch</Code><RequestId>tx00</RequestId></Error>", mismatch(false)),
        case("GCS", 403, s3("SignatureDoesNotMatch", &no_words("Google secret key and signing method"), &texts), mismatch(true)),
        case("R2", 403, s3("SignatureDoesNotMatch", &no_words("secret access key and signing method"), &texts), mismatch(true)),
        case("B2", 403, s3("SignatureDoesNotMatch", "Signature validation failed", ""), mismatch(false)),
        case("garage", 403, s3("AccessDenied", "Forbidden: Invalid signature", ""), mismatch(false)),
        case("execute-api", 403, json(&[("message", &told())]), mismatch(true))
            .headers(&[("x-amzn-errortype", "InvalidSignatureException")])
            .code("InvalidSignatureException"),
        case("execute-api, the first sentence alone", 403, json(&[("message", SENTENCE)]), mismatch(false)),
        case("lower case", 403, json(&[("message", &lower)]), mismatch(true)),
        case(
            "JSON 1.0 (DynamoDB)",
            400,
            json(&[("__type", "com.amazon.coral.service#InvalidSignatureException"), ("message", &told())]),
            mismatch(true),
        )
        .code("InvalidSignatureException"),
        case("JSON 1.1 (Kinesis)", 400, json(&[("__type", "InvalidSignatureException"), ("message", SENTENCE)]), mismatch(false)),
        case("REST JSON (Lambda)", 403, json(&[("Message", &told())]), mismatch(true))
            .headers(&[("x-amzn-errortype", "InvalidSignatureException:http://internal.amazon.com/coral/com.amazon.coral.service/")])
            .code("InvalidSignatureException"),
        case("Glacier", 403, json(&[("code", "InvalidSignatureException"), ("type", "Client"), ("message", SENTENCE)]), mismatch(false)),
        case("query protocol (SQS)", 403, query("SignatureDoesNotMatch", &told()), mismatch(true)).code("SignatureDoesNotMatch"),
        case(
            "Neptune",
            403,
            json(&[("requestId", "0d"), ("code", "AccessDeniedException"), ("detailedMessage", &told())]),
            mismatch(true),
        )
        .code("AccessDeniedException"),
        case(
            "AppSync",
            401,
            serde_json::json!({"errors": [{"errorType": "InvalidSignatureException", "message": told()}]}).to_string(),
            mismatch(true),
        )
        .code("InvalidSignatureException"),
        case(
            "selling partner API",
            403,
            serde_json::json!({"errors": [{"message": told(), "code": "InvalidSignature"}]}).to_string(),
            mismatch(true),
        )
        .code("InvalidSignature"),
        case("header alone, body compressed", 403, "\u{1f}\u{fffd}", mismatch(false))
            .headers(&[("x-amzn-errortype", "InvalidSignatureException"), ("content-encoding", "gzip")]),
        case(
            "headers listed and never sent (AppSync)",
            400,
            serde_json::json!({"errors": [{"errorType": "IncompleteSignatureException",
                "message": "'accept' is named as a SignedHeader, but it does not exist in the HTTP request."}]})
            .to_string(),
            malformed(Malformed::AbsentHeader(vec!["accept".into()])),
        ),
        case(
            "headers listed and never sent (GCS)",
            400,
            s3(
                "MalformedSecurityHeader",
                "Your request has a malformed header.",
                "<ParameterName>x-amz-date</ParameterName><Details>Header was included in signedheaders, but not in the request.</Details>",
            ),
            malformed(Malformed::AbsentHeader(vec!["x-amz-date".into()])),
        ),
    ]
}

fn scopes() -> Vec<Case> {
    let wrong = |region, service| Some(RefusalKind::WrongScope { region, service });
    let s3_region =
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'";
    vec![
        case(
            "region and service (execute-api)",
            403,
            json(&[(
                "message",
                "Credential should be scoped to a valid region, not 'us-east-1'. Credential should be scoped to correct service: 'execute-api'. ",
            )]),
            wrong(region(Some("us-east-1"), None), region(None, Some("execute-api"))),
        ),
        case(
            "service alone (query protocol)",
            403,
            query("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sqs'. "),
            wrong(None, region(None, Some("sqs"))),
        ),
        case(
            "region alone (DynamoDB)",
            400,
            json(&[
                ("__type", "com.amazon.coral.service#InvalidSignatureException"),
                ("message", "Credential should be scoped to a valid region, not 'eu-west-9'. "),
            ]),
            wrong(region(Some("eu-west-9"), None), None),
        ),
        case(
            "S3 names both",
            400,
            s3("AuthorizationHeaderMalformed", s3_region, "<Region>eu-central-1</Region>"),
            wrong(region(Some("us-east-1"), Some("eu-central-1")), None),
        ),
        case(
            "MinIO names the right one",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region is wrong; expecting 'eu-west-1'.",
                "<Region>eu-west-1</Region>",
            ),
            wrong(region(None, Some("eu-west-1")), None),
        ),
        case(
            "S3, a presigned URL",
            400,
            s3(
                "AuthorizationQueryParametersError",
                "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
                "<Region>eu-central-1</Region>",
            ),
            wrong(region(Some("us-east-1"), Some("eu-central-1")), None),
        ),
        case(
            "S3, the wrong service",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; incorrect service \"ec2\". This endpoint belongs to \"s3\".",
                "",
            ),
            wrong(None, region(Some("ec2"), Some("s3"))),
        ),
        case(
            "garage",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "Authorization header malformed, unexpected scope: 20260102/us-east-1/s3/aws4_request",
                "<Region>garage</Region>",
            ),
            wrong(region(None, Some("garage")), None),
        ),
        case(
            "R2",
            400,
            s3(
                "InvalidRegionName",
                "The region name 'us-east-2' is not valid. Must be one of: wnam, enam, weur, eeur, apac, auto",
                "",
            ),
            wrong(region(Some("us-east-2"), Some("auto")), None),
        ),
        case(
            "a bucket elsewhere",
            301,
            s3(
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
                "<Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint>",
            ),
            Some(RefusalKind::WrongEndpoint { region: Some("eu-west-3".into()) }),
        )
        .headers(&[("x-amz-bucket-region", "eu-west-3")]),
        case(
            "a bucket elsewhere, to HEAD",
            301,
            "",
            Some(RefusalKind::WrongEndpoint { region: Some("eu-west-3".into()) }),
        )
        .headers(&[("x-amz-bucket-region", "eu-west-3")]),
        case("a redirect of the site", 301, "<html><title>Moved</title></html>", None)
            .headers(&[("location", "/x")]),
    ]
}

fn times() -> Vec<Case> {
    let expired = "Signature expired: 20260102T030405Z is now earlier than 20260102T031000Z (20260102T032500Z - 15 min.)";
    let early = "Signature not  yet current: 20260102T040000Z is still later than 20260102T031000Z ( 20260102T030500Z + 5 min.)";
    let s3_skew = "<RequestTime>20260101T162148Z</RequestTime><ServerTime>2026-01-03T16:21:50Z</ServerTime>\
        <MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>";
    let far = "The difference between the request time and the current time is too large.";
    vec![
        case(
            "S3",
            403,
            s3("RequestTimeTooSkewed", far, s3_skew),
            skew(Some("20260101T162148Z"), Some("20260103T162150Z")),
        ),
        case(
            "with fractions of a second",
            403,
            s3("RequestTimeTooSkewed", far, "<ServerTime>2026-01-03T16:21:50.000Z</ServerTime>"),
            skew(None, Some("20260103T162150Z")),
        ),
        case(
            "MinIO",
            403,
            s3(
                "RequestTimeTooSkewed",
                "The difference between the request time and the server's time is too large.",
                "",
            ),
            skew(None, None),
        ),
        case("Ceph, no message", 403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", skew(None, None)),
        case("garage", 400, s3("InvalidRequest", "Bad request: Date is too old", ""), skew(None, None)),
        case(
            "behind (Kinesis)",
            400,
            json(&[("__type", "InvalidSignatureException"), ("message", expired)]),
            skew(Some("20260102T030405Z"), Some("20260102T032500Z")),
        ),
        case(
            "behind (query protocol)",
            403,
            query("SignatureDoesNotMatch", expired),
            skew(Some("20260102T030405Z"), Some("20260102T032500Z")),
        ),
        case(
            "ahead, with stray spaces",
            403,
            json(&[("message", &early.replace("  ", " "))]),
            skew(Some("20260102T040000Z"), Some("20260102T030500Z")),
        ),
        case(
            "EC2",
            400,
            "<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error></Errors><RequestID>1</RequestID></Response>",
            skew(None, None),
        ),
        case("not yet valid", 403, s3("AccessDenied", "Request is not yet valid", ""), skew(None, None)),
        case(
            "presigned, S3",
            403,
            s3(
                "AccessDenied",
                "Request has expired",
                "<X-Amz-Expires>60</X-Amz-Expires><Expires>2026-03-29T11:17:34Z</Expires><ServerTime>2026-03-29T11:27:42Z</ServerTime>",
            ),
            expired_url(Some("20260329T111734Z"), Some("20260329T112742Z")),
        ),
        case(
            "presigned, compatible",
            403,
            s3("AccessDenied", "Request has expired.", ""),
            expired_url(None, None),
        ),
        case("presigned, R2", 403, s3("ExpiredRequest", "", ""), expired_url(None, None)),
        case(
            "presigned, GCS",
            400,
            s3(
                "ExpiredToken",
                "The provided token has expired.",
                "<Details>Request signature expired at: 2026-03-29T11:17:34+00:00</Details>",
            ),
            expired_url(Some("20260329T111734Z"), None),
        ),
        case(
            "presigned, GCS in other words",
            400,
            s3(
                "ExpiredToken",
                "Invalid argument.",
                "<Details>The provided token has expired. Request signature expired at: 2026-03-29T11:17:34+00:00</Details>",
            ),
            expired_url(Some("20260329T111734Z"), None),
        ),
    ]
}

fn credentials() -> Vec<Case> {
    let included = "The security token included in the request is";
    vec![
        case("S3", 400, s3("ExpiredToken", "The provided token has expired.", "<Token-0>FwoGZXIvYXdzEXAMPLE</Token-0>"), Some(RefusalKind::ExpiredToken)),
        case("STS", 403, query("ExpiredToken", &format!("{included} expired")), Some(RefusalKind::ExpiredToken)),
        case("AMP", 403, json(&[("message", &format!("{included} expired"))]), Some(RefusalKind::ExpiredToken)),
        case("DynamoDB", 400, json(&[("__type", "com.amazon.coral.service#ExpiredTokenException"), ("message", &format!("{included} expired"))]), Some(RefusalKind::ExpiredToken)),
        case("an application's own token", 403, json(&[("message", "Your reset token has expired")]), None),
        case("a seller's own access token", 403, r#"{"errors":[{"message":"Access to requested resource is denied.","code":"Unauthorized","details":"The access token you provided has expired."}]}"#, None),
        case("S3, invalid token", 400, s3("InvalidToken", "The provided token is malformed or otherwise invalid.", "<Token-0>x</Token-0>"), Some(RefusalKind::InvalidToken)),
        case("STS, invalid token", 403, query("InvalidClientTokenId", &format!("{included} invalid.")), Some(RefusalKind::InvalidToken)),
        case("DynamoDB, invalid token", 400, json(&[("__type", "com.amazon.coral.service#UnrecognizedClientException"), ("message", &format!("{included} invalid."))]), Some(RefusalKind::InvalidToken)),
        case("AppSync, invalid token", 403, serde_json::json!({"errors": [{"errorType": "UnrecognizedClientException", "message": format!("{included} invalid.")}]}).to_string(), Some(RefusalKind::InvalidToken)),
        case("S3, unknown key", 403, s3("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "<AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId>"), Some(RefusalKind::UnknownKey)),
        case("GCS, unknown key", 403, s3("InvalidSecurity", "The provided security credentials are not valid.", ""), Some(RefusalKind::UnknownKey)),
        case("garage, unknown key", 403, s3("AccessDenied", "Forbidden: No such key: GK00112233", ""), Some(RefusalKind::UnknownKey)),
        case("R2, a key of another service", 400, s3("InvalidArgument", "Invalid Argument: Credential access key has length 20, should be 32", ""), malformed(Malformed::AccessKeyId)),
        case("EC2 tells nothing", 401, "<Response><Errors><Error><Code>AuthFailure</Code><Message>AWS was not able to validate the provided access credentials</Message></Error></Errors><RequestID>1</RequestID></Response>", Some(RefusalKind::Untold)).code("AuthFailure"),
        case("aoss tells nothing", 403, r#"{"status":403,"request-id":"a","error":{"reason":"403 Forbidden","type":"Forbidden"}}"#, Some(RefusalKind::Untold))
            .headers(&[("x-aoss-response-hint", "X01:gw-helper-deny")]),
        case("an empty answer", 403, "", Some(RefusalKind::Untold)),
        case("a bare denial", 403, s3("AccessDenied", "", ""), Some(RefusalKind::Untold)),
        case("a permission", 403, json(&[("message", "User: arn:aws:iam::123456789012:user/a is not authorized to perform: execute-api:Invoke")]), None),
        case("a bucket policy", 403, s3("AccessDenied", "User: arn:aws:iam::123456789012:user/a is not authorized to perform: s3:GetObject because no identity-based policy allows it", ""), None),
        case("a permission, GCS", 403, s3("AccessDenied", "Access denied.", "<Details>me@p.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object.</Details>"), None),
        case("a bare denial, GCS", 403, s3("AccessDenied", "Access denied.", ""), Some(RefusalKind::Untold)),
        case("no such key", 404, s3("NoSuchKey", "The specified key does not exist.", ""), None),
        case("a bad request of one's own", 400, json(&[("message", "Invalid request body")]), None),
        case("a server's fault", 500, s3("SignatureDoesNotMatch", "x", ""), None),
        case("accepted", 200, json(&[("message", SENTENCE)]), None),
    ]
}

fn authorizations() -> Vec<Case> {
    let requires = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
        Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=x";
    let expires = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
    vec![
        case(
            "API Gateway",
            403,
            json(&[("message", "Missing Authentication Token")]),
            Some(RefusalKind::MissingAuthorization),
        ),
        case(
            "STS",
            403,
            query("MissingAuthenticationToken", "Request is missing Authentication Token"),
            Some(RefusalKind::MissingAuthorization),
        ),
        case(
            "DynamoDB",
            400,
            json(&[
                ("__type", "com.amazon.coral.service#MissingAuthenticationTokenException"),
                ("message", "Request is missing Authentication Token"),
            ]),
            Some(RefusalKind::MissingAuthorization),
        ),
        case(
            "OpenSearch",
            403,
            json(&[(
                "Message",
                "User: anonymous is not authorized to perform: es:ESHttpGet because no resource-based policy allows the es:ESHttpGet action",
            )]),
            Some(RefusalKind::MissingAuthorization),
        ),
        case(
            "AppSync",
            401,
            r#"{"errors":[{"errorType":"UnauthorizedException","message":"Missing authorization header"}]}"#
                .to_owned(),
            Some(RefusalKind::MissingAuthorization),
        ),
        case(
            "a function URL of Lambda",
            403,
            json(&[(
                "Message",
                "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
            )]),
            Some(RefusalKind::Untold),
        ),
        case(
            "no parts at all",
            403,
            json(&[("message", requires)]),
            malformed(Malformed::Missing(vec!["Credential", "SignedHeaders", "Signature", "X-Amz-Date"])),
        ),
        case(
            "two parts missing (SES)",
            400,
            query(
                "IncompleteSignature",
                "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE",
            ),
            malformed(Malformed::Missing(vec!["SignedHeaders", "Signature"])),
        ),
        case(
            "a space in the key id",
            400,
            json(&[
                ("__type", "IncompleteSignatureException"),
                (
                    "message",
                    "'/20260102/us-east-2/dynamodb/aws4_request' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE /20260102/us-east-2/dynamodb/aws4_request, SignedHeaders=host, Signature=00'.",
                ),
            ]),
            malformed(Malformed::WhiteSpace),
        ),
        case(
            "hashed echo",
            403,
            json(&[(
                "message",
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'AAAA='.",
            )]),
            malformed(Malformed::WhiteSpace),
        ),
        case(
            "empty key id",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.",
                "",
            ),
            malformed(Malformed::EmptyAccessKeyId),
        ),
        case(
            "S3, the credential",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the Credential is mal-formed; expecting \"&lt;YOUR-AKID&gt;/YYYYMMDD/REGION/SERVICE/aws4_request\".",
                "",
            ),
            malformed(Malformed::Credential),
        ),
        case(
            "the credential",
            403,
            json(&[(
                "message",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20260102'",
            )]),
            malformed(Malformed::Credential),
        ),
        case(
            "the terminator",
            403,
            json(&[(
                "message",
                "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4request'.",
            )]),
            malformed(Malformed::Credential),
        ),
        case(
            "the scope's date",
            403,
            json(&[(
                "message",
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260101' != '20260102', from '20260102T030405Z'.",
            )]),
            malformed(Malformed::ScopeDate),
        ),
        case(
            "S3, the scope's date",
            400,
            s3(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; Invalid credential date \"20260101\". This date is not the same as X-Amz-Date: \"20260102\".",
                "",
            ),
            malformed(Malformed::ScopeDate),
        ),
        case(
            "the date's form",
            403,
            json(&[(
                "message",
                "Date must be in ISO-8601 'basic format'. Got '2026-01-02T03:04:05Z'. See http://en.wikipedia.org/wiki/ISO_8601",
            )]),
            malformed(Malformed::Date),
        ),
        case(
            "over a week",
            400,
            s3("AuthorizationQueryParametersError", expires, ""),
            malformed(Malformed::Expires),
        ),
        case(
            "no number",
            400,
            s3("AuthorizationQueryParametersError", "X-Amz-Expires should be a number", ""),
            malformed(Malformed::Expires),
        ),
        case(
            "the old algorithm",
            400,
            s3(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
                "",
            ),
            malformed(Malformed::Algorithm),
        ),
        case(
            "signed twice",
            400,
            s3(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
                "",
            ),
            malformed(Malformed::Twice),
        ),
        case(
            "S3, headers not signed",
            403,
            s3(
                "AccessDenied",
                "There were headers present in the request which were not signed",
                "<HeadersNotSigned>x-amz-acl, x-amz-meta-a</HeadersNotSigned>",
            ),
            Some(RefusalKind::HeadersNotSigned { names: vec!["x-amz-acl".into(), "x-amz-meta-a".into()] }),
        ),
        case(
            "host not signed",
            400,
            json(&[("message", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]),
            Some(RefusalKind::HeadersNotSigned { names: vec!["host".into()] }),
        ),
        case(
            "S3, the body's hash",
            400,
            s3(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                &format!(
                    "<ClientComputedContentSHA256>{}</ClientComputedContentSHA256><S3ComputedContentSHA256>{}</S3ComputedContentSHA256>",
                    "a".repeat(64),
                    "B".repeat(64)
                ),
            ),
            Some(RefusalKind::BodyHashMismatch {
                claimed: Some("a".repeat(64)),
                computed: Some("b".repeat(64)),
            }),
        ),
        case(
            "MinIO, a digest",
            400,
            s3("BadDigest", "The Content-Md5 you specified did not match what we received.", ""),
            Some(RefusalKind::BodyHashMismatch { claimed: None, computed: None }),
        ),
        case(
            "S3, no hash",
            400,
            s3("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", ""),
            Some(RefusalKind::MissingContentSha256),
        ),
        case(
            "VPC Lattice, no hash",
            403,
            json(&[
                ("__type", "IncompleteSignatureException"),
                ("message", "Missing the 'x-amz-content-sha256' in canonical headers"),
            ]),
            Some(RefusalKind::MissingContentSha256),
        ),
        case(
            "a strange hash",
            400,
            s3(
                "InvalidArgument",
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
                "",
            ),
            Some(RefusalKind::MissingContentSha256),
        ),
    ]
}

#[test]
fn every_shape_is_read() {
    let cases: Vec<_> =
        [signatures(), scopes(), times(), credentials(), authorizations()].into_iter().flatten().collect();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let read = case.read();
        let kind = read.as_ref().map(|refusal| refusal.kind().clone());
        if kind != case.expected {
            wrong.push(format!("{}: {:?}, not {:?}", case.name, kind, case.expected));
        }
        if let (Some(code), Some(read)) = (case.code, &read) {
            assert_eq!(read.code(), Some(code), "{}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_told_canonical_request_survives_quotes_and_entities() {
    let canonical = "GET\n/it's\nname=a%26b\nhost:h\nx-note:don't & won't\n\nhost;x-note\nUNSIGNED-PAYLOAD";
    let message = format!(
        "{SENTENCE}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{TO_SIGN}'\n"
    );
    let escaped = canonical.replace('&', "&amp;").replace('\'', "&#39;").replace('\n', "&#10;");
    let xml = s3("SignatureDoesNotMatch", "x", &format!("<CanonicalRequest>{escaped}</CanonicalRequest>"));
    let cdata = s3(
        "SignatureDoesNotMatch",
        "x",
        &format!("<CanonicalRequest><![CDATA[{canonical}]]></CanonicalRequest>"),
    );
    for body in [json(&[("message", &message)]), xml, cdata] {
        let refusal = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes()).unwrap();
        let RefusalKind::SignatureMismatch { canonical_request: Some(text), .. } = refusal.kind() else {
            panic!("{refusal:?}");
        };
        assert_eq!(text.expose(), canonical);
    }
}

#[test]
fn both_texts_are_found_in_every_order_spelling_and_framing() {
    let (canonical, to_sign) = (Some(CANONICAL), Some(TO_SIGN));
    let one = format!("The Canonical String for this request should have been\n'{CANONICAL}'");
    let other = format!("The String-to-Sign should have been\n'{TO_SIGN}'");
    let message = |parts: &[&str]| json(&[("message", &format!("{SENTENCE}\n\n{}\n", parts.join("\n\n")))]);
    let told = message(&[&one, &other]);
    let cut_in_the_first = &told[..told.find("host:abc").unwrap() + 8];
    let escapes: String =
        self::told().chars().map(|character| format!("\\u{:04x}", u32::from(character))).collect();
    for (name, body, expected) in [
        ("no string to sign", message(&[&one]), (canonical, None)),
        ("no string to sign, and a closing word", message(&[&one, "See the service's page."]), (None, None)),
        ("no canonical string", message(&[&other]), (None, to_sign)),
        ("the other way round", message(&[&other, &one]), (canonical, to_sign)),
        ("with spaces", told.replace("String-to-Sign", "String to Sign"), (canonical, to_sign)),
        (
            "in capitals",
            told.replace("The String-to-Sign should", "THE STRING-TO-SIGN SHOULD"),
            (canonical, to_sign),
        ),
        ("cut behind all", told[..told.len() - 3].to_owned(), (canonical, to_sign)),
        ("cut in the second", told[..told.len() - 20].to_owned(), (canonical, None)),
        ("cut in the first", cut_in_the_first.to_owned(), (None, None)),
        ("escapes, cut", format!("{{\"message\":\"{escapes}\\u00"), (canonical, to_sign)),
        ("plain text", self::told(), (canonical, to_sign)),
        ("a JSON string", serde_json::Value::String(self::told()).to_string(), (canonical, to_sign)),
        ("behind a BOM and line breaks", format!("\u{feff}\r\n{told}\r\n"), (canonical, to_sign)),
    ] {
        let refusal = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes());
        let refusal = refusal.unwrap_or_else(|| panic!("{name}: nothing read of {body}"));
        let RefusalKind::SignatureMismatch { canonical_request, string_to_sign } = refusal.kind() else {
            panic!("{name}: {refusal:?}");
        };
        let read = (
            canonical_request.as_ref().map(|text| text.expose()),
            string_to_sign.as_ref().map(|text| text.expose()),
        );
        assert_eq!(read, expected, "{name}: {body}");
    }
}

#[test]
fn the_services_clock_is_its_date_unless_a_cache_answered() {
    let body = s3("RequestTimeTooSkewed", "", "");
    let mut headers = HeaderMap::new();
    headers.insert("date", HeaderValue::from_static("Fri, 02 Jan 2026 03:04:05 GMT"));
    let read = |headers: &HeaderMap| Refusal::read(StatusCode::FORBIDDEN, headers, body.as_bytes()).unwrap();
    assert_eq!(read(&headers).server_time(), Some(AmzDate::parse("20260102T030405Z").unwrap().time()));
    headers.insert("age", HeaderValue::from_static("0"));
    assert_eq!(read(&headers).server_time(), None);
}

#[test]
fn nothing_of_the_server_s_text_is_in_debug() {
    let debug = format!("{:?}", mismatch(true));
    assert!(!debug.contains("execute-api") && debug.contains("bytes"), "{debug}");
}
