//! Tokens beside those that botocore, awscli and the MSK signer made, byte for byte.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sigv4_core::clock::AmzDate;
use sigv4_core::tokens::{Token, TokenSigner, X_VAULT_AWS_IAM_SERVER_ID};
use sigv4_core::{Credentials, Error, ErrorKind};

const MINUTE: Duration = Duration::from_secs(60);

fn recorded(file: &str) -> Value {
    let path = format!("{}/oracles/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

fn credentials(file: &Value, case: &Value) -> Credentials {
    let credentials = Credentials::new(text(file, "access_key_id"), text(file, "secret_access_key")).unwrap();
    match case["session_token"].as_str() {
        Some(token) => credentials.with_session_token(token).unwrap(),
        None => credentials,
    }
}

/// The token of a recorded case, made anew.
fn make(kind: &str, tokens: &TokenSigner<'_>, given: &Value) -> Result<Token, Error> {
    let given = |name| text(given, name);
    match kind {
        "rds" => tokens.rds(given("DBHostname"), 3306, given("DBUsername")),
        "dsql_connect" => tokens.dsql(given("Hostname")),
        "dsql_connect_admin" => tokens.dsql_admin(given("Hostname")),
        "elasticache" => tokens.elasticache(given("cache_name"), given("user")),
        "elasticache_serverless" => tokens.elasticache_serverless(given("cache_name"), given("user")),
        "memorydb" => tokens.memorydb(given("cache_name"), given("user")),
        "eks" => tokens.eks(given("cluster")),
        "msk" => tokens.msk(),
        "sts_get_caller_identity" => tokens.sts_caller_identity(),
        "iot_mqtt" => tokens.iot_mqtt(given("endpoint")),
        other => panic!("no maker of {other}"),
    }
}

#[test]
fn every_token_is_the_one_that_was_recorded() {
    let file = recorded("tokens.json");
    let now = AmzDate::parse(text(&file, "timestamp")).unwrap().time();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 20);
    for case in cases {
        let id = text(case, "id");
        let kind = id.strip_suffix("_session_token").unwrap_or(id);
        let credentials = credentials(&file, case);
        let tokens = TokenSigner::new(&credentials, text(case, "region"), now).unwrap();
        let token = make(kind, &tokens, &case["parameters"]).unwrap();
        if kind == "msk" {
            // Each signer names itself at the end, unsigned.
            let url = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token.as_str()).unwrap()).unwrap();
            let (signed, user_agent) = url.split_once("&User-Agent=").unwrap();
            assert_eq!(signed, text(case, "url"), "{id}");
            assert!(user_agent.starts_with("sigv4-core%2F"), "{user_agent}");
        } else {
            assert_eq!(token.as_str(), text(case, "token"), "{id}");
        }
        let lives = Duration::from_secs(case["expires_seconds"].as_u64().unwrap());
        let lives = if kind == "eks" { 14 * MINUTE } else { lives };
        assert_eq!(token.expires_at(), now + lives, "{id}");
        assert!(!format!("{token:?}").contains("Amz"), "{token:?}");
    }
}

