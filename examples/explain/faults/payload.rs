//! Faults in the payload hash.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sigv4_core::signature::{EMPTY_SHA256, Hex, sha256};

use super::{Faults, Part};
use crate::recipe::{Recipe, without};
use crate::wire::Request;

pub(super) fn add(faults: &mut Faults, request: &Request, right: &Recipe) {
    let hash = |bytes: &[u8]| Hex::of(&sha256(bytes)).as_str().to_owned();
    let body = request.body.as_slice();
    let own = hash(body);
    let sent = if body.is_empty() { "no body was sent" } else { "another body was sent" };
    let mut forms: Vec<(String, String)> = Vec::new();
    let mut add = |form: String, sentence: &str| forms.push((form, sentence.to_owned()));
    if !body.is_empty() {
        add(
            EMPTY_SHA256.to_owned(),
            "the hash of an empty body was signed though a body was sent: hash the body",
        );
        for (end, what) in [("\n", "a line break"), ("\r\n", "a line break (CR LF)")] {
            if let Some(cut) = body.strip_suffix(end.as_bytes()) {
                add(
                    hash(cut),
                    &format!("the hashed body lacked {what} that was sent at its end: hash what is sent"),
                );
            }
            add(
                hash(&[body, end.as_bytes()].concat()),
                &format!("the hashed body had {what} at its end that was not sent: send what is hashed"),
            );
        }
        let text = String::from_utf8_lossy(body);
        let whole = "hash the body whole and once";
        add(hash(own.as_bytes()), &format!("the hash of the body's hash was signed: {whole}"));
        add(
            hash(BASE64_STANDARD.encode(body).as_bytes()),
            &format!("the body was hashed in base64: {whole}"),
        );
        add(
            hash(text.replace("\r\n", "\n").as_bytes()),
            "the body was hashed with LF and sent with CR LF: hash what is sent",
        );
        add(
            hash(text.replace('\n', "\r\n").as_bytes()),
            "the body was hashed with CR LF and sent with LF: hash what is sent",
        );
        for (form, how) in json(&text) {
            add(
                hash(form.as_bytes()),
                &format!(
                    "the body was hashed as JSON {how} and serialised again for sending: hash the bytes that are sent"
                ),
            );
        }
        let quoted = serde_json::Value::String(text.into_owned()).to_string();
        add(
            hash(quoted.as_bytes()),
            "the body was hashed as a JSON string of itself, serialised twice: hash what is sent",
        );
        let latin_1: Option<Vec<u8>> =
            text_of(body).chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
        if let Some(latin_1) = latin_1 {
            add(
                hash(&latin_1),
                "the body was hashed as Latin-1 and sent as UTF-8: hash the bytes that are sent",
            );
        }
        add(text_hash(&request.body), "the body was hashed as UTF-16: hash the bytes that are sent");
    }
    // Bodies that a client hashes where it means none.
    for word in [
        "{}",
        "null",
        "\"\"",
        "''",
        "[]",
        "undefined",
        "None",
        "false",
        "nil",
        " ",
        "\n",
        "0",
        "[object Object]",
    ] {
        if word.as_bytes() != body {
            add(
                hash(word.as_bytes()),
                &format!(
                    "a body was hashed ({}) and {sent}: send what is hashed, or hash what is sent",
                    word.escape_default()
                ),
            );
        }
    }
    let query = without(&request.query, "X-Amz-Signature");
    if !query.is_empty() && query.as_bytes() != body {
        add(
            hash(query.as_bytes()),
            &format!("the query string was hashed as a body and {sent}: hash the body alone"),
        );
    }
    add(
        own.clone(),
        "the body's own hash was signed and the request says otherwise: send the same in x-amz-content-sha256",
    );
    add(
        "UNSIGNED-PAYLOAD".to_owned(),
        "UNSIGNED-PAYLOAD was signed and the request does not say so: send it in x-amz-content-sha256 too, where the service takes it",
    );
    add(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
        "a streaming payload was signed and the request does not say so: send it in x-amz-content-sha256 too",
    );
    add(String::new(), "the payload hash was left empty: hash the body, an empty one as well");
    add(
        right.payload_hash.to_ascii_uppercase(),
        "the payload hash was signed in upper-case hex: write it in lower case",
    );
    add(
        BASE64_STANDARD.encode(sha256(body)),
        "the payload hash was signed in base64: write it in lower-case hex",
    );
    add(
        String::from_utf8_lossy(&sha256(body)).into_owned(),
        "the payload hash was signed as raw bytes read as UTF-8 text: write it in lower-case hex",
    );
    add(
        String::from_utf8_lossy(body).into_owned(),
        "the body itself was signed in place of its hash: hash it",
    );
    for (form, sentence) in forms.into_iter().filter(|(form, _)| *form != right.payload_hash) {
        faults.add(Part::Payload, sentence, move |recipe| recipe.payload_hash.clone_from(&form));
    }
}

/// The same JSON, in the ways in which serialisers space it.
fn json(text: &str) -> Vec<(String, &'static str)> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return Vec::new();
    }
    vec![
        (respaced(text, ",", ":"), "without spaces"),
        (respaced(text, ", ", ": "), "with a space behind each comma and colon"),
        (respaced(text, ",", ": "), "with a space behind each colon"),
    ]
}

/// Replaces the white space between tokens; strings stay as they are.
fn respaced(text: &str, comma: &str, colon: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        match character {
            ',' if !quoted => out.push_str(comma),
            ':' if !quoted => out.push_str(colon),
            ' ' | '\n' | '\r' | '\t' if !quoted => {}
            _ => out.push(character),
        }
    }
    out
}

fn text_of(body: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(body)
}

fn text_hash(body: &[u8]) -> String {
    let units = String::from_utf8_lossy(body).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    Hex::of(&sha256(&units)).as_str().to_owned()
}
