use std::future::ready;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};
use sigv4_credentials::context::{Context, Files, Folder};
use sigv4_credentials::{LoginProvider, ProfileProvider};

use crate::support::*;

const SESSION: &str = "arn:aws:iam::123456789012:user/me";
/// SHA-256 of the session.
const NAME: &str = "286187707741fc2ccb93cf9e56dbd0ee0a16208feed5fbc8ae1baa86d44c283f.json";
const SIGN_IN: &str = "https://eu-central-1.signin.aws.amazon.com/v1/token";

/// A key made for these tests, and its coordinates as openssl tells them.
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\n\
    MHcCAQEEIGczK0fD5ANjzYHDC31KHhpAw6G6Rh5usw1UxrQlefqooAoGCCqGSM49\n\
    AwEHoUQDQgAE91b2DhaQ4aOvyxZEqRkfWxLFo1uP9H/WRxfdruM0hWkZLjmujmwv\n\
    H96FGgjlSkCJyqroFFolfqkzTDthr3MF2w==\n-----END EC PRIVATE KEY-----\n";
const POINT: [&str; 2] = [
    "f756f60e1690e1a3afcb1644a9191f5b12c5a35b8ff47fd64717ddaee3348569",
    "192e39ae8e6c2f1fde851a08e54a4089caaae8145a257ea9334c3b61af7305db",
];

fn path() -> String {
    format!("/home/.aws/login/cache/{NAME}")
}

fn cached(expires: &str) -> Value {
    json!({
        "accessToken": {
            "accessKeyId": "ASIAOLD", "secretAccessKey": "hush-old", "sessionToken": "token-old",
            "accountId": "123456789012", "expiresAt": expires,
        },
        "tokenType": "aws_sigv4", "refreshToken": "token-refresh", "idToken": "token-id",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": KEY,
    })
}

fn without(mut file: Value, name: &str) -> Value {
    file.as_object_mut().unwrap().remove(name).unwrap();
    file
}

fn refreshed() -> Reply {
    ok(json!({
        "accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "hush-new", "sessionToken": "token-new"},
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "token-next",
    })
    .to_string())
}

fn at_home(network: &Network, files: &Folder) -> Context {
    context(network, [("HOME", "/home")], files)
}

fn ask(context: &Context) -> Result<Credentials, Error> {
    block_on(LoginProvider::new(context, "eu-central-1", SESSION).provide_credentials())
}

const LOG_IN: &str = "`aws login`";
const LATER: &str = "2024-01-01T00:14:00Z";
const SOON: &str = "2024-01-01T00:04:00Z";
const BEFORE: &str = "2023-12-31T00:00:00Z";

#[test]
fn credentials_that_live_are_taken_as_they_are() {
    let elsewhere = [("HOME", "/home"), ("AWS_LOGIN_CACHE_DIRECTORY", "~/else")];
    let network = Network::default();
    for (variables, path) in [([elsewhere[0], ("", "")], path()), (elsewhere, format!("/home/else/{NAME}"))] {
        // Nothing else is needed as long as they live.
        let file = without(without(cached(LATER), "dpopKey"), "refreshToken");
        let files = Folder::empty().with_file(path, file.to_string());
        let context = context(&network, variables, &files);
        let provider = LoginProvider::new(&context, "eu-central-1", format!(" {SESSION} "));
        let found = block_on(provider.provide_credentials()).unwrap();
        assert_eq!((found.access_key_id(), found.session_token()), ("ASIAOLD", Some("token-old")));
        assert_eq!(found.source(), "login");
        assert!(found.expiry().is_some());
    }
    assert!(network.sent().is_empty());
}

/// Checks a proof as the service would, and gives its claims.
fn verified(proof: &str) -> Value {
    let (message, signature) = proof.rsplit_once('.').unwrap();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    let byte = |at: usize, hex: &str| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let point = POINT.map(|hex| (0..64).step_by(2).map(|at| byte(at, hex)).collect::<Vec<u8>>());
    let [x, y] = point.each_ref().map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    let key = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
    assert_eq!(header, json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key}));
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4], &point[0][..], &point[1]].concat())
        .verify(message.as_bytes(), &decode(signature))
        .expect("the proof verifies");
    serde_json::from_slice(&decode(claims)).unwrap()
}

