//! More requests of foreign clients, byte for byte as they were sent, where the service says no more than that the signature
//! does not match. Python's `hmac` made the signatures.

use crate::verdict::{Secret, verdict};
use crate::wire::{Request, Response};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Of `GET /prod/items`: by the secret, by that with a line break behind it, and with spaces around it.
const RIGHT: &str = "8d2bd2f15299cdd31f3f20e3bdb7407dd31d20c4d5a2e0da718e93260a9bf730";
const BROKEN: &str = "e254a12809c06c6211dac3eba93b956ad05237615495f3ff98ed79d5c93d132c";
const SPACED: &str = "5c02e506886d4597622bdb1c31163817979f7313cfaf11848b0b06e5a2f716b9";
const MUTE: &str = "HTTP/1.1 403 Forbidden\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\nx-amzn-ErrorType: InvalidSignatureException\r\n\r\n\
    {\"message\":\"The request signature we calculated does not match the signature you provided.\"}";

fn explained(request: &str, secret: Option<&str>) -> Vec<String> {
    let secret = secret.map(|secret| Secret { secret_access_key: secret.to_owned(), session_token: None });
    let (request, response) =
        (Request::parse(request.as_bytes()).unwrap(), Response::parse(MUTE.as_bytes()).unwrap());
    verdict(&request, &response, secret.as_ref())
}

#[test]
fn the_first_sentence_is_the_truth() {
    for (what, request, sentence) in [
        (
            "a value signed with the spaces around and inside it",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Meta-A:  a   b \r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-meta-a, Signature=983ed82a042ab0e156805d37f307ffd94d664a5fd2e2d36f3f3fbf9c62ff98a7\r\n\r\n",
            "because the header \"x-amz-meta-a\" was signed with its white space as it is: trim values and fold runs of spaces into one",
        ),
        (
            "a value signed with the spaces behind it",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Meta-A: ab  \r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-meta-a, Signature=3fb0959a54cbf4c0a41bda6897651580e4b52e1fdb36cfd302f2da56f2e85238\r\n\r\n",
            "because the header \"x-amz-meta-a\" was signed with its white space as it is: trim values and fold runs of spaces into one",
        ),
        (
            "the time of Date, and another one in x-amz-date",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Date: Fri, 02 Jan 2026 03:30:00 GMT\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=fbd50cb796dcd68d6dbea0cd67ddebdfabc620bd29a25e631ed93a0b12165e46\r\n\r\n",
            "because the time in the string to sign is that of the header Date, and x-amz-date, which counts, is another: write both from one reading of the clock",
        ),
        (
            "an HTTP date alone, and the right form signed",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=date;host, Signature=9c0c855a5b9ddb89c00a3ec229a42e61a5b41a19e517a230d2cdf9fae10d698f\r\n\r\n",
            "because the request carries its time in another form than the string to sign: send x-amz-date as YYYYMMDDTHHMMSSZ",
        ),
        (
            "a raw @ in the path, signed as it was sent",
            "POST /prod/@connections/abc%3D HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=6dee6dcbea22206ed14e4e3cad928e73549251d751e005d6dfeda56efe451cd1\r\n\
             Content-Length: 2\r\n\r\n{}",
            "because the path was signed as it was sent: this service encodes each segment once more",
        ),
        (
            "a path of S3 in lower-case hex",
            "GET /a%c3%a9 HTTP/1.1\r\n\
             Host: bucket.s3.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=bfd8ea6e882b7df31eb9840a83c24b36819922b1b88fd51470cae23a07710b31\r\n\r\n",
            "because the path was signed in lower-case hex: percent-encode in upper-case hex",
        ),
        (
            "a path of S3 with a raw character, signed as it was sent",
            "GET /a:b HTTP/1.1\r\n\
             Host: bucket.s3.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=7ca0985a5bf210d13e7b88c4a33e0f6a43bcf57c547ce8150622ec3a4b9f466c\r\n\r\n",
            "because the path was signed as it was sent: this service decodes it and encodes it anew, so send and sign everything but the unreserved characters percent-encoded, in upper-case hex",
        ),
        (
            "a plus sign in a path of S3, signed as a space",
            "GET /a+b HTTP/1.1\r\n\
             Host: bucket.s3.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=35e66d023e2cf78cfae7e8e97d30c02f92f1a278686ba25822a9c0bdf9eee440\r\n\r\n",
            "because the path was signed with %20 for a bare +, which is a plus sign in a path: send %20 for a space",
        ),
        (
            "the same where the path is encoded twice",
            "GET /prod/a+b HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=201cff39b2749a76451b7354a0ad3c1225e2c151ad1edbbe9419c15e7d63a4db\r\n\r\n",
            "because the path was signed with %20 for a bare +, which is a plus sign in a path: send %20 for a space",
        ),
        (
            "a method that was sent in lower case",
            "get /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=8d2bd2f15299cdd31f3f20e3bdb7407dd31d20c4d5a2e0da718e93260a9bf730\r\n\r\n",
            "because the method was signed as GET and sent as get: send it in upper case, since methods are told apart by case",
        ),
        (
            "a body that was hashed and is not there",
            "POST /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=37219c226561c0514f907f19660cd6cca6254315174b3fcca74d757e02f6ae36\r\n\r\n",
            "probably because a body was hashed and none was sent, if the request is saved whole (a POST without a body): send what is hashed, or hash an empty one",
        ),
        (
            "another secret",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=5e0514cbd2687fafbc2acfc4b073db927d87b948f31fe43f4d79ff42c0e9256b\r\n\r\n",
            "probably because the client signed with another secret access key than the one at hand, or in a way that is not known here (",
        ),
        (
            "a session token that was sent and not signed",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             X-Amz-Security-Token: TOKENTOKEN\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=8d2bd2f15299cdd31f3f20e3bdb7407dd31d20c4d5a2e0da718e93260a9bf730\r\n\r\n",
            "probably because a session token was sent and is not signed: sign the header that carries it, as every header x-amz-*",
        ),
        (
            "a region that is not the host's",
            "GET /prod/items HTTP/1.1\r\n\
             Host: abc.execute-api.eu-west-1.amazonaws.com\r\n\
             X-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=da43d3fb24f56cb940e5ebf7a8568d6210f66162b572c602502fcb1e40a470e3\r\n\r\n",
            "probably because the credential scope names the region \"us-east-1\" and the host is of \"eu-west-1\": sign for the region of the endpoint",
        ),
    ] {
        let found = explained(request, Some(SECRET));
        assert!(
            found[0].starts_with(&format!("refused with 403 InvalidSignatureException, {sentence}")),
            "{what}: {found:?}"
        );
        // A certain finding is one sentence; of others there are no more than three.
        let most = if sentence.starts_with("because") { 1 } else { 3 };
        assert!((1..=most).contains(&found.len()), "{what}: {found:?}");
        assert!(found.iter().all(|line| line.is_ascii() && !line.contains(SECRET)), "{what}: {found:?}");
    }
}

