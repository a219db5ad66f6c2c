//! Golden events: a line of the contract's vocabulary each, read and written again without loss.

use domain::{Envelope, TicketEvent};
use serde_json::{Value, json};

/// An envelope around the members of one event type, with ids of this test's own.
fn envelope(kind: &str, members: Value) -> Value {
    let mut data = json!({
        "line": "loan", "ticketKey": "0199b000-0000-7000-8000-000000000001",
        "ticketId": "ticket_0199b000000070008000000000000001", "version": 7,
        "actor": {"id": "agent_7", "role": "agent"},
        "status": "open", "lineStatus": "In Progress", "priority": "high",
    });
    data.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({
        "specversion": "1.0", "id": "0199b000-0000-7000-8000-0000000000aa", "source": "/crossdesk/loan-support",
        "type": kind, "subject": "loan/ticket_0199b000000070008000000000000001",
        "time": "2026-02-03T04:05:06.070000Z", "datacontenttype": "application/json",
        "dataschema": format!("urn:crossdesk:event:{kind}:1"),
        "partitionkey": "0199b000-0000-7000-8000-000000000001", "sequence": "00000000000000000007",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": data,
    })
}

fn vocabulary() -> Vec<(&'static str, Value)> {
    vec![
        ("ticket.opened", json!({"requester": "user_7", "category": "category_001"})),
        ("ticket.opened", json!({"requester": null, "category": null})),
        ("ticket.updated", json!({"fields": ["priority"]})),
        ("ticket.status_changed", json!({"from": "new", "to": "open", "lineFrom": "Open", "lineTo": "In Progress"})),
        ("ticket.status_changed", json!({"from": "new", "to": "open", "lineFrom": null, "lineTo": null})),
        ("ticket.assigned", json!({"assignee": "agent_7", "previous": null})),
        ("ticket.message_added", json!({"messageId": "msg_1"})),
        ("ticket.attachment_added", json!({"attachmentId": "8", "change": "metadata"})),
        ("ticket.attachment_removed", json!({"attachmentId": "8", "reason": "ticket_deleted"})),
        ("ticket.closed", json!({"from": "open", "lineFrom": "In Progress", "lineTo": "Closed"})),
        ("ticket.deleted", json!({})),
    ]
}

#[test]
fn every_event_is_read_and_written_without_loss() {
    for (kind, members) in vocabulary() {
        let golden = envelope(kind, members.clone());
        let read: Envelope = serde_json::from_value(golden.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), golden, "{kind}");
        let event = read.event().unwrap().unwrap();
        assert_eq!(event.kind(), kind);
        assert_eq!(serde_json::to_value(&event).unwrap(), members, "{kind}");
        assert_eq!(read.routing_key(), format!("loan.{kind}"));
    }
}

#[test]
fn members_and_types_from_the_future_do_not_hurt() {
    let mut golden = envelope("ticket.merged", json!({"into": "x"}));
    golden["futureattribute"] = json!(1);
    let read: Envelope = serde_json::from_value(golden).unwrap();
    assert_eq!(read.event().unwrap(), None);
    let richer = envelope("ticket.updated", json!({"fields": ["title"], "why": "because"}));
    let read: Envelope = serde_json::from_value(richer).unwrap();
    assert_eq!(read.event().unwrap(), Some(TicketEvent::Updated { fields: vec!["title".to_owned()] }));
}

#[test]
fn an_event_without_its_members_is_an_error() {
    for kind in ["ticket.updated", "ticket.status_changed", "ticket.message_added", "ticket.attachment_removed"] {
        let read: Envelope = serde_json::from_value(envelope(kind, json!({}))).unwrap();
        assert!(read.event().is_err(), "{kind}");
    }
}

#[test]
fn an_attachment_stream_has_no_ticket_state() {
    let mut golden = envelope("ticket.attachment_added", json!({"attachmentId": "8", "change": "added"}));
    for member in ["status", "lineStatus", "priority"] {
        golden["data"].as_object_mut().unwrap().remove(member);
    }
    let read: Envelope = serde_json::from_value(golden.clone()).unwrap();
    assert_eq!(read.data.state, None);
    assert_eq!(serde_json::to_value(&read).unwrap(), golden);
}
