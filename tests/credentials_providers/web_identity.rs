use sigv4_core::ProvideCredentials;
use sigv4_credentials::WebIdentityProvider;
use sigv4_credentials::context::Folder;

use crate::support::*;

const VARIABLES: [(&str, &str); 3] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
    ("AWS_ROLE_SESSION_NAME", "pod-1"),
];

#[test]
fn an_unsigned_call_with_the_token_as_it_is_now() {
    let files = Folder::empty().with_file("/var/token", "token-one\n");
    let network = Network::new([sts("ASIA1"), sts("ASIA2")]);
    let provider = WebIdentityProvider::new(&context(&network, VARIABLES, &files), "eu-central-1");
    let found = block_on(provider.provide_credentials()).unwrap();
    assert_eq!((found.access_key_id(), found.source()), ("ASIA1", "web-identity"));
    files.set("/var/token", "token-two");
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA2");
    let sent = network.sent();
    assert_eq!(
        sent[0].body,
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpod\
         &RoleSessionName=pod-1&WebIdentityToken=token-one"
    );
    assert!(sent[1].body.ends_with("&WebIdentityToken=token-two"));
    assert_eq!(sent[0].header("authorization"), "");
}

#[test]
fn failures_say_what_happened() {
    let files = Folder::empty()
        .with_file("/var/token", "token-one")
        .with_file("/empty", "")
        .with_file("/huge", vec![b'x'; 1 << 20])
        .with_file("/two", "token-one\ntoken-two");
    for (file, replies, parts) in [
        ("/absent", vec![], &["/absent", "cannot be read"][..]),
        ("/empty", vec![], &["/empty", "is empty"]),
        ("/huge", vec![], &["/huge", "larger than 65536 bytes"]),
        ("/two", vec![], &["/two", "line break"]),
        (
            "/var/token",
            vec![sts_refuses(400, "ExpiredTokenException", "Token expired")],
            &["role/pod", "ExpiredTokenException"],
        ),
        ("/var/token", vec![status(404, "")], &["role/pod", "404"]),
        ("/var/token", vec![Reply::Refused; 3], &["connection refused"]),
        ("/var/token", vec![Reply::Hangs; 3], &["within 5s"]),
        ("/var/token", vec![ok("")], &["not the XML"]),
    ] {
        let network = Network::new(replies);
        let context = context(&network, VARIABLES, &files);
        let provider =
            WebIdentityProvider::new(&context, "eu-central-1").with_role(file, "arn:aws:iam::1:role/pod");
        assert_says(&block_on(provider.provide_credentials()).unwrap_err(), parts);
        assert!(network.is_used_up(), "{parts:?}");
    }
}

#[test]
fn a_failure_that_passes_is_survived() {
    let files = Folder::empty().with_file("/var/token", "token-one");
    let network = Network::new([status(500, ""), Reply::Hangs, sts("ASIA1")]);
    let provider = WebIdentityProvider::new(&context(&network, VARIABLES, &files), "eu-central-1");
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA1");
}

#[test]
fn variables_that_are_missing_are_named() {
    let files = Folder::empty();
    let none = WebIdentityProvider::new(&context(&Network::default(), [], &files), "eu-central-1");
    assert_says(
        &block_on(none.provide_credentials()).unwrap_err(),
        &["AWS_WEB_IDENTITY_TOKEN_FILE is not set"],
    );
    let half =
        WebIdentityProvider::new(&context(&Network::default(), [VARIABLES[0]], &files), "eu-central-1");
    assert_says(&block_on(half.provide_credentials()).unwrap_err(), &["AWS_ROLE_ARN is not"]);
}
