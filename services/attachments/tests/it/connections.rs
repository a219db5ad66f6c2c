//! What becomes of the database's connections: none waits for another service, and their statements outlive a migration.

use domain::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{TestApp, eventually};

use ::attachments::Attachments;

use crate::tours::Tours;
use crate::{PATH, added, beside, draft, form, guest, signed, start, with};

/// Sends a request for which tour-tickets is asked, and looks at the database while it is; gives the answer's status.
async fn observed(app: &TestApp, tours: &Tours, request: RequestBuilder) -> u16 {
    tours.hold();
    let answer = tokio::spawn(request.send());
    eventually("tour-tickets is asked, and no transaction is open", async || {
        let is_asked = tours.waiting() > 0;
        let open = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND state = 'idle in transaction'";
        (app.database.count(open).await == 0 && is_asked).then_some(())
    })
    .await;
    tours.release();
    answer.await.unwrap().unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_open_while_tour_tickets_is_asked() {
    let (app, tours) = start().await;
    for id in 1..=4 {
        tours.add(id, Some("user_123"), None);
    }
    let (customer, other) = (app.token("user_123", Role::Customer), app.token("other", Role::Customer));
    let file = form::uploaded(&app, &other, b"hello").await;
    let url = format!("{}{file}", app.url);
    let mut linked = with("ticketId", json!(1));
    linked["fileUrl"] = json!(url);
    tours.add(9, Some("other"), None);
    let mut foreign = linked.clone();
    foreign["ticketId"] = json!(9);
    assert_eq!(signed(&app, &other, "POST", PATH, Some(&foreign)).await.status, 201);
    let moved = added(&app, &draft()).await;
    let post = |body: &Value| app.request(Method::POST, PATH).json(body);
    let put = |body: &Value| app.request(Method::PUT, &moved).json(body);
    for (what, request, expected) in [
        ("a guest, on a ticket never seen", post(&with("ticketId", json!(2))), 201),
        ("the same with a key", post(&with("ticketId", json!(3))).header("Idempotency-Key", "k1"), 201),
        ("a customer", post(&with("ticketId", json!(2))).bearer_auth(&customer), 201),
        (
            "the same with a key",
            post(&with("ticketId", json!(2))).bearer_auth(&customer).header("Idempotency-Key", "k2"),
            201,
        ),
        ("a customer who names a file", post(&linked).bearer_auth(&customer), 201),
        ("a guest who moves it to a ticket never seen", put(&with("ticketId", json!(4))), 200),
        (
            "a customer who names a file in a change",
            {
                let mut body = linked.clone();
                body["ticketId"] = json!(4);
                put(&body).bearer_auth(&customer)
            },
            200,
        ),
    ] {
        assert_eq!(observed(&app, &tours, request).await, expected, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_are_prepared_outlive_a_migration() {
    let tours = Tours::start().await;
    tours.add(1523, None, Some(42));
    let one = |builder: testkit::Builder| {
        builder.setting("CROSSDESK__DATABASE__POOL_SIZE", "1").setting("CROSSDESK__HTTP__WORKERS", "1")
    };
    let app = one(beside(&tours)).start::<Attachments>().await;
    let path = added(&app, &draft()).await;
    let customer = app.token("42", Role::Customer);
    for migration in ["ALTER TABLE attachments ADD COLUMN later text", "ALTER TABLE attachments ADD COLUMN last text"] {
        for (method, path, body) in [
            ("GET", path.as_str(), None),
            ("GET", PATH, None),
            ("PUT", &path, Some(draft())),
            ("POST", PATH, Some(draft())),
        ] {
            let answers = [
                guest(&app, method, path, body.as_ref()).await,
                signed(&app, &customer, method, path, body.as_ref()).await,
            ];
            for answer in answers {
                assert!(matches!(answer.status, 200 | 201), "{method} {path}: {}", answer.text);
            }
        }
        app.database.run(migration).await;
    }
}
