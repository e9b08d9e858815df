//! Whatever arrives is answered: verification stops at no input, and lets nothing in that was not signed.

use proptest::prelude::*;
use sigv4_core::Payload;
use sigv4_core::flow::wire_path;
use sigv4_core::service::ServiceRules;
use sigv4_core::verify::{Dialect, WireForm};

use crate::support::*;

/// Text that comes near to what a signature is made of.
fn near() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "AWS4-HMAC-SHA256",
        " ",
        ",",
        ", ",
        "=",
        "Credential=",
        "SignedHeaders=",
        "Signature=",
        "AKIDEXAMPLE",
        "/",
        "20150830",
        "us-east-1",
        "s3",
        "aws4_request",
        "host",
        ";",
        "x-amz-date",
        "&",
        "%",
        "%2F",
        "%3B",
        "%zz",
        "%e2",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
        "20150830T123600Z",
        "600",
        "-1",
        "UNSIGNED-PAYLOAD",
        "+",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "\u{fc}",
        "\u{0}",
        "\n",
        "<",
        "'",
    ]);
    prop_oneof![
        3 => prop::collection::vec(words, 0..12).prop_map(|words| words.concat()),
        1 => any::<String>(),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "host",
        "authorization",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-security-token",
        "x-amz-s3session-token",
        "x-amz-acl",
        "content-type",
        "X-Amz-Acl",
        "",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![near().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..40)]
}

fn anything() -> impl Strategy<Value = Request> {
    let headers = prop::collection::vec((name(), value()), 0..8);
    (near(), near(), near(), headers, value()).prop_map(|(method, path, query, headers, body)| Request {
        method,
        path,
        query,
        headers,
        body,
    })
}

/// A signed request, with some of its parts exchanged.
fn nearly_signed() -> impl Strategy<Value = Request> {
    (any::<bool>(), 0..8_usize, near(), name(), value()).prop_map(|(presigned, part, text, name, value)| {
        let base = Request::new("GET", "/a", "b=c", &[("host", "h"), ("x-amz-acl", "x")], "body");
        let mut request = match presigned {
            true => base.presigned("s3", "us-east-1", &session(), 60),
            false => base.signed("s3", "us-east-1", &session()),
        };
        match part {
            0 => request.method = text,
            1 => request.path = text,
            2 => request.query.push_str(&text),
            3 => request.query = format!("{text}&{}", request.query),
            4 => request.set(&name, value),
            5 => request.headers.push((name, value)),
            6 => {
                let at = value.len() % request.headers.len();
                request.headers[at].1 = value;
            }
            _ => {
                let at = (0..=request.query.len())
                    .rev()
                    .find(|at| value.len() % (at + 1) == 0)
                    .unwrap_or_default();
                request.query.insert_str(at, &text);
            }
        }
        request
    })
}

fn answers(request: &Request) -> Result<(), TestCaseError> {
    for form in [WireForm::Equivalent, WireForm::Standard, WireForm::Exact] {
        for dialect in [Dialect::S3, Dialect::Json, Dialect::Query] {
            let verifier = verifier("s3", "us-east-1", &session())
                .with_wire_form(form)
                .with_dialect(dialect)
                .with_details(true)
                .with_streaming(true);
            let Err(rejection) = verify(&verifier, request) else { continue };
            let response = rejection.response();
            let body = std::str::from_utf8(response.body()).unwrap();
            prop_assert!(!body.contains(SECRET));
            prop_assert!(!rejection.to_string().contains(TOKEN));
            prop_assert!(!rejection.to_string().chars().any(char::is_control), "{}", rejection);
            if dialect == Dialect::Json {
                serde_json::from_str::<serde_json::Value>(body).unwrap();
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_answered_and_nothing_gets_in(request in anything()) {
        answers(&request)?;
        let verifier = verifier("s3", "us-east-1", &session()).with_wire_form(WireForm::Equivalent);
        prop_assert!(verify(&verifier, &request).is_err());
    }

    #[test]
    fn nearly_signed_requests_are_answered(request in nearly_signed()) {
        answers(&request)?;
    }

    /// What is signed by the project's signer is accepted, whatever the request is like.
    #[test]
    fn what_is_signed_is_accepted(
        method in "[A-Z]{1,8}",
        path in "(/[!-~]{0,6}){1,4}",
        query in "([!-~]{1,5}=[!-~]{0,5}(&[!-~]{1,4})?){0,3}",
        values in prop::collection::vec("[ -~\\u{a1}-\\u{ff}]{0,20}", 0..4),
        body in prop::collection::vec(any::<u8>(), 0..50),
        presigned in any::<bool>(),
        s3 in any::<bool>(),
    ) {
        let service = if s3 { "s3" } else { "execute-api" };
        let path = wire_path(&path, &ServiceRules::for_service(service)).unwrap_or(path);
        prop_assume!(!query.contains("X-Amz-") && !path.contains('?'));
        let mut request = Request::new(&method, &path, &query, &[("host", "h.example.com")], "");
        request.body = body;
        for (at, value) in values.iter().enumerate() {
            request.headers.push((format!("x-amz-meta-{}", at % 3), value.clone().into_bytes()));
        }
        let request = match presigned {
            true => request.presigned(service, "us-east-1", &session(), 60),
            false => request.signed(service, "us-east-1", &session()),
        };
        let verifier = verifier(service, "us-east-1", &session()).with_wire_form(WireForm::Equivalent);
        let verified = verify(&verifier, &request);
        prop_assert!(verified.is_ok(), "{:?}", verified.unwrap_err());
        // Another body is not, where the body is signed.
        let other = at_once(verifier.verify(&request.view(), Payload::bytes(b"another body, longer than any of them is; so it differs.")));
        prop_assert_eq!(other.is_ok(), s3 && presigned);
    }
}
