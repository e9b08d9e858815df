//! What AWS's own tools take, and this crate too: files that cannot be opened, spellings, settings of profiles; and what neither takes.

#[path = "credentials_support/mod.rs"]
mod support;

use std::io::{ErrorKind, Result as IoResult};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sigv4_core::ProvideCredentials;
use sigv4_core::credentials::Sleep;
use sigv4_credentials::context::{Context, Files, Folder, SystemFiles, SystemProcesses};
use sigv4_credentials::{
    DefaultChain, ImdsProvider, ProcessProvider, ProfileProvider, RegionChain, SsoProvider, SsoSettings,
};

use support::*;

const HOME: (&str, &str) = ("HOME", "/home");

/// The home folder of somebody else.
struct Locked(Folder);

impl Files for Locked {
    fn read(&self, path: &Path, limit: usize) -> IoResult<Vec<u8>> {
        if path.starts_with("/home") {
            return Err(ErrorKind::PermissionDenied.into());
        }
        self.0.read(path, limit)
    }

    fn write(&self, _: &Path, _: &[u8]) -> IoResult<()> {
        Err(ErrorKind::PermissionDenied.into())
    }
}

#[test]
fn files_that_cannot_be_opened_count_as_absent() {
    let pod = [
        HOME,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
    ];
    let files = || Locked(Folder::empty().with_file("/token", "token-web"));
    let in_pod = context(&Network::new([sts("ASIAWEB")]), pod, &Folder::empty()).with_files(files());
    let resolution = block_on(DefaultChain::new(in_pod).resolve());
    let finding = resolution.findings()[1].to_string();
    assert!(finding.contains("/home/.aws/config cannot be read") && finding.contains("denied"), "{finding}");
    assert_eq!(resolution.into_credentials().unwrap().access_key_id(), "ASIAWEB");

    // Who asks for a profile by its name is told.
    let named = [HOME, ("AWS_PROFILE", "dev")];
    let context_of = |network: &Network| context(network, named, &Folder::empty()).with_files(files());
    let error =
        block_on(DefaultChain::new(context_of(&Network::default())).provide_credentials()).unwrap_err();
    assert_says(&error, &["profile dev", "/home/.aws/credentials cannot be read: permission denied"]);
    let network = Network::new([ok("token"), ok("eu-west-1")]);
    assert_eq!(block_on(RegionChain::new(context_of(&network)).resolve()).unwrap(), "eu-west-1");
}

