//! The names and values inside an error body, whatever its shape, at bounded cost.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::Value;

/// How much of a body is looked at, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// Elements or objects deeper than this are not looked into. Real refusals stay within five.
const MAX_DEPTH: usize = 16;

/// Leaves beyond this number are not kept. Real refusals hold fewer than 20.
const MAX_FIELDS: usize = 64;

/// What an error body says, flattened: leaf names in lower case, in the order they stand in.
#[derive(Debug, Default)]
pub(super) struct Fields {
    leaves: Vec<(String, String)>,
    /// Nothing but white space, or nothing at all.
    pub(super) blank: bool,
    pub(super) xml: bool,
}

impl Fields {
    /// Reads at most [`MAX_BODY`] bytes of XML or JSON; plain text counts as a message. A compressed body is not unpacked: it tells nothing.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let packed = headers
            .get(CONTENT_ENCODING)
            .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
        if packed || body.starts_with(&[0x1f, 0x8b]) {
            return Self::default();
        }
        let body = &body[..body.len().min(MAX_BODY)];
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut fields = Self { leaves: Vec::new(), blank: text.is_empty(), xml: text.starts_with('<') };
        match text.as_bytes().first() {
            Some(b'<') => fields.read_xml(text),
            Some(b'{' | b'[' | b'"') => match serde_json::from_str::<Value>(text) {
                Ok(value) => fields.read_json("message", &value, 0),
                // Cut off or broken: the sentences that matter are found in the text all the same.
                Err(_) => fields.keep("message", &unescaped(text)),
            },
            Some(_) => fields.keep("message", text),
            None => {}
        }
        fields
    }

    /// The first leaf of this name (in lower case), trimmed, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let of_that_name = |(key, _): &&(String, String)| key == name;
        let (_, value) = self.leaves.iter().find(of_that_name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of several names that is there.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    fn keep(&mut self, name: &str, value: &str) {
        if self.leaves.len() < MAX_FIELDS {
            self.leaves.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    fn read_json(&mut self, name: &str, value: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::String(text) => self.keep(name, text),
            Value::Array(values) => {
                for value in values.iter().take(MAX_FIELDS) {
                    self.read_json(name, value, depth + 1);
                }
            }
            Value::Object(members) => {
                // Leaves of this object before those of its children: an outer `message` wins.
                let deep = |value: &&Value| value.is_object() || value.is_array();
                for nested in [false, true] {
                    let members = members.iter().filter(|(_, value)| deep(value) == nested);
                    for (name, value) in members.take(MAX_FIELDS) {
                        self.read_json(name, value, depth + 1);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Keeps the text of each element that holds no other. Entities other than the five of XML and character
    /// references are left as they stand: nothing is ever expanded.
    fn read_xml(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        let mut depth = 0_usize;
        let mut open: Option<(String, String)> = None;
        loop {
            match reader.read_event() {
                Ok(Event::Start(element)) => {
                    depth += 1;
                    open = (depth <= MAX_DEPTH)
                        .then(|| (element.local_name().as_ref().to_string(), String::new()));
                }
                Ok(Event::Text(part)) => {
                    if let Some((_, value)) = &mut open {
                        value.push_str(&part.xml10_content());
                    }
                }
                Ok(Event::CData(part)) => {
                    if let Some((_, value)) = &mut open {
                        value.push_str(&part.xml10_content());
                    }
                }
                Ok(Event::GeneralRef(reference)) => {
                    if let Some((_, value)) = &mut open {
                        match reference.resolve_char_ref() {
                            Ok(Some(character)) => value.push(character),
                            _ => {
                                let name = reference.into_inner();
                                match resolve_xml_entity(&name) {
                                    Some(text) => value.push_str(text),
                                    None => value.extend(["&", &name, ";"]),
                                }
                            }
                        }
                    }
                }
                Ok(Event::End(_)) => {
                    depth = depth.saturating_sub(1);
                    if let Some((name, value)) = open.take() {
                        self.keep(&name, &value);
                    }
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                // What was read before the fault, or before the cut, still counts.
                Err(_) => break,
            }
        }
        // The element that the cut fell into, except where half a value would mislead.
        if let Some((name, value)) = open.filter(|(name, _)| name == "Message") {
            self.keep(&name, &value);
        }
    }
}

/// Text out of JSON strings that cannot be read as a whole: their escapes resolved, all else as it stands.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let mut characters = escape.chars();
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let code = escape.get(1..5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                if let Some(code) = code {
                    // Half of a pair is no character by itself.
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    characters = escape[5..].chars();
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}
