//! JSON bodies: objects, with the limits and the rule for null that all lines share (contracts, README 3).

use serde::Deserialize as _;
use serde_json::{Map, Value};

/// Deepest nesting that is accepted.
pub const MAX_DEPTH: usize = 128;

/// The body is no JSON object within the limits, or a string in it has U+0000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON")]
pub struct Malformed;

/// A JSON object. A member that is null counts as absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if depth(bytes) > MAX_DEPTH {
            return Err(Malformed);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        // Its own limit is one short of ours, and ours was checked above.
        deserializer.disable_recursion_limit();
        let value = Value::deserialize(&mut deserializer).map_err(|_| Malformed)?;
        deserializer.end().map_err(|_| Malformed)?;
        match value {
            Value::Object(members) if !members.iter().any(|(name, value)| has_nul(name, value)) => Ok(Self(members)),
            _ => Err(Malformed),
        }
    }

    /// A member that is there and not null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The members' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn has_nul(name: &str, value: &Value) -> bool {
    name.contains('\0') || value_has_nul(value)
}

fn value_has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(value_has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| has_nul(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The deepest nesting of brackets outside strings; right for valid JSON, and the rest is refused anyway.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1)).into_bytes()
    }

    #[test]
    fn nesting_of_128_is_accepted_and_129_is_not() {
        assert!(Object::parse(&nested(128)).is_ok());
        assert_eq!(Object::parse(&nested(129)), Err(Malformed));
        assert_eq!(Object::parse("[".repeat(1_000_000).as_bytes()), Err(Malformed));
    }

    #[test]
    fn brackets_in_strings_do_not_nest() {
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(200), "{".repeat(200));
        assert!(Object::parse(text.as_bytes()).is_ok());
    }

    #[test]
    fn only_objects_without_nul_are_accepted() {
        for bad in [
            "",
            "[]",
            "\"x\"",
            "5",
            "null",
            "{",
            "{}x",
            "{\"a\":\"\\u0000\"}",
            "{\"\\u0000\":1}",
            "{\"a\":[{\"b\":\"x\\u0000\"}]}",
            "{\"a\":1e999}",
        ] {
            assert_eq!(Object::parse(bad.as_bytes()), Err(Malformed), "{bad}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}"), Err(Malformed));
        assert!(Object::parse(b"{\"a\":\"\\\\u0000\"}").is_ok());
    }

    #[test]
    fn null_is_absent() {
        let object = Object::parse(b"{\"a\":null,\"b\":0}").unwrap();
        assert_eq!(object.get("a"), None);
        assert_eq!(object.get("b"), Some(&Value::from(0)));
    }
}
