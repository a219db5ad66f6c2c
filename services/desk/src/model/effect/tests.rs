//! Every type of event of every line, and what is refused.

use domain::{Clock as _, EventData, EventId, Line, Priority, Status, Stream, SystemClock};
use serde_json::{Value, json};

use super::*;

fn event(line: Line, kind: &str, version: i64, members: Value) -> Envelope {
    let key = TicketKey(SystemClock.new_id());
    let state = TicketState { status: Status::Open, line_status: Some("word".to_owned()), priority: Priority::High };
    let data = EventData {
        line,
        ticket_key: key,
        ticket_id: "4711".to_owned(),
        version,
        actor: domain::Actor::system(),
        state: Some(state),
        members: members.as_object().cloned().unwrap_or_default(),
    };
    let place = (Stream::of_ticket(key), SystemClock.now(), String::new());
    Envelope::wrap(EventId(SystemClock.new_id()), "some-service", kind, place, data)
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).unwrap()
}

fn update(event: &Envelope, assignment: Assignment) -> Update {
    Update {
        key: event.data.ticket_key,
        version: event.data.version,
        at: event.time,
        state: event.data.state.clone(),
        assignment,
    }
}

#[test]
fn an_opened_ticket_of_any_line_is_a_new_row_with_its_owner() {
    for line in Line::ALL {
        let event = event(line, "ticket.opened", 1, json!({"requester": "user_1", "category": "billing"}));
        let Effect::Open(ticket) = Effect::of(&event).unwrap() else { panic!("{line}: no new row") };
        assert_eq!(ticket.line, line);
        assert_eq!((ticket.key, ticket.ticket_id.as_str(), ticket.version), (event.data.ticket_key, "4711", 1));
        assert_eq!((ticket.status, ticket.priority), (Status::Open, Priority::High));
        assert_eq!(ticket.line_status.as_deref(), Some("word"));
        assert_eq!((ticket.requester, ticket.assignee), (Some(subject("user_1")), None));
        assert_eq!((ticket.category.as_deref(), ticket.source.as_str()), (Some("billing"), "some-service"));
        assert_eq!((ticket.created_at, ticket.updated_at), (event.time, event.time));
    }
}

#[test]
fn a_guest_opens_a_ticket_without_requester() {
    let event = event(Line::Tours, "ticket.opened", 1, json!({"requester": null, "category": null}));
    assert!(matches!(Effect::of(&event), Ok(Effect::Open(Ticket { requester: None, category: None, .. }))));
}

#[test]
fn changes_of_all_lines_carry_the_state_after_them() {
    let moved = json!({"from": "new", "to": "open", "lineFrom": null, "lineTo": null});
    let cases = [
        ("ticket.updated", json!({"fields": ["priority"]})),
        ("ticket.status_changed", moved.clone()),
        ("ticket.closed", moved),
        ("ticket.message_added", json!({"messageId": "m1"})),
    ];
    for line in Line::ALL {
        for (kind, members) in &cases {
            let event = event(line, kind, 7, members.clone());
            assert_eq!(Effect::of(&event), Ok(Effect::Change(update(&event, Assignment::Stays))), "{line} {kind}");
        }
    }
}

#[test]
fn an_assignment_says_who_has_the_ticket_or_that_nobody_has() {
    let given = event(Line::Loan, "ticket.assigned", 2, json!({"assignee": "agent_1", "previous": null}));
    let becomes = Assignment::Becomes(Some(subject("agent_1")));
    assert_eq!(Effect::of(&given), Ok(Effect::Change(update(&given, becomes))));
    let taken = event(Line::Loan, "ticket.assigned", 3, json!({"assignee": null, "previous": "agent_1"}));
    assert_eq!(Effect::of(&taken), Ok(Effect::Change(update(&taken, Assignment::Becomes(None)))));
}

#[test]
fn a_deleted_ticket_loses_its_row() {
    let event = event(Line::Tours, "ticket.deleted", 4, json!({}));
    assert_eq!(Effect::of(&event), Ok(Effect::Remove(event.data.ticket_key)));
}

#[test]
fn an_unknown_type_counts_with_or_without_state() {
    let mut event = event(Line::Mas, "ticket.blessed", 5, json!({"by": 1}));
    assert_eq!(Effect::of(&event), Ok(Effect::Count(update(&event, Assignment::Stays))));
    event.data.state = None;
    assert_eq!(Effect::of(&event), Ok(Effect::Count(update(&event, Assignment::Stays))));
}

#[test]
fn events_of_streams_beside_the_ticket_do_nothing() {
    let added = json!({"attachmentId": "8821", "change": "added"});
    let mut event = event(Line::Tours, "ticket.attachment_added", 1, added);
    event.data.state = None;
    event.partitionkey = Stream::of_attachments(event.data.ticket_key);
    assert_eq!(Effect::of(&event), Ok(Effect::Nothing));
    event.partitionkey = Stream::named(format!("{}/something-new", event.data.ticket_key));
    assert_eq!(Effect::of(&event), Ok(Effect::Nothing));
}

#[test]
fn a_stream_of_another_ticket_is_refused() {
    let mut event = event(Line::Loan, "ticket.updated", 2, json!({"fields": ["priority"]}));
    for stream in [SystemClock.new_id().to_string(), format!("{}x", event.data.ticket_key), String::new()] {
        event.partitionkey = Stream::named(stream.clone());
        assert_eq!(Effect::of(&event), Err(Unfit::ForeignStream(stream, event.data.ticket_key)));
    }
}

#[test]
fn a_known_type_without_state_or_members_is_refused() {
    let mut stateless = event(Line::Loan, "ticket.updated", 2, json!({"fields": ["priority"]}));
    stateless.data.state = None;
    assert_eq!(Effect::of(&stateless), Err(Unfit::NoState("ticket.updated".to_owned())));
    let memberless = event(Line::Loan, "ticket.status_changed", 2, json!({"from": "new"}));
    assert!(matches!(Effect::of(&memberless), Err(Unfit::Members(..))));
}

#[test]
fn what_postgresql_cannot_store_is_refused_before_it_gets_there() {
    let opened = || event(Line::Loan, "ticket.opened", 1, json!({"requester": null, "category": "a"}));
    let mut cases = vec![("category", event(Line::Loan, "ticket.opened", 1, json!({"category": "a\0b"})))];
    let mut id = opened();
    id.data.ticket_id = "\0".to_owned();
    cases.push(("ticketId", id));
    let mut time = opened();
    time.time = DateTime::<Utc>::MIN_UTC;
    cases.push(("time", time));
    let mut word = opened();
    word.data.state.as_mut().unwrap().line_status = Some("\0".to_owned());
    cases.push(("lineStatus", word));
    for (member, event) in cases {
        assert_eq!(Effect::of(&event), Err(Unfit::Unstorable(member)));
    }
}

#[test]
fn an_opened_ticket_without_an_owner_is_refused() {
    for source in ["", "/crossdesk/", "loan-support", "/elsewhere/loan-support"] {
        let mut event = event(Line::Loan, "ticket.opened", 1, json!({"requester": null, "category": null}));
        event.source = source.to_owned();
        assert_eq!(Effect::of(&event), Err(Unfit::Source(source.to_owned())));
    }
}
