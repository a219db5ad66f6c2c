//! What events do to the read model.

use desk::Desk;
use domain::{Line, Priority, Role, Status};
use serde_json::json;
use testkit::{TestApp, assert_openapi};

use crate::story::{Story, desk};

async fn shown(app: &TestApp, story: &Story) -> serde_json::Value {
    let list = app.get("/v1/tickets?limit=200", &app.token("agent_1", Role::Agent)).await;
    let tickets = list.body["data"].as_array().unwrap().clone();
    tickets.into_iter().find(|ticket| ticket["id"] == story.key.to_string()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_follows_its_ticket_from_opening_to_closing() {
    let app = desk().await;
    for line in Line::ALL {
        let story = Story::opened(line, "user_1")
            .then("ticket.message_added", json!({"messageId": "m1"}))
            .assigned(Some("agent_9"))
            .moved(Status::Open)
            .prioritised(Priority::Urgent)
            .moved(Status::Closed);
        story.tell(&app).await;
        let expected = json!({
            "id": story.key, "ticket_id": format!("id-{}", story.key), "line": line, "status": "closed",
            "line_status": "Open", "priority": "urgent", "requester": "user_1", "assignee": "agent_9",
            "category": "billing", "version": 6,
            "created_at": story.log[0].time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            "updated_at": story.log[5].time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        });
        assert_eq!(shown(&app, &story).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_changes_nothing() {
    let app = desk().await;
    let story = Story::opened(Line::Loan, "user_1").moved(Status::Open).moved(Status::Resolved);
    story.tell(&app).await;
    let before = shown(&app, &story).await;
    for _ in 0..2 {
        for event in story.log.iter().rev() {
            app.publish(event).await;
        }
    }
    assert_eq!(shown(&app, &story).await, before);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM parked_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_counts_and_its_state_holds() {
    let app = desk().await;
    let story = Story::opened(Line::Mas, "user_1").then("ticket.blessed", json!({"by": "somebody"}));
    story.tell(&app).await;
    assert_eq!(shown(&app, &story).await["version"], 2);
    // Without having counted, this would be a gap.
    let story = story.moved(Status::Pending);
    app.publish(&story.last()).await;
    assert_eq!(shown(&app, &story).await["status"], "pending");
    assert_eq!(app.database.count("SELECT count(*) FROM parked_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_do_not_touch_the_ticket() {
    let app = desk().await;
    let story = Story::opened(Line::Tours, "user_1");
    story.tell(&app).await;
    let before = shown(&app, &story).await;
    let mut added = story.clone().then("ticket.attachment_added", json!({"attachmentId": "1", "change": "added"}));
    let event = added.log.last_mut().unwrap();
    event.partitionkey = domain::Stream::of_attachments(story.key);
    (event.data.version, event.data.state) = (1, None);
    app.publish(event).await;
    assert_eq!(shown(&app, &story).await, before);
    assert_eq!(app.database.count("SELECT count(*) FROM applied_streams WHERE stream LIKE '%/attachments'").await, 2);
    assert_eq!(app.database.count("SELECT count(*) FROM parked_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_ticket_is_gone_and_no_old_event_brings_it_back() {
    let app = desk().await;
    let story = Story::opened(Line::Tours, "user_1").moved(Status::Open).then("ticket.deleted", json!({}));
    story.tell(&app).await;
    story.tell(&app).await;
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
    assert_eq!(app.database.count("SELECT count(*) FROM parked_events").await, 0);
}

#[test]
fn the_document_is_what_the_code_says() {
    assert_openapi::<Desk>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_adds_a_column_disturbs_nobody() {
    let app = desk().await;
    let story = Story::opened(Line::Loan, "user_1");
    story.tell(&app).await;
    let (agent, stranger) = (app.token("agent_1", Role::Agent), app.token("stranger", Role::Customer));
    for migration in ["", "ALTER TABLE tickets ADD COLUMN later text"] {
        app.database.run(migration).await;
        // More often than there are connections: what is prepared stays prepared.
        for _ in 0..12 {
            assert_eq!(shown(&app, &story).await["version"], 1, "{migration}");
            // Whether or not the ticket's own service answers: the row is read first.
            let read = app.get(&format!("/v1/tickets/{}", story.key), &agent).await;
            assert_ne!(read.status, 500, "{migration} {}", read.text);
            assert_eq!(app.get(&format!("/v1/tickets/{}", story.key), &stranger).await.status, 404, "{migration}");
        }
    }
}
