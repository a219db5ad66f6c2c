//! The command on `mas.resume-requests`, held to its schema (`events.md` section 6.1). Members that the schema does not
//! know are let through: it may grow. Reasons name the member and never its value, which may be personal.

use serde_json::{Map, Value};

/// The version of the schema that this is.
const SCHEMA: &str = "crossdesk.mas.resume-request/1";

/// Largest command: the schema's texts have less than 2,000 characters; the rest is for members that may be added.
const MAX_BYTES: usize = 256 * 1024;

/// Largest transaction id: what a JSON number holds exactly everywhere.
const MAX_TRANSACTION_ID: i64 = 9_007_199_254_740_991;

/// A good command: what the bridge and the simulator need to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) transaction_id: i64,
    pub(crate) request_tracking_id: String,
    pub(crate) customer_id: String,
    pub(crate) reason_code: String,
}

/// Why a body is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("it is no JSON object")]
    NoObject,
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("`{0}` does not fit the schema")]
    Wrong(String),
}

/// What the schema says about a member. All are required; an optional one may be null.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Exactly this text.
    Constant(&'static str),
    /// Text of at least one character, and at most so many.
    Text(usize),
    /// Text of at most so many characters, or null.
    OptionalText(usize),
    /// 1 to 18 digits.
    Digits,
    /// 1 to 18 digits, or null.
    OptionalDigits,
    /// `2016-03-22T11:50:35.000Z`.
    Instant,
    /// An object with these members.
    Object(&'static [(&'static str, Rule)]),
}

const MEMBERS: [(&str, Rule); 11] = [
    ("schema", Rule::Constant(SCHEMA)),
    ("request_tracking_id", Rule::Text(128)),
    ("profile_id", Rule::Text(100)),
    ("customer_id", Rule::Digits),
    ("reason_code", Rule::Text(20)),
    ("reason", Rule::OptionalText(200)),
    ("dispatch_date_time", Rule::Instant),
    ("service", Rule::Object(&SERVICE)),
    ("requestor_info", Rule::Object(&REQUESTOR)),
    ("assigned_to_user", Rule::OptionalText(100)),
    ("accepted_at", Rule::Instant),
];

const SERVICE: [(&str, Rule); 3] =
    [("id", Rule::OptionalText(50)), ("code", Rule::Text(20)), ("description", Rule::OptionalText(200))];

const REQUESTOR: [(&str, Rule); 3] =
    [("name", Rule::Text(100)), ("phone", Rule::OptionalDigits), ("email", Rule::OptionalText(254))];

impl Command {
    /// Reads a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Unfit> {
        if body.len() > MAX_BYTES {
            return Err(Unfit::TooLarge);
        }
        let members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Unfit::NoObject)?;
        check_all(&members, "", &MEMBERS)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            transaction_id: transaction_id(&members)?,
            request_tracking_id: text("request_tracking_id"),
            customer_id: text("customer_id"),
            reason_code: text("reason_code"),
        })
    }
}

fn transaction_id(members: &Map<String, Value>) -> Result<i64, Unfit> {
    let name = || "transaction_id".to_owned();
    let value = members.get("transaction_id").ok_or_else(|| Unfit::Missing(name()))?;
    value.as_i64().filter(|id| (1..=MAX_TRANSACTION_ID).contains(id)).ok_or_else(|| Unfit::Wrong(name()))
}

fn check_all(members: &Map<String, Value>, prefix: &str, rules: &[(&str, Rule)]) -> Result<(), Unfit> {
    rules.iter().try_for_each(|(name, rule)| {
        let path = format!("{prefix}{name}");
        let value = members.get(*name).ok_or_else(|| Unfit::Missing(path.clone()))?;
        match (rule, value) {
            (Rule::Object(rules), Value::Object(members)) => check_all(members, &format!("{path}."), rules),
            _ if fits(*rule, value) => Ok(()),
            _ => Err(Unfit::Wrong(path)),
        }
    })
}

fn fits(rule: Rule, value: &Value) -> bool {
    match (rule, value) {
        (Rule::OptionalText(_) | Rule::OptionalDigits, Value::Null) => true,
        (Rule::Constant(constant), Value::String(text)) => text == constant,
        (Rule::Text(max), Value::String(text)) => !text.is_empty() && text.chars().count() <= max,
        (Rule::OptionalText(max), Value::String(text)) => text.chars().count() <= max,
        (Rule::Digits | Rule::OptionalDigits, Value::String(text)) => {
            (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        }
        (Rule::Instant, Value::String(text)) => is_instant(text),
        _ => false,
    }
}

/// The schema's pattern: where the template has a 0 there is a digit, and its other characters stand as they are.
fn is_instant(text: &str) -> bool {
    const TEMPLATE: &[u8] = b"0000-00-00T00:00:00.000Z";
    text.len() == TEMPLATE.len()
        && text
            .bytes()
            .zip(TEMPLATE)
            .all(|(byte, sign)| if *sign == b'0' { byte.is_ascii_digit() } else { byte == *sign })
}

#[cfg(test)]
mod tests;
