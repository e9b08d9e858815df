//! The chain: its order, where it stops, what it says, and profiles with all that they can ask for.

#[path = "credentials_support/mod.rs"]
mod support;

use sigv4_core::credentials::CredentialCache;
use sigv4_core::{Error, ErrorKind, ProvideCredentials, async_trait};
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::{DefaultChain, MfaToken, Outcome, ProfileProvider, Resolution};

use support::*;

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hush")];
const FILE_KEYS: &str = "aws_access_key_id = AKIDFILE\naws_secret_access_key = hush\n";

fn resolve(context: &Context) -> Resolution {
    block_on(DefaultChain::new(context.clone()).resolve())
}

fn with_config<const N: usize>(
    network: &Network,
    variables: [(&'static str, &'static str); N],
    config: impl Into<String>,
) -> Context {
    let files = Folder::empty().with_file("/home/.aws/config", config.into());
    context(network, variables, &files)
}

const HOME: (&str, &str) = ("HOME", "/home");

fn profile(network: &Network, config: &str) -> Result<String, Error> {
    let provider = ProfileProvider::new(&with_config(network, [HOME], config)).with_profile("a");
    block_on(provider.provide_credentials()).map(|found| found.access_key_id().to_owned())
}

#[test]
fn each_link_answers_when_those_before_it_have_nothing() {
    let pod = [
        HOME,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"),
    ];
    let token = Folder::empty().with_file("/token", "token-web");
    let metadata = || ok(metadata("ASIA1", "2024-01-01T06:00:00Z"));
    let nobody = Network::default();
    let cases: [(Context, usize, &str); 5] = [
        (with_config(&nobody, [HOME, KEYS[0], KEYS[1]], format!("[default]\n{FILE_KEYS}")), 0, "AKIDENV"),
        (with_config(&nobody, pod, format!("[default]\n{FILE_KEYS}")), 1, "AKIDFILE"),
        (context(&Network::new([sts("ASIAWEB")]), pod, &token), 2, "ASIAWEB"),
        (context(&Network::new([metadata()]), [pod[0], pod[3]], &token), 3, "ASIA1"),
        (context(&Network::new([ok("session"), ok("role"), metadata()]), [HOME], &token), 4, "ASIA1"),
    ];
    for (context, link, id) in cases {
        let resolution = resolve(&context);
        let outcomes: Vec<_> = resolution.findings().iter().map(|finding| finding.outcome()).collect();
        let mut expected = [Outcome::NotAsked; 5];
        expected[..link].fill(Outcome::Absent);
        expected[link] = Outcome::Found;
        assert_eq!(outcomes, expected, "{:?}", resolution.findings());
        assert_eq!(resolution.into_credentials().unwrap().access_key_id(), id);
    }
}

