//! What can be healed, and the clock that is learnt: the cases that AWS's SDKs share, and this project's own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use sigv4_core::clock::AmzDate;
use sigv4_core::refusal::{
    ClockOffset, ClockOffsets, Heal, HealFacts, Refusal, correction_disabled, may_learn_from,
};
use sigv4_tests::packages;

use crate::table::moment;

fn iso(value: &Value) -> SystemTime {
    moment(&value.as_str().unwrap().replace(['-', ':'], ""))
}

fn seconds(value: &Value) -> ClockOffset {
    ClockOffset::from_millis(value.as_i64().unwrap() * 1_000)
}

/// The response of a case: its error code travels in the header that JSON services set.
fn response(case: &Value) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().unwrap() {
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).unwrap();
        headers.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    if let Some(code) = case["errorCode"].as_str() {
        headers.insert("x-amzn-errortype", HeaderValue::from_str(code).unwrap());
    }
    (StatusCode::from_u16(u16::try_from(case["statusCode"].as_u64().unwrap()).unwrap()).unwrap(), headers)
}

#[test]
fn every_case_of_the_sdks_shared_suite() {
    let file = packages::folder("aws-runtime").join("test-data/clock-skew-test-cases.json");
    let suite: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let tests = suite["tests"].as_array().unwrap();
    assert!(tests.len() >= 10, "{}", tests.len());
    for test in tests {
        let name = test["description"].as_str().unwrap();
        let mut offset = seconds(&test["operations"][0]["initialClientSkew"]);
        for operation in test["operations"].as_array().unwrap() {
            assert_eq!(offset, seconds(&operation["initialClientSkew"]), "{name}");
            let attempts = operation["attempts"].as_array().unwrap();
            for (at, attempt) in attempts.iter().enumerate() {
                let (sent, received) =
                    (iso(&attempt["clientTimeAtSend"]), iso(&attempt["clientTimeAtReceive"]));
                assert_eq!(offset.apply(sent), iso(&attempt["expectedSigningTime"]), "{name}, attempt {at}");
                let (status, headers) = response(&attempt["response"]);
                let mut facts = HealFacts::default();
                facts.offset_used = offset;
                facts.offset_learnt = ClockOffset::learn(&headers, sent, received);
                offset = facts.offset_learnt.unwrap_or(offset);
                let heal = Refusal::read(status, &headers, b"").and_then(|refusal| refusal.heal(&facts));
                // Where attempts are left, another follows exactly if the refusal is healed.
                let left = operation["maxAttempts"].as_u64().is_none_or(|most| (at as u64) + 1 < most);
                if left {
                    assert_eq!(heal.is_some(), at + 1 < attempts.len(), "{name}, attempt {at}: {heal:?}");
                }
                let accepted = status.is_success();
                if at + 1 == attempts.len() {
                    assert_eq!(accepted, operation["expectedOutcome"] == "success", "{name}");
                }
            }
            assert_eq!(offset, seconds(&operation["expectedClientSkew"]), "{name}");
        }
    }
}

fn date(text: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::DATE, HeaderValue::from_static(text))])
}

#[test]
fn an_offset_is_learnt_from_a_date_that_can_be_trusted() {
    let headers = date("Fri, 02 Jan 2026 03:24:05 GMT");
    let sent = moment("20260102T030404Z");
    let learn = |headers: &HeaderMap, trip| ClockOffset::learn(headers, sent, sent + trip);
    assert_eq!(learn(&headers, Duration::from_secs(2)), Some(ClockOffset::from_millis(1_200_000)));
    assert_eq!(learn(&headers, Duration::from_millis(1)), Some(ClockOffset::from_millis(1_200_999)));
    // Fifteen minutes and more tell nothing, and neither does a clock that was set back meanwhile.
    assert!(learn(&headers, Duration::from_secs(899)).is_some());
    assert_eq!(learn(&headers, Duration::from_secs(900)), None);
    assert_eq!(ClockOffset::learn(&headers, sent, sent - Duration::from_secs(1)), None);
    // A day at most, in both directions.
    for (text, learnt) in [
        ("Sat, 03 Jan 2026 03:04:04 GMT", true),
        ("Sat, 03 Jan 2026 03:04:05 GMT", false),
        ("Thu, 01 Jan 2026 03:04:04 GMT", true),
        ("Thu, 01 Jan 2026 03:04:03 GMT", false),
        ("Thu, 01 Jan 1970 00:00:00 GMT", false),
        ("2026-01-02T03:24:05Z", false),
        ("", false),
    ] {
        assert_eq!(learn(&date(text), Duration::ZERO).is_some(), learnt, "{text}");
    }
    let mut cached = headers;
    cached.insert("age", HeaderValue::from_static("0"));
    assert_eq!(learn(&cached, Duration::ZERO), None);
}

