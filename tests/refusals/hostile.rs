//! Bodies that a hostile or broken server sends: read within bounds, without a panic, and shown harmlessly.

use std::fmt::Write;

use http::{HeaderMap, HeaderValue, StatusCode};
use sigv4_core::refusal::{MAX_BODY, Refusal, RefusalKind, SentSignature};

use crate::table::{Request, signed};

const SENTENCE: &str = "The request signature we calculated does not match the signature you provided.";

fn read(body: &[u8]) -> Option<Refusal> {
    Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body)
}

/// Reads and explains, and checks that whatever is shown is printable ASCII of bounded length.
fn shown(body: &[u8], sent: &SentSignature) -> Option<String> {
    let refusal = read(body)?;
    let explanation = refusal.explain(sent)?;
    let text = explanation.to_string();
    assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{text:?}");
    assert!(text.len() < 4_096, "{}", text.len());
    for finding in explanation.findings() {
        assert!(
            finding.evidence().bytes().chain(finding.advice().bytes()).all(|b| (b' '..=b'~').contains(&b))
        );
    }
    Some(text)
}

fn told(canonical: &str) -> Vec<u8> {
    format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>{SENTENCE}</Message>\
         <CanonicalRequest>{canonical}</CanonicalRequest></Error>"
    )
    .into_bytes()
}

#[test]
fn only_the_beginning_of_an_endless_body_is_looked_at() {
    let mut body =
        format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{SENTENCE}</Message>").into_bytes();
    body.resize(8 * MAX_BODY, b'x');
    assert!(matches!(read(&body).unwrap().kind(), RefusalKind::SignatureMismatch { .. }));
    // What is told beyond the bound is not read.
    let mut late = vec![b' '; MAX_BODY];
    late.extend_from_slice(b"<Error><Code>SignatureDoesNotMatch</Code></Error>");
    assert_eq!(read(&late).map(|refusal| refusal.kind().clone()), Some(RefusalKind::Untold));
}

#[test]
fn a_canonical_request_of_a_mebibyte_counts_as_not_told() {
    for body in [
        told(&format!("GET\n/{}", "a".repeat(1 << 20))),
        format!(
            r#"{{"message":"{SENTENCE}\n\nThe Canonical String for this request should have been\n'GET\n/{}'"}}"#,
            "a".repeat(1 << 20)
        )
        .into_bytes(),
    ] {
        let refusal = read(&body).unwrap();
        let RefusalKind::SignatureMismatch { canonical_request, .. } = refusal.kind() else {
            panic!("{refusal:?}");
        };
        assert_eq!(*canonical_request, None);
    }
}

#[test]
fn entities_are_never_expanded() {
    let mut bomb = String::from("<!DOCTYPE Error [<!ENTITY a0 \"lol\">");
    for level in 1..20 {
        let ten = format!("&a{};", level - 1).repeat(10);
        write!(bomb, "<!ENTITY a{level} \"{ten}\">").unwrap();
    }
    bomb.push_str("]><Error><Code>SignatureDoesNotMatch</Code><Message>&a19;</Message><CanonicalRequest>&a19;</CanonicalRequest></Error>");
    let refusal = read(bomb.as_bytes()).unwrap();
    let RefusalKind::SignatureMismatch { canonical_request: Some(text), .. } = refusal.kind() else {
        panic!("{refusal:?}");
    };
    assert_eq!(text.expose(), "&a19;");
    let external = "<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Error><Code>SignatureDoesNotMatch</Code><StringToSign>&x;</StringToSign></Error>";
    let refusal = read(external.as_bytes()).unwrap();
    let RefusalKind::SignatureMismatch { string_to_sign: Some(text), .. } = refusal.kind() else {
        panic!("{refusal:?}");
    };
    assert_eq!(text.expose(), "&x;");
}

#[test]
fn depth_and_number_are_bounded() {
    let deep_json = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_objects = format!("{}\"x\"{}", "{\"message\":".repeat(5_000), "}".repeat(5_000));
    let deep_xml = format!("{}SignatureDoesNotMatch{}", "<Code>".repeat(5_000), "</Code>".repeat(5_000));
    let wide_json = format!("[{}0]", "0,".repeat(32_000));
    let wide_xml = format!("<Error>{}</Error>", "<a>b</a>".repeat(8_000));
    for body in [deep_json, deep_objects, deep_xml, wide_json, wide_xml] {
        assert_eq!(read(body.as_bytes()), None, "{}", &body[..40]);
    }
}

