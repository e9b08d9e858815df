//! The two forms of a signed request.

use std::time::Duration;

use serde_json::{Value, json};
use sigv4_core::request::{self, SignedText};

use crate::case::{Case, Failure};

pub fn header(case: &Case) -> Result<Value, Failure> {
    let prepared = case.prepare()?;
    let mut text = SignedText::default();
    let signature = request::sign(
        &case.view(&prepared)?,
        &case.params(&prepared),
        case.payload(&prepared),
        Some(&mut text),
    )?;
    let (mut authorization, mut added) = (String::new(), Vec::new());
    for (name, value) in signature.headers() {
        let value = value.to_str()?;
        if name == "authorization" {
            authorization = value.to_owned();
        } else {
            added.push(json!([name.as_str(), value]));
        }
    }
    Ok(json!({
        "canonical_request": text.canonical_request,
        "string_to_sign": text.string_to_sign,
        "signature": signature.signature(),
        "authorization": authorization,
        "added_headers": added,
    }))
}

pub fn presign(case: &Case) -> Result<Value, Failure> {
    let prepared = case.prepare()?;
    let mut text = SignedText::default();
    let expires = Duration::from_secs(case.expires_in.ok_or("a presign case has no expires_in")?);
    let signature = request::presign(
        &case.view(&prepared)?,
        &case.params(&prepared),
        expires,
        case.payload(&prepared),
        Some(&mut text),
    )?;
    let base = case.url.split_once('?').map_or(case.url.as_str(), |(base, _)| base);
    Ok(json!({
        "canonical_request": text.canonical_request,
        "string_to_sign": text.string_to_sign,
        "signature": signature.signature(),
        "url": format!("{base}?{}", signature.query()),
    }))
}
