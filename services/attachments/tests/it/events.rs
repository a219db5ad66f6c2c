//! The attachment stream: which events, in which order, with which members and no others.

use domain::Role;
use serde_json::{Value, json};

use crate::{PATH, added, draft, guest, signed, start, start_closed, with};

/// The members of an envelope's data.
fn data(event: &domain::Envelope) -> Value {
    serde_json::to_value(event).unwrap()["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_told_member_by_member() {
    let (app, tours) = start().await;
    let key = tours.add(1523, None, Some(42));
    let path = added(&app, &draft()).await;
    let event = serde_json::to_value(&app.events(1).await[0]).unwrap();
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(
        event,
        json!({
            "specversion": "1.0",
            "id": event["id"],
            "source": "/crossdesk/attachments",
            "type": "ticket.attachment_added",
            "subject": "tours/1523",
            "time": event["time"],
            "datacontenttype": "application/json",
            "dataschema": "urn:crossdesk:event:ticket.attachment_added:1",
            "partitionkey": format!("{key}/attachments"),
            "sequence": "00000000000000000001",
            "traceparent": event["traceparent"],
            "data": {
                "line": "tours", "ticketKey": key, "ticketId": "1523", "version": 1,
                "actor": {"id": null, "role": "guest"}, "attachmentId": id, "change": "added",
            },
        })
    );
    assert_eq!(app.bus.published()[0].0, "tours.ticket.attachment_added");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_action_tells_what_the_table_says() {
    let (app, tours) = start().await;
    let first = tours.add(1523, None, None);
    let second = tours.add(1524, None, None);
    let path = added(&app, &draft()).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    guest(&app, "PUT", &path, Some(&draft())).await;
    guest(&app, "PUT", &path, Some(&with("fileName", json!("other")))).await;
    guest(&app, "PUT", &path, Some(&with("ticketId", json!(1524)))).await;
    guest(&app, "DELETE", &path, None).await;
    let events = app.events(5).await;
    let told: Vec<Value> = events
        .iter()
        .map(|event| {
            let data = data(event);
            json!([event.partitionkey.as_str(), event.kind, data["version"], data["change"], data["reason"]])
        })
        .collect();
    let (first, second) = (format!("{first}/attachments"), format!("{second}/attachments"));
    let of = |stream: &str| -> Vec<Value> {
        told.iter().filter(|event| event[0] == stream).cloned().collect() // no order between streams
    };
    assert_eq!(
        of(&first),
        [
            json!([first, "ticket.attachment_added", 1, "added", null]),
            json!([first, "ticket.attachment_added", 2, "metadata", null]),
            json!([first, "ticket.attachment_removed", 3, null, "moved"]),
        ]
    );
    assert_eq!(
        of(&second),
        [
            json!([second, "ticket.attachment_added", 1, "added", null]),
            json!([second, "ticket.attachment_removed", 2, null, "deleted"]),
        ]
    );
    assert!(events.iter().all(|event| data(event)["attachmentId"] == id));
    for event in &events {
        for member in ["status", "lineStatus", "priority"] {
            assert!(data(event).get(member).is_none(), "the ticket's state is not ours to tell");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actor_is_the_caller() {
    let (app, _tours, customer, agent) = start_closed().await;
    let machine = app.token("user_123", Role::Service);
    for token in [&customer, &agent, &machine] {
        assert_eq!(signed(&app, token, "POST", PATH, Some(&draft())).await.status, 201);
    }
    let actors: Vec<Value> = app.events(3).await.iter().map(|event| data(event)["actor"].clone()).collect();
    assert_eq!(
        actors,
        [
            json!({"id": "user_123", "role": "customer"}),
            json!({"id": "agent_123", "role": "agent"}),
            json!({"id": "user_123", "role": "service"}),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_hold_no_personal_data() {
    let (app, _tours) = start().await;
    let path = added(&app, &with("fileName", json!("Maria Gonzalez passport.png"))).await;
    guest(&app, "PUT", &path, Some(&with("fileName", json!("Maria again")))).await;
    let text = serde_json::to_string(&app.events(2).await).unwrap();
    for secret in ["Maria", "kinconecta", "image/png", "245678"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_creations_are_counted_without_gaps() {
    let (app, _tours) = start().await;
    let body = draft();
    let posts = (0..20).map(|_| guest(&app, "POST", PATH, Some(&body)));
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    let versions: Vec<i64> = app.events(20).await.iter().map(|event| event.data.version).collect();
    assert_eq!(versions, (1..=20).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_tells_nothing() {
    let (app, _tours) = start().await;
    guest(&app, "POST", PATH, Some(&with("ticketId", json!(9)))).await;
    guest(&app, "POST", PATH, Some(&with("fileUrl", json!("x")))).await;
    guest(&app, "DELETE", &format!("{PATH}/1"), None).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 0);
    assert_eq!(app.database.count("SELECT count(*) FROM attachment_streams").await, 0);
}