#[test]
fn a_path_that_s3_reads_in_another_form_is_named_without_the_secret() {
    let request = "GET /a+b HTTP/1.1\r\nHost: bucket.s3.eu-west-1.amazonaws.com\r\nX-Amz-Date: 20260102T030405Z\r\n\
        Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request, \
        SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n";
    assert_eq!(
        explained(request, None)[0],
        "refused with 403 InvalidSignatureException, probably because the path was sent as \"/a+b\", which the service reads \
         as \"/a%2Bb\": send and sign it so",
    );
}

#[test]
fn white_space_around_the_secret_at_hand_is_told_from_the_client_s() {
    let request = |signature: &str| {
        format!(
            "GET /prod/items HTTP/1.1\r\nHost: abc.execute-api.eu-west-1.amazonaws.com\r\nX-Amz-Date: 20260102T030405Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}\r\n\r\n"
        )
    };
    for (signature, end) in [
        (RIGHT, "because the signature is right for this request and this secret: "),
        (
            BROKEN,
            "because the client signed with the secret access key and a line break behind it: read it whole and nothing else",
        ),
        (
            SPACED,
            "because the client signed with the secret access key and the white space around it: read it whole and nothing else",
        ),
    ] {
        let given = if signature == SPACED { format!("  {SECRET} ") } else { format!("{SECRET}\n") };
        let found = explained(&request(signature), Some(&given));
        assert!(
            found[0].starts_with(&format!("refused with 403 InvalidSignatureException, {end}")),
            "{found:?}"
        );
    }
}

#[test]
fn a_space_inside_the_access_key_id_is_seen() {
    let request = Request::parse(
        b"GET / HTTP/1.1\r\nHost: abc.execute-api.eu-west-1.amazonaws.com\r\nX-Amz-Date: 20260102T030405Z\r\n\
        Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE /20260102/eu-west-1/execute-api/aws4_request, \
        SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n",
    );
    let response = Response::parse(
        b"HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"'/20260102/eu-west-1/execute-api/aws4_request' not a valid key=value pair \
        (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE /2026...'.\"}",
    );
    let found = verdict(&request.unwrap(), &response.unwrap(), None);
    assert_eq!(
        found,
        [
            "refused with 403, because the access key id holds white space or a line break: copy it again, whole and nothing else, and \
         the secret with it"
        ]
    );
    // Without commas between its parts, as some write it.
    let parts = "Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request SignedHeaders=host;x-amz-date Signature=00";
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: AWS4-HMAC-SHA256 {parts}\r\n\r\n");
    let claim = crate::claim::Claim::read(&Request::parse(request.as_bytes()).unwrap()).unwrap();
    assert_eq!(
        (claim.terminator.as_str(), claim.signed_headers.as_str()),
        ("aws4_request", "host;x-amz-date")
    );
    assert_eq!(claim.signature, "00");
}
