//! SigV4a: both forms of a signed request, and the key that verifies them.

use serde_json::{Value, json};

use crate::case::{Case, Failure};

/// What `answer` says of the case, with the coordinates of the public key.
pub fn with_public_key(
    case: &Case,
    answer: impl FnOnce(&Case) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let mut answer = answer(case)?;
    let (x, y) = case.prepare()?.credentials.key_pair()?.public_key().coordinates();
    answer["public_key_x"] = json!(x.as_str());
    answer["public_key_y"] = json!(y.as_str());
    Ok(answer)
}