#[test]
fn a_link_that_is_set_up_wrong_ends_the_search() {
    let variables =
        [HOME, ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/c"), ("AWS_PROFILE", "a")];
    for (config, link, parts) in [
        ("[profile b]\n", 1, &["profile a: no profile of that name", "environment: AWS_ACCESS_KEY_ID"][..]),
        (
            "[profile a]\naws_access_key_id = AKID\n",
            1,
            &["profile a:", "/home/.aws/config, line 1", "no aws_secret_access_key"],
        ),
        ("[profile a\n", 1, &["/home/.aws/config, line 1", "must end with ']'"]),
        (
            "[profile a]\nregion = x\n",
            3,
            &["container:", "example.com", "asked before: environment:", "web identity:"],
        ),
    ] {
        let network = Network::default();
        let resolution = resolve(&with_config(&network, variables, config));
        assert_eq!(resolution.findings()[link].outcome(), Outcome::Failed);
        assert!(
            resolution.findings()[link + 1..].iter().all(|finding| finding.outcome() == Outcome::NotAsked)
        );
        assert_says(&resolution.into_credentials().unwrap_err(), parts);
        assert!(network.sent().is_empty());
    }
    let half = with_config(&Network::default(), [HOME, KEYS[0]], format!("[default]\n{FILE_KEYS}"));
    assert_says(&resolve(&half).into_credentials().unwrap_err(), &["environment: AWS_SECRET_ACCESS_KEY"]);
}

#[test]
fn a_link_that_is_down_ends_the_search_with_an_error_worth_another_try() {
    let variables = [HOME, ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c")];
    let network = Network::new(vec![Reply::Hangs; 3]);
    let error = resolve(&context(&network, variables, &Folder::empty())).into_credentials().unwrap_err();
    assert_says(
        &error,
        &["container: container credentials at 169.254.170.2 gave no whole answer within 2s"],
    );
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
}

#[test]
fn nothing_anywhere_lists_every_link() {
    let network = Network::new([Reply::Refused, Reply::Refused]);
    let resolution = resolve(&context(&network, [HOME], &Folder::empty()));
    let error = resolution.into_credentials().unwrap_err();
    assert_eq!(
        error.to_string(),
        "no credentials found: environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; \
         profile default: files /home/.aws/config and /home/.aws/credentials not found; \
         web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; \
         container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set; \
         instance metadata: not reachable: instance metadata at 169.254.169.254: connection refused"
    );
}

#[test]
fn keys_with_white_space_are_refused_where_they_stand() {
    for (config, parts) in [
        (
            "aws_access_key_id = AK ID\naws_secret_access_key = hush",
            &["line 3", "access key id holds white space"][..],
        ),
        (
            "aws_access_key_id = AKID\naws_secret_access_key = hush\n  hush",
            &["line 3", "secret access key holds white space"],
        ),
        ("aws_access_key_id = AKID\naws_secret_access_key = h\u{fc}sh", &["line 3", "outside ASCII"]),
    ] {
        let error = profile(&Network::default(), &format!("[profile a]\n{config}\n")).unwrap_err();
        assert_says(&error, &["/home/.aws/config"]);
        assert_says(&error, parts);
    }
    let spaced = [HOME, KEYS[0], ("AWS_SECRET_ACCESS_KEY", "hu\nsh")];
    let error =
        resolve(&context(&Network::default(), spaced, &Folder::empty())).into_credentials().unwrap_err();
    assert_says(&error, &["environment: AWS_SECRET_ACCESS_KEY holds white space"]);
}

#[test]
fn roles_build_on_each_other() {
    let network = Network::new([sts("ASIAB"), sts("ASIAA")]);
    let config = format!(
        "[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\nregion = eu-west-1\n\
         external_id = ext\nrole_session_name = me\nduration_seconds = 1800\n\
         [profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = c\n{FILE_KEYS_B}\
         [profile c]\n{FILE_KEYS}",
        FILE_KEYS_B = ""
    );
    assert_eq!(profile(&network, &config).unwrap(), "ASIAA");
    let sent = network.sent();
    assert!(sent[0].header("authorization").contains("Credential=AKIDFILE/20240101/eu-west-1/sts/"));
    assert!(sent[0].body.contains("role%2Fb"));
    assert!(sent[1].header("authorization").contains("Credential=ASIAB/"));
    assert_eq!(sent[1].header("x-amz-security-token"), "token-ASIAB");
    assert!(
        sent[1].body.ends_with("role%2Fa&RoleSessionName=me&ExternalId=ext&DurationSeconds=1800"),
        "{}",
        sent[1].body
    );
}

#[test]
fn where_a_profile_begins() {
    let role = "role_arn = arn:aws:iam::1:role/a\n";
    let signer = |config: &str| {
        let network = Network::new([sts("ASIAA"), sts("ASIAA")]);
        profile(&network, config).unwrap();
        network.sent()[0].header("authorization").split(['=', '/']).nth(1).unwrap().to_owned()
    };
    // Its own keys, when it is its own source.
    assert_eq!(signer(&format!("[profile a]\n{role}source_profile = a\n{FILE_KEYS}")), "AKIDFILE");
    // The keys of its source, before the role of its source, and never its own.
    let own = FILE_KEYS.replace("AKIDFILE", "AKIDWRONG");
    let source = format!("[profile b]\nrole_arn = x\nsource_profile = c\n{FILE_KEYS}[profile c]\n{own}");
    assert_eq!(signer(&format!("[profile a]\n{role}source_profile = b\n{own}{source}")), "AKIDFILE");
    // The environment, when it says so.
    let network = Network::new([sts("ASIAA")]);
    let config = format!("[default]\n{role}credential_source = Environment\n");
    let provider = ProfileProvider::new(&with_config(&network, [HOME, KEYS[0], KEYS[1]], config));
    block_on(provider.provide_credentials()).unwrap();
    assert!(network.sent()[0].header("authorization").contains("Credential=AKIDENV/"));
}

#[test]
fn mistakes_in_profiles_are_named_with_file_and_line() {
    let role = "role_arn = arn:aws:iam::1:role/a\n";
    let file = "/home/.aws/config, line";
    for (config, parts) in [
        (format!("{role}source_profile = b\n[profile b]\nrole_arn = b\nsource_profile = a\n"), &["loop: a → b → a", file][..]),
        (format!("{role}source_profile = b\n{FILE_KEYS}[profile b]\nrole_arn = b\nsource_profile = b\n"), &["profile b", "line 6", "no credentials"]),
        (format!("{role}source_profile = gone\n"), &["source_profile = gone (/home/.aws/config, line 3)", "no file defines"]),
        (format!("{role}source_profile = b\n[profile b]\n"), &["profile b", "line 4", "no credentials"]),
        (format!("{role}source_profile = b\n[profile b]\naws_access_key_id = AKID\n"), &["line 4", "no aws_secret_access_key"]),
        (role.to_owned(), &["profile a", "line 1", "neither source_profile nor credential_source"]),
        (format!("{role}source_profile = b\ncredential_source = Environment\n"), &["both source_profile and credential_source"]),
        (format!("{role}credential_source = Moon\n"), &["line 3", "Moon", "Ec2InstanceMetadata"]),
        (format!("{role}credential_source = Environment\n"), &["credential_source Environment", "line 3", "not set"]),
        (format!("{role}credential_source = EcsContainer\n"), &["credential_source EcsContainer", "not set"]),
        (format!("{role}source_profile = a\nduration_seconds = long\n{FILE_KEYS}"), &["duration_seconds", "line 4"]),
        (format!("{role}source_profile = a\nmfa_serial = dev-1\n{FILE_KEYS}"), &["dev-1", "with_mfa"]),
        ("web_identity_token_file = /t\n".to_owned(), &["line 1", "no role_arn"]),
        ("sso_session = gone\nsso_account_id = 1\nsso_role_name = r\n".to_owned(), &["line 2", "[sso-session gone]"]),
        ("sso_start_url = u\nsso_region = r\nsso_role_name = r\n".to_owned(), &["line 1", "no sso_account_id"]),
        ("sso_session = s\nsso_account_id = 1\n[sso-session s]\nsso_region = r\nsso_start_url = u\n".to_owned(), &["no sso_role_name"]),
        ("sso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = r\n".to_owned(), &["line 5", "no sso_start_url"]),
        (
            "sso_session = s\nsso_region = x\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = r\nsso_start_url = u\n".to_owned(),
            &["sso_region", "line 3", "not that of the sso-session"],
        ),
        ("login_session = arn:aws:iam::1:user/me\n".to_owned(), &["arn:aws:iam::1:user/me", "/home/.aws/login/cache/", "`aws login`"]),
        ("aws_session_token = token-t\n".to_owned(), &["line 1", "aws_session_token, but no aws_access_key_id"]),
        (
            "sso_session = s\n[sso-session s]\nsso_region = r\nsso_start_url = u\n".to_owned(),
            &["sso_session (/home/.aws/config, line 2)", "access token instead of credentials", "sso_account_id"],
        ),
        (format!("{role}source_profile = b\n[b]\n{FILE_KEYS}"), &["line 3", "[b] (/home/.aws/config, line 4) has to be [profile b]"]),
        (format!("{role}source_profile = my b\n"), &["line 3", "letters, digits and"]),
    ] {
        let network = Network::default();
        assert_says(&profile(&network, &format!("[profile a]\n{config}")).unwrap_err(), parts);
        assert!(network.sent().is_empty());
    }
}

#[test]
fn a_profile_that_the_program_names_wins_over_keys_in_the_environment() {
    let config = format!("[profile a]\n{FILE_KEYS}");
    let context = with_config(&Network::default(), [HOME, KEYS[0], KEYS[1], ("AWS_PROFILE", "b")], config);
    let resolution = block_on(DefaultChain::new(context.clone()).with_profile("a").resolve());
    assert_eq!(resolution.findings()[0].detail(), "passed over: the program asks for profile a");
    assert_eq!(resolution.into_credentials().unwrap().access_key_id(), "AKIDFILE");
    // A variable that names one does not.
    assert_eq!(resolve(&context).into_credentials().unwrap().access_key_id(), "AKIDENV");
}

#[test]
fn without_a_home_folder_nothing_is_read_below_the_working_directory() {
    let files = Folder::empty()
        .with_file("~/.aws/config", "[default]\ncredential_process = evil")
        .with_file("~/.aws/credentials", format!("[default]\n{FILE_KEYS}"))
        .with_file("~/token", "token-web");
    let variables = [("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"), ("AWS_ROLE_ARN", "r")];
    let resolution = resolve(&context(&Network::default(), variables, &files));
    assert_eq!(resolution.findings()[1].detail(), "files ~/.aws/config and ~/.aws/credentials not found");
    assert_says(&resolution.into_credentials().unwrap_err(), &["\"~/token\" cannot be read", "set HOME"]);
    // With one, a token file may be named by it.
    let files = Folder::empty().with_file("/home/token", "token-web");
    let network = Network::new([sts("ASIAWEB")]);
    let resolution = resolve(&context(&network, [HOME, variables[0], variables[1]], &files));
    assert_eq!(resolution.into_credentials().unwrap().access_key_id(), "ASIAWEB");
}

#[test]
fn the_code_of_a_device_is_asked_for() {
    struct Device;

    #[async_trait]
    impl MfaToken for Device {
        async fn code(&self, device: &str) -> Result<String, Error> {
            assert_eq!(device, "dev-1");
            Ok("654321".to_owned())
        }
    }
    let network = Network::new([sts("ASIA1")]);
    let config =
        format!("[default]\nrole_arn = r\nsource_profile = default\nmfa_serial = dev-1\n{FILE_KEYS}");
    let chain = DefaultChain::new(with_config(&network, [HOME], config)).with_mfa(Device);
    block_on(chain.provide_credentials()).unwrap();
    assert!(network.sent()[0].body.ends_with("&SerialNumber=dev-1&TokenCode=654321"));
}

#[test]
fn credentials_that_come_expired_are_refused_with_the_name_of_their_source() {
    let before = "2023-12-31T00:00:00Z";
    let role = "role_arn = r\nsource_profile = default\n";
    let container = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
    for (context, source) in [
        (
            with_config(
                &Network::new([sts_until("ASIA1", before)]),
                [HOME],
                format!("[default]\n{role}{FILE_KEYS}"),
            ),
            "assume-role",
        ),
        (
            context(&Network::new([ok(metadata("ASIA1", before))]), [HOME, container], &Folder::empty()),
            "container",
        ),
    ] {
        let now = context.clock().now();
        let cache =
            CredentialCache::new(DefaultChain::new(context.clone())).with_clock(context.clock().clone());
        let error = block_on(cache.get(now)).map(|found| found.access_key_id().to_owned()).unwrap_err();
        assert_says(&error, &[source, "expired", "whether this clock is right"]);
        assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
    }
}

#[test]
fn files_are_read_anew_and_metadata_keeps_its_token() {
    let files = Folder::empty().with_file("/home/.aws/config", format!("[default]\n{FILE_KEYS}"));
    let network = Network::default();
    let chain = DefaultChain::new(context(&network, [HOME], &files));
    assert_eq!(block_on(chain.provide_credentials()).unwrap().access_key_id(), "AKIDFILE");
    files.set("/home/.aws/config", "[default]\nregion = eu-central-1");
    let metadata = || ok(metadata("ASIA1", "2024-01-01T06:00:00Z"));
    network.then([ok("session"), ok("role"), metadata(), ok("role"), metadata()]);
    for _ in 0..2 {
        assert_eq!(block_on(chain.provide_credentials()).unwrap().access_key_id(), "ASIA1");
    }
    assert!(network.is_used_up());
}

#[test]
fn regions_and_endpoints_of_the_program_win() {
    let network = Network::new([sts("ASIA1"), sts("ASIA1")]);
    let config = format!("[profile a]\nregion = eu-west-1\nrole_arn = r\nsource_profile = a\n{FILE_KEYS}");
    let chain = DefaultChain::new(with_config(&network, [HOME, ("AWS_REGION", "eu-west-2")], config));
    let chain = chain.with_profile("a");
    block_on(chain.provide_credentials()).unwrap();
    block_on(chain.with_region("eu-west-3").with_sts_endpoint("http://localhost:1").provide_credentials())
        .unwrap();
    let sent = network.sent();
    assert_eq!(sent[0].uri, "https://sts.eu-west-2.amazonaws.com/");
    assert_eq!(sent[1].uri, "http://localhost:1/");
    assert!(sent[1].header("authorization").contains("/eu-west-3/sts/"));
}
