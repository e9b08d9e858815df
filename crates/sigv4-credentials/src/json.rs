//! JSON as the sources of credentials speak it, without leaving secrets behind: every text is wiped when dropped.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sigv4_core::Error;
use zeroize::Zeroizing;

use crate::http::fail;

/// A value. Lists are passed over: no source of credentials needs them.
pub(crate) enum Value {
    Text(Zeroizing<String>),
    /// Whole numbers; fractions are cut off.
    Number(i64),
    Object(Object),
    /// `null`, booleans and lists.
    Other,
}

/// Names and values, in the order they came.
#[derive(Default)]
pub(crate) struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads a whole document that must be an object. The error says where it is malformed, not what stands there.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(fail("it is JSON, but no object")),
            Err(error) if error.is_data() => Err(fail("it is JSON, but of a shape that cannot be read")),
            Err(error) => {
                Err(fail(format_args!("it is not JSON (line {}, column {})", error.line(), error.column())))
            }
        }
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

    /// Puts a text in place of the value of that name, or behind the others.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), Value::Text(Zeroizing::new(value.to_owned()))));
    }

    /// The texts and numbers in it, written as JSON.
    pub(crate) fn to_json(&self) -> Zeroizing<String> {
        // Room for everything, so that no copy of a secret is left behind by a growing buffer.
        let size = |(name, value): &(String, Value)| match value {
            Value::Text(text) => 6 * (name.len() + text.len()) + 8,
            _ => 6 * name.len() + 32,
        };
        let mut out = Zeroizing::new(String::with_capacity(self.0.iter().map(size).sum::<usize>() + 2));
        out.push('{');
        for (name, value) in &self.0 {
            let start = out.len();
            quote(&mut out, name);
            out.push(':');
            match value {
                Value::Text(text) => quote(&mut out, text),
                Value::Number(number) => out.push_str(&number.to_string()),
                Value::Object(_) | Value::Other => {
                    out.truncate(start);
                    continue;
                }
            }
            out.push(',');
        }
        if out.ends_with(',') {
            out.pop();
        }
        out.push('}');
        out
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

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number as i64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        /// Far more than any source writes.
        const MOST: usize = 256;
        let mut object = Object::default();
        while let Some(name) = entries.next_key::<String>()? {
            object.0.push((name, entries.next_value()?));
            if object.0.len() > MOST {
                return Err(A::Error::custom("too many names in one object"));
            }
        }
        Ok(Value::Object(object))
    }
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
        assert_eq!(*object.to_json(), r#"{"n":1,"a":"\"\u0001"}"#);
    }

    #[test]
    fn errors_show_no_content() {
        for bad in [&b"{\"secret\": \"hush"[..], b"[\"hush\"]", b"hush", b"{\"a\":1} hush", b""] {
            let error = Object::parse(bad).err().unwrap().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        let deep = "{\"a\":".repeat(10_000);
        assert!(Object::parse(deep.as_bytes()).is_err());
    }
}