#[test]
fn credentials_that_run_out_are_refreshed_with_a_proof_and_kept() {
    let escaped = KEY.replace('\n', "\\n");
    for (expires, key) in [(SOON, KEY), (BEFORE, &escaped)] {
        let mut file = cached(expires);
        file["dpopKey"] = key.into();
        let files = Folder::empty().with_file(path(), file.to_string());
        let network = Network::new([refreshed()]);
        let context = at_home(&network, &files);
        for _ in 0..2 {
            let found = ask(&context).unwrap();
            assert_eq!((found.access_key_id(), found.session_token()), ("ASIANEW", Some("token-new")));
            let ends = found.expiry().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
            assert_eq!(ends.as_secs(), 1_704_067_200 + 900);
        }
        let sent = network.sent();
        assert_eq!(sent.len(), 1, "the second call found what the first one kept");
        assert_eq!((sent[0].method.as_str(), sent[0].uri.as_str()), ("POST", SIGN_IN));
        assert_eq!(
            (sent[0].header("content-type"), sent[0].header("authorization")),
            ("application/json", "")
        );
        let body: Value = serde_json::from_str(&sent[0].body).unwrap();
        let client = "arn:aws:signin:::devtools/same-device";
        assert_eq!(
            body,
            json!({"clientId": client, "grantType": "refresh_token", "refreshToken": "token-refresh"})
        );
        assert!(sent[0].headers["dpop"].is_sensitive());
        let claims = verified(sent[0].header("dpop"));
        assert_eq!((&claims["htm"], &claims["htu"]), (&"POST".into(), &SIGN_IN.into()));
        assert_eq!(claims["iat"], 1_704_067_200);

        let kept: Value = serde_json::from_slice(&files.read(path().as_ref(), 9999).unwrap()).unwrap();
        let mut expected = cached("2024-01-01T00:15:00Z");
        expected["dpopKey"] = key.into();
        expected["refreshToken"] = "token-next".into();
        for (name, value) in
            [("accessKeyId", "ASIANEW"), ("secretAccessKey", "hush-new"), ("sessionToken", "token-new")]
        {
            expected["accessToken"][name] = value.into();
        }
        assert_eq!(kept, expected);
    }
}

#[test]
fn every_attempt_has_a_proof_of_its_own() {
    let files = Folder::empty().with_file(path(), cached(BEFORE).to_string());
    let network = Network::new([status(500, ""), Reply::Hangs, refreshed()]);
    assert_eq!(ask(&at_home(&network, &files)).unwrap().access_key_id(), "ASIANEW");
    let mut proofs: Vec<_> =
        network.sent().iter().map(|sent| verified(sent.header("dpop"))["jti"].to_string()).collect();
    proofs.sort();
    proofs.dedup();
    assert_eq!(proofs.len(), 3, "{proofs:?}");
}

#[test]
fn a_refresh_that_fails_costs_nothing_while_they_live() {
    let files = Folder::empty().with_file(path(), cached(SOON).to_string());
    let refusal = r#"{"error":"TOKEN_EXPIRED","message":"gone"}"#;
    let network = Network::new([status(400, refusal)]);
    assert_eq!(ask(&at_home(&network, &files)).unwrap().access_key_id(), "ASIAOLD");
    assert!(network.is_used_up());
}

#[test]
fn another_program_may_have_refreshed_them() {
    let files = Folder::empty().with_file(path(), cached(BEFORE).to_string());
    let theirs = files.clone();
    let slower = move |_: Request<Bytes>| {
        theirs.set(path(), cached(LATER).to_string());
        ready(Response::builder().status(400).body(Bytes::new()))
    };
    let context = at_home(&Network::default(), &files).with_http(slower);
    let found = ask(&context).unwrap();
    assert_eq!((found.access_key_id(), found.is_expired(context.clock().now())), ("ASIAOLD", false));
}

