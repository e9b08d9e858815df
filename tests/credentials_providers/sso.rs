use bytes::Bytes;
use http::{Request, Response};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};
use sigv4_credentials::context::{Context, Files, Folder};
use sigv4_credentials::http::{HttpClient, HttpLimits};
use sigv4_credentials::{SsoProvider, SsoSettings};

use crate::support::*;

/// SHA-1 of `work`, and of the start URL.
const SESSION_FILE: &str = "/home/.aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json";

fn settings(session: Option<&str>) -> SsoSettings {
    SsoSettings {
        region: "eu-central-1".into(),
        start_url: "https://example.awsapps.com/start".into(),
        account_id: "123456789012".into(),
        role_name: "a reader".into(),
        session: session.map(str::to_owned),
    }
}

fn at_home(network: &Network, files: &Folder) -> Context {
    context(network, [("HOME", "/home")], files)
}

fn ask(context: &Context, session: Option<&str>) -> Result<Credentials, Error> {
    block_on(SsoProvider::new(context, settings(session)).provide_credentials())
}

fn cached(expires: &str, more: &str) -> String {
    format!(r#"{{"accessToken":"token-old","expiresAt":"{expires}"{more}}}"#)
}

const LOG_IN: &str = "`aws sso login --sso-session work`";
const REGISTRATION: &str = r#","clientId":"c","clientSecret":"hush-c","refreshToken":"token-r","registrationExpiresAt":"2024-03-01T00:00:00Z""#;

fn role() -> Reply {
    ok(
        r#"{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"hush","sessionToken":"token-s","expiration":1704090000000}}"#,
    )
}

#[test]
fn the_cached_token_gives_the_credentials_of_the_role() {
    let files = Folder::empty().with_file(SESSION_FILE, cached("2024-01-01T08:00:00Z", ""));
    let network = Network::new([role()]);
    let found = ask(&at_home(&network, &files), Some("work")).unwrap();
    assert_eq!((found.access_key_id(), found.source()), ("ASIA1", "sso"));
    assert!(found.expiry().is_some());
    let sent = &network.sent()[0];
    assert_eq!(
        sent.uri,
        "https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=a%20reader"
    );
    assert_eq!(sent.header("x-amz-sso_bearer_token"), "token-old");
    assert!(sent.headers["x-amz-sso_bearer_token"].is_sensitive());
}

#[test]
fn a_token_that_runs_out_is_refreshed_and_kept() {
    for expires in ["2024-01-01T00:04:00Z", "2023-12-31T00:00:00Z"] {
        let files = Folder::empty().with_file(SESSION_FILE, cached(expires, REGISTRATION));
        let refreshed = ok(
            r#"{"accessToken":"token-new","expiresIn":3600,"refreshToken":"token-r2","tokenType":"Bearer"}"#,
        );
        let network = Network::new([refreshed, role(), role()]);
        let context = at_home(&network, &files);
        ask(&context, Some("work")).unwrap();
        ask(&context, Some("work")).unwrap();
        let sent = network.sent();
        assert_eq!(sent[0].uri, "https://oidc.eu-central-1.amazonaws.com/token");
        let body: serde_json::Value = serde_json::from_str(&sent[0].body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"clientId": "c", "clientSecret": "hush-c", "grantType": "refresh_token", "refreshToken": "token-r"})
        );
        assert_eq!(sent.len(), 3, "the second call found the refreshed token");
        assert!(sent[1..].iter().all(|sent| sent.header("x-amz-sso_bearer_token") == "token-new"));
        let file: serde_json::Value =
            serde_json::from_slice(&files.read(SESSION_FILE.as_ref(), 9999).unwrap()).unwrap();
        assert_eq!(file["refreshToken"], "token-r2");
        assert_eq!((&file["expiresAt"], &file["clientId"]), (&"2024-01-01T01:00:00Z".into(), &"c".into()));
    }
}

