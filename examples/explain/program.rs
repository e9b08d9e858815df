//! The program as it is run: files, environment and what it prints.

use std::process::{Command, Output};

use crate::{run, show};

const ARGUMENTS: &str = "EXPLAIN_TEST_ARGUMENTS";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// What the service of all these questions said: no more than that the signature does not match.
const REFUSED: &str = "HTTP/1.1 403 Forbidden\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\nx-amzn-ErrorType: \
    InvalidSignatureException\r\n\r\n{\"message\":\"The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\"}";

/// Runs this test's own program as a child that does what `main` does with these arguments.
fn program(request: &str, response: &str, secret: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (request, response) = (file("request.txt", request), file("response.txt", response));
    let mut arguments = vec!["--request".to_owned(), request, "--response".to_owned(), response];
    arguments.extend(secret.map(|_| "--secret-from-env".to_owned()));
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program::the_child", "--nocapture"]).env(ARGUMENTS, arguments.join("\n"));
    command.env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_SESSION_TOKEN");
    command.envs(secret.map(|secret| ("AWS_SECRET_ACCESS_KEY", secret))).output().unwrap()
}

#[test]
fn the_child() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    match run(arguments.split('\n').map(str::to_owned)) {
        Ok(sentences) => sentences.iter().for_each(|sentence| show(sentence)),
        Err(error) => panic!("{error}"),
    }
}

fn request(head: &str, id: &str, signature: &str, body: &str) -> String {
    format!(
        "{head}\r\nHost: abc.execute-api.eu-west-1.amazonaws.com\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={id}/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature={signature}\r\n\r\n{body}"
    )
}

#[test]
fn each_question_gets_its_sentence() {
    let get = "GET /prod/items HTTP/1.1\r\nX-Amz-Date: 20260102T030405Z";
    let month = "GET /prod/items HTTP/1.1\r\nX-Amz-Date: 20260102T034405Z";
    for (what, head, id, signature, secret, sentence) in [
        (
            "raw digests read as UTF-8 text in the key derivation",
            get,
            "AKIDEXAMPLE",
            "b5453d4be33e0895dbf80a55f70a3a77975e40785a70b395cf2958ac5a55abec",
            Some(SECRET),
            "each digest of the key derivation was read as UTF-8 text (each byte that is none became U+FFFD): hand the raw 32 \
             bytes of each digest to the next step",
        ),
        (
            "and in the string to sign",
            get,
            "AKIDEXAMPLE",
            "c30894b120f63e5e79215904785533a3eb026ba7504244f00d2ab801377883cf",
            Some(SECRET),
            "the digest in the string to sign was read as UTF-8 text (each byte that is none became U+FFFD): write the digest \
             of the canonical request in lower-case hex, once",
        ),
        (
            "the month where the minutes belong",
            month,
            "AKIDEXAMPLE",
            "1712a730d591c252313d5e1377a76ff91b5df841f43d16d51b83fff13e800405",
            Some(SECRET),
            "the time in the string to sign has the month where its minutes belong (%m for %M): write hours, minutes and \
             seconds",
        ),
        (
            "a hashed body that was not sent",
            get,
            "AKIDEXAMPLE",
            "ef3e3eac7ee49ef8bec411f8e4aee1f54ca9b34af2128806883ddc7b988b9a79",
            Some(SECRET),
            "a body was hashed ({}) and no body was sent: send what is hashed, or hash what is sent",
        ),
        (
            "an empty credential",
            get,
            "",
            "eb005e189d001e0a1208e04c1c923db5b04976b8bee38ef462ed528683d5afbd",
            None,
            "the access key id in the credential is empty: the client found no credentials and signed all the same",
        ),
    ] {
        let output = program(&request(head, id, signature, ""), REFUSED, secret);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{what}: {printed}");
        let sentence = format!("refused with 403 InvalidSignatureException, because {sentence}\n");
        assert!(printed.contains(&sentence), "{what}: {printed}");
        assert!(!printed.contains(SECRET), "{what}: {printed}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let refused = |arguments: &str| run(arguments.split(' ').map(str::to_owned)).unwrap_err();
    assert!(refused("--request nowhere.txt --response nowhere.txt").starts_with("nowhere.txt: "));
    assert_eq!(refused("--request a.txt"), crate::USAGE);
    assert_eq!(refused("--explain"), crate::USAGE);
}