#[test]
fn only_tls_and_the_loopback_teach_the_time() {
    for (scheme, host, expected) in [
        ("https", "s3.amazonaws.com", true),
        ("HTTPS", "example.com:8443", true),
        ("http", "localhost:9000", true),
        ("http", "127.0.0.1", true),
        ("http", "127.8.8.8:80", true),
        ("http", "[::1]:9000", true),
        ("http", "[::1]", true),
        ("http", "s3.amazonaws.com", false),
        ("http", "localhost.example.com", false),
        ("http", "127.0.0.1.example.com", false),
        ("http", "10.0.0.1", false),
        ("http", "", false),
        ("", "example.com", false),
    ] {
        assert_eq!(may_learn_from(scheme, host), expected, "{scheme}://{host}");
    }
}

#[test]
fn the_environment_turns_the_correction_off() {
    for (value, expected) in
        [(Some("true"), true), (Some("TRUE"), true), (Some("false"), false), (Some(""), false), (None, false)]
    {
        let asked = AtomicBool::new(false);
        let read = |name: &str| {
            asked.store(name == "AWS_DISABLE_CLOCK_SKEW_CORRECTION", Ordering::Relaxed);
            value.map(str::to_owned)
        };
        assert_eq!(correction_disabled(read), expected, "{value:?}");
        assert!(asked.load(Ordering::Relaxed));
    }
}

#[test]
fn offsets_are_kept_for_each_host() {
    let offsets = ClockOffsets::default();
    let (a, b) = (ClockOffset::from_millis(1_200_000), ClockOffset::from_millis(-5_000));
    assert_eq!(offsets.get("a"), ClockOffset::ZERO);
    offsets.set("a", a);
    offsets.set("b", b);
    assert_eq!((offsets.get("a"), offsets.get("b"), offsets.get("c")), (a, b, ClockOffset::ZERO));
    offsets.set("a", ClockOffset::ZERO);
    assert_eq!((offsets.get("a"), offsets.get("b")), (ClockOffset::ZERO, b));
    // The table is bounded: a client that walks over many hosts forgets the oldest.
    (0..200).for_each(|host| offsets.set(&host.to_string(), a));
    assert_eq!((offsets.get("199"), offsets.get("137"), offsets.get("b")), (a, a, ClockOffset::ZERO));
}

#[test]
fn an_accepted_response_teaches_once_a_second() {
    let offsets = ClockOffsets::default();
    let at = moment("20260102T030404Z");
    let seen = |text, received: SystemTime| {
        offsets.observe("h", &date(text), received, received);
        offsets.get("h").as_millis()
    };
    assert_eq!(seen("Fri, 02 Jan 2026 03:14:04 GMT", at), 600_000);
    assert_eq!(seen("Fri, 02 Jan 2026 03:04:04 GMT", at), 600_000, "the same second");
    assert_eq!(seen("nonsense", at + Duration::from_secs(1)), 600_000);
    assert_eq!(seen("Fri, 02 Jan 2026 03:04:05 GMT", at + Duration::from_secs(1)), 0);
    // What a refusal taught can be replaced at once.
    offsets.set("h", ClockOffset::from_millis(7));
    assert_eq!(seen("Fri, 02 Jan 2026 03:04:06 GMT", at + Duration::from_secs(1)), 1_000);
}

#[test]
fn an_accepted_response_with_an_old_date_teaches_nothing() {
    let offsets = ClockOffsets::default();
    let mut at = moment("20260102T030404Z");
    let mut seen = |text| {
        at += Duration::from_secs(1);
        offsets.observe("h", &date(text), at, at);
        offsets.get("h").as_millis() / 60_000
    };
    // What was just accepted was signed within fifteen minutes of the service's clock.
    assert_eq!(seen("Fri, 02 Jan 2026 03:19:04 GMT"), 14);
    assert_eq!(seen("Fri, 02 Jan 2026 01:04:05 GMT"), 14, "a cache kept it for two hours");
    assert_eq!(seen("Sat, 03 Jan 2026 01:04:05 GMT"), 14);
    assert_eq!(seen("Fri, 02 Jan 2026 03:04:08 GMT"), 0);
    // A refusal proves the contrary.
    offsets.set("h", ClockOffset::from_millis(3_600_000));
    assert_eq!(seen("Fri, 02 Jan 2026 03:04:09 GMT"), 60, "an hour apart");
    assert_eq!(seen("Fri, 02 Jan 2026 04:04:10 GMT"), 60);
}

