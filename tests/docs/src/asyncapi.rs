//! The AsyncAPI 3.0 document: what Crossdesk publishes and reads, for whoever writes a reader of tickets or a MAS
//! integration. Queues have arguments that the AMQP binding has no place for; they stand under `x-arguments`.

use std::collections::BTreeMap;

use domain::Line;
use serde_json::{Map, Value, json};

use crate::envelopes::{Example, examples};
use crate::topology::{Declared, exchanges, queues};
use crate::{mas, schemas};

/// Of the AMQP bindings of AsyncAPI.
const BINDING_VERSION: &str = "0.3.0";
const EVENT_MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";
const COMMAND: &str = "mas.resume-request";
const RESULT: &str = "mas.resume-result";

/// The document. Members are in alphabetical order, whatever is compiled along.
#[must_use]
pub fn document() -> Value {
    let examples = examples();
    sorted(&json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Crossdesk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Ticket events of every line, and the messages to and from MAS. Delivery is at least once; events of \
                            one stream come in order and are numbered without gaps. docs/EVENTS.md says what a reader has to do.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"rabbitmq": {
            "host": "{host}",
            "protocol": "amqp",
            "protocolVersion": "0.9.1",
            "description": "The broker of amqp.url. Without one, the in-process bus carries the same messages.",
            "variables": {"host": {"default": "127.0.0.1:5673", "description": "Host and port; the default is that of make up."}},
        }},
        "channels": channels(&examples),
        "operations": operations(),
        "components": {"messages": messages(&examples), "schemas": schemas(&examples)},
    }))
}

fn channels(examples: &[Example]) -> Value {
    let events: Map<String, Value> = examples.iter().map(|example| reference(&example.envelope.kind)).collect();
    let mut channels = Map::new();
    for exchange in exchanges() {
        let (address, messages) = match exchange.name.as_str() {
            "ticket.events" => ("{line}.{type}", events.clone()),
            "mas.commands" => ("resume-request", Map::from_iter([reference(COMMAND)])),
            "mas.results" => ("resume-result", Map::from_iter([reference(RESULT)])),
            _ => continue,
        };
        channels.insert(exchange.name.clone(), exchange_channel(&exchange, address, messages, examples));
    }
    for queue in queues().into_iter().filter(|queue| queue.reader != "operators") {
        let messages = match queue.name.as_str() {
            "desk.ticket-events" => events.clone(),
            "attachments.ticket-events" => Map::from_iter([reference("ticket.deleted")]),
            "mas.resume-requests" => Map::from_iter([reference(COMMAND)]),
            _ => Map::from_iter([reference(RESULT)]),
        };
        channels.insert(queue.name.clone(), queue_channel(&queue, messages));
    }
    for queue in queues().into_iter().filter(|queue| queue.reader == "operators") {
        channels.insert(format!("queue:{}", queue.name), queue_channel(&queue, Map::new()));
    }
    Value::Object(channels)
}

fn exchange_channel(exchange: &Declared, address: &str, messages: Map<String, Value>, examples: &[Example]) -> Value {
    let mut channel = json!({
        "address": address,
        "title": format!("Exchange {}", exchange.name),
        "messages": messages,
        "bindings": {"amqp": {
            "is": "routingKey",
            "exchange": {"name": exchange.name, "type": exchange.kind, "durable": true, "autoDelete": false, "vhost": "/"},
            "bindingVersion": BINDING_VERSION,
        }},
        "x-arguments": exchange.arguments,
    });
    if address.contains("{line}") {
        let kinds: Vec<&str> = examples.iter().map(|example| example.envelope.kind.as_str()).collect();
        channel["parameters"] = json!({
            "line": {"enum": Line::ALL, "description": "The line of business."},
            "type": {"enum": kinds, "description": "The type of the event."},
        });
    }
    channel
}

fn queue_channel(queue: &Declared, messages: Map<String, Value>) -> Value {
    let binding = queue.binding.as_ref().map(|(exchange, key)| json!({"exchange": exchange, "routingKey": key}));
    json!({
        "address": queue.name,
        "title": format!("Queue {}", queue.name),
        "description": format!("Read by {}.", queue.reader),
        "messages": messages,
        "bindings": {"amqp": {
            "is": "queue",
            "queue": {"name": queue.name, "durable": true, "exclusive": false, "autoDelete": false, "vhost": "/"},
            "bindingVersion": BINDING_VERSION,
        }},
        "x-arguments": queue.arguments,
        "x-binding": binding,
    })
}

