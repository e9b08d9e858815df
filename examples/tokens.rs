//! Passwords and bearer tokens that are signed requests in disguise: databases, clusters, WebSockets.
//!
//! Each is made offline, in microseconds, from the credentials alone. Shown here is what a service would see, with the
//! signature cut off: a whole token is a secret.
//!
//! ```sh
//! cargo run --example tokens
//! AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… cargo run --example tokens -- --whole
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use sigv4_core::Credentials;
use sigv4_core::tokens::{Token, TokenSigner, X_VAULT_AWS_IAM_SERVER_ID};
use sigv4_examples::{arguments, example_credentials};

fn main() -> Result<(), Box<dyn Error>> {
    let whole = arguments("tokens [--whole]", |words| match words {
        [] => Some(false),
        ["--whole"] => Some(true),
        _ => None,
    });
    let credentials = if whole { Credentials::from_env()? } else { example_credentials()? };
    let now = SystemTime::now();
    let tokens = TokenSigner::new(&credentials, "us-east-1", now)?;

    for (what, token) in [
        ("RDS password", tokens.rds("db.123456789012.us-east-1.rds.amazonaws.com", 3306, "jane_doe")?),
        (
            "DSQL password, one hour",
            tokens.lifetime(Duration::from_secs(3600)).dsql_admin("peccy.dsql.us-east-1.on.aws")?,
        ),
        ("ElastiCache password", tokens.elasticache_serverless("my-cache", "iam-user-01")?),
        ("EKS bearer token", tokens.eks("my-cluster")?),
        ("MSK bearer token", tokens.msk()?),
        ("STS, who am I", tokens.sts_caller_identity()?),
        ("IoT, MQTT over WebSocket", tokens.iot_mqtt("a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com")?),
    ] {
        let lives = token.expires_at().duration_since(now)?.as_secs_f64().ceil();
        println!(
            "{what} (for {lives} s):\n  {}\n",
            if whole { token.as_str().to_owned() } else { shown(&token)? }
        );
    }

    let mut headers = HeaderMap::new();
    headers.insert(X_VAULT_AWS_IAM_SERVER_ID, HeaderValue::from_static("vault.example.com"));
    println!("Vault login:");
    for (field, value) in tokens.sts_caller_identity_request(headers)?.vault_fields() {
        println!("  {field}: {}", if whole { &value } else { &value[..value.len().min(24)] });
    }
    Ok(())
}

/// The token out of its base64, up to the signature.
fn shown(token: &Token) -> Result<String, Box<dyn Error>> {
    let text = token.as_str().trim_start_matches("k8s-aws-v1.");
    let text = match BASE64_URL_SAFE_NO_PAD.decode(text) {
        Ok(url) => String::from_utf8(url)?,
        Err(_) => text.to_owned(),
    };
    let end = text.find("X-Amz-Signature=").ok_or("the token has no signature")?;
    Ok(format!("{}X-Amz-Signature=…", &text[..end]))
}