#[test]
fn a_refresh_that_fails_costs_nothing_while_the_token_lives() {
    let files = Folder::empty().with_file(SESSION_FILE, cached("2024-01-01T00:04:00Z", REGISTRATION));
    let network = Network::new([status(400, r#"{"error":"invalid_grant"}"#), role()]);
    ask(&at_home(&network, &files), Some("work")).unwrap();
    assert_eq!(network.sent()[1].header("x-amz-sso_bearer_token"), "token-old");
}

#[test]
fn a_failure_that_passes_is_survived() {
    let files = Folder::empty().with_file(SESSION_FILE, cached("2023-12-31T00:00:00Z", REGISTRATION));
    let refreshed = ok(r#"{"accessToken":"token-new","expiresIn":3600}"#);
    let network = Network::new([status(500, ""), refreshed, Reply::Hangs, status(429, ""), role()]);
    assert_eq!(ask(&at_home(&network, &files), Some("work")).unwrap().access_key_id(), "ASIA1");
    assert!(network.is_used_up());
}

#[test]
fn another_program_may_have_refreshed_it() {
    let files = Folder::empty().with_file(SESSION_FILE, cached("2023-12-31T00:00:00Z", REGISTRATION));
    let theirs = files.clone();
    let asked = Network::new([role()]);
    let portal = asked.clone();
    let slower = move |request: Request<Bytes>| {
        let (portal, theirs) = (portal.clone(), theirs.clone());
        async move {
            if request.method() == "GET" {
                return portal.send(request, HttpLimits::default()).await;
            }
            theirs.set(SESSION_FILE, cached("2024-01-01T08:00:00Z", "").replace("token-old", "token-theirs"));
            Ok(Response::builder().status(400).body(Bytes::new()).unwrap())
        }
    };
    ask(&at_home(&Network::default(), &files).with_http(slower), Some("work")).unwrap();
    assert_eq!(asked.sent()[0].header("x-amz-sso_bearer_token"), "token-theirs");
}

#[test]
fn failures_say_what_happened_and_to_log_in() {
    let (later, before) = ("2024-01-01T08:00:00Z", "2023-12-31T00:00:00Z");
    let gone = REGISTRATION.replace("2024-03-01", "2023-03-01");
    for (file, session, replies, parts) in [
        (None, Some("work"), vec![], &[SESSION_FILE, LOG_IN][..]),
        (Some(cached(before, "")), Some("work"), vec![], &["expired at 2023-12-31", "no clientId", LOG_IN]),
        (Some(cached(before, &gone)), Some("work"), vec![], &["registration expired", LOG_IN]),
        (
            Some(cached(before, REGISTRATION)),
            Some("work"),
            vec![status(400, r#"{"error":"invalid_grant","error_description":"gone"}"#)],
            &["oidc.eu-central-1.amazonaws.com", "invalid_grant: gone", LOG_IN],
        ),
        (Some(cached(before, REGISTRATION)), Some("work"), vec![ok("{}")], &["expiresIn", LOG_IN]),
        (Some("hush".into()), Some("work"), vec![], &[SESSION_FILE, "not JSON", LOG_IN]),
        (Some("{}".into()), Some("work"), vec![], &[SESSION_FILE, "no accessToken", LOG_IN]),
        (Some(cached("soon", "")), Some("work"), vec![], &["no expiresAt", LOG_IN]),
        (
            Some(cached(later, "")),
            Some("work"),
            vec![status(401, r#"{"message":"Session token not found or invalid"}"#)],
            &["answered 401", "Session token not found", LOG_IN],
        ),
        (Some(cached(later, "")), Some("work"), vec![status(404, "")], &["a reader", "404"]),
        (Some(cached(later, "")), Some("work"), vec![status(500, ""); 3], &["500"]),
        (Some(cached(later, "")), Some("work"), vec![Reply::Refused; 3], &["connection refused"]),
        (Some(cached(later, "")), Some("work"), vec![Reply::Hangs; 3], &["within 5s"]),
        (Some(cached(later, "")), Some("work"), vec![ok("hush")], &["not JSON"]),
        (Some(cached(later, "")), Some("work"), vec![ok(r#"{"roleCredentials":{}}"#)], &["expiration"]),
    ] {
        let files = Folder::empty();
        if let Some(file) = file {
            files.set(SESSION_FILE, file);
        }
        let network = Network::new(replies);
        let error = ask(&at_home(&network, &files), session).unwrap_err();
        assert_says(&error, parts);
        assert!(network.is_used_up(), "{parts:?}");
        assert!(matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Timeout));
    }
}

#[test]
fn the_older_form_finds_its_file_by_the_start_url_and_cannot_refresh() {
    let network = Network::default();
    let error = ask(&at_home(&network, &Folder::empty()), None).unwrap_err();
    let file = "/home/.aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";
    assert_says(&error, &[file, "`aws sso login`"]);
    let files = Folder::empty().with_file(file, cached("2023-12-31T00:00:00Z", REGISTRATION));
    assert_says(&ask(&at_home(&network, &files), None).unwrap_err(), &["without an sso_session"]);
}
