//! Tickets and attachments together: once a ticket is gone, so is everything attached to it, for ever.

use domain::{Actor, Envelope, EventData, EventId, Line, Role, Stream, TicketKey, TicketState};
use domain::{Clock as _, Priority, Status, SystemClock};
use futures_util::future::join_all;
use messaging::bus::{Bus as _, Message, Properties};
use messaging::topology::Exchange;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};
use uuid::Uuid;

use crate::{PATH, added, assert_error, assert_not_found, draft, guest, signed, start, with};

async fn tell(app: &TestApp, ticket: i64, key: Uuid) -> Answer {
    let path = format!("/internal/v1/tours/tickets/{ticket}/attachments?ticket_key={key}");
    signed(app, &app.token("tour-tickets", Role::Service), "DELETE", &path, None).await
}

/// The event `ticket.deleted` as tour-tickets publishes it.
fn deleted(ticket: &str, key: Uuid, version: i64) -> Envelope {
    let state =
        TicketState { status: Status::Resolved, line_status: Some("RESOLVED".into()), priority: Priority::Normal };
    let data = EventData {
        line: Line::Tours,
        ticket_key: TicketKey(key),
        ticket_id: ticket.to_owned(),
        version,
        actor: Actor::guest(),
        state: Some(state),
        members: serde_json::Map::new(),
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
    let about = (Stream::of_ticket(TicketKey(key)), SystemClock.now(), trace);
    Envelope::wrap(EventId(SystemClock.new_id()), "tour-tickets", "ticket.deleted", about, data)
}

async fn assert_is_gone(app: &TestApp, paths: &[String]) {
    for path in paths {
        assert_not_found(&guest(app, "GET", path, None).await, path.rsplit('/').next().unwrap());
    }
    assert_eq!(guest(app, "GET", &format!("{PATH}?ticketId=1523"), None).await.text, "[]");
    let answer = guest(app, "POST", PATH, Some(&draft())).await;
    assert_error(&answer, 404, "Not Found", "SupportTicket not found for ticketId: 1523");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_ticket_takes_its_attachments_along() {
    let (app, tours) = start().await;
    let key = tours.add(1523, None, None);
    tours.add(1524, None, None);
    let paths = [added(&app, &draft()).await, added(&app, &draft()).await];
    let other = added(&app, &with("ticketId", json!(1524))).await;
    let answer = tell(&app, 1523, key).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    // Also if tour-tickets, asked now, still knew the ticket.
    assert_is_gone(&app, &paths).await;
    assert_eq!(guest(&app, "GET", &other, None).await.status, 200);
    let moved = guest(&app, "PUT", &other, Some(&draft())).await;
    assert_error(&moved, 404, "Not Found", "SupportTicket not found for ticketId: 1523");

    let events = app.events(5).await;
    let removed: Vec<Value> = events
        .iter()
        .filter(|event| event.kind == "ticket.attachment_removed")
        .map(|event| serde_json::to_value(event).unwrap()["data"].clone())
        .collect();
    let expected = |version: i64, path: &str| {
        json!({"line": "tours", "ticketKey": key, "ticketId": "1523", "version": version,
            "actor": {"id": null, "role": "system"}, "attachmentId": path.rsplit('/').next().unwrap(),
            "reason": "ticket_deleted"})
    };
    assert_eq!(removed, [expected(3, &paths[0]), expected(4, &paths[1])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn telling_it_again_or_of_a_ticket_never_seen_is_fine() {
    let (app, tours) = start().await;
    let (key, other) = (tours.add(1523, None, None), SystemClock.new_id());
    added(&app, &draft()).await;
    for _ in 0..3 {
        assert_eq!(tell(&app, 1523, key).await.status, 204);
        assert_eq!(tell(&app, 77, other).await.status, 204);
    }
    tours.add(77, None, None);
    let answer = guest(&app, "POST", PATH, Some(&with("ticketId", json!(77)))).await;
    assert_error(&answer, 404, "Not Found", "SupportTicket not found for ticketId: 77");
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2, "one addition and one removal");
}

/// The direct call and the event of one deletion, of a ticket neither has seen: both insert its folder.
#[tokio::test(flavor = "multi_thread")]
async fn told_twice_in_the_same_moment_is_told_once() {
    let (app, _tours) = start().await;
    for ticket in 1..=100 {
        let key = SystemClock.new_id();
        let answers = join_all((0..4).map(|_| tell(&app, ticket, key))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [204; 4], "ticket {ticket}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM attachment_streams WHERE deleted").await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_good_ticket_or_key_is_refused() {
    let (app, _tours) = start().await;
    let service = app.token("tour-tickets", Role::Service);
    for path in [
        "1523/attachments",
        "1523/attachments?ticket_key=x",
        "x/attachments?ticket_key=0199a500-1122-7334-8556-677889900aab",
    ] {
        let answer = signed(&app, &service, "DELETE", &format!("/internal/v1/tours/tickets/{path}"), None).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_completes_what_could_not_be_told() {
    let (app, tours) = start().await;
    let key = tours.add(1523, None, None);
    let paths = [added(&app, &draft()).await];
    let event = deleted("1523", key, 4);
    app.publish(&event).await;
    assert_is_gone(&app, &paths).await;
    // At least once means that it may come again, and an older one too.
    app.publish(&event).await;
    app.publish(&deleted("1523", key, 2)).await;
    app.publish(&deleted("99", SystemClock.new_id(), 1)).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2);
    assert_eq!(app.database.count("SELECT count(*) FROM attachment_streams WHERE deleted").await, 2);
}

/// tour-tickets was restored to an earlier moment than attachments, and gave an id a second time.
#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_another_ticket_with_this_id_is_refused_and_holds_nobody_up() {
    let (app, tours) = start().await;
    tours.add(1523, None, None);
    let path = added(&app, &draft()).await;
    let other = SystemClock.new_id();
    for _ in 0..5 {
        app.publish(&deleted("1523", other, 1)).await;
    }
    assert_eq!(tell(&app, 1523, other).await.status, 500);
    app.publish(&deleted("99", SystemClock.new_id(), 1)).await;
    assert_eq!(app.database.count("SELECT count(*) FROM attachment_streams WHERE deleted").await, 1);
    assert_eq!(guest(&app, "GET", &path, None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_deletion_of_a_tours_ticket_changes_nothing() {
    let (app, tours) = start().await;
    let key = tours.add(1523, None, None);
    let path = added(&app, &draft()).await;
    let send = async |body: Vec<u8>| {
        let properties = Properties { message_id: SystemClock.new_id(), ..Properties::default() };
        let routing_key = "tours.ticket.deleted".to_owned();
        app.bus.publish(Message { exchange: Exchange::TicketEvents, routing_key, properties, body: body.into() }).await
    };
    let mut of_loan = deleted("1523", key, 1);
    of_loan.data.line = Line::Loan;
    let mut unknown = deleted("1523", key, 1);
    unknown.kind = "ticket.something_new".to_owned();
    for body in [
        b"no json".to_vec(),
        b"{}".to_vec(),
        Vec::new(),
        serde_json::to_vec(&deleted("no number", key, 1)).unwrap(),
        serde_json::to_vec(&of_loan).unwrap(),
        serde_json::to_vec(&unknown).unwrap(),
    ] {
        send(body).await.unwrap();
    }
    assert_eq!(guest(&app, "GET", &path, None).await.status, 200);
    assert_eq!(app.database.count("SELECT count(*) FROM attachment_streams WHERE deleted").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn creations_against_a_deletion_leave_nothing_behind() {
    let (app, tours) = start().await;
    for round in 0..5 {
        let ticket = 3000 + round;
        let key = tours.add(ticket, None, None);
        let body = with("ticketId", json!(ticket));
        let creations = join_all((0..8).map(|_| guest(&app, "POST", PATH, Some(&body))));
        let deletion = async {
            tours.delete(ticket);
            tell(&app, ticket, key).await.status
        };
        let (answers, deletion) = tokio::join!(creations, deletion);
        assert_eq!(deletion, 204);
        assert!(answers.iter().all(|answer| [201, 404].contains(&answer.status)), "{answers:?}");
        let list = guest(&app, "GET", &format!("{PATH}?ticketId={ticket}"), None).await;
        assert_eq!(list.text, "[]");
    }
    let balance = "SELECT count(*) FILTER (WHERE kind = 'ticket.attachment_added') \
        - count(*) FILTER (WHERE kind = 'ticket.attachment_removed') AS count FROM ticket_events";
    assert_eq!(app.database.count(balance).await, 0, "every addition has its removal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_with_more_attachments_than_fit_one_statement_goes_as_a_whole() {
    let (app, tours) = start().await;
    let key = tours.add(1523, None, None);
    added(&app, &draft()).await;
    app.database
        .run(
            "INSERT INTO attachments SELECT id, 1523, 'http://x/', 'n', NULL, NULL, now() \
             FROM generate_series(100, 1300) AS ids (id)",
        )
        .await;
    assert_eq!(tell(&app, 1523, key).await.status, 204);
    assert_eq!(app.database.count("SELECT count(*) FROM attachments").await, 0);
    let removed = "SELECT count(*) FROM ticket_events WHERE kind = 'ticket.attachment_removed'";
    assert_eq!(app.database.count(removed).await, 1202);
    let last = "SELECT version AS count FROM attachment_streams";
    assert_eq!(app.database.count(last).await, 1203);
}