#[test]
fn broken_text_is_read_as_far_as_it_goes() {
    let mut invalid = told("PUT\n/\u{fffd}");
    let at = invalid.windows(3).position(|bytes| bytes == "\u{fffd}".as_bytes()).unwrap();
    invalid.splice(at..at + 3, [0xff, 0xfe, 0xc0]);
    assert!(shown(&invalid, &signed(&Request::new())).unwrap().contains("\"/\\u{fffd}"));
    for body in [
        "<Error><Code>SignatureDoesNotMatch</Code><Message>cut",
        "<Error><Code>SignatureDoesNotMatch</Code></Wrong>",
        "<Error><Code>SignatureDoesNotMatch</Code>&",
        "\u{feff}<Error><Code>SignatureDoesNotMatch</Code></Error>",
        &format!("{{\"message\":\"{SENTENCE}"),
    ] {
        assert!(
            matches!(read(body.as_bytes()).unwrap().kind(), RefusalKind::SignatureMismatch { .. }),
            "{body}"
        );
    }
    for body in
        ["<", "<>", "{", "[", "\"", "&#0;", "<!DOCTYPE", "<![CDATA[", "<a b", "<?", "{\"a\":\"\\ud800\"}"]
    {
        assert_eq!(read(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn a_compressed_body_is_left_packed() {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&gzip), None);
    let mut headers = HeaderMap::new();
    headers.insert("content-encoding", HeaderValue::from_static("br"));
    assert_eq!(Refusal::read(StatusCode::FORBIDDEN, &headers, &told("GET\n/")), None);
    headers.insert("x-amzn-errortype", HeaderValue::from_static("ExpiredTokenException"));
    let refusal = Refusal::read(StatusCode::FORBIDDEN, &headers, &gzip).unwrap();
    assert_eq!(refusal.kind(), &RefusalKind::ExpiredToken);
}

#[test]
fn terminal_escapes_and_line_breaks_do_not_come_through() {
    let escape = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m\r";
    let sent = signed(&Request::new());
    let requests = [
        format!("GET\n/{escape}"),
        format!("PUT\n/items/one\na{escape}=1\nhost:a\n\nhost\nx"),
        format!("PUT\n/items/one\na=1&amp;b=2\ncontent-type:{escape}\n\nhost\nx"),
        format!("PUT\n/items/one\na=1&amp;b=2\n{escape}:x\n\nhost\nx"),
        format!("PUT{escape}\n/"),
    ];
    for request in requests {
        shown(&told(&request), &sent).unwrap();
    }
    for body in [
        format!("<Error><Code>SignatureDoesNotMatch{escape}</Code><Message>{SENTENCE}</Message></Error>"),
        format!(
            "<Error><Message>the region '{escape}' is wrong; expecting '{escape}'</Message><Region>{escape}</Region></Error>"
        ),
        format!(
            "<Error><Message>There were headers present in the request which were not signed</Message><HeadersNotSigned>{escape}</HeadersNotSigned></Error>"
        ),
        format!("<Error><Message>'{escape}' is named as a SignedHeader, but</Message></Error>"),
    ] {
        shown(body.as_bytes(), &sent).unwrap();
    }
    // What the request itself holds is escaped, too.
    let mut sent = sent;
    sent.region = escape.to_owned();
    sent.host = format!("{escape}:443");
    sent.amz_date = escape.to_owned();
    sent.access_key_id = escape.to_owned();
    sent.service = escape.to_owned();
    shown(&told("GET\n/"), &sent).unwrap();
    shown(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", &sent).unwrap();
    shown(b"<Error><Message>Credential should be scoped to a valid region</Message></Error>", &sent).unwrap();
}

#[test]
fn what_servers_echo_is_not_repeated() {
    let token = "FwoGZXIvYXdzEXAMPLETOKEN";
    let signature = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let key = "AKIAIOSFODNN7EXAMPLE";
    let sent = signed(&Request::new());
    let bodies = [
        format!("<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>{token}</Token-0></Error>"),
        format!("<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist in our records.</Message><AWSAccessKeyId>{key}</AWSAccessKeyId></Error>"),
        format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{SENTENCE}</Message><AWSAccessKeyId>{key}</AWSAccessKeyId><SignatureProvided>{signature}</SignatureProvided></Error>"),
        format!("{{\"message\":\"'{key}/x' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential={key} /x, Signature={signature}'\"}}"),
        format!("{{\"message\":\"Credential must have exactly 5 slash-delimited elements, got '{key}/2015'\"}}"),
        String::from_utf8(told(&format!("PUT\n/items/one\nX-Amz-Security-Token={token}&amp;X-Amz-Credential={key}&amp;key={signature}\nx-amz-security-token:{token}\nx-api-key:{signature}\n\nhost\n{}", "UNSIGNED-PAYLOAD"))).unwrap(),
        format!("<Error><Code>{token}</Code><Message>{SENTENCE}</Message></Error>").replace("<Code>", "<Code>a token: "),
    ];
    for body in bodies {
        let text = shown(body.as_bytes(), &sent).unwrap();
        let debug = format!("{:?}", read(body.as_bytes()));
        for secret in [token, signature, key] {
            assert!(!text.contains(secret) && !debug.contains(secret), "{text}\n{debug}");
        }
    }
}

#[test]
fn as_many_pairs_as_fit_take_no_quadratic_time() {
    const PAIRS: usize = 6_000;
    let query = |order: &dyn Fn(usize) -> usize| -> String {
        (0..PAIRS).map(|at| format!("{:04}", order(at))).collect::<Vec<_>>().join("&")
    };
    let request = |query: &str| format!("GET\n/\n{query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD");
    let mut sent = SentSignature::default();
    sent.canonical_request = Some(request(&query(&|at| at)));
    let body = told(&request(&query(&|at| PAIRS - at)).replace('&', "&amp;"));
    assert!(body.len() < MAX_BODY);
    assert!(shown(&body, &sent).unwrap().contains("query parameter"));
}

#[test]
fn a_torn_canonical_request_shows_no_token() {
    // A server that writes a line too many, or too few, puts a header where another line belongs.
    let token = "IQoJb3JpZ2luX2VjEXAMPLETOKENIQoJb3JpZ2lu";
    let header = format!("x-amz-security-token:{token}");
    let sent = signed(&Request::new());
    let base = "PUT\n/items/one\na=1&amp;b=2\ncontent-type:application/json\n\
        host:abc.execute-api.eu-west-1.amazonaws.com\nx-amz-date:20260102T030405Z\nx-amz-meta-owner:a customer's secret\n";
    for torn in [
        format!("{base}\n{header}\n\nhost"),
        format!("{base}\ncontent-type;host;x-amz-date;x-amz-meta-owner\n{header}"),
        format!("PUT\n/items/one\n{header}\n\nhost\nx"),
        format!("{header}\n/items/one"),
        format!("{base}{header}\n\nhost\nx"),
    ] {
        let text = shown(&told(&torn), &sent).unwrap();
        assert!(!text.contains(token), "{text}");
    }
}

#[test]
fn a_token_that_the_service_repeats_is_not_shown() {
    // In every place from which something is shown: codes, regions, services, names of headers and parameters, lines.
    let token = "IQoJb3JpZ2luX2VjEXAMPLETOKENIQoJb3JpZ2lu";
    let mut sent = signed(&Request::new());
    let canonical = sent.canonical_request.take().unwrap();
    let signed_token = format!("x-amz-meta-owner:x\nx-amz-security-token:{token}");
    sent.canonical_request = Some(canonical.replace("x-amz-meta-owner:a customer's secret", &signed_token));
    assert!(sent.canonical_request.as_ref().unwrap().contains(token));
    let theirs = |canonical: &str| String::from_utf8(told(canonical)).unwrap();
    let cases = [
        format!("<Error><Code>{token}</Code><Message>{SENTENCE}</Message></Error>"),
        format!(
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region \
             'us-east-1' is wrong; expecting '{token}'</Message><Region>{token}</Region></Error>"
        ),
        format!(
            "{{\"message\":\"Credential should be scoped to a valid region, not '{token}'. Credential should be \
             scoped to correct service: '{token}'. \"}}"
        ),
        format!(
            "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were not signed\
             </Message><HeadersNotSigned>{token}</HeadersNotSigned></Error>"
        ),
        theirs(&format!("{token}\n/\n\nhost:h\n\nhost\nx")),
        theirs(&format!("PUT\n/{token}\n\nhost:h\n\nhost\nx")),
        theirs(&format!("PUT\n/items/one\n{token}={token}\nhost:h\n\nhost\nx")),
        theirs(&format!("PUT\n/items/one\na=1&amp;b=2\nhost:{token}\n\nhost\nx")),
        theirs(&format!("PUT\n/items/one\na=1&amp;b=2\n{token}:{token}\n\nhost\nx")),
        theirs(&format!("PUT\n/items/one\na=1&amp;b=2\nhost:h\n\n{token}\n{token}")),
    ];
    // Signed in a header, in the query of a presigned URL, and in what is no canonical request at all.
    let in_header = sent.canonical_request.clone();
    let encoded = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
    let in_query = canonical.replace("a=1&b=2", &format!("X-Amz-Date=1&X-Amz-Security-Token={encoded}"));
    assert_ne!(in_query, canonical);
    let torn = format!("\n\n\nx-amz-security-token:{token}");
    for body in cases {
        for signed in [in_header.clone(), Some(in_query.clone()), Some(torn.clone())] {
            sent.canonical_request = signed;
            let text = shown(body.as_bytes(), &sent).unwrap_or_else(|| panic!("{body}"));
            let debug = format!("{:?}", read(body.as_bytes()).unwrap().explain(&sent));
            let text = format!("{text}\n{debug}").to_ascii_lowercase();
            for part in token.to_ascii_lowercase().as_bytes().windows(16) {
                let part = std::str::from_utf8(part).unwrap();
                assert!(!text.contains(part), "{body}\n{text}");
            }
        }
    }
}
