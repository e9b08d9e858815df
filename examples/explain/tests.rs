//! Foreign clients' requests, signed wrongly by the standard libraries of their languages: each gets its sentence.
//!
//! The signatures were made by node's `crypto`, Python's `hmac` and Java's `Mac`, as the comments say, not by
//! this program.

use std::collections::BTreeMap;

use crate::claim::Claim;
use crate::faults::{self, Fault, Match};
use crate::recipe::Recipe;
use crate::verdict::{Secret, verdict};
use crate::wire::{Request, Response};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20260102T030405Z";
const MUTE: &str = "HTTP/1.1 403 Forbidden\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\nx-amzn-ErrorType: InvalidSignatureException\r\n\r\n\
    {\"message\":\"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\"}";

/// `GET target` to an API, with two signed headers.
fn get(target: &str, signature: &str) -> String {
    request("GET", target, DATE, "AKIDEXAMPLE", signature)
}

fn request(method: &str, target: &str, date: &str, id: &str, signature: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: abc.execute-api.eu-west-1.amazonaws.com\r\nX-Amz-Date: {date}\r\n\
         User-Agent: foreign/1.0\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={id}/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature={signature}\r\n\r\n"
    )
}

/// What an API Gateway answers that tells what it computed from the request as it was sent.
fn told(request: &str) -> String {
    let request = Request::parse(request.as_bytes()).unwrap();
    let claim = Claim::read(&request).unwrap();
    let right = Recipe::right(&request, &claim, SECRET);
    let to_sign = String::from_utf8(right.string_to_sign()).unwrap();
    let message = format!(
        "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this \
         request should have been\n'{}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n",
        right.canonical_request()
    );
    format!("HTTP/1.1 403 Forbidden\r\n\r\n{}", serde_json::json!({ "message": message }))
}

fn explained(request: &str, response: &str, secret: Option<&str>) -> String {
    let secret = secret.map(|secret| Secret { secret_access_key: secret.to_owned(), session_token: None });
    let request = Request::parse(request.as_bytes()).unwrap();
    let response = Response::parse(response.as_bytes()).unwrap();
    let text = verdict(&request, &response, secret.as_ref()).join("\n");
    assert!(!text.contains(SECRET) && text.is_ascii(), "{text}");
    text
}

/// The same sentence, whether the service tells what it computed or not.
fn with_secret(request: &str) -> String {
    let text = explained(request, MUTE, Some(SECRET));
    let after = |text: &str| text.split_once("because ").map(|(_, because)| because.to_owned());
    assert_eq!(after(&text), after(&explained(request, &told(request), Some(SECRET))), "told and not told");
    assert_eq!(text.lines().count(), 1, "a certain finding is one sentence: {text}");
    text
}

#[test]
fn raw_digests_read_as_text_in_the_key_derivation() {
    // node: k = crypto.createHmac('sha256', k).update(x).digest().toString(), and the same in
    // Python with .digest().decode('utf-8', 'replace'), in Java with new String(digest, UTF_8).
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "b5453d4be33e0895dbf80a55f70a3a77975e40785a70b395cf2958ac5a55abec")), @"refused with 403 InvalidSignatureException, because each digest of the key derivation was read as UTF-8 text (each byte that is none became U+FFFD): hand the raw 32 bytes of each digest to the next step");
    // Python: .decode('utf-8', 'ignore')
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "2d910caf1db9ade264c2def6f6daf46f4102b0f8df927d75fb85ff350ef7b571")), @"refused with 403 InvalidSignatureException, because each digest of the key derivation was read as UTF-8 text, the bytes that are none left out: hand the raw 32 bytes of each digest to the next step");
    // node: .digest('binary')
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "e7314b2eb042783a479d12654a032df46f9c61c2e71ed71210a80bf7c3c15f4e")), @"refused with 403 InvalidSignatureException, because each digest of the key derivation was read as Latin-1 text and encoded again as UTF-8: hand the raw 32 bytes of each digest to the next step");
    // node: .digest().toString('ascii')
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "838e5f828085eca901af5698328e965744e4a2b55210f578311fc29a3bba7e07")), @"refused with 403 InvalidSignatureException, because each digest of the key derivation was read as ASCII text, the upper bit of each byte cut off: hand the raw 32 bytes of each digest to the next step");
    // node: .digest('hex')
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "6e1999f5c8349dc6eafe63db063d16cda2d54044b27da9eb2cc4b33557f0c029")), @"refused with 403 InvalidSignatureException, because each digest of the key derivation was written in hex: hand the raw 32 bytes of each digest to the next step");
}