/// What Crossdesk's services do.
fn operations() -> Value {
    let operation = |action: &str, channel: &str, summary: &str| {
        let mut operation =
            json!({"action": action, "channel": {"$ref": format!("#/channels/{channel}")}, "summary": summary});
        operation["bindings"] = match action {
            "send" => json!({"amqp": {"deliveryMode": 2, "mandatory": true, "bindingVersion": BINDING_VERSION}}),
            _ => json!({"amqp": {"ack": true, "bindingVersion": BINDING_VERSION}}),
        };
        operation
    };
    json!({
        "sendTicketEvents": operation("send", "ticket.events", "Every service tells what happened to its tickets."),
        "receiveTicketEvents": operation("receive", "desk.ticket-events", "The desk follows every ticket."),
        "receiveDeletions": operation("receive", "attachments.ticket-events", "attachments buries what belonged to a deleted ticket."),
        "sendResumeRequests": operation("send", "mas.commands", "mas-gateway puts each accepted request on the queue for MAS."),
        "receiveResumeRequests": operation("receive", "mas.resume-requests", "mas-bridge takes requests for a MAS that speaks HTTP."),
        "sendResumeResults": operation("send", "mas.results", "mas-bridge publishes what MAS answered."),
        "receiveResumeResults": operation("receive", "mas.resume-results", "mas-gateway ends the ticket."),
    })
}

fn messages(examples: &[Example]) -> Value {
    let mut messages: Map<String, Value> = examples.iter().map(event_message).collect();
    let command = json!({
        "name": COMMAND,
        "title": "Resume the service of a customer",
        "summary": "One per accepted request. The message id is a UUIDv5 of the transaction, so it never changes. \
                    Deduplicate by transaction_id. The only message with personal data.",
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/transaction_id"},
        "headers": {"type": "object", "properties": {"traceparent": {"type": "string"}}},
        "payload": {"$ref": "#/components/schemas/mas.resume-request"},
        "bindings": {"amqp": {"messageType": COMMAND, "bindingVersion": BINDING_VERSION}},
        "examples": [{"name": COMMAND, "payload": mas::command()}],
    });
    let result = json!({
        "name": RESULT,
        "title": "What MAS did",
        "summary": "May come more than once. Also taken from the default exchange with the queue's name as routing key.",
        "contentType": "application/json",
        "payload": {"$ref": "#/components/schemas/mas.resume-result"},
        "bindings": {"amqp": {"messageType": RESULT, "bindingVersion": BINDING_VERSION}},
        "examples": [{"name": RESULT, "payload": mas::result()}],
    });
    messages.insert(COMMAND.to_owned(), command);
    messages.insert(RESULT.to_owned(), result);
    Value::Object(messages)
}

fn event_message(example: &Example) -> (String, Value) {
    let kind = &example.envelope.kind;
    let text = json!({"type": "string"});
    let message = json!({
        "name": kind,
        "title": kind,
        "summary": example.about,
        "contentType": EVENT_MEDIA_TYPE,
        "headers": {
            "type": "object",
            "description": "Copies of the members of the body, which counts.",
            "properties": {"partitionkey": text, "sequence": text, "traceparent": text},
        },
        "payload": {"$ref": format!("#/components/schemas/{kind}")},
        "bindings": {"amqp": {"messageType": kind, "bindingVersion": BINDING_VERSION}},
        "examples": [{"name": kind, "payload": example.envelope}],
    });
    (kind.clone(), message)
}

fn schemas(examples: &[Example]) -> Value {
    let mut schemas = schemas::shared();
    schemas.extend(examples.iter().map(|example| (example.envelope.kind.clone(), schemas::event(example))));
    schemas.insert(COMMAND.to_owned(), mas::command_schema());
    schemas.insert(RESULT.to_owned(), mas::result_schema());
    Value::Object(schemas)
}

fn reference(message: &str) -> (String, Value) {
    (message.to_owned(), json!({"$ref": format!("#/components/messages/{message}")}))
}

/// The same value with members by name.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let by_name: BTreeMap<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            by_name.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
