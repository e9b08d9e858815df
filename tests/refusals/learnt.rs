//! What a signer keeps of a refusal, and which later requests it is for.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use sigv4_core::clock::ManualClock;
use sigv4_core::flow::Kept;
use sigv4_core::refusal::{Cause, Confidence, Line};
use sigv4_core::{Credentials, Origin, Payload, Refused, Signer, Watch};

use crate::table::EMPTY;

const EU: (&str, &str) = ("x-amz-bucket-region", "eu-west-3");
const MOVED: &str = "<Error><Code>PermanentRedirect</Code><Message>x</Message></Error>";

fn signer() -> Signer {
    signer_for("us-east-1")
}

fn signer_for(region: &str) -> Signer {
    Signer::new("s3", region, Credentials::new("AKIAEXAMPLE", "secret").unwrap())
        .with_clock(ManualClock::at_amz_date("20261128T120000Z").unwrap())
}

fn allowing(hosts: &[&str]) -> Vec<Origin> {
    hosts.iter().map(|host| format!("https://{host}").parse().unwrap()).collect()
}

/// Signs a request, and hands its refusal to the signer.
fn refused(
    signer: &Signer,
    (method, uri): (Method, &str),
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &str,
) -> Refused {
    let original = Request::builder().method(&method).uri(uri).body(()).unwrap();
    let host = uri.parse::<Uri>().unwrap().host().unwrap().to_owned();
    let mut watch = Watch::new(Kept::new(&method, Some(&host), &[uri], original.headers()));
    assert!(signer.try_sign_watched(&mut original.clone(), Payload::EMPTY, &mut watch).unwrap());
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let headers = HeaderMap::from_iter(headers);
    let status = StatusCode::from_u16(status).unwrap();
    signer.refused(&watch, &original, status, &headers, body.as_bytes()).unwrap()
}

/// Where the next request goes, and the region that it is signed for.
fn next(signer: &Signer, uri: &str) -> (String, String) {
    let mut request = Request::get(uri).body(()).unwrap();
    signer.relocate(&mut request);
    signer.sign(&mut request, Payload::EMPTY).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    (request.uri().to_string(), authorization.split('/').nth(2).unwrap().to_owned())
}

#[test]
fn one_bucket_does_not_tell_the_region_of_all_at_its_host() {
    let wrong = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region \
        'us-east-1' is wrong; expecting 'eu-west-3'</Message><Region>eu-west-3</Region></Error>";
    for host in ["s3.us-east-1.amazonaws.com", "s3.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com"] {
        let mine = format!("https://{host}/mine/key");
        for (method, status, body) in [
            (Method::HEAD, 403, ""),
            (Method::HEAD, 400, ""),
            (Method::GET, 403, ""),
            (Method::GET, 400, wrong),
        ] {
            let signer = signer();
            let theirs = format!("https://{host}/somebody-elses");
            let answer = refused(&signer, (method.clone(), &theirs), status, &[EU], body);
            assert!(!answer.replay, "{method} {status} {host}");
            assert_eq!(
                next(&signer, &mine),
                (mine.clone(), "us-east-1".to_owned()),
                "{method} {status} {host}"
            );
        }
    }
}

#[test]
fn a_bucket_that_is_not_to_be_seen_is_not_surely_signed_for_the_wrong_region() {
    for uri in ["https://s3.us-east-1.amazonaws.com/theirs", "https://minio.example.com/theirs"] {
        let signer = signer();
        let answer = refused(&signer, (Method::HEAD, uri), 403, &[EU], "");
        assert!(!answer.replay, "{uri}");
        let explanation = answer.explanation.unwrap();
        let finding = &explanation.findings()[0];
        assert_eq!(
            (finding.cause(), finding.confidence()),
            (Cause::WrongRegion, Confidence::Likely),
            "{uri}"
        );
        assert!(explanation.to_string().contains("a permission is missing"), "{explanation}");
    }
}

#[test]
fn a_host_may_be_signed_for_the_region_that_it_names() {
    let signer = signer();
    let uri = "https://s3.eu-west-3.amazonaws.com/bucket/key";
    assert!(refused(&signer, (Method::HEAD, uri), 400, &[EU], "").replay);
    assert_eq!(next(&signer, uri), (uri.to_owned(), "eu-west-3".to_owned()));
}