#[test]
fn failures_say_what_happened_and_what_to_do() {
    let no = |error: &str| vec![status(400, json!({"error": error, "message": "no more"}).to_string())];
    let mut no_id = cached(LATER);
    no_id["accessToken"]["accessKeyId"] = "".into();
    let mut no_key = cached(BEFORE);
    no_key["dpopKey"] = "hush".into();
    let (old, half) = (cached(BEFORE).to_string(), ok(r#"{"accessToken":{},"expiresIn":900}"#));
    for (file, replies, parts) in [
        (None, vec![], &[SESSION, NAME, "cannot be read", LOG_IN][..]),
        (Some("hush".into()), vec![], &[SESSION, NAME, "not JSON", LOG_IN]),
        (Some("x".repeat(300 << 10)), vec![], &[NAME, "larger than", LOG_IN]),
        (Some("{}".into()), vec![], &[NAME, "no accessToken", LOG_IN]),
        (Some(r#"{"accessToken":"hush"}"#.into()), vec![], &[NAME, "no accessToken", LOG_IN]),
        (Some(no_id.to_string()), vec![], &["no accessKeyId", LOG_IN]),
        (Some(cached("soon").to_string()), vec![], &["no expiresAt", LOG_IN]),
        (Some(without(cached(BEFORE), "refreshToken").to_string()), vec![], &["no refreshToken", LOG_IN]),
        (Some(without(cached(BEFORE), "clientId").to_string()), vec![], &["no clientId", LOG_IN]),
        (Some(without(cached(BEFORE), "dpopKey").to_string()), vec![], &["no dpopKey", LOG_IN]),
        (Some(no_key.to_string()), vec![], &["dpopKey that is no P-256 key", LOG_IN]),
        (
            Some(old.clone()),
            no("TOKEN_EXPIRED"),
            &["expired at 2023-12-31", "TOKEN_EXPIRED: no more", "session is over", LOG_IN],
        ),
        (Some(old.clone()), no("USER_CREDENTIALS_CHANGED"), &["password was changed", LOG_IN]),
        (Some(old.clone()), no("INSUFFICIENT_PERMISSIONS"), &["signin:CreateOAuth2Token"]),
        (
            Some(old.clone()),
            vec![status(404, "<html>")],
            &["eu-central-1.signin.aws.amazon.com", "404", LOG_IN],
        ),
        (Some(old.clone()), vec![ok("hush")], &["not JSON", LOG_IN]),
        (Some(old.clone()), vec![ok("{}")], &["no expiresIn", LOG_IN]),
        (Some(old.clone()), vec![ok(r#"{"expiresIn":-1}"#)], &["no expiresIn", LOG_IN]),
        (Some(old.clone()), vec![ok(r#"{"expiresIn":900}"#)], &["no accessToken", LOG_IN]),
        (Some(old.clone()), vec![half], &["no accessKeyId", LOG_IN]),
        (Some(old.clone()), vec![status(500, ""); 3], &["500", "try again"]),
        (Some(old.clone()), vec![Reply::Refused; 3], &["connection refused", "try again"]),
        (Some(old), vec![Reply::Hangs; 3], &["within 5s", "try again"]),
    ] {
        let files = Folder::empty();
        if let Some(file) = &file {
            files.set(path(), file.as_str());
        }
        let network = Network::new(replies);
        let error = ask(&at_home(&network, &files)).unwrap_err();
        assert_says(&error, parts);
        assert!(network.is_used_up(), "{parts:?}");
        assert_eq!(error.is_retryable(), parts.contains(&"try again"), "{error}");
        assert!(matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Timeout));
        let kept = files.read(path().as_ref(), 1 << 20).ok().map(|kept| String::from_utf8(kept).unwrap());
        assert_eq!(kept, file, "a failure changes no file");
    }
}

#[test]
fn a_profile_names_the_session_its_region_and_a_role_over_it() {
    let session = format!("login_session = {SESSION}\n");
    let profile = |config: String, replies: Vec<Reply>, expires: &str| {
        let network = Network::new(replies);
        let files = Folder::empty()
            .with_file("/home/.aws/config", config)
            .with_file(path(), cached(expires).to_string());
        let provider = ProfileProvider::new(&at_home(&network, &files));
        let found = block_on(provider.provide_credentials());
        assert!(network.is_used_up());
        found.map(|found| (found.access_key_id().to_owned(), network.sent()))
    };
    // Before a process, as in the AWS SDKs.
    let (id, _) =
        profile(format!("[default]\ncredential_process = false\n{session}"), vec![], LATER).unwrap();
    assert_eq!(id, "ASIAOLD");
    let (id, sent) =
        profile(format!("[default]\nregion = us-gov-west-1\n{session}"), vec![refreshed()], BEFORE).unwrap();
    assert_eq!(id, "ASIANEW");
    assert_eq!(sent[0].uri, "https://us-gov-west-1.signin.amazonaws-us-gov.com/v1/token");
    let local = "endpoint_url = http://localhost:1/base/\n";
    let (_, sent) =
        profile(format!("[default]\nregion = x\n{local}{session}"), vec![refreshed()], BEFORE).unwrap();
    assert_eq!(sent[0].uri, "http://localhost:1/base/v1/token");
    assert_eq!(verified(sent[0].header("dpop"))["htu"], sent[0].uri.as_str());
    let role = format!("[default]\nrole_arn = r\nsource_profile = me\n[profile me]\n{session}");
    let (id, sent) = profile(role, vec![sts("ASIAROLE")], LATER).unwrap();
    assert_eq!(id, "ASIAROLE");
    assert!(sent[0].header("authorization").contains("Credential=ASIAOLD/"));
    let error = profile(format!("[default]\n{session}"), vec![], BEFORE).unwrap_err();
    assert_says(&error, &["set region in the profile, or AWS_REGION"]);
}
