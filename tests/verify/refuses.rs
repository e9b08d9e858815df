//! What is refused, with which code.

use crate::support::*;

#[test]
fn a_wrong_body_is_named_as_each_dialect_names_it() {
    for (service, code) in [("s3", "XAmzContentSHA256Mismatch"), ("lambda", "InvalidSignatureException")] {
        let mut signed = Request::new("PUT", "/a", "", &[("host", "h")], "body").signed(
            service,
            "us-east-1",
            &credentials(),
        );
        signed.body.push(b'!');
        let rejection = verify(&verifier(service, "us-east-1", &credentials()), &signed).unwrap_err();
        assert_eq!(rejection.code(), code);
    }
}
