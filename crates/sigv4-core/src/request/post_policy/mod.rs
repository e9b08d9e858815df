//! S3 POST policies: what a browser may upload with an HTML form, signed beforehand.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

mod condition;
mod form;

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::signature::{ALGORITHM, CredentialScope, Hex, scope};
use condition::Condition;

pub use form::PostForm;

const SERVICE: &str = "s3";

/// Stands for the name of the uploaded file in the field `key`.
const FILENAME: &str = "${filename}";

/// Form fields that the signature is made of, or that no policy speaks of.
const RESERVED: [&str; 8] = [
    "bucket",
    "file",
    "policy",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature",
];

/// What may be uploaded: conditions on the form's fields, and until when.
///
/// S3 refuses a form with a field (other than `file`, `policy` and the signature) that no condition speaks of.
///
/// ```
/// use std::time::Duration;
/// use sigv4_core::Credentials;
/// use sigv4_core::clock::AmzDate;
/// use sigv4_core::request::PostPolicy;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
/// let now = AmzDate::parse("20261121T120000Z")?.time();
/// let form = PostPolicy::new("amzn-s3-demo-bucket", now + Duration::from_secs(3600))
///     .key("user/user1/${filename}")
///     .field("acl", "public-read")
///     .starts_with("Content-Type", "image/")
///     .content_length_range(1..=10_485_760)
///     .sign(&credentials, "us-east-1", now)?;
/// assert_eq!(form.field("acl"), Some("public-read"));
/// assert!(form.field("x-amz-signature").is_some());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PostPolicy {
    expires_at: SystemTime,
    conditions: Vec<Condition>,
    fields: Vec<(String, String)>,
}

impl PostPolicy {
    /// A policy for uploads to one bucket until a moment; parts of a second are dropped.
    pub fn new(bucket: impl Into<String>, expires_at: SystemTime) -> Self {
        Self { expires_at, conditions: Vec::new(), fields: Vec::new() }.exact("bucket", bucket)
    }

    /// Reads a policy document, as the S3 documentation writes it. Conditions on what a signature adds are passed
    /// over: signing adds them anew.
    ///
    /// An error of kind `Option` when it is no JSON, has no `expiration`, or holds a condition of another form.
    pub fn from_json(document: &str) -> Result<Self, Error> {
        let wrong = |what: String| Error::new(ErrorKind::Option, format!("the POST policy {what}"));
        let document: Value =
            serde_json::from_str(document).map_err(|error| wrong("is not JSON".into()).with_source(error))?;
        let expiration = document["expiration"].as_str().ok_or_else(|| {
            wrong("has no expiration: give one as in \"expiration\": \"2026-12-01T12:00:00Z\"".into())
        })?;
        let expires_at = OffsetDateTime::parse(expiration, &Rfc3339)
            .map_err(|_| wrong(format!("has the expiration {expiration:?}, which is no time in ISO 8601")))?;
        let conditions =
            document["conditions"].as_array().ok_or_else(|| wrong("has no conditions".into()))?;
        let mut policy = Self { expires_at: expires_at.into(), conditions: Vec::new(), fields: Vec::new() };
        for condition in conditions {
            policy.conditions.extend(
                Condition::read(condition)
                    .ok_or_else(|| wrong(format!("has a condition of an unknown form: {condition}")))?,
            );
        }
        policy.conditions.retain(|condition| {
            condition.name().is_none_or(|name| name.eq_ignore_ascii_case("bucket") || !is_reserved(name))
        });
        Ok(policy)
    }

