//! Members of a body, read one by one: every problem is noted, in the order of reading, and reading goes on.
//!
//! The texts are the contract's, exact (section 7).

use serde_json::{Map, Value};

/// Integers up to here survive a reader that takes every number for a float.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The problems so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// Notes a problem.
    pub(super) fn note(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(super) fn into_texts(self) -> Vec<String> {
        self.0
    }

    fn is(&mut self, member: &str, problem: &str) {
        self.note(format!("{member} {problem}"));
    }

    /// A text that must be there and say something. Empty after a problem.
    pub(super) fn required(&mut self, member: &str, value: Option<&Value>, max_chars: usize) -> String {
        let is_blank = |text: &str| text.chars().all(char::is_whitespace);
        match value {
            Some(Value::String(text)) if !is_blank(text) => self.short_enough(member, text.clone(), max_chars),
            None | Some(Value::String(_)) => {
                self.is(member, "is required");
                String::new()
            }
            Some(_) => {
                self.is(member, "must be a string");
                String::new()
            }
        }
    }

    /// A text that may be absent or empty.
    pub(super) fn optional(&mut self, member: &str, value: Option<&Value>, max_chars: usize) -> Option<String> {
        match value? {
            Value::String(text) => Some(self.short_enough(member, text.clone(), max_chars)),
            _ => {
                self.is(member, "must be a string");
                None
            }
        }
    }

    /// A text, or an integer, which becomes text.
    pub(super) fn text_or_integer(&mut self, member: &str, value: Option<&Value>, max_chars: usize) -> Option<String> {
        match value? {
            Value::String(text) => Some(self.short_enough(member, text.clone(), max_chars)),
            Value::Number(number) if integer(number).is_some() => integer(number).map(|number| number.to_string()),
            _ => {
                self.is(member, "must be a string");
                None
            }
        }
    }

    /// An integer from 0, or a text of digits; as text, leading zeros kept.
    pub(super) fn digits(&mut self, member: &str, value: Option<&Value>, max_digits: usize) -> Option<String> {
        let digits = match value? {
            Value::String(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(text.clone())
            }
            Value::Number(number) => whole(number),
            _ => None,
        };
        match digits {
            Some(digits) => Some(self.short_enough(member, digits, max_digits)),
            None => {
                self.is(member, "must be a number or a string of digits");
                None
            }
        }
    }

    /// An object that must be there. Nothing after a problem.
    pub(super) fn object<'a>(&mut self, member: &str, value: Option<&'a Value>) -> Option<Members<'a>> {
        match value {
            Some(Value::Object(members)) => Some(Members(members)),
            None => {
                self.is(member, "is required");
                None
            }
            Some(_) => {
                self.is(member, "must be an object");
                None
            }
        }
    }

    fn short_enough(&mut self, member: &str, text: String, max_chars: usize) -> String {
        // Most texts are short enough in bytes, and then there is nothing to count.
        if text.len() > max_chars && text.chars().count() > max_chars {
            self.is(member, "is too long");
        }
        text
    }
}

/// The members of an object within the body. One that is null counts as absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// `5` and `5.0` are equal (contracts, README 3.5). Nothing for a number that is none, or not exactly known.
fn integer(number: &serde_json::Number) -> Option<i128> {
    if let Some(whole) = number.as_i128() {
        return Some(whole);
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= MAX_EXACT).then_some(float as i128)
}

/// The digits of an integer from 0, however long.
fn whole(number: &serde_json::Number) -> Option<String> {
    match integer(number) {
        Some(whole) => (whole >= 0).then(|| whole.to_string()),
        // Not exactly known means too large: far beyond the 18 digits that any of ours may have.
        None => number
            .as_f64()
            .filter(|float| *float > MAX_EXACT && float.fract() == 0.0)
            .map(|float| format!("{float:.0}")),
    }
}