#[test]
fn offsets_are_shared_between_threads() {
    let offsets = ClockOffsets::default();
    std::thread::scope(|scope| {
        for thread in 0..4_i64 {
            let offsets = &offsets;
            scope.spawn(move || {
                (0..1_000_i64).for_each(|at| {
                    offsets.set(&format!("h{}", at % 10), ClockOffset::from_millis(thread + 1))
                });
            });
        }
    });
    for host in 0..10 {
        let millis = offsets.get(&format!("h{host}")).as_millis();
        assert!((1..=4).contains(&millis), "h{host}: {millis}");
    }
}

fn refusal(status: u16, code: &str, rest: &str) -> Refusal {
    let body = format!("<Error><Code>{code}</Code>{rest}</Error>");
    Refusal::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes()).unwrap()
}

#[test]
fn a_clock_is_healed_when_it_is_over_four_minutes_off() {
    let heal = |code: &str, used: i64, learnt: Option<i64>| {
        let mut facts = HealFacts::default();
        facts.offset_used = ClockOffset::from_millis(used);
        facts.offset_learnt = learnt.map(ClockOffset::from_millis);
        refusal(403, code, "").heal(&facts)
    };
    let clock = |millis| Some(Heal::Clock(ClockOffset::from_millis(millis)));
    for code in ["RequestTimeTooSkewed", "SignatureDoesNotMatch", "AuthFailure", "AccessDenied"] {
        assert_eq!(heal(code, 0, Some(1_200_000)), clock(1_200_000), "{code}");
        assert_eq!(heal(code, 0, Some(-1_200_000)), clock(-1_200_000), "{code}");
        assert_eq!(heal(code, 0, Some(240_000)), None, "{code}");
        assert_eq!(heal(code, 0, Some(240_001)), clock(240_001), "{code}");
        assert_eq!(heal(code, 0, None), None, "{code}");
        // Already signed with the right time: the clock is not at fault.
        assert_eq!(heal(code, 1_200_000, Some(1_200_500)), None, "{code}");
        // An offset learnt long ago is out of date.
        assert_eq!(heal(code, 1_200_000, Some(0)), clock(0), "{code}");
    }
    assert_eq!(heal("ExpiredToken", 0, Some(1_200_000)), Some(Heal::Credentials));
    assert_eq!(heal("XAmzContentSHA256Mismatch", 0, Some(1_200_000)), None);
}

#[test]
fn what_an_application_says_proves_nothing() {
    let facts = |learnt: i64| {
        let mut facts = HealFacts::default();
        facts.offset_learnt = Some(ClockOffset::from_millis(learnt));
        facts
    };
    let read = |method: Method, status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        Refusal::read_for(&method, status, &HeaderMap::new(), body.as_bytes())
            .unwrap_or_else(|| panic!("{body} is a refusal"))
            .heal(&facts(1_200_000))
    };
    let clock = Some(Heal::Clock(ClockOffset::from_millis(1_200_000)));
    for body in
        ["", r#"{"message":"Forbidden"}"#, r#"{"message":"Invalid signature"}"#, "signature does not match"]
    {
        // It may have done something before it answered; to do that twice is harmless where nothing is changed.
        assert_eq!(read(Method::POST, 403, body), None, "{body}");
        assert_eq!(read(Method::DELETE, 403, body), None, "{body}");
        assert_eq!(read(Method::GET, 403, body), clock, "{body}");
    }
    assert_eq!(read(Method::HEAD, 400, ""), clock);
    for body in [
        r#"{"message":"The request signature we calculated does not match the signature you provided."}"#,
        r#"{"message":"Signature expired: 20260102T030405Z is now earlier than x (y - 15 min.)"}"#,
        r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":""}"#,
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        "<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>",
    ] {
        assert_eq!(read(Method::POST, 403, body), clock, "{body}");
    }
    // What the application calls by our names is no refusal of ours, and no reason to fetch credentials.
    for own in [
        r#"{"message":"Your reset token has expired"}"#,
        r#"{"code":"InvalidToken","message":"Your login has ended, sign in again"}"#,
        r#"{"error":{"code":"ExpiredToken","message":"The invitation link is too old"}}"#,
        r#"{"error":{"code":"InvalidSignature","message":"the webhook's HMAC is wrong"}}"#,
        r#"{"code":"InvalidSecurity","message":"security question answered wrong"}"#,
        r#"{"errorType":"RequestExpired","message":"The approval request has lapsed"}"#,
    ] {
        for method in [Method::GET, Method::POST] {
            let read =
                Refusal::read_for(&method, StatusCode::UNAUTHORIZED, &HeaderMap::new(), own.as_bytes());
            assert_eq!(read, None, "{method} {own}");
        }
    }
}

