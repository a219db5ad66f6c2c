//! JSON schemas of the events. Which members an event has comes from the code; what a member may hold stands here, once
//! per name, because a name means the same in every event.

use domain::{ActorRole, AttachmentChange, Line, Priority, RemovalReason, Status};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::envelopes::{Example, members};

/// Every role an actor can have.
const ROLES: [ActorRole; 6] =
    [ActorRole::Customer, ActorRole::Service, ActorRole::Agent, ActorRole::Admin, ActorRole::Guest, ActorRole::System];

/// The schemas that events share.
pub(crate) fn shared() -> Map<String, Value> {
    let text_or_null = json!({"type": ["string", "null"]});
    let actor = json!({
        "type": "object",
        "description": "Who did it: a subject, the ProfileId of a MAS client, or nobody for guests and the system.",
        "required": ["id", "role"],
        "properties": {"id": text_or_null, "role": one_of(&ROLES)},
    });
    let entries = [
        ("Line", one_of(&Line::ALL)),
        ("Status", one_of(&Status::ALL)),
        ("Priority", one_of(&Priority::ALL)),
        ("Actor", actor),
    ];
    entries.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The schema of the event in this example: the whole envelope.
pub(crate) fn event(example: &Example) -> Value {
    let envelope = &example.envelope;
    let kind = envelope.kind.as_str();
    let properties = json!({
        "specversion": {"const": envelope.specversion},
        "id": {"type": "string", "format": "uuid", "description": "A UUIDv7 that a republished event keeps."},
        "source": {"type": "string", "pattern": "^/crossdesk/[a-z-]+$"},
        "type": {"const": kind},
        "subject": {"type": "string", "description": "{line}/{ticketId}"},
        "time": {
            "type": "string", "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
        },
        "datacontenttype": {"const": envelope.datacontenttype},
        "dataschema": {"const": envelope.dataschema},
        "partitionkey": {"type": "string", "description": "The stream."},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$", "description": "data.version with leading zeros."},
        "traceparent": {"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"},
        "data": data(example),
    });
    let required: Vec<String> = keys(&serde_json::to_value(envelope).unwrap_or_default());
    json!({"type": "object", "required": required, "properties": properties})
}

/// The schema of `data`: the common members, those of the ticket's state if the stream has one, those of the type.
fn data(example: &Example) -> Value {
    let mut properties = json!({
        "line": {"$ref": "#/components/schemas/Line"},
        "ticketKey": {"type": "string", "format": "uuid", "description": "The ticket over all lines."},
        "ticketId": {"type": "string", "description": "The id the line's clients use; numbers as decimal text."},
        "version": {"type": "integer", "minimum": 1, "description": "Position in the stream, without gaps."},
        "actor": {"$ref": "#/components/schemas/Actor"},
    });
    if example.envelope.data.state.is_some() {
        properties["status"] = json!({"$ref": "#/components/schemas/Status"});
        properties["lineStatus"] =
            json!({"type": ["string", "null"], "description": "The line's word, if it has one."});
        properties["priority"] = json!({"$ref": "#/components/schemas/Priority"});
    }
    for name in members(&example.event).keys() {
        properties[name] = member(name);
    }
    let required = keys(&serde_json::to_value(&example.envelope.data).unwrap_or_default());
    json!({"type": "object", "required": required, "properties": properties})
}

/// What a member of this name may hold; `false`, which nothing fits, for a name that is not known here.
fn member(name: &str) -> Value {
    match name {
        "requester" | "assignee" | "previous" => json!({"type": ["string", "null"], "description": "A subject."}),
        "category" => json!({"type": ["string", "null"], "description": "The line's own category."}),
        "fields" => json!({
            "type": "array", "minItems": 1, "items": {"type": "string"},
            "description": "Names of the changed members.",
        }),
        "from" | "to" => json!({"$ref": "#/components/schemas/Status"}),
        "lineFrom" | "lineTo" => json!({"type": ["string", "null"], "description": "The line's word, if it has one."}),
        "messageId" | "attachmentId" => json!({"type": "string"}),
        "change" => one_of(&[AttachmentChange::Added, AttachmentChange::Metadata]),
        "reason" => one_of(&[RemovalReason::Deleted, RemovalReason::Moved, RemovalReason::TicketDeleted]),
        _ => Value::Bool(false),
    }
}

/// A closed list of words, as the code writes them.
fn one_of<T: Serialize>(values: &[T]) -> Value {
    json!({"type": "string", "enum": values})
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flat_map(Map::keys).cloned().collect()
}
