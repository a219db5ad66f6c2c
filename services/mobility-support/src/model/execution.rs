//! A provider's request: what it wants the ticket to be, and what makes it the same request again (contract, 4.2).

#[cfg(test)]
mod tests;

use domain::lines::mobility::MobilityStatus;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{Content, TicketId};

/// SHA-256 of the canonical JSON of `inputs`.
pub(crate) type Fingerprint = [u8; 32];

/// An execution of `request-support`, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Execution {
    pub(crate) id: Option<TicketId>,
    pub(crate) status: Option<MobilityStatus>,
    pub(crate) content: Content,
    pub(crate) fingerprint: Fingerprint,
}

impl Execution {
    /// Whether it may create a ticket.
    pub(crate) fn may_create(&self) -> bool {
        matches!(self.status, None | Some(MobilityStatus::Requested))
    }
}

/// Members that are null and the sequence do not count, an absent status is the first one, and the order of members and
/// the spelling of whole numbers do not matter.
pub(crate) fn fingerprint(inputs: &Map<String, Value>) -> Fingerprint {
    let mut inputs = inputs.clone();
    inputs.remove("sequence");
    let status = inputs.entry("status").or_insert(Value::Null);
    if status.is_null() {
        *status = "ISSUE_REQUESTED".into();
    }
    let mut canonical = String::new();
    write_object(&inputs, &mut canonical);
    Sha256::digest(canonical).into()
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    let mut members: Vec<_> = members.iter().filter(|(_, value)| !value.is_null()).collect();
    members.sort_by_key(|(name, _)| name.as_str());
    out.push('{');
    for (name, value) in members {
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_value(value, out);
        out.push(',');
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => write_object(members, out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_value(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) => match whole(number) {
            Some(whole) => out.push_str(&whole.to_string()),
            None => out.push_str(&number.to_string()),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

/// The number, if it is an integer however it is spelled: `5`, `5.0` and `5e0` are the same.
pub(crate) fn whole(number: &serde_json::Number) -> Option<i64> {
    /// Beyond this a double has no units left.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
    number.as_i64().or_else(|| float().map(|float| float as i64))
}