/// Services that write their code into JSON as an application would are known by their words.
#[test]
fn a_bare_code_beside_the_services_words_proves_enough() {
    let credentials = Some(Heal::Credentials);
    let clock = Some(Heal::Clock(ClockOffset::from_millis(1_200_000)));
    let included = "The security token included in the request is";
    let late = "Signature expired: 20260102T030405Z is now earlier than x (y - 15 min.)";
    for (body, expected) in [
        (format!(r#"{{"code":"AccessDeniedException","detailedMessage":"{late}"}}"#), clock.clone()),
        (format!(r#"{{"code":"InvalidSignatureException","message":"{late}"}}"#), clock.clone()),
        (r#"{"code":"AccessDenied","message":"Access Denied"}"#.to_owned(), None),
        (
            format!(r#"{{"code":"ExpiredTokenException","message":"{included} expired"}}"#),
            credentials.clone(),
        ),
        (
            format!(
                r#"{{"errors":[{{"errorType":"UnrecognizedClientException","message":"{included} invalid."}}]}}"#
            ),
            credentials.clone(),
        ),
        (r#"{"__type":"a#ExpiredTokenException","message":"x"}"#.to_owned(), credentials),
    ] {
        let read =
            Refusal::read_for(&Method::POST, StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes());
        let mut facts = HealFacts::default();
        facts.offset_learnt = Some(ClockOffset::from_millis(1_200_000));
        assert_eq!(read.unwrap().heal(&facts), expected, "{body}");
    }
}

#[test]
fn credentials_and_regions_are_healed() {
    let mut facts = HealFacts::default();
    facts.region = "us-east-1";
    facts.service = "s3";
    facts.host = "b.s3.amazonaws.com";
    for code in ["ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "UnrecognizedClientException"] {
        assert_eq!(refusal(403, code, "").heal(&facts), Some(Heal::Credentials), "{code}");
    }
    let region = |host: Option<&str>| {
        Some(Heal::Region { region: "eu-west-3".to_owned(), host: host.map(str::to_owned) })
    };
    let wrong = |region: &str| {
        let text = format!(
            "<Message>the region 'us-east-1' is wrong; expecting '{region}'</Message><Region>{region}</Region>"
        );
        refusal(400, "AuthorizationHeaderMalformed", &text)
    };
    assert_eq!(wrong("eu-west-3").heal(&facts), region(None));
    assert_eq!(wrong("us-east-1").heal(&facts), None, "the same region would be refused again");
    let elsewhere = |region: &'static str| {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-amz-bucket-region"),
            HeaderValue::from_static(region),
        )]);
        Refusal::read(StatusCode::MOVED_PERMANENTLY, &headers, b"").unwrap()
    };
    assert_eq!(elsewhere("eu-west-3").heal(&facts), region(Some("b.s3.eu-west-3.amazonaws.com")));
    facts.host = "files.example.com:9000";
    assert_eq!(
        elsewhere("eu-west-3").heal(&facts),
        region(None),
        "a compatible server serves every region at one host"
    );
    assert_eq!(elsewhere("us-east-1").heal(&facts), None);
    facts.service = "execute-api";
    assert_eq!(elsewhere("eu-west-3").heal(&facts), None);
    assert_eq!(wrong("eu-west-3").heal(&facts), None);
}

#[test]
fn presigned_urls_and_other_refusals_are_left_alone() {
    let mut facts = HealFacts::default();
    facts.offset_learnt = Some(ClockOffset::from_millis(1_200_000));
    facts.presigned = true;
    for code in ["RequestTimeTooSkewed", "ExpiredToken", "SignatureDoesNotMatch"] {
        assert_eq!(refusal(403, code, "").heal(&facts), None, "{code}");
    }
    facts.presigned = false;
    for code in ["MissingAuthenticationToken", "IncompleteSignature", "BadDigest", "ExpiredRequest"] {
        assert_eq!(refusal(403, code, "").heal(&facts), None, "{code}");
    }
}

#[test]
fn a_healed_clock_writes_the_time_of_the_service() {
    let local = moment("20260102T030405Z");
    let offset = ClockOffset::from_millis(-1_200_400);
    assert_eq!(AmzDate::new(offset.apply(local)).unwrap().as_str(), "20260102T024404Z");
}