#[test]
fn a_home_that_is_no_folder_and_a_file_that_is_one_count_as_absent() {
    let metadata = ok(metadata("ASIA1", "2024-01-01T06:00:00Z"));
    let variables = [("HOME", "/dev/null"), ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c")];
    let no_home = context(&Network::new([metadata]), variables, &Folder::empty()).with_files(SystemFiles);
    let found = block_on(DefaultChain::new(no_home).provide_credentials()).unwrap();
    assert_eq!(found.access_key_id(), "ASIA1");

    // Docker makes a folder of what it is to mount and does not find.
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws/config")).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), keys("AKID")).unwrap();
    let variables = std::collections::HashMap::from([("HOME".to_owned(), home.path().display().to_string())]);
    let context = Context::isolated().with_environment(variables).with_files(SystemFiles);
    let found = block_on(DefaultChain::new(context).provide_credentials()).unwrap();
    assert_eq!(found.access_key_id(), "AKID");
}

fn keys(id: &str) -> String {
    format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = hush\n")
}

/// The key and the token of a profile.
fn found(config: &str, credentials: &str, profile: &str) -> (String, Option<String>) {
    let files = Folder::empty()
        .with_file("/home/.aws/config", config)
        .with_file("/home/.aws/credentials", credentials);
    let context = context(&Network::default(), [HOME], &files).with_processes(SystemProcesses::new());
    let provider = ProfileProvider::new(&context).with_profile(profile);
    let found = block_on(provider.provide_credentials()).unwrap();
    (found.access_key_id().to_owned(), found.session_token().map(str::to_owned))
}

#[test]
fn spellings_of_a_profile() {
    for quoted in ["\"dev\"", "'dev'", "  dev "] {
        let config = keys("AKID").replace("default", &format!("profile {quoted}"));
        assert_eq!(found(&config, "", "dev").0, "AKID", "{quoted}");
    }
    let old = format!("{}aws_security_token = of-old\n", keys("AKID"));
    assert_eq!(found("", &old, "default"), ("AKID".to_owned(), Some("of-old".to_owned())));
}

#[test]
fn a_token_belongs_to_the_key_beside_it() {
    let old = format!("{}aws_session_token = old\n", keys("AKIDOLD"));
    assert_eq!(found(&old, &keys("AKIDNEW"), "default"), ("AKIDNEW".to_owned(), None));
    let new = format!("{}aws_session_token = new\n", keys("AKIDNEW"));
    assert_eq!(found(&old, &new, "default"), ("AKIDNEW".to_owned(), Some("new".to_owned())));
    assert_eq!(found(&old, "", "default"), ("AKIDOLD".to_owned(), Some("old".to_owned())));
}

#[cfg(unix)]
#[test]
fn a_command_over_several_lines_is_one() {
    let config = "[default]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKID\",'\n  '\"SecretAccessKey\": \"hush\"}'\n";
    assert_eq!(found(config, "", "default").0, "AKID");
}

#[cfg(unix)]
#[test]
fn an_expiration_is_a_time_or_an_error() {
    let print = |expiration: &str| {
        let command = format!(
            r#"echo '{{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "hush", "Expiration": {expiration}}}'"#
        );
        block_on(ProcessProvider::new(&Context::system(), command).provide_credentials())
    };
    let moment = print("\"2030-01-01T00:00:00Z\"").unwrap().expiry();
    assert_eq!(print("\"2030-01-01T01:00:00+0100\"").unwrap().expiry(), moment);
    assert_says(&print("1893456000").unwrap_err(), &["Expiration", "is not a time such as"]);
    assert_eq!(print("null").unwrap().expiry(), None);
}

#[test]
fn the_source_of_a_role_is_named_in_any_case() {
    for source in ["EC2InstanceMetadata", "ECSContainer", "environment"] {
        let config = format!("[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = {source}\n");
        let files = Folder::empty().with_file("/home/.aws/config", config);
        let error = block_on(
            ProfileProvider::new(&context(&Network::default(), [HOME], &files)).provide_credentials(),
        );
        let error = error.unwrap_err().to_string();
        assert!(!error.contains("can be Environment"), "{error}");
    }
}

#[test]
fn a_profile_asked_alone_uses_the_region_of_the_variables() {
    let config = "[default]\nrole_arn = arn:aws-cn:iam::1:role/r\nsource_profile = k\n[profile k]\naws_access_key_id = A\naws_secret_access_key = hush\n";
    let files = Folder::empty().with_file("/home/.aws/config", config);
    let network = Network::new([sts("ASIAROLE")]);
    let context = context(&network, [HOME, ("AWS_REGION", "cn-north-1")], &files);
    block_on(ProfileProvider::new(&context).provide_credentials()).unwrap();
    assert_eq!(network.sent()[0].uri, "https://sts.cn-north-1.amazonaws.com.cn/");
}

/// Two profiles with an instance metadata service each.
fn two_services() -> Folder {
    let of = |name: &str, port: u16| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata\n\
             ec2_metadata_service_endpoint = http://127.0.0.1:{port}\n"
        )
    };
    Folder::empty().with_file("/home/.aws/config", of("a", 1) + &of("b", 2))
}

#[test]
fn each_profile_has_its_own_instance_metadata() {
    let network = Network::new([Reply::Refused, Reply::Refused]);
    let context_of = context(&network, [HOME], &two_services());
    let provider = ProfileProvider::new(&context_of).with_profile("b");
    assert_says(&block_on(provider.provide_credentials()).unwrap_err(), &["127.0.0.1:2"]);

    let answers = [ok("session"), ok("role"), ok(metadata("ASIAOFA", "2024-01-01T06:00:00Z"))];
    let network = Network::new(answers.into_iter().chain([Reply::Refused, Reply::Refused]));
    let base = ImdsProvider::new(&context(&network, [HOME], &two_services()));
    let (a, b) = (base.clone().with_profile("a"), base.with_profile("b"));
    assert_eq!(block_on(a.provide_credentials()).unwrap().access_key_id(), "ASIAOFA");
    assert_says(&block_on(b.provide_credentials()).unwrap_err(), &["not reachable"]);
}

