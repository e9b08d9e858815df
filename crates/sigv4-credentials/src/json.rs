//! JSON as the sources of credentials speak it, without leaving secrets behind: every text is wiped when dropped.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use sigv4_core::Error;
use zeroize::Zeroizing;

use crate::http::fail;

/// The most names in one object: far more than any source writes.
const MOST: usize = 256;
/// How deep objects may nest: twice what any source writes.
const DEPTH: usize = 8;

/// A value. Lists are passed over: no source of credentials needs them.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Zeroizing<String>),
    /// Whole numbers; fractions are cut off.
    Number(i64),
    Object(Object),
    /// `null`, booleans and lists.
    Other,
}

/// Names and values, in the order they came.
#[derive(Clone, Default)]
pub(crate) struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads a whole document that must be an object. The error says where it is malformed, not what stands there.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes, DEPTH)
    }

    fn read(bytes: &[u8], depth: usize) -> Result<Self, Error> {
        let depth =
            depth.checked_sub(1).ok_or_else(|| fail("it is JSON, but objects nest too deep in it"))?;
        let Entries(entries) = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_data() {
                fail(format_args!("it is JSON, but no object of at most {MOST} names"))
            } else {
                fail(format_args!("it is not JSON (line {}, column {})", error.line(), error.column()))
            }
        })?;
        let entries = entries.into_iter().map(|(name, raw)| Ok((name, Value::read(raw.get(), depth)?)));
        entries.collect::<Result<_, Error>>().map(Self)
    }

    /// A value by name; case does not matter. The last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn object(&self, name: &str) -> Option<&Self> {
        match self.get(name)? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// An object within, to change it.
    #[cfg(feature = "login")]
    pub(crate) fn object_mut(&mut self, name: &str) -> Option<&mut Self> {
        let found = self.0.iter_mut().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, Value::Object(object))) => Some(object),
            _ => None,
        }
    }

    /// Puts a text in place of the value of that name, or behind the others.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), Value::Text(Zeroizing::new(value.to_owned()))));
    }

    /// The texts, numbers and objects in it, written as JSON.
    pub(crate) fn to_json(&self) -> Zeroizing<String> {
        // Room for everything, so that no copy of a secret is left behind by a growing buffer.
        let mut out = Zeroizing::new(String::with_capacity(self.most_bytes()));
        self.write(&mut out);
        out
    }

    fn most_bytes(&self) -> usize {
        let of_entry = |(name, value): &(String, Value)| match value {
            Value::Text(text) => 6 * (name.len() + text.len()) + 8,
            Value::Object(object) => 6 * name.len() + 8 + object.most_bytes(),
            Value::Number(_) | Value::Other => 6 * name.len() + 32,
        };
        self.0.iter().map(of_entry).sum::<usize>() + 2
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        let mut separator = "";
        for (name, value) in self.0.iter().filter(|(_, value)| !matches!(value, Value::Other)) {
            out.push_str(separator);
            separator = ",";
            quote(out, name);
            out.push(':');
            match value {
                Value::Text(text) => quote(out, text),
                Value::Number(number) => out.push_str(&number.to_string()),
                Value::Object(object) => object.write(out),
                Value::Other => {}
            }
        }
        out.push('}');
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The entries of an object, each value as it stands in the document: serde_json would leave a copy of a text with escapes in
/// a buffer of its own.
struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            found.push((name, entries.next_value()?));
            if found.len() > MOST {
                return Err(A::Error::custom("too many names in one object"));
            }
        }
        Ok(Entries(found))
    }
}

impl Value {
    fn read(raw: &str, depth: usize) -> Result<Self, Error> {
        Ok(match raw.as_bytes().first() {
            Some(b'"') => Self::Text(
                unescaped(raw)
                    .ok_or_else(|| fail("it is JSON with an escape that stands for no character"))?,
            ),
            Some(b'{') => Self::Object(Object::read(raw.as_bytes(), depth)?),
            Some(b'-' | b'0'..=b'9') => {
                let whole = raw.parse().ok();
                Self::Number(whole.unwrap_or_else(|| raw.parse::<f64>().unwrap_or_default() as i64))
            }
            _ => Self::Other,
        })
    }
}

