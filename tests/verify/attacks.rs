//! Requests made by somebody who has one that was signed, and would like another.

use sigv4_core::Payload;
use sigv4_core::verify::{RejectionKind, WireForm};

use crate::support::*;

pub const S3: &str = "s3";
pub const API: &str = "execute-api";

pub fn request(path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    let mut all = vec![("host", "api.example.com")];
    all.extend(headers);
    Request::new("GET", path, query, &all, "")
}

/// The kind with which the changed request is refused, in the default form.
pub fn outcome(
    service: &str,
    presigned: bool,
    base: Request,
    change: impl Fn(&mut Request),
) -> Result<(), RejectionKind> {
    outcome_in(WireForm::Standard, service, presigned, base, change)
}

pub fn outcome_in(
    form: WireForm,
    service: &str,
    presigned: bool,
    base: Request,
    change: impl Fn(&mut Request),
) -> Result<(), RejectionKind> {
    let mut signed = match presigned {
        true => base.presigned(service, "us-east-1", &credentials(), 600),
        false => base.signed(service, "us-east-1", &credentials()),
    };
    let verifier = verifier(service, "us-east-1", &credentials()).with_wire_form(form);
    verify(&verifier, &signed).unwrap_or_else(|rejection| panic!("not accepted to begin with: {rejection}"));
    change(&mut signed);
    verify(&verifier, &signed).map(drop).map_err(|rejection| rejection.kind())
}

fn authorization(request: &mut Request, from: &str, to: &str) {
    let value = request.header("authorization");
    assert!(value.contains(from), "{value}");
    request.set("authorization", value.replacen(from, to, 1));
}

#[test]
fn lists_of_signed_headers_with_two_readings() {
    let base = || request("/", "", &[("x-amz-acl", "private")]);
    for (from, to) in [
        ("host;", "host;host;"),
        ("host;", "Host;"),
        ("host;", "HOST;host;"),
        ("host;", ";host;"),
        ("x-amz-date", "x-amz-date;"),
        ("host;x-amz-acl", "x-amz-acl;host"),
        ("host;", "host ;"),
        ("host;", "host\u{200b};"),
        ("host;", "host:api.example.com\nhost;"),
    ] {
        let refused = outcome(S3, false, base(), |request| authorization(request, from, to)).unwrap_err();
        assert_eq!(refused, RejectionKind::Malformed, "{to:?}");
        let encoded = to.replace(';', "%3B").replace(' ', "%20").replace('\n', "%0A").replace(':', "%3A");
        let refused = outcome(S3, true, base(), |request| {
            let wanted = from.replace(';', "%3B").replace("x-amz-date", "x-amz-acl");
            assert!(request.query.contains(&wanted), "{}", request.query);
            request.query = request.query.replacen(&wanted, &encoded.replace("x-amz-date", "x-amz-acl"), 1);
        });
        assert_eq!(refused, Err(RejectionKind::Malformed), "{to:?}");
    }
}

#[test]
fn headers_that_stand_in_for_signed_ones() {
    let base = || request("/", "", &[("x-amz-acl", "private"), ("x-amz-meta-a", "1,2")]);
    let refused = |change: fn(&mut Request)| outcome(S3, false, base(), change).unwrap_err();
    // Another value before or behind the signed one.
    assert_eq!(
        refused(|r| r.headers.push(("x-amz-acl".into(), "public-read".into()))),
        RejectionKind::SignatureMismatch
    );
    assert_eq!(
        refused(|r| r.headers.insert(0, ("x-amz-acl".into(), "public-read".into()))),
        RejectionKind::SignatureMismatch
    );
    assert_eq!(
        refused(|r| r.headers.insert(0, ("x-amz-acl".into(), "".into()))),
        RejectionKind::SignatureMismatch
    );
    // A name of another case is the same header to any server.
    assert_eq!(
        refused(|r| r.headers.push(("X-Amz-Acl".into(), "public-read".into()))),
        RejectionKind::Malformed
    );
    // A header that nobody signed.
    assert_eq!(
        refused(|r| r.headers.push(("x-amz-copy-source".into(), "/other/key".into()))),
        RejectionKind::HeadersNotSigned
    );
    // A second host, and one beside an authority that differs.
    assert_eq!(
        refused(|r| r.headers.push(("host".into(), "evil.example.com".into()))),
        RejectionKind::Malformed
    );
    let signed = base().signed(S3, "us-east-1", &credentials());
    for (authority, accepted) in [
        ("api.example.com", true),
        ("API.example.com:443", true),
        ("api.example.com:80", true),
        ("evil.example.com", false),
        ("api.example.com.", false),
        ("api.example.com:8443", false),
        ("api.example.com@evil.example.com", false),
    ] {
        let mut view = signed.view();
        view.host = Some(authority);
        let outcome = at_once(verifier(S3, "us-east-1", &credentials()).verify(&view, Payload::EMPTY));
        assert_eq!(
            outcome.map_err(|rejection| rejection.kind()).err(),
            (!accepted).then_some(RejectionKind::WireForm)
        );
    }
}

