//! The two messages of the MAS line: the command and the result. Their schemas are the contract's; a real command and real
//! results of the service are validated against them by the test.

use serde_json::{Value, json};

/// Largest number that JSON holds exactly everywhere.
const LARGEST: i64 = 9_007_199_254_740_991;

/// The schema of the command.
pub(crate) fn command_schema() -> Value {
    let text = |most: u32| json!({"type": ["string", "null"], "maxLength": most});
    let needed = |most: u32| json!({"type": "string", "minLength": 1, "maxLength": most});
    let time =
        json!({"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"});
    let service = json!({"id": text(50), "code": needed(20), "description": text(200)});
    let requestor = json!({
        "name": needed(100),
        "phone": {"type": ["string", "null"], "pattern": "^[0-9]{1,18}$"},
        "email": text(254),
    });
    object(json!({
        "schema": {"const": "crossdesk.mas.resume-request/1"},
        "transaction_id": {"type": "integer", "minimum": 1, "maximum": LARGEST},
        "request_tracking_id": needed(128),
        "profile_id": needed(100),
        "customer_id": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "reason_code": needed(20),
        "reason": text(200),
        "dispatch_date_time": time,
        "service": object(service),
        "requestor_info": object(requestor),
        "assigned_to_user": text(100),
        "accepted_at": time,
    }))
}

/// An object of which every member is required, and to which members may be added.
fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().into_iter().flat_map(|members| members.keys()).cloned().collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// The documented command.
pub(crate) fn command() -> Value {
    json!({
        "schema": "crossdesk.mas.resume-request/1",
        "transaction_id": 100_000_457,
        "request_tracking_id": "456",
        "profile_id": "Siebel_201",
        "customer_id": "104127993008",
        "reason_code": "RES",
        "reason": "Resume Service",
        "dispatch_date_time": "2016-03-22T11:50:35.000Z",
        "service": {"id": "1", "code": "6FL", "description": "6 Yard FEL"},
        "requestor_info": {"name": "TESTMAN1", "phone": "9874564566", "email": "abc@example.com"},
        "assigned_to_user": "CSR1",
        "accepted_at": "2016-03-22T11:45:00.000Z",
    })
}

/// The schema of the result.
pub(crate) fn result_schema() -> Value {
    json!({
        "type": "object",
        "required": ["transaction_id", "outcome"],
        "properties": {
            "transaction_id": {"anyOf": [
                {"type": "integer", "minimum": 1, "maximum": LARGEST},
                {"type": "string", "pattern": "^[0-9]{1,16}$"},
            ]},
            "outcome": {"type": "string", "enum": ["completed", "rejected"]},
            "detail": {"type": ["string", "null"], "maxLength": 1000},
        },
    })
}

/// The documented result.
pub(crate) fn result() -> Value {
    json!({"transaction_id": 100_000_457, "outcome": "completed", "detail": "Service resumed"})
}