/// The text between the quotes, in a buffer that does not grow; `None` when half of a surrogate pair is missing.
fn unescaped(raw: &str) -> Option<Zeroizing<String>> {
    let mut rest = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let c;
        (c, rest) = unescape(escape)?;
        text.push(c);
    }
    text.push_str(rest);
    Some(text)
}

/// The character that stands behind a backslash, and what follows it.
fn unescape(escape: &str) -> Option<(char, &str)> {
    let mut chars = escape.chars();
    let c = match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
            let rest = chars.as_str();
            let high = unit(rest)?;
            let (low, length) = match rest.get(4..6) {
                Some("\\u") if (0xd800..0xdc00).contains(&high) => (Some(unit(&rest[6..])?), 10),
                _ => (None, 4),
            };
            let c = char::decode_utf16([high].into_iter().chain(low)).next()?.ok()?;
            return Some((c, &rest[length..]));
        }
        c => c,
    };
    Some((c, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let mut object =
            Object::parse(br#"{"A": "x\ny", "n": 1.5, "l": [1, [2]], "o": {"b": null}, "a": "z"}"#).unwrap();
        assert_eq!(object.text("A"), Some("z"), "names are compared without case, and the last one counts");
        assert_eq!(object.number("n"), Some(1));
        assert!(object.object("o").is_some());
        object.set("a", "\"\u{1}");
        assert_eq!(*object.to_json(), r#"{"n":1,"o":{},"a":"\"\u0001"}"#);
    }

    #[test]
    fn escapes_and_numbers_as_serde_json_reads_them() {
        for text in [
            r#""""#,
            r#""a\"b\\c\/d\b\f\n\r\t""#,
            r#""\u00e9\u20AC\ud83d\ude00é€😀\u0000""#,
            r#""\\u0041\\""#,
        ] {
            let expected: String = serde_json::from_str(text).unwrap();
            assert_eq!(*unescaped(text).unwrap(), expected, "{text}");
        }
        for text in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83dx""#, r#""\ud83d\n""#, r#""\ud83d\u0041""#] {
            assert!(serde_json::from_str::<String>(text).is_err(), "{text}");
            let error = Object::parse(format!("{{\"a\":{text}}}").as_bytes()).err().unwrap();
            assert!(error.to_string().contains("escape"), "{text}: {error}");
        }
        for (number, expected) in
            [("0", 0), ("-7", -7), ("1.9e3", 1900), ("18446744073709551615", i64::MAX), ("-1e99", i64::MIN)]
        {
            let object = Object::parse(format!("{{\"n\": {number} }}").as_bytes()).unwrap();
            assert_eq!(object.number("n"), Some(expected));
        }
    }

    #[test]
    fn errors_show_no_content() {
        for bad in [
            &b"{\"secret\": \"hush"[..],
            b"[\"hush\"]",
            b"\"hush\"",
            b"hush",
            b"{\"a\":1} hush",
            b"{\"a\":\"\\hush\"}",
            b"{\"a\":\"hush\xff\"}",
            b"{\"a\":{\"hush\"}}",
            b"",
        ] {
            let error = Object::parse(bad).err().unwrap().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        let deep = |levels: usize| "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels);
        assert!(Object::parse(deep(DEPTH).as_bytes()).is_ok());
        let error = Object::parse(deep(40_000).as_bytes()).err().unwrap().to_string();
        assert!(error.contains("nest too deep"), "{error}");
        let many: Vec<String> = (0..300).map(|number| format!("\"{number}\":1")).collect();
        let error = Object::parse(format!("{{{}}}", many.join(",")).as_bytes()).err().unwrap().to_string();
        assert!(error.contains("at most 256 names"), "{error}");
    }
}