#[test]
fn a_header_split_at_its_comma() {
    let base = || request("/", "", &[("x-amz-meta-a", "1,2")]);
    let split = |request: &mut Request| {
        request.set("x-amz-meta-a", "1");
        request.headers.push(("x-amz-meta-a".into(), "2".into()));
    };
    // One list to HTTP and to AWS; an application that reads the first value only asks for the exact form.
    assert_eq!(outcome(S3, false, base(), split), Ok(()));
    assert_eq!(outcome_in(WireForm::Exact, S3, false, base(), split), Err(RejectionKind::WireForm));
    let spaces = |request: &mut Request| request.set("x-amz-meta-a", " 1,2  ");
    assert_eq!(outcome(S3, false, base(), spaces), Ok(()));
    assert_eq!(outcome_in(WireForm::Exact, S3, false, base(), spaces), Err(RejectionKind::WireForm));
    for value in ["1,2\t", "\t1,2", "1,2\r\n"] {
        let tab = |request: &mut Request| request.set("x-amz-meta-a", value);
        assert_eq!(outcome(S3, false, base(), tab), Err(RejectionKind::WireForm), "{value:?}");
        assert_eq!(outcome_in(WireForm::Equivalent, S3, false, base(), tab), Ok(()), "{value:?}");
    }
}

#[test]
fn other_queries_of_one_canonical_query() {
    let base = || request("/", "a=1&a=2&b=x%2By&c", &[]);
    // One meaning to AWS each: refused in the exact form only.
    for query in ["a=2&a=1&b=x%2By&c", "c=&b=x%2By&a=1&a=2", "a=1&a=2&b=x+y&c", "%61=1&a=2&b=x%2By&c"] {
        let change = |request: &mut Request| request.query = query.into();
        assert_eq!(outcome(API, false, base(), change), Ok(()), "{query}");
        let exact = || request("/", "a=1&a=2&b=x%2By&c=", &[]);
        assert_eq!(
            outcome_in(WireForm::Exact, API, false, exact(), change),
            Err(RejectionKind::WireForm),
            "{query}"
        );
    }
    for query in ["a=1&&a=2&b=x%2By&c", "a=1&a=2&b=x%2by&c", "&a=1&a=2&b=x%2By&c", "a=1&a=2&b=x%2By&c&"] {
        let change = |request: &mut Request| request.query = query.into();
        assert_eq!(outcome(API, false, base(), change), Err(RejectionKind::WireForm), "{query}");
        assert_eq!(outcome_in(WireForm::Equivalent, API, false, base(), change), Ok(()), "{query}");
    }
    for query in [
        "a=1&a=2&b=x%20y&c",
        "a=1&b=x%2By&c",
        "a=1&a=2&b=x%252By&c",
        "a=1&a=2&b=x%2By&c&d",
        "A=1&a=2&b=x%2By&c",
    ] {
        let change = |request: &mut Request| request.query = query.into();
        assert_eq!(outcome(API, false, base(), change), Err(RejectionKind::SignatureMismatch), "{query}");
    }
}

