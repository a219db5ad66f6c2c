//! The agent's side, as the desk uses it.

use domain::{Line, Role};
use serde_json::{Value, json};

use crate::{TICKET, execute, items, opened, start, ticket, with};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_whole_ticket() {
    let (app, provider, agent) = start().await;
    let inputs = with(json!({"comment": "It broke", "requestedResponseTime": 10, "contactInformationEndUser": "+31"}));
    execute(&app, &provider, inputs.clone()).await;
    let place = format!("/internal/v1/tickets/{}", app.events(1).await[0].data.ticket_key);
    app.post(&format!("{place}/messages"), &agent, json!({"body": "Where?"})).await;
    execute(&app, &provider, with(json!({"status": null, "comment": "At the canal"}))).await;
    let seen = app.get(&place, &agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!((&seen.body["line"], &seen.body["ticket_id"]), (&json!("mobility"), &json!(TICKET)));
    assert_eq!(seen.body["subject"], "Broken down: TI:AMS:342");
    assert_eq!((&seen.body["description"], &seen.body["requester"]), (&json!("It broke"), &json!("mp-amsterdam")));
    assert_eq!((&seen.body["status"], &seen.body["line_status"]), (&json!("open"), &json!("ISSUE_OPEN")));
    assert_eq!(seen.body["priority"], "high");
    let said: Vec<_> =
        seen.body["messages"].as_array().unwrap().iter().map(|said| (&said["author"], &said["body"])).collect();
    assert_eq!(said, [(&json!("agent_123"), &json!("Where?")), (&json!("mp-amsterdam"), &json!("At the canal"))]);
    let fields = &seen.body["line_fields"];
    for member in
        ["supportType", "context", "location", "timestamp", "requestedResponseTime", "contactInformationEndUser"]
    {
        assert_eq!(fields[member], inputs[member], "{member}");
    }
    assert_eq!(
        (&fields["sequence"], &fields["priority"], &fields["comment"]),
        (&json!(2), &Value::Null, &json!("At the canal"))
    );
    let own = app.get(&place, &provider).await;
    assert_eq!((own.status, &own.body["ticket_id"]), (200, &json!(TICKET)), "providers see their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_becomes_the_comment_and_opens_the_ticket_once() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    for _ in 0..2 {
        let request = app.request(reqwest::Method::POST, &format!("{place}/messages")).bearer_auth(&agent);
        let answer = app.send(request.json(&json!({"body": "Coming"})).header("Idempotency-Key", "r1")).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("open")), "{}", answer.text);
    }
    let shown = execute(&app, &provider, ticket()).await.body;
    assert_eq!(
        (&shown["comment"], &shown["status"], &shown["sequence"]),
        (&json!("Coming"), &json!("ISSUE_OPEN"), &json!(1))
    );
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    assert_eq!(app.post(&format!("{place}/messages"), &agent, json!({"body": "Bye"})).await.status, 200);
    let shown = execute(&app, &provider, ticket()).await.body;
    assert_eq!(
        (&shown["comment"], &shown["status"], &shown["sequence"]),
        (&json!("Bye"), &json!("ISSUE_RESOLVED"), &json!(3))
    );
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    let refused = app.post(&format!("{place}/messages"), &agent, json!({"body": "More"})).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("illegal-in-current-state")));
    let file = app.post(&format!("{place}/messages"), &agent, json!({"body": "m", "attachments": ["f"]})).await;
    assert_eq!((file.status, &file.body["code"]), (400, &json!("invalid-request")), "there is nowhere to show it");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_set_everything_and_the_line_shows_it() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    let shown = async || app.get(&items(), &provider).await.body["features"][0]["properties"].clone();
    let pending = app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    assert_eq!((pending.status, &pending.body["line_status"]), (200, &json!("ISSUE_UPDATE_REQUESTED")));
    assert_eq!(shown().await["sequence"], 1);
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "high"})).await;
    assert_eq!(
        (&shown().await["priority"], &shown().await["sequence"]),
        (&Value::Null, &json!(1)),
        "it was high already"
    );
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "low"})).await;
    assert_eq!((&shown().await["priority"], &shown().await["sequence"]), (&json!("QUESTION"), &json!(2)));
    let expected = app.put(&format!("{place}/expected-resolution"), &agent, json!({"minutes": 30.0})).await;
    assert_eq!((expected.status, &expected.body["version"]), (200, &json!(4)), "{}", expected.text);
    assert_eq!((&shown().await["timeToResolution"], &shown().await["sequence"]), (&json!(30), &json!(3)));
    let again = app.put(&format!("{place}/expected-resolution"), &agent, json!({"minutes": 30})).await;
    assert_eq!(again.body["version"], 4, "nothing changed, nothing told");
    app.put(&format!("{place}/expected-resolution"), &agent, json!({"minutes": null})).await;
    assert_eq!((&shown().await["timeToResolution"], &shown().await["sequence"]), (&Value::Null, &json!(4)));
    let head = app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    assert_eq!(
        (&head.body["assignee"], &shown().await["sequence"]),
        (&json!("agent_9"), &json!(4)),
        "not for the line"
    );
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    assert_eq!(shown().await["status"], "ISSUE_REVOKED");
    let back = app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    assert_eq!((back.status, &back.body["code"]), (409, &json!("illegal-in-current-state")));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_agents_of_other_lines_and_providers_manage_nothing() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    let stranger = app.token("stranger", Role::Customer);
    let elsewhere = app.tokens.for_lines("agent_2", Role::Agent, &[Line::Tours]);
    let requests: [(&str, &str, Value); 6] = [
        ("GET", "", Value::Null),
        ("POST", "/messages", json!({"body": "m"})),
        ("PUT", "/status", json!({"status": "closed"})),
        ("PUT", "/priority", json!({"priority": "low"})),
        ("PUT", "/assignee", json!({"assignee": "agent_2"})),
        ("PUT", "/expected-resolution", json!({"minutes": 5})),
    ];
    for (method, suffix, body) in &requests {
        for (who, token) in [("stranger", Some(&stranger)), ("elsewhere", Some(&elsewhere)), ("nobody", None)] {
            let mut request = app.request(method.parse().unwrap(), &format!("{place}{suffix}")).json(body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let expected = if who == "nobody" { 401 } else { 404 };
            assert_eq!(app.send(request).await.status, expected, "{who} {method} {suffix}");
        }
        if *method != "GET" {
            let request = app.request(method.parse().unwrap(), &format!("{place}{suffix}")).json(body);
            assert_eq!(app.send(request.bearer_auth(&provider)).await.status, 403, "{suffix}");
        }
    }
    assert_eq!(app.get(&place, &agent).await.body["version"], 1, "nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_of_agents_are_problems() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    for body in [
        json!({}),
        json!({"minutes": 101}),
        json!({"minutes": -1}),
        json!({"minutes": 1.5}),
        json!({"minutes": "5"}),
        json!({"minutes": 5, "extra": 1}),
        json!([]),
    ] {
        let answer = app.put(&format!("{place}/expected-resolution"), &agent, body.clone()).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid-request")), "{body}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(app.put(&format!("{place}/status"), &agent, json!({"status": "new"})).await.status, 409);
    let nonsense = "/internal/v1/tickets/nonsense/expected-resolution";
    assert_eq!(app.put(nonsense, &agent, json!({"minutes": 5})).await.status, 404);
    assert_eq!(app.get("/internal/v1/tickets/nonsense", &agent).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_priority_is_not_undone_by_a_repetition_of_the_old_one() {
    let (app, provider, agent) = start().await;
    let with_priority = |word: &str, comment: &str| with(json!({"priority": word, "comment": comment}));
    execute(&app, &provider, with_priority("ERROR_CAN_CONTINUE", "a")).await;
    let place = format!("/internal/v1/tickets/{}", app.events(1).await[0].data.ticket_key);
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "low"})).await;
    let same = execute(&app, &provider, with_priority("ERROR_CAN_CONTINUE", "b")).await;
    assert_eq!(same.body["priority"], "QUESTION");
    let other = execute(&app, &provider, with_priority("DISTURBING_ISSUE", "c")).await;
    assert_eq!(other.body["priority"], "DISTURBING_ISSUE");
    assert_eq!(app.get(&place, &agent).await.body["priority"], "normal");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_messages_an_agent_sees_the_newest_500() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    let fill = "INSERT INTO messages SELECT gen_random_uuid(), ticket_key, 'mp', 'message ' || n, \
        now() + n * interval '1 second' FROM tickets, generate_series(1, 502) AS n";
    app.database.run(fill).await;
    let seen = app.get(&place, &agent).await.body;
    let messages = seen["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &seen["line_fields"]["messagesOmitted"]), (500, &json!(2)));
    assert_eq!((&messages[0]["body"], &messages[499]["body"]), (&json!("message 3"), &json!("message 502")));
    // A control character has six bytes in JSON: 600 KiB each, and six are within 4 MiB.
    app.database.run("UPDATE messages SET body = repeat(E'\\x01', 100 * 1024)").await;
    let seen = app.get(&place, &agent).await.body;
    assert_eq!(
        (seen["messages"].as_array().map(Vec::len), &seen["line_fields"]["messagesOmitted"]),
        (Some(6), &json!(496))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_adds_a_column_disturbs_nobody() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    for migration in ["", "ALTER TABLE tickets ADD COLUMN later text"] {
        app.database.run(migration).await;
        // More often than there are connections: what is prepared stays prepared.
        for _ in 0..12 {
            assert_eq!(app.get(&place, &agent).await.status, 200, "{migration}");
            assert_eq!(execute(&app, &provider, ticket()).await.status, 200, "{migration}");
        }
    }
}
