//! What the attachments service asks.

use domain::Role;
use serde_json::{Value, json};

use crate::{assert_error, draft, opened, opened_by_guest, start, start_with, with};

const PLACE: &str = "/internal/v1/tours/tickets";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_learns_what_a_ticket_is_called_and_whose_it_is() {
    let app = start().await;
    opened(&app, &app.token("user_123", Role::Customer), draft()).await;
    opened_by_guest(&app, with("userId", 42)).await;
    let service = app.token("attachments", Role::Service);
    let keys: Vec<String> = app.events(2).await.iter().map(|event| event.data.ticket_key.to_string()).collect();
    let first = app.get(&format!("{PLACE}/1"), &service).await;
    let expected = json!({"ticketId": 1, "ticketKey": keys[0], "owner": "user_123", "userId": null});
    assert_eq!((first.status, first.body), (200, expected));
    let second = app.get(&format!("{PLACE}/2"), &service).await;
    assert_eq!(second.body, json!({"ticketId": 2, "ticketKey": keys[1], "owner": null, "userId": 42}));
    assert_error(&app.get(&format!("{PLACE}/3"), &service).await, 404, "SupportTicket not found with id: 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_learns_which_tickets_a_customer_sees() {
    let app = start().await;
    let (forty_two, agent) = (app.token("42", Role::Customer), app.token("agent_123", Role::Agent));
    opened(&app, &forty_two, draft()).await;
    opened(&app, &agent, with("userId", 43)).await;
    opened_by_guest(&app, with("userId", 42)).await;
    let service = app.token("attachments", Role::Service);
    for (query, ids) in [
        ("subject=42&user_id=42", json!([1, 3])),
        ("subject=42", json!([1])),
        ("subject=nobody&user_id=43", json!([2])),
        ("subject=agent_123", json!([2])),
        ("subject=nobody", json!([])),
    ] {
        let answer = app.get(&format!("{PLACE}?{query}"), &service).await;
        assert_eq!((answer.status, answer.body), (200, json!({"ticketIds": ids})), "{query}");
    }
    for query in ["", "subject=", "subject=a&subject=b", "subject=a&user_id=x", "user_id=5"] {
        let answer = app.get(&format!("{PLACE}?{query}"), &service).await;
        assert_error(&answer, 400, "Malformed request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_answered() {
    let app = start_with("full").await;
    opened_by_guest(&app, draft()).await;
    for place in [format!("{PLACE}/1"), format!("{PLACE}?subject=42")] {
        let nobody = crate::guest(&app, reqwest::Method::GET, &place, None::<Value>).await;
        assert_error(&nobody, 401, "Authentication required");
        for role in [Role::Customer, Role::Agent, Role::Admin] {
            assert_error(&app.get(&place, &app.token("42", role)).await, 403, "Access denied");
        }
    }
}
