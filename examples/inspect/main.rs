//! Shows every step of a signature.
//!
//! Reads one JSON object a line on standard input (a request, credentials, time, region and service, and how to
//! sign) and prints one a line: `id`, `canonical_request`, `string_to_sign`, `signature`, and by kind
//! `authorization` and `added_headers`, or `url`; of a chunked upload also `chunk_signatures`, `trailer_signature` and
//! `encoded_body_b64`. What cannot be signed is answered with `error`.
//!
//! ```sh
//! cargo run --example inspect < cases.jsonl
//! ```
#![allow(clippy::print_stdout)]

mod case;
mod chunked;
mod http_kinds;
mod post_policy;
mod sigv4a;

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use case::Case;

const USAGE: &str =
    "usage: inspect < CASES, one JSON object a line: see examples/inspect/case.rs for its fields";

fn main() -> io::Result<()> {
    if std::env::args_os().len() > 1 {
        println!("{USAGE}");
        return Ok(());
    }
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", in_ascii(&answer(&line).to_string()))?;
        }
    }
    Ok(())
}

/// JSON of ASCII alone: readers of lines may take U+2028 and its like for the end of one.
fn in_ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            let mut units = [0; 2];
            ascii.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}

/// The answer to one line, whatever it holds.
fn answer(line: &str) -> Value {
    let case: Case = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return json!({"id": null, "error": format!("not a case: {error}")}),
    };
    let answered = match case.kind.as_str() {
        "header" => http_kinds::header(&case),
        "chunked" => chunked::chunked(&case),
        "presign" => http_kinds::presign(&case),
        "sigv4a-header" => sigv4a::with_public_key(&case, http_kinds::header),
        "sigv4a-presign" => sigv4a::with_public_key(&case, http_kinds::presign),
        "post-policy" => post_policy::post_policy(&case),
        other => Err(format!("the kind {other:?} is not one that this program can do").into()),
    };
    let mut answer = answered.unwrap_or_else(|error| json!({"error": error.to_string()}));
    answer["id"] = json!(case.id);
    answer
}
