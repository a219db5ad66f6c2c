//! A replica of the last release serves on while the schema grows.

use domain::Role;
use reqwest::Method;
use serde_json::json;
use testkit::TestApp;
use tour_tickets::TourTickets;

use crate::{TICKETS, draft, guest, opened};

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_are_prepared_outlive_a_migration() {
    let one =
        TestApp::builder().setting("CROSSDESK__DATABASE__POOL_SIZE", "1").setting("CROSSDESK__HTTP__WORKERS", "1");
    let app = one.start::<TourTickets>().await;
    let (customer, agent) = (app.token("42", Role::Customer), app.token("agent_123", Role::Agent));
    let path = opened(&app, &customer, draft()).await;
    let place = format!("/internal/v1/tickets/{}", app.events(1).await[0].data.ticket_key);
    for (priority, migration) in [
        ("high", "ALTER TABLE tickets ADD COLUMN later text; ALTER TABLE replies ADD COLUMN later text"),
        ("low", "ALTER TABLE tickets ADD COLUMN last text"),
    ] {
        for answer in [
            guest(&app, Method::GET, TICKETS, None).await,
            app.get(TICKETS, &customer).await,
            app.get(&path, &customer).await,
            guest(&app, Method::PUT, &path, Some(draft())).await,
            app.get(&place, &agent).await,
            app.put(&format!("{place}/priority"), &agent, json!({"priority": priority})).await,
        ] {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        app.database.run(migration).await;
    }
}