#[test]
fn an_instance_that_lost_its_role_has_no_credentials() {
    let answers = || [ok("session"), ok("role"), ok(metadata("ASIA1", "2024-01-01T01:00:00Z"))];
    let down = [Reply::Refused, Reply::Refused];
    let gone = [status(404, ""), status(404, "")];
    let network = Network::new(answers().into_iter().chain(down.clone()).chain(gone).chain(down));
    let provider = ImdsProvider::new(&context(&network, [], &Folder::empty()));
    let ask = || block_on(provider.provide_credentials()).map(|found| found.access_key_id().to_owned());
    assert_eq!(ask().unwrap(), "ASIA1");
    assert_eq!(ask().unwrap(), "ASIA1", "the service is down for a while");
    assert_says(&ask().unwrap_err(), &["this instance has no IAM role"]);
    // Nor later, when nothing is heard of it.
    assert_says(&ask().unwrap_err(), &["connection refused"]);
    assert!(network.is_used_up());
}

#[test]
fn an_instance_that_answers_with_nothing_is_asked_again() {
    let answers = [ok("session"), ok("role"), ok(""), ok(metadata("ASIA1", "2024-01-01T06:00:00Z"))];
    let provider = ImdsProvider::new(&context(&Network::new(answers), [], &Folder::empty()));
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIA1");
}

/// A timer that tells how long it was asked to wait.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Duration>>>);

impl Sleep for Told {
    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().push(pause);
        Hurried.sleep(pause)
    }
}

#[test]
fn pauses_between_many_attempts_stay_short() {
    let (network, timer) = (Network::new(std::iter::repeat_n(Reply::Refused, 300)), Told::default());
    let variables = [("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "300")];
    let context = context(&network, variables, &Folder::empty()).with_sleep(timer.clone());
    assert_says(&block_on(RegionChain::new(context).resolve()).unwrap_err(), &["connection refused"]);
    let pauses: Vec<_> =
        timer.0.lock().unwrap().iter().copied().filter(|pause| pause.as_secs() < 2).collect();
    assert_eq!((network.sent().len(), pauses.len()), (300, 299));
    assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(1)));
}

fn sso(network: &Network, expires_at: &str) -> (SsoProvider, Folder) {
    let token = format!(
        r#"{{"accessToken":"token-old","expiresAt":"{expires_at}","clientId":"c","clientSecret":"hush","refreshToken":"r"}}"#
    );
    // The SHA-1 of `admin`.
    let files = Folder::empty()
        .with_file("/home/.aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json", token);
    let settings = SsoSettings {
        region: "us-east-1".to_owned(),
        start_url: "https://x".to_owned(),
        account_id: "1".to_owned(),
        role_name: "r".to_owned(),
        session: Some("admin".to_owned()),
    };
    (SsoProvider::new(&context(network, [HOME], &files), settings), files)
}

fn role_credentials() -> Reply {
    ok(
        r#"{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"hush","sessionToken":"token-s","expiration":1704070800000}}"#,
    )
}

#[test]
fn a_refresh_that_hangs_costs_one_attempt_while_the_token_lives() {
    let network = Network::new([Reply::Hangs, role_credentials()]);
    let (provider, _) = sso(&network, "2024-01-01T00:04:00Z");
    assert_eq!(block_on(provider.provide_credentials()).unwrap().access_key_id(), "ASIASSO");
    assert_eq!(network.sent()[1].header("x-amz-sso_bearer_token"), "token-old");
}

#[test]
fn a_token_for_aeons_is_kept() {
    for seconds in ["9000000000000", "9223372036854775807", "900000000000"] {
        let refreshed = ok(format!(r#"{{"accessToken":"token-new","expiresIn":{seconds}}}"#));
        let (provider, files) = sso(&Network::new([refreshed, role_credentials()]), "2023-12-31T00:00:00Z");
        block_on(provider.provide_credentials()).unwrap();
        let kept =
            files.read(Path::new("/home/.aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json"), 4096);
        let kept = String::from_utf8(kept.unwrap()).unwrap();
        assert!(
            kept.contains("token-new") && kept.contains(r#""expiresAt":"2025-01-01T00:00:00Z""#),
            "{kept}"
        );
    }
}

#[test]
fn what_stands_for_a_machine_shows_no_secret() {
    let processes =
        SystemProcesses::with_variables([("AWS_SECRET_ACCESS_KEY".to_owned(), "hush".to_owned())]);
    let shown = format!("{processes:?} {:?}", Folder::empty().with_file("/secret", "hush"));
    assert!(!shown.contains("hush") && !shown.contains(&format!("{:?}", b"hush")), "{shown}");
}
