//! Roles, web identities and metadata against servers that check signatures and session tokens.
//!
//! Run by `tests/live/with-servers`; without it each test says that it did not run, and fails where
//! `SIGV4_LIVE_REQUIRED` is set.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use sigv4_core::{Credentials, ProvideCredentials};
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::http::HyperClient;
use sigv4_credentials::{
    AssumeRoleProvider, CallerIdentity, DefaultChain, ImdsProvider, ProfileProvider, WebIdentityProvider,
};

/// A server with its user, role and token file.
#[derive(Clone)]
struct Server {
    name: &'static str,
    endpoint: String,
    access_key_id: String,
    secret_access_key: String,
    region: String,
    role_arn: String,
    token_file: String,
    /// Asked through `HyperClient`, not reqwest.
    small_client: bool,
}

impl Server {
    fn find(name: &'static str) -> Option<Self> {
        let variable = |suffix: &str| std::env::var(format!("SIGV4_LIVE_{name}{suffix}")).ok();
        let Some(endpoint) = variable("") else {
            assert!(std::env::var_os("SIGV4_LIVE_REQUIRED").is_none(), "SIGV4_LIVE_{name} is not set");
            eprintln!("not run: SIGV4_LIVE_{name} is not set (use tests/live/with-servers)");
            return None;
        };
        let needed =
            |suffix: &str| variable(suffix).unwrap_or_else(|| panic!("SIGV4_LIVE_{name}{suffix} is not set"));
        Some(Self {
            name,
            endpoint,
            access_key_id: needed("_ACCESS_KEY_ID"),
            secret_access_key: needed("_SECRET_ACCESS_KEY"),
            region: needed("_REGION"),
            role_arn: needed("_ROLE_ARN"),
            token_file: needed("_WEB_IDENTITY_TOKEN_FILE"),
            small_client: false,
        })
    }

    /// Each server that is there, once for each HTTP client.
    fn all() -> Vec<Self> {
        let found = ["MINISTACK", "MOTO"].into_iter().filter_map(Self::find);
        found.flat_map(|server| [Self { small_client: true, ..server.clone() }, server]).collect()
    }

    fn user(&self) -> Credentials {
        Credentials::new(&self.access_key_id, &self.secret_access_key).unwrap()
    }

    /// The machine, with these variables alone.
    fn context(&self, variables: &[(&str, &str)]) -> Context {
        let mut all: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        all.insert("AWS_ENDPOINT_URL_STS".to_owned(), self.endpoint.clone());
        all.insert("AWS_REGION".to_owned(), self.region.clone());
        let context = Context::system().with_environment(all);
        if self.small_client { context.with_http(HyperClient::new()) } else { context }
    }

    /// STS takes the credentials with their token, and refuses them without it.
    async fn check(&self, credentials: &Credentials) -> CallerIdentity {
        let context = self.context(&[]);
        let identity = CallerIdentity::fetch(&context, &self.region, None, credentials)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert!(identity.account.len() == 12, "{}: {identity:?}", self.name);
        if credentials.session_token().is_some() {
            let without =
                Credentials::new(credentials.access_key_id(), credentials.secret_access_key()).unwrap();
            let refused = CallerIdentity::fetch(&context, &self.region, None, &without).await.unwrap_err();
            assert!(refused.to_string().contains("403"), "{}: {refused}", self.name);
        }
        identity
    }
}

