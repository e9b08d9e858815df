//! From an accepted request, every change of one byte is refused, and with the code that it deserves.
//!
//! What it deserves is told by [`model`](crate::model), which knows the rules but neither hashes nor keys.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use sigv4_core::clock::{AmzDate, Clock, ManualClock};
use sigv4_core::verify::{Dialect, Form, RejectionKind, Verifier};

use crate::model::{Field, Model, Verdict};
use crate::support::*;

struct Baseline {
    name: &'static str,
    model: Model,
    request: Request,
    verifier: Verifier,
}

fn baselines() -> Vec<Baseline> {
    let json = Request::new(
        "POST",
        "/prod/items%2F1/.well-known/x",
        "Key=a%2Fb%7E&acl=&b=2&a=1&a=x+y",
        &[
            ("host", "abc.execute-api.us-east-2.amazonaws.com"),
            ("content-type", "application/json; charset=utf-8"),
            ("x-amz-target", "Events_20150830.Add  Event"),
            ("x-amz-meta-two", "one"),
            ("x-amz-meta-two", "two"),
        ],
        "{\"a\": 1}",
    );
    let s3 = Request::new(
        "PUT",
        "/bucket//a/../%E2%82%AC/b%20c",
        "uploads=&partNumber=1&prefix=%2A%C3",
        &[
            ("host", "s3.us-east-1.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-acl", "public-read"),
            ("x-amz-meta-b", "\u{fc} , x"),
        ],
        "some content",
    );
    let mut all = Vec::new();
    for (request, service, region, dialect) in
        [(json, "execute-api", "us-east-2", Dialect::Json), (s3, "s3", "us-east-1", Dialect::S3)]
    {
        for form in [Form::Header, Form::Presigned] {
            let (name, request) = match (dialect, form) {
                (Dialect::S3, Form::Header) => {
                    ("S3, header", request.clone().signed(service, region, &session()))
                }
                (Dialect::S3, _) => {
                    ("S3, presigned", request.clone().presigned(service, region, &session(), 300))
                }
                (_, Form::Header) => ("JSON, header", request.clone().signed(service, region, &session())),
                (..) => ("JSON, presigned", request.clone().presigned(service, region, &session(), 300)),
            };
            let verifier = verifier(service, region, &session());
            let model = Model { service, region, dialect, form };
            verify(&verifier, &request).unwrap_or_else(|rejection| panic!("{name}: {rejection}"));
            all.push(Baseline { name, model, request, verifier });
        }
    }
    all
}

/// The bytes to put in place of another: each bit turned, and those that mean something somewhere. With
/// `SIGV4_EVERY_BYTE` set, all there are.
fn replacements(byte: u8, max: u8) -> Vec<u8> {
    const TELLING: &[u8] = b"\0\t\n\r %&*+,-./059:;=?@AFXZ_afxz~\x7f\x80\xff";
    let mut all: Vec<u8> = if std::env::var_os("SIGV4_EVERY_BYTE").is_some() {
        (0..=255).collect()
    } else {
        (0..8).map(|bit| byte ^ (1 << bit)).chain(TELLING.iter().copied()).collect()
    };
    all.sort_unstable();
    all.dedup();
    all.retain(|other| *other != byte && *other <= max);
    all
}

/// Requests that differ from this one in one byte, at every place.
fn mutants(request: &Request, mut each: impl FnMut(Field, Request)) {
    let mut change = |field: Field, bytes: &[u8], max: u8, put: &dyn Fn(&mut Request, Vec<u8>)| {
        for at in 0..bytes.len() {
            for byte in replacements(bytes[at], max) {
                let mut changed = bytes.to_vec();
                changed[at] = byte;
                let mut mutant = request.clone();
                put(&mut mutant, changed);
                each(field, mutant);
            }
        }
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    // Methods, paths, queries and names are text in every view of a request; values and bodies hold any byte.
    change(Field::Method, request.method.as_bytes(), 127, &|r, b| r.method = text(b));
    change(Field::Path, request.path.as_bytes(), 127, &|r, b| r.path = text(b));
    change(Field::Query, request.query.as_bytes(), 127, &|r, b| r.query = text(b));
    for (at, (name, value)) in request.headers.iter().enumerate() {
        change(Field::Name(at), name.as_bytes(), 127, &|r, b| r.headers[at].0 = text(b));
        change(Field::Value(at), value, 255, &|r, b| r.headers[at].1 = b);
    }
    change(Field::Body, &request.body, 255, &|r, b| r.body = b);
}

/// AWS's code for a verdict.
fn code(verdict: Verdict, dialect: Dialect, form: Form) -> &'static str {
    use RejectionKind::*;
    let Verdict { kind, s3 } = verdict;
    let of_form = match form {
        Form::Header => "AuthorizationHeaderMalformed",
        Form::Presigned => "AuthorizationQueryParametersError",
    };
    match (dialect, kind) {
        (Dialect::S3, _) if s3.is_some() => s3.unwrap_or_default(),
        (Dialect::S3, UnsupportedAlgorithm) if form == Form::Header => "InvalidRequest",
        (Dialect::S3, UnsupportedAlgorithm | Malformed | WrongScope | ScopeDate | Expires) => of_form,
        (Dialect::S3, MissingAuthentication | WireForm) => "InvalidRequest",
        (Dialect::S3, ContentSha256) => "InvalidArgument",
        (Dialect::S3, Skew) => "RequestTimeTooSkewed",
        (Dialect::S3, Expired | NotYetValid | HeadersNotSigned) => "AccessDenied",
        (Dialect::S3, UnknownAccessKeyId) => "InvalidAccessKeyId",
        (Dialect::S3, InvalidToken) => "InvalidToken",
        (Dialect::S3, SignedHeaderAbsent) => "MalformedSecurityHeader",
        (Dialect::S3, SignatureMismatch) => "SignatureDoesNotMatch",
        (Dialect::S3, BodyMismatch) => "XAmzContentSHA256Mismatch",
        (_, MissingAuthentication) => "MissingAuthenticationTokenException",
        (_, UnsupportedAlgorithm | Malformed | Expires | SignedHeaderAbsent) => {
            "IncompleteSignatureException"
        }
        (_, WrongScope | ScopeDate | Skew | Expired | NotYetValid | HeadersNotSigned | SignatureMismatch) => {
            "InvalidSignatureException"
        }
        (_, UnknownAccessKeyId | InvalidToken) => "UnrecognizedClientException",
        (_, WireForm) => "ValidationException",
        (_, other) => panic!("no single byte leads to {other:?}"),
    }
}