#[test]
fn a_posted_login_is_the_one_that_was_recorded() {
    let file = recorded("requests.json");
    let now = AmzDate::parse(text(&file, "timestamp")).unwrap().time();
    for id in ["sts_get_caller_identity", "sts_get_caller_identity_session_token"] {
        let case = file["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap();
        let credentials = credentials(&file, case);
        let tokens = TokenSigner::new(&credentials, text(case, "region"), now).unwrap();
        let request = tokens.sts_caller_identity_request(HeaderMap::new()).unwrap().into_request();
        assert_eq!(request.uri(), text(case, "url"));
        assert_eq!(*request.body(), text(case, "body"));
        assert_eq!(request.headers()["authorization"], text(&case["expected"], "authorization"), "{id}");
    }
}

#[test]
fn vault_finds_every_signed_header_among_the_fields() {
    let credentials = simple().with_session_token("TOKEN").unwrap();
    let tokens = TokenSigner::new(&credentials, "cn-north-1", simple_time()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(X_VAULT_AWS_IAM_SERVER_ID, HeaderValue::from_static("vault.example.com"));
    let login = tokens.sts_caller_identity_request(headers).unwrap();
    let fields = login.vault_fields();
    let decoded = |at: usize| String::from_utf8(BASE64_STANDARD.decode(&fields[at].1).unwrap()).unwrap();
    assert_eq!(
        fields.each_ref().map(|(name, _)| *name),
        ["iam_http_request_method", "iam_request_url", "iam_request_body", "iam_request_headers"]
    );
    assert_eq!(fields[0].1, "POST");
    assert_eq!(decoded(1), "https://sts.cn-north-1.amazonaws.com.cn/");
    assert_eq!(decoded(2), "Action=GetCallerIdentity&Version=2011-06-15");
    let headers: Value = serde_json::from_str(&decoded(3)).unwrap();
    let authorization = headers["authorization"][0].as_str().unwrap();
    let (_, signed) = authorization.split_once("SignedHeaders=").unwrap();
    let signed = signed.split(',').next().unwrap();
    assert_eq!(signed, "content-type;host;x-amz-date;x-amz-security-token;x-vault-aws-iam-server-id");
    for name in signed.split(';') {
        assert!(headers[name][0].is_string(), "{name} in {headers}");
    }
    assert!(!format!("{login:?}").contains("TOKEN"), "{login:?}");
}

#[test]
fn a_header_that_the_login_sets_itself_is_refused_by_name() {
    let credentials = simple();
    let tokens = TokenSigner::new(&credentials, "us-east-1", simple_time()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("host"), HeaderValue::from_static("elsewhere"));
    let error = tokens.sts_caller_identity_request(headers).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    assert!(error.to_string().contains("the header host"), "{error}");
}

fn simple() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap()
}

fn simple_time() -> std::time::SystemTime {
    AmzDate::parse("20261121T120000Z").unwrap().time()
}

#[test]
fn no_token_outlives_the_credentials() {
    let now = simple_time();
    let credentials = simple().with_expiry(now + 5 * MINUTE);
    let tokens = TokenSigner::new(&credentials, "us-east-1", now).unwrap();
    for token in
        [tokens.rds("db", 5432, "u"), tokens.msk(), tokens.eks("c"), tokens.iot_mqtt("e"), tokens.dsql("d")]
    {
        assert_eq!(token.unwrap().expires_at(), now + 5 * MINUTE);
    }
    assert!(tokens.rds("db", 5432, "u").unwrap().as_str().contains("X-Amz-Expires=300&"));

    // The caller asks for more than there is.
    let error = tokens.lifetime(6 * MINUTE).rds("db", 5432, "u").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert_eq!(
        error.to_string(),
        "the lifetime of 360 seconds is too long for an RDS token: the credentials expire in 300 seconds; \
         ask for no more, or fetch new ones"
    );
    assert_eq!(tokens.lifetime(4 * MINUTE).msk().unwrap().expires_at(), now + 4 * MINUTE);

    let later = TokenSigner::new(&credentials, "us-east-1", now + 5 * MINUTE).unwrap();
    assert_eq!(later.msk().unwrap_err().kind(), ErrorKind::ExpiredCredentials);
    assert_eq!(later.lifetime(MINUTE).msk().unwrap_err().kind(), ErrorKind::ExpiredCredentials);
}

/// A signature in headers has no lifetime in it, and the credentials' end is its end all the same.
#[test]
fn appsync_takes_a_signature_for_five_minutes_or_until_the_credentials_expire() {
    let now = simple_time();
    let made = |tokens: &TokenSigner<'_>| {
        let made = [
            tokens.appsync_graphql("api.example.com"),
            tokens.appsync_events("api.example.com"),
            tokens.appsync_message("api.example.com", "/graphql", "{}"),
        ];
        made.map(|token| match token {
            Ok(token) => Ok(token.expires_at().duration_since(now).unwrap()),
            Err(error) => Err((error.kind(), error.to_string())),
        })
    };
    let lasting = simple();
    let tokens = TokenSigner::new(&lasting, "us-east-1", now).unwrap();
    for tokens in [tokens, tokens.lifetime(MINUTE), tokens.lifetime(5 * MINUTE)] {
        assert!(made(&tokens).iter().all(|lives| *lives == Ok(5 * MINUTE)));
    }
    for token in made(&tokens.lifetime(6 * MINUTE)) {
        let (kind, words) = token.unwrap_err();
        assert_eq!(kind, ErrorKind::Option);
        assert!(words.ends_with("too long for an AppSync token: ask for 300 seconds at most"), "{words}");
    }

    let short = simple().with_expiry(now + 2 * MINUTE);
    let tokens = TokenSigner::new(&short, "us-east-1", now).unwrap();
    assert!(made(&tokens).iter().all(|lives| *lives == Ok(2 * MINUTE)));
    let later = TokenSigner::new(&short, "us-east-1", now + 2 * MINUTE).unwrap();
    for (tokens, kind) in
        [(tokens.lifetime(3 * MINUTE), ErrorKind::Option), (later, ErrorKind::ExpiredCredentials)]
    {
        assert!(made(&tokens).iter().all(|token| token.as_ref().is_err_and(|(told, _)| *told == kind)));
    }
}

