//! One signature, and another path that shares it.

use sigv4_core::verify::{RejectionKind, WireForm};

use crate::attacks::{API, S3, outcome, outcome_in, request};
use crate::support::*;

#[test]
fn other_paths_of_one_canonical_path() {
    let paths = [
        "//public/a",
        "/public//a",
        "/./public/a",
        "/x/../public/a",
        "/admin/../public/a",
        "/public/b/../a",
        "/public/./a",
        "/../public/a",
    ];
    for path in paths {
        let change = |request: &mut Request| request.path = path.into();
        assert_eq!(
            outcome(API, false, request("/public/a", "", &[]), change),
            Err(RejectionKind::WireForm),
            "{path}"
        );
        // AWS takes them for the same, and so does who asks for that.
        let aws = outcome_in(WireForm::Equivalent, API, false, request("/public/a", "", &[]), change);
        assert_eq!(aws, Ok(()), "{path}");
        // To S3 they are other keys.
        let s3 = outcome(S3, false, request("/public/a", "", &[]), change);
        assert_eq!(s3, Err(RejectionKind::SignatureMismatch), "{path}");
    }
    for path in [
        "/public%2Fa",
        "/public%2fa",
        "/%70ublic/a",
        "/public/a/",
        "/public/a/.",
        "/public/%2E/a",
        "public/a",
    ] {
        for service in [API, S3] {
            let change = |request: &mut Request| request.path = path.into();
            assert!(
                outcome(service, false, request("/public/a", "", &[]), change).is_err(),
                "{service} {path}"
            );
        }
    }
    // A line break, which no server's own types let through, would be the end of the path in the canonical request.
    let smuggled = |request: &mut Request| request.path = "/a\nq=1".into();
    assert_eq!(outcome(S3, false, request("/a", "q=1", &[]), smuggled), Err(RejectionKind::WireForm));
    let smuggled = |request: &mut Request| request.method = "GET\n/a".into();
    assert_eq!(outcome(S3, false, request("/a", "", &[]), smuggled), Err(RejectionKind::WireForm));
}

/// S3 decodes a path and encodes it anew before it checks the signature.
#[test]
fn other_paths_of_one_key_of_s3() {
    let base = || request("/a/b%2B%C3%BC~", "", &[]);
    for (path, standard) in [
        ("/a/b+%C3%BC~", Ok(())),
        ("/a/b%2Bü~", Ok(())),
        ("/a/b%2b%C3%BC~", Err(RejectionKind::WireForm)),
        ("/a%2Fb%2B%C3%BC~", Err(RejectionKind::WireForm)),
        ("/a/b%2B%C3%BC%7E", Err(RejectionKind::WireForm)),
        ("/%61/b%2B%C3%BC~", Err(RejectionKind::WireForm)),
    ] {
        let change = |request: &mut Request| request.path = path.into();
        assert_eq!(outcome_in(WireForm::Equivalent, S3, false, base(), change), Ok(()), "{path}");
        assert_eq!(outcome_in(WireForm::Equivalent, S3, true, base(), change), Ok(()), "{path}");
        assert_eq!(outcome(S3, false, base(), change), standard, "{path}");
        let exact = outcome_in(WireForm::Exact, S3, false, base(), change);
        assert_eq!(exact, Err(RejectionKind::WireForm), "{path}");
        assert!(outcome_in(WireForm::Equivalent, API, false, base(), change).is_err(), "{path}");
    }
    for (path, form) in [("/a/b%252B%C3%BC~", WireForm::Exact), ("/a/b%%C3%BC~", WireForm::Equivalent)] {
        let change = |request: &mut Request| request.path = path.into();
        assert_eq!(outcome_in(form, S3, false, base(), change), Err(RejectionKind::SignatureMismatch));
    }
    // Signed as it was sent, and S3 reckons with another path.
    for form in [WireForm::Equivalent, WireForm::Standard] {
        let verifier = verifier(S3, "us-east-1", &credentials()).with_wire_form(form);
        let refused = verify(&verifier, &request("/key(1)", "", &[]).signed(S3, "us-east-1", &credentials()));
        assert_eq!(refused.unwrap_err().kind(), RejectionKind::SignatureMismatch);
    }
}