#[test]
fn parameters_of_the_signature_with_two_readings() {
    let base = || request("/key", "versionId=3", &[]);
    let refused = |change: &dyn Fn(&mut Request)| outcome(S3, true, base(), change).unwrap_err();
    for extra in [
        "X-Amz-Signature=0000000000000000000000000000000000000000000000000000000000000000",
        "X-Amz-Expires=604800",
        "X-Amz-Date=20150830T123600Z",
        "X-Amz-SignedHeaders=host",
        "X-Amz-Security-Token=a&X-Amz-Security-Token=b",
        "X-Amz-Security-Token=a&X-Amz-S3session-Token=b",
        // Spelled in a way that other readers take for the same name.
        "x-amz-signature=00",
        "X%2DAmz-Signature=00",
        "X-Amz-Signatur%65=00",
        "x-amz-expires=604800",
    ] {
        assert_eq!(refused(&|r| r.query.push_str(&format!("&{extra}"))), RejectionKind::Malformed, "{extra}");
        assert_eq!(
            refused(&|r| r.query = format!("{extra}&{}", r.query)),
            RejectionKind::Malformed,
            "{extra}"
        );
    }
    // Only the signature itself is left out of the canonical query.
    for extra in
        ["X-Amz-Signature2=1", "X-Amz-Security-Tokens=1", "x=1", "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", "="]
    {
        assert_eq!(
            refused(&|r| r.query.push_str(&format!("&{extra}"))),
            RejectionKind::SignatureMismatch,
            "{extra}"
        );
    }
    assert_eq!(refused(&|r| r.query.push_str("&X-Amz-Security-Token=a")), RejectionKind::InvalidToken);
    // A header in place of a parameter.
    assert_eq!(refused(&|r| r.set("x-amz-security-token", TOKEN)), RejectionKind::Malformed);
    assert_eq!(
        refused(&|r| r.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD")),
        RejectionKind::HeadersNotSigned
    );
    assert_eq!(refused(&|r| r.set("x-amz-date", NOW)), RejectionKind::HeadersNotSigned);
    // One signature, written in another way.
    let signature = |change: fn(&str) -> String| {
        refused(&move |r: &mut Request| {
            let (head, signature) = r.query.split_once("X-Amz-Signature=").unwrap();
            r.query = format!("{head}X-Amz-Signature={}", change(signature));
        })
    };
    assert_eq!(signature(|hex| hex.to_uppercase()), RejectionKind::SignatureMismatch);
    assert_eq!(
        signature(|hex| format!("%{:X}{}", hex.as_bytes()[0], &hex[1..])),
        RejectionKind::SignatureMismatch
    );
    assert_eq!(signature(|hex| format!("{hex}00")), RejectionKind::SignatureMismatch);
    assert_eq!(signature(|hex| hex[..62].to_owned()), RejectionKind::SignatureMismatch);
    assert_eq!(signature(|_| String::new()), RejectionKind::SignatureMismatch);
}

#[test]
fn a_signature_of_one_form_in_the_other() {
    // The parts of a header, as parameters, and the other way round.
    let header = request("/key", "", &[]).signed(S3, "us-east-1", &credentials());
    let value = header.header("authorization");
    let part = |name: &str| value.split_once(name).unwrap().1.split(',').next().unwrap().to_owned();
    let mut moved = request("/key", "", &[("x-amz-content-sha256", &header.header("x-amz-content-sha256"))]);
    moved.set("x-amz-date", NOW);
    moved.query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={NOW}&X-Amz-Expires=604800&\
         X-Amz-SignedHeaders={}&X-Amz-Signature={}",
        part("Credential="),
        part("SignedHeaders="),
        part("Signature=")
    );
    let verifier = verifier(S3, "us-east-1", &credentials());
    assert_eq!(verify(&verifier, &moved).unwrap_err().kind(), RejectionKind::SignatureMismatch);

    let url = request("/key", "", &[]).presigned(S3, "us-east-1", &credentials(), 600);
    let parameter = |name: &str| {
        let value = url.query.split(name).nth(1).unwrap().split('&').next().unwrap();
        value.replace("%2F", "/").replace("%3B", ";")
    };
    let mut moved = request("/key", "", &[("x-amz-date", NOW), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]);
    moved.set(
        "authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={}, Signature={}",
            parameter("X-Amz-Credential="),
            parameter("X-Amz-SignedHeaders="),
            parameter("X-Amz-Signature=")
        ),
    );
    assert_eq!(verify(&verifier, &moved).unwrap_err().kind(), RejectionKind::HeadersNotSigned);
    moved.headers.retain(|(name, _)| !name.starts_with("x-amz-"));
    assert_eq!(verify(&verifier, &moved).unwrap_err().kind(), RejectionKind::Malformed);
}

