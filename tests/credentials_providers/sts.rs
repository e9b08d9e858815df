use std::time::Duration;

use sigv4_core::{Credentials, Error, ProvideCredentials, async_trait};
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::{AssumeRoleProvider, MfaToken};

use crate::support::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

fn source() -> Credentials {
    Credentials::new("AKIDSOURCE", "hush").unwrap().with_session_token("token-source").unwrap()
}

fn provider(network: &Network) -> AssumeRoleProvider {
    AssumeRoleProvider::new(&context(network, [], &Folder::empty()), "eu-central-1", ROLE, source())
}

fn ask(provider: &AssumeRoleProvider) -> Result<Credentials, Error> {
    block_on(provider.provide_credentials())
}

#[test]
fn a_signed_call_to_the_regional_endpoint() {
    let network = Network::new([sts("ASIA1")]);
    let found = ask(&provider(&network)
        .with_session_name("me & you")
        .with_external_id("4+2")
        .with_duration(Duration::from_secs(900))
        .with_policy("{}"))
    .unwrap();
    assert_eq!((found.access_key_id(), found.session_token()), ("ASIA1", Some("token-ASIA1")));
    assert_eq!(found.source(), "assume-role");
    let sent = &network.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.uri.as_str()),
        ("POST", "https://sts.eu-central-1.amazonaws.com/")
    );
    assert_eq!(
        sent.body,
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader\
         &RoleSessionName=me%20%26%20you&ExternalId=4%2B2&DurationSeconds=900&Policy=%7B%7D"
    );
    assert_eq!(sent.header("content-type"), "application/x-www-form-urlencoded");
    let authorization = sent.header("authorization");
    assert!(
        authorization
            .starts_with("AWS4-HMAC-SHA256 Credential=AKIDSOURCE/20240101/eu-central-1/sts/aws4_request"),
        "{authorization}"
    );
    assert_eq!(
        (sent.header("x-amz-date"), sent.header("x-amz-security-token")),
        ("20240101T000000Z", "token-source")
    );
}

#[test]
fn the_session_has_a_name_by_default() {
    let network = Network::new([sts("ASIA1")]);
    ask(&provider(&network)).unwrap();
    assert!(network.sent()[0].body.contains("&RoleSessionName=sigv4-1704067200000"));
}