#[test]
fn no_token_is_asked_to_live_longer_than_its_service_allows() {
    let credentials = simple();
    let tokens = TokenSigner::new(&credentials, "us-east-1", simple_time()).unwrap().lifetime(16 * MINUTE);
    for token in [tokens.rds("db", 5432, "u"), tokens.memorydb("m", "u"), tokens.msk(), tokens.eks("c")] {
        let error = token.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        assert!(error.to_string().ends_with("ask for 900 seconds at most"), "{error}");
    }
    assert!(tokens.dsql("d").unwrap().as_str().contains("X-Amz-Expires=960&"));
    let error = tokens.lifetime(Duration::from_millis(900)).dsql("d").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
}

#[test]
fn what_is_no_host_user_or_cluster_is_refused_by_name() {
    let credentials = simple();
    let tokens = TokenSigner::new(&credentials, "us-east-1", simple_time()).unwrap();
    for (token, word) in [
        (tokens.rds("https://db", 3306, "u"), "\"https://db:3306\""),
        (tokens.rds("user@db", 3306, "u"), "\"user@db:3306\""),
        (tokens.rds("db", 3306, ""), "user"),
        (tokens.dsql(""), "DSQL"),
        (tokens.elasticache("my cache", "u"), "\"my cache\""),
        (tokens.iot_mqtt("a.iot.us-east-1.amazonaws.com/mqtt"), "/mqtt"),
        (tokens.eks(""), "cluster"),
        (tokens.eks("a\nb"), "cluster"),
        (TokenSigner::new(&credentials, "", simple_time()).unwrap().rds("db", 1, "u"), "region"),
        (TokenSigner::new(&credentials, "us east 1", simple_time()).unwrap().msk(), "us east 1"),
    ] {
        let error = token.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option, "{error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    // Names of users are free: they are encoded.
    let token = tokens.rds("db", 3306, "a b&c=ü").unwrap();
    assert!(token.as_str().contains("DBUser=a%20b%26c%3D%C3%BC&"), "{}", token.as_str());
}

/// The signature in the headers of a POST, as the crate `aws-sigv4` makes it.
fn by_aws_sigv4(uri: &str, headers: &[(&str, &str)], body: &str, service: &str) -> String {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    let credentials = simple();
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some("TOKEN".into()),
        None,
        "test",
    )
    .into();
    let params =
        aws_sigv4::sign::v4::SigningParams::builder().identity(&identity).region("us-east-1").name(service);
    let params = params.time(simple_time()).settings(SigningSettings::default()).build().unwrap();
    let body = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new("POST", uri, headers.iter().copied(), body).unwrap();
    let instructions = sign(request, &params.into()).unwrap().into_parts().0;
    let (_, authorization) = instructions.headers().find(|(name, _)| *name == "authorization").unwrap();
    authorization.to_owned()
}