#[test]
fn raw_digests_read_as_text_in_the_string_to_sign() {
    // node: createHash('sha256').update(canonical).digest().toString(), and the same in Python and Java.
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "c30894b120f63e5e79215904785533a3eb026ba7504244f00d2ab801377883cf")), @"refused with 403 InvalidSignatureException, because the digest in the string to sign was read as UTF-8 text (each byte that is none became U+FFFD): write the digest of the canonical request in lower-case hex, once");
    // node: .digest('binary')
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "d983f73a2dd1c2be2814c9cbb662805ce50a985e371580da74a6fc9175a88937")), @"refused with 403 InvalidSignatureException, because the digest in the string to sign was read as Latin-1 text and encoded again as UTF-8: write the digest of the canonical request in lower-case hex, once");
}

#[test]
fn the_month_where_the_minutes_belong() {
    // Python: strftime('%Y%m%dT%H%m%SZ') at 03:44:05, in the header and in the string to sign: a clock 43 minutes off.
    let everywhere = request(
        "GET",
        "/prod/items",
        "20260102T030105Z",
        "AKIDEXAMPLE",
        "2dce3555007477edb550be8aec0787d77a9177e953913ecc7172c0d9ba9ed954",
    );
    let skew = "HTTP/1.1 403 Forbidden\r\nDate: Fri, 02 Jan 2026 03:44:06 GMT\r\nx-amzn-ErrorType: InvalidSignatureException\r\n\r\n\
        {\"message\":\"Signature expired: 20260102T030105Z is now earlier than 20260102T032906Z (20260102T034406Z - 15 min.)\"}";
    insta::assert_snapshot!(explained(&everywhere, skew, None), @"refused with 403 InvalidSignatureException, probably because the request was signed for 20260102T030105Z, 43 minutes behind the service's clock (20260102T034406Z), and its minutes are the number of the month: the format string has the month where the minutes belong (%m for %M)");
    // The same in the string to sign alone, and in the header alone.
    let to_sign = request(
        "GET",
        "/prod/items",
        "20260102T034405Z",
        "AKIDEXAMPLE",
        "1712a730d591c252313d5e1377a76ff91b5df841f43d16d51b83fff13e800405",
    );
    insta::assert_snapshot!(with_secret(&to_sign), @"refused with 403 InvalidSignatureException, because the time in the string to sign has the month where its minutes belong (%m for %M): write hours, minutes and seconds");
    let header = request(
        "GET",
        "/prod/items",
        "20260102T030105Z",
        "AKIDEXAMPLE",
        "558d055b299459b03eb6ec791ed584d9852757fcc27509747e2f89ddec8eb034",
    );
    insta::assert_snapshot!(with_secret(&header), @"refused with 403 InvalidSignatureException, because the time in the string to sign has other minutes than the request, and the month stands where they belong in the request (%m for %M): write both from one reading of the clock");
}