#[test]
fn failures_say_what_happened() {
    let three = |reply: Reply| vec![reply.clone(), reply.clone(), reply];
    let broken = |text: &str, with: &str| match sts("ASIA1") {
        Reply::Answer(status, body) => vec![Reply::Answer(status, body.replace(text, with))],
        _ => unreachable!(),
    };
    let refused = sts_refuses(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole");
    for (replies, parts) in [
        (three(Reply::Refused), &[ROLE, "sts.eu-central-1.amazonaws.com", "connection refused"][..]),
        (three(Reply::Hangs), &[ROLE, "within 5s"]),
        (vec![refused], &[ROLE, "403", "AccessDenied: User: x is not authorized"]),
        (vec![status(404, "hush")], &["answered 404"]),
        (three(status(500, "")), &["answered 500"]),
        (vec![ok("hush")], &["not the XML"]),
        (vec![ok("<Empty/><Other></Other>")], &["without credentials"]),
        (broken("<SessionToken>token-ASIA1</SessionToken>", ""), &["no SessionToken"]),
        (broken("2024-01-01T01:00:00Z", "soon"), &["Expiration"]),
    ] {
        let network = Network::new(replies);
        assert_says(&ask(&provider(&network)).unwrap_err(), parts);
        assert!(network.is_used_up(), "{parts:?}");
    }
}

#[test]
fn a_failure_that_passes_is_survived_with_a_fresh_signature() {
    for code in ["IDPCommunicationError", "Throttling"] {
        let passing = || sts_refuses(400, code, "not now");
        let network = Network::new([status(500, ""), passing(), sts("ASIA1")]);
        assert_eq!(ask(&provider(&network)).unwrap().access_key_id(), "ASIA1");
        assert!(network.sent().iter().all(|sent| !sent.header("authorization").is_empty()));
        // One that does not pass says that it may.
        let error = ask(&provider(&Network::new([passing(), passing(), passing()]))).unwrap_err();
        assert_says(&error, &[ROLE, code, "not now"]);
        assert!(error.is_retryable());
    }
    let error = ask(&provider(&Network::new(vec![status(503, ""); 3]))).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = ask(&provider(&Network::new([sts_refuses(403, "AccessDenied", "")]))).unwrap_err();
    assert!(!error.is_retryable(), "{error}");
}

#[test]
fn endpoints_as_the_user_says() {
    let at = |variables: [(&'static str, &'static str); 2], config: &str| {
        let network = Network::new([sts("ASIA1")]);
        let files = Folder::empty().with_file("/config", config);
        let context = context(&network, variables, &files);
        let asked = ask(&AssumeRoleProvider::new(&context, "eu-central-1", ROLE, source()));
        asked.map(|_| network.sent()[0].uri.clone())
    };
    const FILE: (&str, &str) = ("AWS_CONFIG_FILE", "/config");
    let services = "[default]\nservices = s\nendpoint_url = http://all\n[services s]\nsts =\n  endpoint_url = http://sts";
    let one = |name, value| [(name, value), ("", "")];
    assert_eq!(at(one("AWS_ENDPOINT_URL_STS", "http://localhost:1"), "").unwrap(), "http://localhost:1/");
    assert_eq!(at(one("AWS_ENDPOINT_URL", "http://localhost:2"), "").unwrap(), "http://localhost:2/");
    assert_eq!(at([FILE, ("", "")], services).unwrap(), "http://sts/");
    assert_eq!(at([FILE, ("", "")], "[default]\nendpoint_url = http://all").unwrap(), "http://all/");
    assert_eq!(
        at([FILE, ("AWS_ENDPOINT_URL", "http://localhost:2")], services).unwrap(),
        "http://localhost:2/"
    );
    let ignored = at([FILE, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")], services).unwrap();
    assert_eq!(ignored, "https://sts.eu-central-1.amazonaws.com/");
    let fips = at([("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")], "").unwrap();
    assert_eq!(fips, "https://sts-fips.eu-central-1.api.aws/");
    assert_eq!(at(one("AWS_ENDPOINT_URL_STS", "http://localhost/a/"), "").unwrap(), "http://localhost/a/");
    for wrong in ["not a uri", "localhost:4566", "ftp://localhost", "https://"] {
        let error = at(one("AWS_ENDPOINT_URL_STS", wrong), "").unwrap_err();
        assert_says(&error, &["AWS_ENDPOINT_URL_STS holds no usable address", "https://host"]);
    }
    let error = at([FILE, ("", "")], "[default]\nendpoint_url = localhost:4566").unwrap_err();
    assert_says(&error, &["endpoint_url (/config, line 2)", "usable address"]);
}

#[test]
fn a_code_of_a_device_goes_along() {
    struct Device;

    #[async_trait]
    impl MfaToken for Device {
        async fn code(&self, device: &str) -> Result<String, Error> {
            assert_eq!(device, "arn:aws:iam::123456789012:mfa/me");
            Ok("123456".to_owned())
        }
    }
    let network = Network::new([sts("ASIA1")]);
    ask(&provider(&network).with_mfa("arn:aws:iam::123456789012:mfa/me", Device)).unwrap();
    let body = &network.sent()[0].body;
    assert!(
        body.ends_with("&SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fme&TokenCode=123456"),
        "{body}"
    );
}

#[test]
fn without_an_http_client_it_says_so() {
    let error =
        ask(&AssumeRoleProvider::new(&Context::isolated(), "eu-central-1", ROLE, source())).unwrap_err();
    assert_says(&error, &["STS needs an HTTP client", "feature `hyper` or `reqwest`"]);
}