#[test]
fn what_appsync_is_sent_is_what_aws_sigv4_signs() {
    const HOST: &str = "abc123.appsync-api.us-east-1.amazonaws.com";
    const SUBSCRIPTION: &str = r#"{"query":"subscription { onEvent { id } }"}"#;
    let credentials = simple().with_session_token("TOKEN").unwrap();
    let tokens = TokenSigner::new(&credentials, "us-east-1", simple_time()).unwrap();
    let url = tokens.appsync_graphql(HOST).unwrap();
    let (host, query) = url.as_str().split_once("/graphql?header=").unwrap();
    assert_eq!(host, "wss://abc123.appsync-realtime-api.us-east-1.amazonaws.com");
    let (header, payload) = query.split_once("&payload=").unwrap();
    assert_eq!(payload, "e30%3D");
    let header = percent_encoding::percent_decode_str(header).decode_utf8().unwrap();
    let header = BASE64_STANDARD.decode(header.as_bytes()).unwrap();
    let events = tokens.appsync_events(HOST).unwrap();
    let protocol = events.as_str().strip_prefix("header-").unwrap();
    let protocol = BASE64_URL_SAFE_NO_PAD.decode(protocol).unwrap();
    let message = tokens.appsync_message(HOST, "/graphql", SUBSCRIPTION).unwrap();

    let signed = [
        ("accept", "application/json, text/javascript"),
        ("content-encoding", "amz-1.0"),
        ("content-type", "application/json; charset=UTF-8"),
    ];
    for (object, path, body) in [
        (&header[..], "/graphql/connect", "{}"),
        (&protocol, "/event", "{}"),
        (message.as_str().as_bytes(), "/graphql", SUBSCRIPTION),
    ] {
        let object: Value = serde_json::from_slice(object).unwrap();
        let expected = by_aws_sigv4(&format!("https://{HOST}{path}"), &signed, body, "appsync");
        assert_eq!(object["Authorization"], expected.as_str(), "{path}");
        assert_eq!((&object["host"], &object["x-amz-security-token"]), (&HOST.into(), &"TOKEN".into()));
        assert_eq!(object["x-amz-date"], "20261121T120000Z");
    }

    let own = tokens.appsync_graphql("api.example.com").unwrap();
    assert!(own.as_str().starts_with("wss://api.example.com/graphql/realtime?header="));
}

#[test]
fn a_transcribe_socket_is_signed_for_its_port_and_nothing_but_the_host() {
    let credentials = simple();
    let tokens = TokenSigner::new(&credentials, "us-east-1", simple_time()).unwrap();
    let parameters = [("language-code", "en-US"), ("media-encoding", "pcm"), ("vocabulary-name", "a b")];
    let url = tokens.transcribe(&parameters).unwrap();
    let (base, query) = url.as_str().split_once('?').unwrap();
    assert_eq!(base, "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket");
    assert!(
        query.contains("vocabulary-name=a%20b&") && query.contains("&X-Amz-SignedHeaders=host&"),
        "{query}"
    );

    // The same by the crate `aws-sigv4`.
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        None,
        None,
        "",
    );
    let identity = identity.into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(5 * MINUTE);
    let params = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("transcribe");
    let params = params.time(simple_time()).settings(settings).build().unwrap();
    let unsigned = format!("{base}?language-code=en-US&media-encoding=pcm&vocabulary-name=a%20b");
    let request =
        SignableRequest::new("GET", unsigned, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
    let (_, signature) = sign(request, &params.into()).unwrap().into_parts();
    assert!(query.ends_with(&format!("&X-Amz-Signature={signature}")), "{query}");
}