#[test]
fn a_hashed_body_that_was_not_sent() {
    // node: the hash of JSON.stringify({}) in a GET that sends no body.
    let signature = "ef3e3eac7ee49ef8bec411f8e4aee1f54ca9b34af2128806883ddc7b988b9a79";
    insta::assert_snapshot!(with_secret(&get("/prod/items", signature)), @"refused with 403 InvalidSignatureException, because a body was hashed ({}) and no body was sent: send what is hashed, or hash what is sent");
    // The hash stands in the request; the service says which it computed.
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let s3 = format!(
        "PUT /key HTTP/1.1\nHost: b.s3.eu-west-1.amazonaws.com\nx-amz-content-sha256: {hash}\nX-Amz-Date: {DATE}\n\
         Content-Length: 0\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request,\
         SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=00\n\n"
    );
    let empty = sigv4_core::signature::EMPTY_SHA256;
    let response = format!(
        "HTTP/1.1 400 Bad Request\n\n<Error><Code>XAmzContentSHA256Mismatch</Code><Message>The provided 'x-amz-content-sha256' \
         header does not match what was computed.</Message><ClientComputedContentSHA256>{hash}</ClientComputedContentSHA256>\
         <S3ComputedContentSHA256>{empty}</S3ComputedContentSHA256></Error>"
    );
    insta::assert_snapshot!(explained(&s3, &response, None), @r#"refused with 400 XAmzContentSHA256Mismatch, because the payload hash was signed as "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" and the service computed "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": the service received an empty body, so the one that was hashed was not sent, or was lost on the way"#);
}

#[test]
fn an_empty_credential() {
    let request = request(
        "GET",
        "/prod/items",
        DATE,
        "",
        "eb005e189d001e0a1208e04c1c923db5b04976b8bee38ef462ed528683d5afbd",
    );
    insta::assert_snapshot!(explained(&request, MUTE, None), @"refused with 403 InvalidSignatureException, because the access key id in the credential is empty: the client found no credentials and signed all the same");
    let s3 = "HTTP/1.1 400 Bad Request\n\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is \
        malformed; a non-empty Access Key (AKID) must be provided in the credential.</Message></Error>";
    insta::assert_snapshot!(explained(&request, s3, None), @"refused with 400 AuthorizationHeaderMalformed, because the access key id in the credential is empty: the client found no credentials and signed all the same, so give it some");
    // node: the template string wrote the word for a variable that is not set.
    let request = get("/prod/items", "eb005e189d001e0a1208e04c1c923db5b04976b8bee38ef462ed528683d5afbd");
    insta::assert_snapshot!(with_secret(&request), @r#"refused with 403 InvalidSignatureException, because the client signed with the word "undefined" in place of the secret access key: it found none, give it one"#);
}

#[test]
fn other_faults_of_foreign_clients() {
    // Python: the secret read from a file, with its line break.
    insta::assert_snapshot!(
        with_secret(&get("/prod/items", "e254a12809c06c6211dac3eba93b956ad05237615495f3ff98ed79d5c93d132c")), @"refused with 403 InvalidSignatureException, because the client signed with the secret access key and a line break behind it: read it whole and nothing else");
    // node: .digest('base64') at the end.
    insta::assert_snapshot!(with_secret(&get("/prod/items", "jSvS8VKZzdMfPyDjvbdAfdMdIMTVouDacY6TJgqb9zA=")), @"refused with 403 InvalidSignatureException, because the signature was written in base64: write its 32 bytes in lower-case hex");
    // node: encodeURIComponent, which leaves some characters raw.
    insta::assert_snapshot!(
        with_secret(&get("/prod/items?q=it's%20(new)*", "b2ed691429bf5659693dc37bb13c08ad6f2063a8120b6e550059e5beb681c1b9")), @"refused with 403 InvalidSignatureException, because the query string was signed with ! ' ( ) * raw, as encodeURIComponent leaves them: encode everything but the unreserved characters");
    insta::assert_snapshot!(
        with_secret(&get("/prod/items?b=2&a=1", "a63f466021a9a95225ed996581542920f0777869ecc0ea6b26d426f8137e906f")), @"refused with 403 InvalidSignatureException, because the query string was signed unsorted: sort the pairs by their encoded names, then by their values");
    insta::assert_snapshot!(
        with_secret(&get("/prod/a%3Ab", "3a3c1bbc3fd2df13ba9741f2666f9fd02821a275abbd70c46d939b76d5520759")), @"refused with 403 InvalidSignatureException, because the path was signed encoded once: this service encodes each segment once more");
}

#[test]
fn faults_that_are_met_more_seldom() {
    for (signature, sentence) in [
        // Python: hmac.new(string_to_sign, signing_key).
        (
            "90eed0d409e3edd3be8f89dc7b0f15167810408411f113c22ba46266bd489902",
            "key and message were exchanged in the last step: the signing key is the key, the string to sign the message",
        ),
        // Python: strftime in local time for the string to sign alone, one hour ahead.
        (
            "e3b91dcd5b9e92bafd6a8b5502221cae7a36c1a928be55c19f2b846da97d1658",
            "the time in the string to sign is in another time zone than the request's: write UTC in both",
        ),
        // Python: isoformat().
        (
            "b40dd123e3db3fdb93f11210b93e5652fd149b8b22cf0c095cc4b5ae2004aed5",
            "the time in the string to sign is of another form than the request's: write YYYYMMDDTHHMMSSZ in both",
        ),
        // Python: date.today() west of Greenwich, in the key alone.
        (
            "d219eca97712e025364583aa7f6a0d02a10bdb91bd4a845f1911f6972c3249ac",
            "the key was derived by another day than the scope names: take the date in UTC for both",
        ),
        // Python: another region in the string to sign.
        (
            "530230a10057dee8c3b32896c4c41de16f66a7dc14c1d0d3abb0fd58e705e994",
            "the scope in the string to sign has another region than the credential: use one for both",
        ),
        // Python: the two keys in the wrong order.
        (
            "1543439f0ed425af94044cde6ab7184ea0b93e906a72154a60c2cde0089d1339",
            "the client signed with the access key id in place of the secret access key: exchange them",
        ),
        // Python: '\n'.join of three lines.
        (
            "b31d68a7c50684d19c2c14d5fa2ce4ce35dc5d792f8822b162ce2c1749bbdac1",
            "the string to sign was made without its first line: begin it with the algorithm",
        ),
        // Python: sha256(string_to_sign).
        (
            "d8a5efaa6f15f5f5a079cc8f4118f81ab3cb9b65778d57635e86a3b6af973b90",
            "the string to sign was hashed and not signed: take the HMAC of it by the signing key",
        ),
        // Python: no line for the query string.
        (
            "bf4b632d4ee00e7e15b3712cd02d45c4d91d3a902f444700a01c2b525351bdc2",
            "the line of the query string was left out of the canonical request: leave it empty where there is none",
        ),
    ] {
        let text = with_secret(&get("/prod/items", signature));
        assert_eq!(text, format!("refused with 403 InvalidSignatureException, because {sentence}"));
    }
}

#[test]
fn a_right_signature_is_recognised() {
    let right = get("/prod/items", "8d2bd2f15299cdd31f3f20e3bdb7407dd31d20c4d5a2e0da718e93260a9bf730");
    insta::assert_snapshot!(explained(&right, MUTE, Some(SECRET)), @"refused with 403 InvalidSignatureException, because the signature is right for this request and this secret: the request was changed on its way, or the service knows another secret for this access key id");
    insta::assert_snapshot!(explained(&right, &told(&right), Some(SECRET)), @r#"refused with 403, because the service computed the same canonical request and string to sign: the secret access key is not the one of the access key id "AKID..." (white space, cut short, or of another key)"#);
    let rewritten = told(&right.replace("abc.execute-api", "internal.execute-api"));
    insta::assert_snapshot!(explained(&right, &rewritten, Some(SECRET)), @r#"refused with 403, because the header "host" was signed as "abc.execute-api.eu-west-1.amazonaws.com" and arrived as "internal.execute-api.eu-west-1.amazonaws.com": a proxy rewrites the host, so let it keep the original, or sign the one that the service receives"#);
    insta::assert_snapshot!(explained(&right, "HTTP/2 200\n\n{}", Some(SECRET)), @"answered with 200, which is no refusal of a signature that is known; the signature is right for this request and this secret");
}

#[test]
fn without_a_secret_it_says_what_can_be_said() {
    let request = get("/prod/items", "00");
    insta::assert_snapshot!(explained(&request, MUTE, None), @r#"
    refused with 403 InvalidSignatureException, possibly because the service does not show what it computed, and no fact of the request stands out: most often the secret access key is not the one of the access key id "AKID..." (white space, cut short, or of another key), and if other requests with it are accepted, something below the signer changes this one
    with --secret-from-env this program computes the signature anew and can tell more
    "#);
    insta::assert_snapshot!(explained(&request, &told(&request), None), @"refused with 403, because the client signed something else than this request, or with another secret: the service read the request as it stands here; with --secret-from-env this program can tell which");
    insta::assert_snapshot!(explained(&request, &told(&request), Some("another secret")), @"refused with 403, probably because the client signed with another secret access key than the one at hand, or in a way that is not known here (317 faults were tried, alone and by twos)");
    insta::assert_snapshot!(explained("GET / HTTP/1.1\nHost: h\n\n", MUTE, None), @"refused with 403 InvalidSignatureException, because the request carries no signature: sign it");
}

#[test]
fn a_token_that_was_left_out_or_is_another() {
    let secret = Secret { secret_access_key: SECRET.to_owned(), session_token: Some("a token".to_owned()) };
    let response = Response::parse(MUTE.as_bytes()).unwrap();
    let without = Request::parse(get("/prod/items", "00").as_bytes()).unwrap();
    insta::assert_snapshot!(verdict(&without, &response, Some(&secret)).join("\n"), @"refused with 403 InvalidSignatureException, because no session token was sent though AWS_SESSION_TOKEN is set: send it as x-amz-security-token");
    let text =
        get("/prod/items", "00").replace("User-Agent: foreign/1.0", "X-Amz-Security-Token: another token");
    let other = Request::parse(text.as_bytes()).unwrap();
    insta::assert_snapshot!(verdict(&other, &response, Some(&secret)).join("\n"), @"refused with 403 InvalidSignatureException, because the session token that was sent (13 bytes) is not the one in AWS_SESSION_TOKEN (7 bytes): take all three of one set of credentials");
}

#[test]
fn presigned_urls_are_read_as_well() {
    // Made by hand from the specification's steps: the worked example of the S3 documentation.
    let request = "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\n\n";
    let parsed = Request::parse(request.as_bytes()).unwrap();
    let claim = Claim::read(&parsed).unwrap();
    let right = Recipe::right(&parsed, &claim, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert!(matches!(faults::search(&right, &[], &claim.signature), Match::Right));
    let old = "HTTP/1.1 403 Forbidden\n\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>\
        <X-Amz-Expires>86400</X-Amz-Expires><Expires>2013-05-25T00:00:00Z</Expires><ServerTime>2013-06-01T00:00:00Z</ServerTime></Error>";
    insta::assert_snapshot!(explained(request, old, None), @"refused with 403 AccessDenied, because the URL was good until 20130525T000000Z and the service's clock showed 20130601T000000Z: make a new URL, with a longer lifetime if it has to wait (seven days at most, and never longer than the credentials live)");
}

/// A request that gives every fault something to change.
fn rich() -> (Request, Claim) {
    let text = "POST /prod/..//a%3ab%20c/it's%2Bx/?b=2&a=1+1&acl&x=%2f,:' HTTP/1.1\nHost: abc.execute-api.eu-west-1.amazonaws.com:8443\n\
        X-Amz-Date: 20260202T030405Z\nContent-Type: application/json\nX-Note: a   b\nX-Twice: 1\nX-Twice: 2\nX-Unsigned: u\n\
        Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260202/eu-central-1/execute-api/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-note;x-twice, Signature=00\n\n{\"a\": 1, \"b\":\"x, y\"}\r\n";
    let request = Request::parse(text.as_bytes()).unwrap();
    let claim = Claim::read(&request).unwrap();
    (request, claim)
}

fn signature(right: &Recipe, faults: &[&Fault]) -> String {
    let mut recipe = right.clone();
    faults.iter().for_each(|fault| fault.apply(&mut recipe));
    String::from_utf8(recipe.finish(&recipe.key(), &recipe.string_to_sign())).unwrap()
}

#[test]
fn known_faults_are_found_again_and_named() {
    let (request, claim) = rich();
    let right = Recipe::right(&request, &claim, SECRET);
    let faults = faults::all(&request, &claim, &right, SECRET);
    assert!(faults.len() > 250, "{}", faults.len());
    let own = signature(&right, &[]);
    let mut of_signature = BTreeMap::new();
    for fault in &faults {
        assert!(fault.sentence.is_ascii() && fault.sentence.contains(':'), "{}", fault.sentence);
        // Two ways to the same bytes: the first is named.
        of_signature.entry(signature(&right, &[fault])).or_insert(&fault.sentence);
    }
    of_signature.remove(&own);
    assert!(of_signature.len() > 230, "{} different signatures", of_signature.len());
    for (signature, sentence) in of_signature.iter().step_by(24) {
        let Match::One(found) = faults::search(&right, &faults, signature) else { panic!("{sentence}") };
        assert_eq!(found.sentence, **sentence);
    }
}

#[test]
fn two_faults_at_once_are_found() {
    let (request, claim) = rich();
    let right = Recipe::right(&request, &claim, SECRET);
    let faults = faults::all(&request, &claim, &right, SECRET);
    let pick = |words: &str| faults.iter().find(|fault| fault.sentence.contains(words)).unwrap();
    for (one, two) in [
        ("unsorted", "key derivation was read as UTF-8 text (each byte"),
        ("encoded three times", "unsorted"),
        ("and a line break behind it", "by service before region"),
        ("without its port", "written in upper-case hex: write its 32 bytes"),
    ] {
        let sent = signature(&right, &[pick(one), pick(two)]);
        let Match::Two(first, second) = faults::search(&right, &faults, &sent) else {
            panic!("{one}, {two}")
        };
        assert!(
            first.sentence.contains(one) && second.sentence.contains(two),
            "{}; {}",
            first.sentence,
            second.sentence
        );
    }
}

#[test]
fn saved_messages_are_read_in_the_forms_in_which_tools_write_them() {
    let request = Request::parse(b"GET https://h:1/a?b=c HTTP/2\nHost: h:1\n\n").unwrap();
    assert_eq!((request.path.as_str(), request.query.as_str()), ("/a", "b=c"));
    let request = Request::parse(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\n").unwrap();
    assert_eq!(request.body, b"abc");
    let chunked =
        b"HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n";
    assert_eq!(Response::parse(chunked).unwrap().body, b"abcde");
    let decoded = b"HTTP/2 403 \r\ntransfer-encoding: chunked\r\n\r\n<Error/>";
    assert_eq!(Response::parse(decoded).unwrap().body, b"<Error/>");
    assert!(Request::parse(b"GET / HTTP/1.1\nHost: h\n").is_err());
    assert!(Response::parse(b"nonsense\n\n").is_err());
    assert_eq!(crate::run(["--request".to_owned()].into_iter()).unwrap_err(), crate::USAGE);
}