    /// Adds a field to the form, with the condition that it has this value.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.fields.push((name.clone(), value.clone()));
        self.exact(name, value)
    }

    /// Sets the object's key. `${filename}` in it stands for the name of the uploaded file; only what stands before
    /// is demanded then.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        let key = key.into();
        self.fields.push(("key".into(), key.clone()));
        match key.split_once(FILENAME) {
            Some((prefix, _)) => self.starts_with("key", prefix),
            None => self.exact("key", key),
        }
    }

    /// Demands that a field, which the form's user fills in, has this value.
    #[must_use]
    pub fn exact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.conditions.push(Condition::Exact { name: name.into(), value: value.into() });
        self
    }

    /// Demands that a field, which the form's user fills in, starts so. With an empty prefix, any value will do.
    #[must_use]
    pub fn starts_with(mut self, name: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.conditions.push(Condition::StartsWith { name: name.into(), prefix: prefix.into() });
        self
    }

    /// Demands a size of the uploaded file, in bytes, both ends included.
    #[must_use]
    pub fn content_length_range(mut self, bytes: RangeInclusive<u64>) -> Self {
        self.conditions.push(Condition::ContentLength(bytes));
        self
    }

    /// Signs the policy for a bucket in `region`. It ends with the credentials, if they expire sooner than it.
    ///
    /// Errors: kind `Option` (an expiry in the past, no condition on `key`, an empty range, a field of a reserved
    /// name, a region that no scope can hold), `ExpiredCredentials`.
    pub fn sign(&self, credentials: &Credentials, region: &str, now: SystemTime) -> Result<PostForm, Error> {
        let date = AmzDate::new(now)?;
        let expires_at = self.checked_expiry(credentials, &date)?;
        self.check_conditions()?;
        let signing = Signing::new(credentials, region, date)?;
        let added: Vec<(&str, &str)> = signing.fields().collect();
        let own = self.conditions.iter().map(Condition::to_json);
        let conditions: Vec<Value> =
            own.chain(added.iter().map(|(name, value)| json!({ *name: value }))).collect();
        let policy = json!({"expiration": iso_8601(&expires_at), "conditions": conditions});
        let mut form = signing.sign(&BASE64_STANDARD.encode(ascii(&policy.to_string())));
        form.fields.splice(0..0, self.fields.iter().cloned());
        form.expires_at = Some(expires_at.time());
        Ok(form)
    }

    fn checked_expiry(&self, credentials: &Credentials, date: &AmzDate) -> Result<AmzDate, Error> {
        // A policy tells whole seconds: what ends within this one has ended.
        let soonest = date.time() + Duration::from_secs(1);
        if credentials.expiry().is_some_and(|expiry| expiry < soonest) {
            return Err(Error::new(
                ErrorKind::ExpiredCredentials,
                "the credentials are past their expiry: fetch new ones before a POST policy is signed",
            ));
        }
        if self.expires_at < soonest {
            let when =
                AmzDate::new(self.expires_at).map_or_else(|_| "long ago".to_owned(), |at| iso_8601(&at));
            return Err(Error::new(
                ErrorKind::Option,
                format!("the POST policy expires at {when}, which is past: give a later moment"),
            ));
        }
        AmzDate::new(credentials.expiry().map_or(self.expires_at, |expiry| expiry.min(self.expires_at)))
    }

    fn check_conditions(&self) -> Result<(), Error> {
        let refused = |message: String| Err(Error::new(ErrorKind::Option, message));
        if let Some((name, _)) = self.fields.iter().find(|(name, _)| is_reserved(name)) {
            return refused(format!("the form field {name:?} is not for a POST policy to set: leave it out"));
        }
        let has = |wanted: &str| self.conditions.iter().any(|condition| condition.name() == Some(wanted));
        for name in ["bucket", "key"] {
            if !has(name) {
                return refused(format!(
                    "the POST policy says nothing of {name:?}, and S3 would refuse every form"
                ));
            }
        }
        for condition in &self.conditions {
            if let Condition::ContentLength(range) = condition
                && range.is_empty()
            {
                return refused(format!(
                    "no file has a size of {range:?} bytes: give the smaller number first"
                ));
            }
        }
        Ok(())
    }
}

/// Signs a policy that is finished, in base64, its conditions on credential, date and token in it. What it says is
/// not looked at: prefer [`PostPolicy`].
///
/// An error of kind `Option` for a region that no scope can hold.
pub fn sign_post_policy(
    policy_base64: &str,
    credentials: &Credentials,
    region: &str,
    now: SystemTime,
) -> Result<PostForm, Error> {
    Ok(Signing::new(credentials, region, AmzDate::new(now)?)?.sign(policy_base64))
}

/// With what a policy is signed.
struct Signing<'a> {
    credentials: &'a Credentials,
    region: &'a str,
    date: AmzDate,
    credential: String,
}

impl<'a> Signing<'a> {
    fn new(credentials: &'a Credentials, region: &'a str, date: AmzDate) -> Result<Self, Error> {
        scope::check_part("region", region)?;
        let scope = CredentialScope::new(&date, region, SERVICE);
        let credential = format!("{}/{scope}", credentials.access_key_id());
        Ok(Self { credentials, region, date, credential })
    }

    /// The fields that tell how the policy is signed; it has to demand them.
    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fixed = [
            ("x-amz-algorithm", ALGORITHM),
            ("x-amz-credential", &*self.credential),
            ("x-amz-date", self.date.as_str()),
        ];
        fixed.into_iter().chain(self.credentials.session_token().map(|token| ("x-amz-security-token", token)))
    }

    /// The string to sign is the policy in base64, and nothing else.
    fn sign(&self, policy: &str) -> PostForm {
        let secret = self.credentials.secret_access_key();
        let key = self.credentials.keys().get(secret, &self.date, self.region, SERVICE);
        let signature = Hex::of(&key.sign(policy.as_bytes()));
        let made = [("policy", policy), ("x-amz-signature", signature.as_str())];
        let fields =
            self.fields().chain(made).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        PostForm { fields, expires_at: None }
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// `2026-11-21T13:00:00Z`.
fn iso_8601(date: &AmzDate) -> String {
    let text = date.as_str();
    format!("{}-{}-{}:{}:{}", &text[..4], &text[4..6], &text[6..11], &text[11..13], &text[13..])
}

/// JSON with everything outside ASCII as `\uXXXX`, which S3 demands in a policy.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