#[test]
fn a_bucket_in_the_path_moves_alone() {
    let signer = signer().with_allowed_origins(allowing(&[
        "s3.us-east-1.amazonaws.com",
        "s3.eu-west-3.amazonaws.com",
        "s3.us-west-2.amazonaws.com",
    ]));
    let old = |path: &str| format!("https://s3.us-east-1.amazonaws.com{path}");
    assert!(refused(&signer, (Method::GET, &old("/eu/key")), 301, &[EU], MOVED).replay);
    let oregon = ("x-amz-bucket-region", "us-west-2");
    assert!(refused(&signer, (Method::GET, &old("/west/key")), 301, &[oregon], MOVED).replay);
    for path in ["/us/key", "/", "/eu-2/key", "/us?prefix=/eu/"] {
        assert_eq!(next(&signer, &old(path)), (old(path), "us-east-1".to_owned()));
    }
    for (path, region) in [("/eu/other?a", "eu-west-3"), ("/eu", "eu-west-3"), ("/west/", "us-west-2")] {
        let new = format!("https://s3.{region}.amazonaws.com{path}");
        assert_eq!(next(&signer, &old(path)), (new, region.to_owned()));
    }
}

#[test]
fn a_clone_is_not_moved_out_of_its_own_origins() {
    let (old, new) = ("b.s3.amazonaws.com", "b.s3.eu-west-3.amazonaws.com");
    let wide = signer().with_allowed_origins(allowing(&[old, new]));
    let narrow = wide.clone().with_allowed_origins(allowing(&[old]));
    let uri = format!("https://{old}/key");
    assert!(refused(&wide, (Method::GET, &uri), 307, &[EU], MOVED).replay);
    assert_eq!(next(&wide, &uri).0, format!("https://{new}/key"));
    assert_eq!(next(&narrow, &uri), (uri.clone(), "us-east-1".to_owned()));
}

#[test]
fn a_region_is_signed_for_in_the_case_in_which_it_was_told() {
    let body = |given: &str| {
        format!(
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region \
             '{given}' is wrong; expecting 'RegionOne'</Message><Region>RegionOne</Region></Error>"
        )
    };
    let uri = "https://swift.example.com/bucket/key";
    for given in ["us-east-1", "regionone"] {
        let signer = signer_for(given);
        let answer = refused(&signer, (Method::GET, uri), 400, &[], &body(given));
        assert!(answer.replay, "{given}");
        let told = answer.explanation.unwrap().to_string();
        assert!(told.ends_with("sign for \"RegionOne\""), "{told}");
        assert_eq!(next(&signer, uri).1, "RegionOne");
    }
    let signer = signer();
    let told = ("x-amz-bucket-region", "RegionOne");
    assert!(refused(&signer, (Method::HEAD, uri), 400, &[told], "").replay);
    assert_eq!(next(&signer, uri).1, "RegionOne");
}

#[test]
fn names_of_headers_are_told_in_lower_case() {
    let unsigned = "<Code>AccessDenied</Code><Message>There were headers present in the request which were not signed</Message>\
        <HeadersNotSigned>X-Amz-Acl</HeadersNotSigned>";
    let absent = "<Code>MalformedSecurityHeader</Code><ParameterName>X-Amz-Acl</ParameterName>";
    for error in [unsigned, absent] {
        let body = format!("<Error>{error}</Error>");
        let answer = refused(&signer(), (Method::GET, "https://b.s3.amazonaws.com/k"), 403, &[], &body);
        let explanation = answer.explanation.unwrap();
        assert_eq!(explanation.line(), Some(&Line::Header("x-amz-acl".to_owned())), "{error}");
    }
}

/// Its scope holds no region, but the service all the same.
#[test]
fn a_request_signed_with_sigv4a_is_held_against_the_rules_of_its_service() {
    let host = "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com";
    let uri = format!("https://{host}/my%20file.txt");
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    assert_eq!(refused(&signer(), (Method::GET, &uri), 403, &[], denied).explanation, None);
    let theirs = format!(
        "GET\n/my%2520file.txt\n\nhost:{host}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:20261128T120000Z\n\
         x-amz-region-set:*\n\nhost;x-amz-content-sha256;x-amz-date;x-amz-region-set\n{EMPTY}"
    );
    let mismatch = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{theirs}</CanonicalRequest></Error>"
    );
    let explanation = refused(&signer(), (Method::GET, &uri), 403, &[], &mismatch).explanation.unwrap();
    assert!(!explanation.to_string().contains("every service but S3"), "{explanation}");
}
