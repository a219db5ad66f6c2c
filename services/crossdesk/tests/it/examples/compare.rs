//! Two JSON values that must be equal but for ids and times, which must correspond.

use std::collections::BTreeMap;

use serde_json::Value;

/// Numbers below this are too common in commands to be replaced wherever they stand.
const SMALL: i64 = 100;

/// Members whose numbers the instance makes up.
const NUMBERED: [&str; 6] = ["id", "ticketId", "attachmentId", "transaction_id", "conversation", "message"];

/// What the instance made up in place of what a document says.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    texts: BTreeMap<String, String>,
    numbers: BTreeMap<i64, i64>,
}

impl Learned {
    /// Compares, and learns from it.
    pub(crate) fn compare(&mut self, at: &str, expected: &Value, found: &Value) -> Result<(), String> {
        match (expected, found) {
            (Value::Object(expected), Value::Object(found)) => {
                let names = |members: &serde_json::Map<String, Value>| members.keys().cloned().collect::<Vec<_>>();
                if names(expected) != names(found) {
                    return Err(format!("{at}: the members are {:?}, not {:?}", names(found), names(expected)));
                }
                expected.iter().try_for_each(|(name, value)| self.compare(name, value, &found[name]))
            }
            (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
                expected.iter().zip(found).try_for_each(|(expected, found)| self.compare(at, expected, found))
            }
            (Value::String(expected), Value::String(found)) => self.compare_texts(at, expected, found),
            (Value::Number(expected), Value::Number(found)) => {
                let (Some(expected), Some(found)) = (expected.as_i64(), found.as_i64()) else {
                    return if expected == found { Ok(()) } else { Err(format!("{at}: {found}, not {expected}")) };
                };
                let is_ours = NUMBERED.contains(&at);
                if expected != found && !is_ours {
                    return Err(format!("{at}: {found}, not {expected}"));
                }
                if is_ours && *self.numbers.entry(expected).or_insert(found) != found && expected >= SMALL {
                    return Err(format!("{at}: {expected} was another number before"));
                }
                Ok(())
            }
            _ if expected == found => Ok(()),
            _ => Err(format!("{at}: {found}, not {expected}")),
        }
    }

    fn compare_texts(&mut self, at: &str, expected: &str, found: &str) -> Result<(), String> {
        if expected == found || self.rewrite(expected) == found {
            return Ok(());
        }
        if !is_made_up(expected) || form(expected) != form(found) {
            return Err(format!("{at}: {found:?}, not {expected:?}"));
        }
        // A time may well be another one the next time it is told; an id may not.
        let is_id = !expected.contains(':');
        if self.texts.insert(expected.to_owned(), found.to_owned()).is_some() && is_id {
            return Err(format!("{at}: {expected} was another id before"));
        }
        Ok(())
    }

    /// A text of the document with what the instance made up.
    pub(crate) fn rewrite(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (expected, found) in self.texts.iter().filter(|(expected, _)| !expected.contains(':')) {
            text = text.replace(expected.as_str(), found);
        }
        for (expected, found) in &self.numbers {
            text = if *expected >= SMALL {
                replace_word(&text, &expected.to_string(), &found.to_string())
            } else {
                replace_word(&text, &format!("conversations/{expected}"), &format!("conversations/{found}"))
            };
        }
        text
    }
}

/// Whether a text is a time or an id: it has a run of digits that nobody writes by hand.
fn is_made_up(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 6 || (!text.is_empty() && digits == text.len())
}

/// What stays the same in times and ids: the punctuation and the length of what is between, for numbers only that they
/// are numbers.
fn form(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return "number".to_owned();
    }
    text.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect()
}

/// Replaces a word that no letter or digit touches.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let touches = before.ends_with(|c: char| c.is_ascii_alphanumeric())
            || after.starts_with(|c: char| c.is_ascii_alphanumeric());
        result.push_str(before);
        result.push_str(if touches { word } else { by });
        rest = after;
    }
    result + rest
}