#[tokio::test]
async fn assume_role() {
    for server in Server::all() {
        let user = server.check(&server.user()).await;
        let context = server.context(&[]);
        let provider = AssumeRoleProvider::new(&context, &server.region, &server.role_arn, server.user())
            .with_session_name("one-role");
        let role =
            provider.provide_credentials().await.unwrap_or_else(|error| panic!("{}: {error}", server.name));
        assert!(role.session_token().is_some() && role.expiry().is_some());
        let identity = server.check(&role).await;
        assert_ne!(identity.arn, user.arn, "{}", server.name);
        assert!(identity.arn.contains("assumed-role") && identity.arn.ends_with("one-role"), "{identity:?}");

        let wrong = Credentials::new(&server.access_key_id, "a-wrong-secret").unwrap();
        let provider = AssumeRoleProvider::new(&context, &server.region, &server.role_arn, wrong);
        let refused = provider.provide_credentials().await.unwrap_err();
        assert!(
            refused.to_string().contains("403") && refused.to_string().contains(&server.role_arn),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_chain_of_two_roles() {
    for server in Server::all() {
        let Server { role_arn, access_key_id, secret_access_key, .. } = &server;
        let config = format!(
            "[profile two]\nrole_arn = {role_arn}\nrole_session_name = second\nsource_profile = one\n\
             [profile one]\nrole_arn = {role_arn}\nrole_session_name = first\nsource_profile = user\n\
             [profile user]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
        );
        let files = Folder::empty().with_file("/config", config);
        let context = server.context(&[("AWS_CONFIG_FILE", "/config")]).with_files(files);
        let provider = ProfileProvider::new(&context).with_profile("two");
        let role =
            provider.provide_credentials().await.unwrap_or_else(|error| panic!("{}: {error}", server.name));
        let identity = server.check(&role).await;
        assert!(identity.arn.ends_with("second"), "{}: {identity:?}", server.name);
    }
}

#[tokio::test]
async fn web_identity() {
    for server in Server::all() {
        let context = server.context(&[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &server.token_file),
            ("AWS_ROLE_ARN", &server.role_arn),
            ("AWS_ROLE_SESSION_NAME", "pod"),
        ]);
        let alone = WebIdentityProvider::new(&context, &server.region);
        let role =
            alone.provide_credentials().await.unwrap_or_else(|error| panic!("{}: {error}", server.name));
        server.check(&role).await;
        // The chain comes to the same: without a home there are no files.
        let chain = DefaultChain::new(context);
        server.check(&chain.provide_credentials().await.unwrap()).await;
    }
}

#[tokio::test]
async fn metadata_of_the_instance() {
    for server in Server::all() {
        let context = server.context(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.endpoint)]);
        let context = context.with_files(Folder::empty());
        let found = ImdsProvider::new(&context)
            .provide_credentials()
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", server.name));
        assert!(found.session_token().is_some() && found.expiry().is_some());
        let chain = DefaultChain::new(context).resolve().await;
        let last = chain.findings().last().unwrap();
        assert_eq!(last.to_string(), "instance metadata: found", "{}", server.name);
    }
}

/// The example, built with what the whole workspace is built with: where that was done before, nothing is left to do.
fn whoami_program() -> PathBuf {
    let build = ["build", "--locked", "--quiet", "--workspace", "--all-features", "--example", "whoami"];
    let built = Command::new(env!("CARGO")).args(build).current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(built.unwrap().success());
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(2).unwrap().join("examples/whoami")
}

#[test]
fn whoami() {
    let servers = Server::all();
    if servers.is_empty() {
        return;
    }
    let program = whoami_program();
    for server in servers {
        let mut whoami = Command::new(&program);
        // Only these credentials and this region, whatever the machine has.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                whoami.env_remove(name);
            }
        }
        let whoami = whoami
            .args(["--explain", "--endpoint-url", &server.endpoint, "--region", &server.region])
            .env("AWS_ACCESS_KEY_ID", &server.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &server.secret_access_key)
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&whoami.stdout), String::from_utf8_lossy(&whoami.stderr));
        assert!(whoami.status.success(), "{}: {out}{err}", server.name);
        assert!(out.contains("environment        found"), "{out}");
        let account = server.role_arn.split(':').nth(4).unwrap();
        assert!(out.contains(&format!("account:     {account}")), "{out}");
        assert!(!out.contains(&server.secret_access_key), "the secret shows");
    }
}
