use std::sync::Arc;
use std::time::Duration;

use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::{Credentials, Error, ProvideCredentials};
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::{ImdsProvider, RegionChain};

use crate::support::*;

const LATER: &str = "2024-01-01T06:00:00Z";
const ROLES: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";

fn session() -> Vec<Reply> {
    vec![ok("session"), ok("role-a"), ok(metadata("ASIA1", LATER))]
}

fn plain(network: &Network) -> Context {
    context(network, [], &Folder::empty())
}

fn ask(context: &Context) -> Result<Credentials, Error> {
    block_on(ImdsProvider::new(context).provide_credentials())
}

#[test]
fn a_token_the_role_the_credentials() {
    let network = Network::new(session());
    let found = ask(&plain(&network)).unwrap();
    assert_eq!((found.access_key_id(), found.source()), ("ASIA1", "imds"));
    let sent = network.sent();
    let lines: Vec<_> = sent.iter().map(|sent| format!("{} {}", sent.method, sent.uri)).collect();
    let expected = [
        "PUT http://169.254.169.254/latest/api/token".into(),
        format!("GET {ROLES}"),
        format!("GET {ROLES}role-a"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(sent[0].header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    assert_eq!(sent[2].header("x-aws-ec2-metadata-token"), "session");
}

#[test]
fn the_token_is_kept_until_shortly_before_its_end() {
    let network = Network::new(session());
    let time = clock();
    let provider = ImdsProvider::new(&plain(&network).with_clock(time.clone()));
    block_on(provider.provide_credentials()).unwrap();
    network.then([ok("role-a"), ok(metadata("ASIA2", "2024-01-02T00:00:00Z"))]);
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA2");
    time.advance(Duration::from_secs(21_600 - 60));
    network.then(session());
    block_on(provider.provide_credentials()).unwrap();
    assert!(network.is_used_up());
}

#[test]
fn a_token_that_is_not_known_any_more_is_replaced_once() {
    let network = Network::new(session());
    let provider = ImdsProvider::new(&plain(&network));
    block_on(provider.provide_credentials()).unwrap();
    network.then([status(401, ""), ok("second"), ok("role-a"), ok(metadata("ASIA2", LATER))]);
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA2");
    assert_eq!(network.sent().last().unwrap().header("x-aws-ec2-metadata-token"), "second");
}

#[test]
fn every_step_is_tried_twice() {
    for broken in [status(500, ""), Reply::Refused, Reply::Hangs] {
        let replies = session().into_iter().flat_map(|reply| [broken.clone(), reply]);
        assert_eq!(ask(&plain(&Network::new(replies))).unwrap().access_key_id(), "ASIA1");
    }
}

#[test]
fn failures_say_what_happened() {
    let (session, role) = (ok("session"), ok("role-a"));
    let answer = metadata("ASIA1", LATER);
    for (replies, parts) in [
        (
            vec![Reply::Refused, Reply::Refused],
            &["not reachable", "169.254.169.254", "connection refused"][..],
        ),
        (vec![Reply::Hangs, Reply::Hangs], &["not reachable", "within 2s", "hop limit"]),
        (vec![status(403, "")], &["403", "IMDS is disabled"]),
        (vec![ok(" ")], &["unusable token"]),
        (vec![session.clone(), status(404, ""), status(404, "")], &["no IAM role", "instance profile"]),
        (vec![session.clone(), ok("<html>\n")], &["no name of a role"]),
        (vec![session.clone(), status(401, "")], &["answered 401"]),
        (vec![session.clone(), role.clone(), status(404, "")], &["role-a", "answered 404"]),
        (vec![session.clone(), role.clone(), status(500, ""), status(500, "")], &["role-a", "answered 500"]),
        (vec![session.clone(), role.clone(), ok("hush")], &["role-a", "not JSON"]),
        (vec![session.clone(), role.clone(), ok(answer.replace("hush-ASIA1", ""))], &["no SecretAccessKey"]),
        (
            vec![
                session,
                role,
                ok(r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume"}"#),
            ],
            &["AssumeRoleUnauthorizedAccess: EC2 cannot assume", "trust ec2.amazonaws.com"],
        ),
    ] {
        let network = Network::new(replies);
        assert_says(&ask(&plain(&network)).unwrap_err(), parts);
        assert!(network.is_used_up(), "{parts:?}");
    }
}

#[test]
fn expired_credentials_are_stretched_and_old_ones_outlive_a_failure() {
    let time = clock();
    let network = Network::new([ok("session"), ok("role-a"), ok(metadata("ASIA1", "2023-12-31T00:00:00Z"))]);
    let provider = ImdsProvider::new(&plain(&network).with_clock(time.clone()));
    let stretched = |credentials: Credentials, time: &Arc<ManualClock>| {
        let left = credentials.expiry().unwrap().duration_since(time.now()).unwrap();
        assert!((600..=900).contains(&left.as_secs()), "{left:?}");
        credentials
    };
    stretched(block_on(provider.provide_credentials()).unwrap(), &time);
    time.advance(Duration::from_secs(1000));
    network.then([status(500, ""), status(500, "")]);
    let kept = stretched(block_on(provider.provide_credentials()).unwrap(), &time);
    assert_eq!(kept.access_key_id(), "ASIA1");
}

#[test]
fn disabled_it_asks_nothing() {
    let network = Network::default();
    let context = context(&network, [("AWS_EC2_METADATA_DISABLED", "TRUE")], &Folder::empty());
    assert_says(&ask(&context).unwrap_err(), &["AWS_EC2_METADATA_DISABLED is true"]);
    assert!(network.sent().is_empty());
}

#[test]
fn version_one_only_when_asked() {
    for first in [vec![status(404, "")], vec![Reply::Hangs, Reply::Hangs]] {
        let network = Network::new(first.into_iter().chain([ok("role-a"), ok(metadata("ASIA1", LATER))]));
        let provider = ImdsProvider::new(&plain(&network)).allow_v1();
        assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA1");
        assert_eq!(network.sent().last().unwrap().header("x-aws-ec2-metadata-token"), "");
    }
    assert_says(&ask(&plain(&Network::new([status(404, "")]))).unwrap_err(), &["404", "token"]);
}

#[test]
fn where_the_service_is() {
    let config = |text: &'static str| Folder::empty().with_file("/config", text);
    const FILE: (&str, &str) = ("AWS_CONFIG_FILE", "/config");
    const NONE: (&str, &str) = ("", "");
    const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
    for (variables, text, expected) in [
        ([NONE, NONE], "", Ok("http://169.254.169.254")),
        ([NONE, (MODE, "ipV6")], "", Ok("http://[fd00:ec2::254]")),
        ([NONE, (MODE, "IPv7")], "", Err(["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv7"])),
        ([NONE, (ENDPOINT, "http://override:456/")], "", Ok("http://override:456")),
        ([(ENDPOINT, "http://override:456"), (MODE, "IPv6")], "", Ok("http://override:456")),
        ([NONE, (ENDPOINT, "not a uri")], "", Err([ENDPOINT, "usable address"])),
        ([NONE, (ENDPOINT, "/path")], "", Err([ENDPOINT, "address"])),
        ([FILE, NONE], "[default]\nec2_metadata_service_endpoint_mode = IPv6", Ok("http://[fd00:ec2::254]")),
        ([FILE, NONE], "[default]\nec2_metadata_service_endpoint = http://file:1", Ok("http://file:1")),
        ([FILE, NONE], "[default]\nec2_metadata_service_endpoint_mode = x", Err(["/config, line 2", "IPv4"])),
        (
            [FILE, (ENDPOINT, "http://override:456")],
            "[default]\nec2_metadata_service_endpoint = http://wrong",
            Ok("http://override:456"),
        ),
    ] {
        let network = Network::new(session());
        let found = ask(&context(&network, variables, &config(text)));
        match expected {
            Ok(expected) => {
                found.unwrap();
                assert_eq!(network.sent()[0].uri, format!("{expected}/latest/api/token"));
            }
            Err(parts) => assert_says(&found.unwrap_err(), &parts),
        }
    }
}

#[test]
fn how_often_and_how_long_it_is_asked() {
    const FILE: (&str, &str) = ("AWS_CONFIG_FILE", "/config");
    const NONE: (&str, &str) = ("", "");
    const ATTEMPTS: &str = "AWS_METADATA_SERVICE_NUM_ATTEMPTS";
    const TIMEOUT: &str = "AWS_METADATA_SERVICE_TIMEOUT";
    let in_file = "[default]\nmetadata_service_num_attempts = 3\nmetadata_service_timeout = 9";
    let hanging = |variables, text: &'static str| {
        let network = Network::new([Reply::Hangs, Reply::Hangs, Reply::Hangs, Reply::Hangs]);
        let files = Folder::empty().with_file("/config", text);
        let error = ask(&context(&network, variables, &files)).unwrap_err();
        (network.sent().len(), error)
    };
    for (variables, text, attempts, timeout) in [
        ([NONE, NONE], "", 2, "within 2s"),
        ([(ATTEMPTS, "1"), NONE], "", 1, "within 2s"),
        ([(ATTEMPTS, " 4"), (TIMEOUT, "7")], "", 4, "within 7s"),
        ([FILE, NONE], in_file, 3, "within 9s"),
        ([FILE, (TIMEOUT, "300")], in_file, 3, "within 300s"),
    ] {
        let (sent, error) = hanging(variables, text);
        assert_says(&error, &[timeout]);
        assert_eq!(sent, attempts, "{variables:?}");
    }
    for (variables, text, parts) in [
        ([(ATTEMPTS, "0"), NONE], "", [ATTEMPTS, "from 1 to 300"]),
        ([(ATTEMPTS, "-1"), NONE], "", [ATTEMPTS, "-1"]),
        ([(TIMEOUT, "301"), NONE], "", [TIMEOUT, "301"]),
        ([(TIMEOUT, "1.5"), NONE], "", [TIMEOUT, "whole number"]),
        ([FILE, NONE], "[default]\nmetadata_service_timeout = soon", ["/config, line 2", "soon"]),
    ] {
        let (sent, error) = hanging(variables, text);
        assert_says(&error, &parts);
        assert_eq!(sent, 0, "{variables:?}");
    }
}

#[test]
fn roles_in_the_extended_folder() {
    let network =
        Network::new([ok("session"), status(404, ""), ok("role-a\n"), ok(metadata("ASIA1", LATER))]);
    ask(&plain(&network)).unwrap();
    let last = network.sent().pop().unwrap().uri;
    assert!(last.ends_with("/latest/meta-data/iam/security-credentials-extended/role-a"), "{last}");
}

#[test]
fn regions_in_their_order() {
    let region = |network: &Network, variables: [(&'static str, &'static str); 2], config: &str| {
        let files = Folder::empty().with_file("/config", config);
        let chain = RegionChain::new(context(network, variables, &files));
        block_on(chain.resolve())
    };
    const FILE: (&str, &str) = ("AWS_CONFIG_FILE", "/config");
    let config = "[default]\nregion = eu-west-3\n[profile other]\nregion = eu-west-4";
    let nobody = Network::default();
    assert_eq!(region(&nobody, [FILE, ("AWS_REGION", "eu-west-1")], config).unwrap(), "eu-west-1");
    assert_eq!(region(&nobody, [FILE, ("AWS_DEFAULT_REGION", "eu-west-2")], config).unwrap(), "eu-west-2");
    assert_eq!(region(&nobody, [FILE, ("AWS_REGION", "")], config).unwrap(), "eu-west-3");
    assert_eq!(region(&nobody, [FILE, ("AWS_PROFILE", "other")], config).unwrap(), "eu-west-4");
    let network = Network::new([ok("session"), ok("eu-west-5")]);
    assert_eq!(region(&network, [FILE, ("", "")], "").unwrap(), "eu-west-5");
    // The settings of the service come from the profile that the program names.
    let network = Network::new([ok("session"), ok("eu-west-6")]);
    let files = Folder::empty()
        .with_file("/config", "[profile named]\nec2_metadata_service_endpoint = http://metadata:1");
    let chain = RegionChain::new(context(&network, [FILE], &files)).with_profile("named");
    assert_eq!(block_on(chain.resolve()).unwrap(), "eu-west-6");
    assert!(network.sent()[1].uri.starts_with("http://metadata:1/latest/"));
    let network = Network::new([Reply::Refused, Reply::Refused]);
    let error = region(&network, [FILE, ("", "")], "").unwrap_err();
    assert_says(
        &error,
        &["AWS_REGION", "AWS_DEFAULT_REGION", "profile default", "instance metadata: not reachable"],
    );
}