fn every_change_of_one_byte(baseline: &Baseline) {
    let Baseline { name, model, request, verifier } = baseline;
    let mut wrong = Vec::new();
    let mut reach: BTreeMap<String, usize> = BTreeMap::new();
    mutants(request, |field, mutant| {
        let expected = model.expected(request, field, &mutant);
        *reach.entry(format!("{:?}", expected.kind)).or_default() += 1;
        let expected = (expected.kind, code(expected, model.dialect, model.form).to_owned());
        // A URL of S3 leaves the body open; all else is refused, whatever the body.
        let outcome =
            verify(verifier, &mutant).map_err(|rejection| (rejection.kind(), rejection.code().to_owned()));
        let open = field == Field::Body && (model.dialect, model.form) == (Dialect::S3, Form::Presigned);
        match outcome {
            Ok(_) if open => {}
            Err(refused) if !open && refused == expected => {}
            other => wrong.push(format!("{other:?}, not {expected:?}: {field:?} {mutant:?}")),
        }
    });
    let some: Vec<_> = wrong.iter().take(5).cloned().collect();
    assert!(wrong.is_empty(), "{name}: {} wrong, such as\n{}", wrong.len(), some.join("\n"));
    // The test reaches what it is meant to reach.
    assert!(reach.values().sum::<usize>() > 20_000, "{name}: {reach:?}");
    let of_form = match model.form {
        Form::Header => &["Skew", "MissingAuthentication"][..],
        Form::Presigned => &["Expired", "NotYetValid", "Expires"],
    };
    let both = [
        "Malformed",
        "WrongScope",
        "ScopeDate",
        "UnsupportedAlgorithm",
        "UnknownAccessKeyId",
        "InvalidToken",
        "HeadersNotSigned",
        "SignedHeaderAbsent",
        "WireForm",
        "SignatureMismatch",
    ];
    for kind in both.iter().chain(of_form) {
        assert!(reach.contains_key(*kind), "{name}: nothing leads to {kind}: {reach:?}");
    }
}

#[test]
fn every_change_of_one_byte_json_header() {
    every_change_of_one_byte(&baselines()[0]);
}

#[test]
fn every_change_of_one_byte_json_presigned() {
    every_change_of_one_byte(&baselines()[1]);
}

#[test]
fn every_change_of_one_byte_s3_header() {
    every_change_of_one_byte(&baselines()[2]);
}

#[test]
fn every_change_of_one_byte_s3_presigned() {
    every_change_of_one_byte(&baselines()[3]);
}

#[test]
fn a_replay_past_the_window() {
    let moment = AmzDate::parse(NOW).unwrap().time();
    for Baseline { name, model, request, .. } in &baselines() {
        let at = |seconds: i64| {
            let clock = ManualClock::new(UNIX_EPOCH);
            let apart = Duration::from_secs(seconds.unsigned_abs());
            clock.set(if seconds < 0 { moment - apart } else { moment + apart });
            assert_ne!(clock.now(), UNIX_EPOCH);
            let verifier = Verifier::new(model.service, model.region, session()).with_clock(clock);
            verify(&verifier, request).map_err(|rejection| (rejection.kind(), rejection.code().to_owned()))
        };
        let last = if model.form == Form::Header { 900 } else { 300 };
        assert!(at(last).is_ok() && at(-900).is_ok(), "{name}");
        let (late, early) = match model.form {
            Form::Header => (RejectionKind::Skew, RejectionKind::Skew),
            Form::Presigned => (RejectionKind::Expired, RejectionKind::NotYetValid),
        };
        for (seconds, kind) in [(last + 1, late), (86_400, late), (-901, early), (-86_400, early)] {
            let code = code(kind.into(), model.dialect, model.form).to_owned();
            assert_eq!(at(seconds).unwrap_err(), (kind, code), "{name}, {seconds} s");
        }
    }
}
