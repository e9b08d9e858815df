//! S3 POST policies: a finished policy, signed as it is.

use serde_json::{Map, Value, json};
use sigv4_core::request::sign_post_policy;

use crate::case::{Case, Failure};

pub fn post_policy(case: &Case) -> Result<Value, Failure> {
    let prepared = case.prepare()?;
    let policy = case.policy_b64.as_deref().ok_or("a post-policy case has no policy_b64")?;
    let form = sign_post_policy(policy, &prepared.credentials, &case.region, prepared.date.time())?;
    let fields: Map<String, Value> =
        form.fields().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    Ok(json!({
        "string_to_sign": policy,
        "signature": form.field("x-amz-signature"),
        "fields": fields,
    }))
}