#[test]
fn a_longer_life() {
    let base = || request("/key", "", &[]);
    let refused = |from: &str, to: &str| {
        outcome(S3, true, base(), |request| {
            assert!(request.query.contains(from));
            request.query = request.query.replace(from, to);
        })
        .unwrap_err()
    };
    assert_eq!(refused("X-Amz-Expires=600", "X-Amz-Expires=604800"), RejectionKind::SignatureMismatch);
    assert_eq!(refused("X-Amz-Expires=600", "X-Amz-Expires=0600"), RejectionKind::SignatureMismatch);
    assert_eq!(refused("T123600Z", "T124000Z"), RejectionKind::SignatureMismatch);
    assert_eq!(refused("20150830", "20150831"), RejectionKind::NotYetValid);
    // A scope of another day than the date, both within what a clock may be off.
    assert_eq!(refused("Date=20150830T123600Z", "Date=20150829T235959Z"), RejectionKind::ScopeDate);
    let midnight = |request: &mut Request| request.set("x-amz-date", "20150829T235959Z");
    assert_eq!(outcome(S3, false, base(), midnight), Err(RejectionKind::ScopeDate));
}

#[test]
fn a_key_derived_for_something_else() {
    let signed = request("/", "", &[]).signed("lambda", "us-east-1", &credentials());
    let verifier = verifier(API, "us-east-1", &credentials());
    assert_eq!(verify(&verifier, &signed).unwrap_err().kind(), RejectionKind::WrongScope);
    // Claiming the right scope does not help.
    let mut claimed = signed;
    authorization(&mut claimed, "/lambda/", "/execute-api/");
    assert_eq!(verify(&verifier, &claimed).unwrap_err().kind(), RejectionKind::SignatureMismatch);
    // Nor does a region that only looks the same.
    for region in ["US-EAST-1", "us-east-1 ", "us-east-1\u{0}", "us-east-11", "*", ""] {
        let mut other = request("/", "", &[]).signed(API, "us-east-1", &credentials());
        authorization(&mut other, "us-east-1", region);
        assert!(verify(&verifier, &other).is_err(), "{region:?}");
    }
}

#[test]
fn a_token_that_is_not_signed() {
    let verifier = verifier(S3, "us-east-1", &session());
    // Signed with the session's key, but the token is added afterwards.
    let mut signed = request("/", "", &[]).signed(S3, "us-east-1", &credentials());
    signed.set("x-amz-security-token", TOKEN);
    assert_eq!(verify(&verifier, &signed).unwrap_err().kind(), RejectionKind::HeadersNotSigned);
    let mut url = request("/", "", &[]).presigned(S3, "us-east-1", &credentials(), 60);
    let encoded = TOKEN.replace('/', "%2F").replace('=', "%3D");
    url.query.push_str(&format!("&X-Amz-Security-Token={encoded}"));
    assert_eq!(verify(&verifier, &url).unwrap_err().kind(), RejectionKind::SignatureMismatch);
    // One service has it so.
    let gateway = "iotdevicegateway";
    let iot = crate::support::verifier(gateway, "us-east-1", &session());
    let url = request("/mqtt", "", &[]).presigned(gateway, "us-east-1", &session(), 60);
    verify(&iot, &url).unwrap();
    let mut other = url.clone();
    other.query = other.query.replace(&encoded, "other");
    assert_eq!(verify(&iot, &other).unwrap_err().kind(), RejectionKind::InvalidToken);
    let mut none = url;
    none.query = none.query.replace(&format!("&X-Amz-Security-Token={encoded}"), "");
    assert_eq!(verify(&iot, &none).unwrap_err().kind(), RejectionKind::InvalidToken);
    // A session of S3 Express has its token under a name of its own.
    let express = crate::support::verifier("s3express", "us-east-1", &session());
    verify(&express, &request("/k", "", &[]).signed("s3express", "us-east-1", &session())).unwrap();
    verify(&express, &request("/k", "", &[]).presigned("s3express", "us-east-1", &session(), 60)).unwrap();
}

#[test]
fn a_request_for_another_host() {
    let signed = request("/", "", &[]).signed(API, "us-east-1", &credentials());
    let here = verifier(API, "us-east-1", &credentials()).with_host("api.example.com");
    verify(&here, &signed).unwrap();
    let elsewhere = verifier(API, "us-east-1", &credentials()).with_host("other.example.com");
    assert_eq!(verify(&elsewhere, &signed).unwrap_err().kind(), RejectionKind::SignatureMismatch);
    // Behind a proxy that rewrites it.
    let mut rewritten = signed;
    rewritten.set("host", "10.0.0.1:8080");
    verify(&here, &rewritten).unwrap();
}
