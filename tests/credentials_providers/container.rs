use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};
use sigv4_credentials::ContainerProvider;
use sigv4_credentials::context::Folder;

use crate::support::*;

const ECS: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/42");
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const LATER: &str = "2024-01-01T06:00:00Z";

fn ask<const N: usize>(
    network: &Network,
    variables: [(&'static str, &'static str); N],
    files: &Folder,
) -> Result<Credentials, Error> {
    block_on(ContainerProvider::new(&context(network, variables, files)).provide_credentials())
}

#[test]
fn ecs_gives_the_credentials_of_the_task() {
    let network = Network::new([ok(metadata("ASIA1", LATER))]);
    let found = ask(&network, [ECS], &Folder::empty()).unwrap();
    assert_eq!((found.access_key_id(), found.session_token()), ("ASIA1", Some("token-ASIA1")));
    assert_eq!(found.source(), "container");
    let sent = &network.sent()[0];
    assert_eq!((sent.method.as_str(), sent.uri.as_str()), ("GET", "http://169.254.170.2/v2/credentials/42"));
    assert_eq!((sent.header("accept"), sent.header("authorization")), ("application/json", ""));
}

#[test]
fn eks_reads_the_token_file_anew_each_time() {
    let files = Folder::empty().with_file("/var/token", "token-one\n");
    let network = Network::new([ok(metadata("ASIA1", LATER)), ok(metadata("ASIA2", LATER))]);
    let variables = [
        (FULL, "http://169.254.170.23/v1/credentials"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/token"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the file wins"),
    ];
    let provider = ContainerProvider::new(&context(&network, variables, &files));
    block_on(provider.provide_credentials()).unwrap();
    files.set("/var/token", "token-two");
    block_on(provider.provide_credentials()).unwrap();
    let sent = network.sent();
    assert_eq!(
        (sent[0].header("authorization"), sent[1].header("authorization")),
        ("token-one", "token-two")
    );
}

#[test]
fn hosts_that_plain_http_may_go_to() {
    for (uri, allowed) in [
        ("http://localhost:8080/c", true),
        ("http://127.0.0.9/c", true),
        ("http://[::1]/c", true),
        ("http://169.254.170.2/c", true),
        ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1/credentials", true),
        ("https://example.com:8080/c?a=1", true),
        ("http://example.com/c", false),
        ("http://169.254.170.3/c", false),
        ("http://10.0.0.1/c", false),
        ("http://[fd00:ec2::24]/c", false),
        ("http://127.0.0.1.example.com/c", false),
        ("http://localhost@example.com/c", false),
        ("/credentials", false),
        ("ftp://localhost/c", false),
        ("not a uri", false),
    ] {
        let network = Network::new([ok(metadata("ASIA1", LATER))]);
        let asked = ask(&network, [(FULL, uri)], &Folder::empty());
        assert_eq!(asked.is_ok(), allowed, "{uri}: {asked:?}");
        let sent: Vec<_> = network.sent().into_iter().map(|sent| sent.uri).collect();
        if allowed {
            assert_eq!(sent, [uri]);
        } else {
            assert_says(&asked.unwrap_err(), &[FULL]);
            assert!(sent.is_empty(), "{sent:?}");
        }
    }
    let refused = ask(&Network::default(), [(FULL, "http://example.com/c")], &Folder::empty()).unwrap_err();
    assert_says(&refused, &["example.com", "use https"]);
}

#[test]
fn failures_say_what_happened() {
    let later = metadata("ASIA1", LATER);
    let three = |reply: Reply| vec![reply.clone(), reply.clone(), reply];
    for (replies, parts) in [
        (three(Reply::Refused), &["169.254.170.2", "connection refused"][..]),
        (three(Reply::Hangs), &["169.254.170.2", "no whole answer within 2s"]),
        (vec![status(404, "")], &["answered 404"]),
        (
            three(status(500, r#"{"code":"Oops","message":"try later"}"#)),
            &["answered 500", "Oops: try later"],
        ),
        (vec![ok("<html>hush</html>")], &["169.254.170.2", "not JSON"]),
        (vec![ok(r#"{"AccessKeyId":"ASIA"}"#)], &["no SecretAccessKey"]),
        (vec![ok(later.replace("token-ASIA1", ""))], &["no Token"]),
        (vec![ok(later.replace(LATER, "soon"))], &["Expiration"]),
        (vec![ok(later.replace("hush-ASIA1", "hush\\n"))], &["secret access key", "white space"]),
        (vec![ok("x".repeat(300 << 10))], &["more than 262144 bytes"]),
        (vec![ok(r#"{"Code":"NotYours","Message":"no role"}"#)], &["NotYours: no role"]),
    ] {
        let network = Network::new(replies);
        assert_says(&ask(&network, [ECS], &Folder::empty()).unwrap_err(), parts);
        assert!(network.is_used_up(), "{parts:?}");
    }
}

#[test]
fn a_failure_that_passes_is_survived() {
    for first in [Reply::Refused, Reply::Hangs, status(500, ""), status(429, "")] {
        let network = Network::new([first, ok(metadata("ASIA1", LATER))]);
        assert_eq!(ask(&network, [ECS], &Folder::empty()).unwrap().access_key_id(), "ASIA1");
    }
}

#[test]
fn unusable_tokens_are_named_and_never_sent() {
    let variables = |file| [ECS, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)];
    let files = Folder::empty()
        .with_file("/empty", " \n")
        .with_file("/huge", vec![b'x'; 1 << 20])
        .with_file("/lines", "token-a\nhost: evil")
        .with_file("/binary", [0xff]);
    for (file, part) in [
        ("/absent", "cannot be read"),
        ("/empty", "is empty"),
        ("/huge", "larger than"),
        ("/lines", "line break"),
        ("/binary", "not text"),
    ] {
        let network = Network::default();
        let error = ask(&network, variables(file), &files).unwrap_err();
        assert_says(&error, &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file, part]);
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(network.sent().is_empty());
    }
    let bad = [ECS, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-a\r\nhost: evil")];
    let error = ask(&Network::default(), bad, &Folder::empty()).unwrap_err();
    assert_says(&error, &["AWS_CONTAINER_AUTHORIZATION_TOKEN", "line break"]);
}

#[test]
fn without_variables_it_says_which_are_missing() {
    let error = ask(&Network::default(), [], &Folder::empty()).unwrap_err();
    assert_says(&error, &["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", FULL, "not set"]);
}
