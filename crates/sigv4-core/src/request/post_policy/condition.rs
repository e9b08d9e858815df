//! The conditions of a policy.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

/// What a policy demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Exact { name: String, value: String },
    StartsWith { name: String, prefix: String },
    ContentLength(RangeInclusive<u64>),
}

impl Condition {
    /// The form field that the condition speaks of.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Exact { name, .. } | Self::StartsWith { name, .. } => Some(name),
            Self::ContentLength(_) => None,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Exact { name, value } => json!({ name: value }),
            Self::StartsWith { name, prefix } => json!(["starts-with", format!("${name}"), prefix]),
            Self::ContentLength(range) => json!(["content-length-range", range.start(), range.end()]),
        }
    }

    /// Reads `{"name": "value", …}`, `["eq", "$name", "value"]` and the other two forms.
    pub(super) fn read(json: &Value) -> Option<Vec<Self>> {
        if let Some(object) = json.as_object() {
            let exact = |(name, value): (&String, &Value)| {
                Some(Self::Exact { name: name.clone(), value: value.as_str()?.to_owned() })
            };
            return object.iter().map(exact).collect();
        }
        let field = |name: &Value| Some(name.as_str()?.strip_prefix('$')?.to_owned());
        // Numbers may stand in quotes.
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let [kind, first, second] = &json.as_array()?[..] else { return None };
        Some(vec![match kind.as_str()? {
            "eq" => Self::Exact { name: field(first)?, value: second.as_str()?.to_owned() },
            "starts-with" => Self::StartsWith { name: field(first)?, prefix: second.as_str()?.to_owned() },
            "content-length-range" => Self::ContentLength(number(first)?..=number(second)?),
            _ => return None,
        }])
    }
}
