//! What is refused: in whose words, and that the project's own reader of refusals understands them.

mod authorizations;
mod state;
mod told;

use sigv4_core::Credentials;
use sigv4_core::refusal::{Malformed, Refusal, RefusalKind, ScopePart};
use sigv4_core::verify::{Dialect, Rejection, Verifier};

use crate::support::*;

/// A service in each dialect: S3's own, and lambda in both of the others.
pub const DIALECTS: [(Dialect, &str); 3] =
    [(Dialect::S3, "s3"), (Dialect::Json, "lambda"), (Dialect::Query, "sts")];

pub fn plain() -> Request {
    let headers = [("host", "example.com"), ("content-type", "text/plain"), ("x-amz-meta-a", "1")];
    Request::new("PUT", "/a/b", "list-type=2", &headers, "content")
}

pub struct Refused {
    pub rejection: Rejection,
    pub read: Option<Refusal>,
}

impl Refused {
    pub fn new(rejection: Rejection) -> Self {
        let response = rejection.response();
        let read = Refusal::read(response.status(), response.headers(), response.body());
        Self { rejection, read }
    }

    /// Its `Display`, and what the reader makes of its response.
    pub fn is(&self, words: &str, kind: RefusalKind) {
        assert_eq!(self.rejection.to_string(), words);
        let read = self.read.as_ref().unwrap_or_else(|| panic!("not read: {words}"));
        assert_eq!(read.kind(), &kind, "{words}");
        assert_eq!(read.code(), Some(self.rejection.code()), "{words}");
        assert_eq!(read.status(), self.rejection.status(), "{words}");
    }
}

/// In each dialect, the request signed and then changed, refused by a verifier that was changed, too.
pub fn refused(
    presigned: bool,
    credentials: &Credentials,
    change: impl Fn(&mut Request),
    adjust: impl Fn(Verifier) -> Verifier,
) -> [Refused; 3] {
    DIALECTS.map(|(dialect, service)| {
        let mut request = match presigned {
            true => plain().presigned(service, "us-east-1", credentials, 60),
            false => plain().signed(service, "us-east-1", credentials),
        };
        change(&mut request);
        let verifier = verifier(service, "us-east-1", credentials).with_dialect(dialect);
        Refused::new(verify(&adjust(verifier), &request).unwrap_err())
    })
}

pub fn in_header(change: impl Fn(&mut Request)) -> [Refused; 3] {
    refused(false, &credentials(), change, |verifier| verifier)
}

pub fn in_query(change: impl Fn(&mut Request)) -> [Refused; 3] {
    refused(true, &credentials(), change, |verifier| verifier)
}

pub fn replace(request: &mut Request, name: &str, from: &str, to: &str) {
    let value = request.header(name);
    assert!(value.contains(from), "{value}");
    request.set(name, value.replacen(from, to, 1));
}

pub fn replace_query(request: &mut Request, from: &str, to: &str) {
    assert!(request.query.contains(from), "{}", request.query);
    request.query = request.query.replacen(from, to, 1);
}

pub fn malformed(what: Malformed) -> RefusalKind {
    RefusalKind::MalformedAuthorization(what)
}

pub fn mismatch() -> RefusalKind {
    RefusalKind::SignatureMismatch { canonical_request: None, string_to_sign: None }
}

pub fn scope(
    region: Option<(Option<&str>, Option<&str>)>,
    service: Option<(Option<&str>, Option<&str>)>,
) -> RefusalKind {
    let part = |part: Option<(Option<&str>, Option<&str>)>| {
        part.map(|(given, expected)| {
            let mut part = ScopePart::default();
            part.given = given.map(str::to_owned);
            part.expected = expected.map(str::to_owned);
            part
        })
    };
    RefusalKind::WrongScope { region: part(region), service: part(service) }
}

pub fn hex(digest: &[u8; 32]) -> String {
    sigv4_core::signature::Hex::of(digest).to_string()
}
