//! The file of a session: where it is, what is in it, and how it is rewritten.

use std::path::PathBuf;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use sigv4_core::{Credentials, Error};

use crate::context::Context;
use crate::http::fail;
use crate::json::Object;
use crate::profile::Locations;
use crate::timestamp;

/// The most bytes read of it.
pub(super) const LIMIT: usize = 256 << 10;

/// Where the object with the credentials stands, in the file and in the answer of a refresh.
const CREDENTIALS: &str = "accessToken";

/// What the file says.
pub(super) struct Session {
    pub(super) path: PathBuf,
    pub(super) file: Object,
    pub(super) credentials: Credentials,
    pub(super) expiry: SystemTime,
}

/// The file that tools name by a hash of the session's name.
pub(super) fn path(context: &Context, session: &str) -> PathBuf {
    let mut name: String = Sha256::digest(session).iter().map(|byte| format!("{byte:02x}")).collect();
    name.push_str(".json");
    let locations = Locations::find(context);
    match context.variable("AWS_LOGIN_CACHE_DIRECTORY") {
        Some(folder) => locations.below(&folder, &[&name]),
        None => locations.below_aws(&["login", "cache", &name]),
    }
}

impl Session {
    pub(super) fn parse(bytes: &[u8], path: PathBuf) -> Result<Self, Error> {
        let file = Object::parse(bytes)?;
        let found = file.object(CREDENTIALS).ok_or_else(|| fail("it has no accessToken with credentials"))?;
        let expiry = found
            .text("expiresAt")
            .and_then(timestamp::parse)
            .ok_or_else(|| fail("it has no expiresAt such as 2009-02-13T23:31:30Z"))?;
        let credentials = credentials(found, expiry)?;
        Ok(Self { path, file, credentials, expiry })
    }

    /// Takes what a refresh brought, and rewrites the file. A disk that takes no writes does not cost the user the credentials.
    pub(super) fn renew(&self, context: &Context, answer: &Object) -> Result<Credentials, Error> {
        let expiry = answer
            .number("expiresIn")
            .and_then(|seconds| timestamp::after(context.clock().now(), seconds))
            .ok_or_else(|| fail("the answer has no expiresIn in seconds"))?;
        let found = answer.object(CREDENTIALS).ok_or_else(|| fail("the answer has no accessToken"))?;
        let credentials = credentials(found, expiry)?;
        let mut file = self.file.clone();
        if let Some(kept) = file.object_mut(CREDENTIALS) {
            for name in ["accessKeyId", "secretAccessKey", "sessionToken"] {
                kept.set(name, found.text(name).unwrap_or_default());
            }
            kept.set("expiresAt", &timestamp::format(expiry));
        }
        for name in ["refreshToken", "idToken"] {
            if let Some(next) = answer.text(name) {
                file.set(name, next);
            }
        }
        let _ = context.files().write(&self.path, file.to_json().as_bytes());
        Ok(credentials)
    }
}

fn credentials(found: &Object, expiry: SystemTime) -> Result<Credentials, Error> {
    let text =
        |name: &str| found.text(name).ok_or_else(|| fail(format_args!("its accessToken has no {name}")));
    let credentials = Credentials::new(text("accessKeyId")?, text("secretAccessKey")?)?;
    Ok(credentials.with_session_token(text("sessionToken")?)?.with_expiry(expiry).with_source("login"))
}
