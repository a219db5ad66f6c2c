//! The document's examples, word for word, and the rules behind them.

use domain::Role;
use serde_json::{Value, json};

use crate::{PATH, added, assert_error, assert_not_found, draft, guest, signed, start, start_closed, with};

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_example_is_created_as_documented() {
    let (app, _tours) = start().await;
    let mut body = draft();
    body["uploadedAt"] = json!("2026-03-11T10:31:25");
    let answer = guest(&app, "POST", PATH, Some(&body)).await;
    assert_eq!(answer.status, 201);
    let id = &answer.body["attachmentId"];
    assert_eq!(
        answer.text,
        format!(
            r#"{{"attachmentId":{id},"ticketId":1523,"fileUrl":"https://cdn.kinconecta.com/attachments/error-screenshot.png","fileName":"error-screenshot.png","mimeType":"image/png","fileSizeBytes":245678,"uploadedAt":"2026-03-11T10:31:25"}}"#
        )
    );
    assert_eq!(answer.header("location"), format!("{}{PATH}/{id}", app.url));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.header("x-request-id").is_empty());

    let list = guest(&app, "GET", PATH, None).await;
    assert_eq!((list.status, list.text), (200, format!("[{}]", answer.text)));
    let one = guest(&app, "GET", &format!("{PATH}/{id}"), None).await;
    assert_eq!((one.status, one.text), (200, answer.text.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_replacement_answers_as_documented() {
    let (app, _tours) = start().await;
    let path = added(&app, &with("uploadedAt", json!("2026-03-11T10:31:25"))).await;
    let answer = guest(&app, "PUT", &path, Some(&with("fileName", json!("error-screenshot-updated.png")))).await;
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (
            200,
            format!(
                r#"{{"attachmentId":{id},"ticketId":1523,"fileUrl":"https://cdn.kinconecta.com/attachments/error-screenshot.png","fileName":"error-screenshot-updated.png","mimeType":"image/png","fileSizeBytes":245678,"uploadedAt":"2026-03-11T10:31:25"}}"#
            )
            .as_str()
        )
    );
    assert_eq!(guest(&app, "GET", &path, None).await.text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_answers_204_and_again_404() {
    let (app, _tours) = start().await;
    let path = added(&app, &draft()).await;
    let answer = guest(&app, "DELETE", &path, None).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let id = path.rsplit('/').next().unwrap();
    for method in ["DELETE", "GET"] {
        assert_not_found(&guest(&app, method, &path, None).await, id);
    }
    assert_not_found(&guest(&app, "PUT", &path, Some(&draft())).await, id);
    assert_eq!(guest(&app, "GET", PATH, None).await.text, "[]");
    let next = added(&app, &draft()).await;
    let number = |path: &str| path.rsplit('/').next().unwrap().parse::<i64>().unwrap();
    assert_eq!(number(&next), number(&path) + 1, "ids are never used again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_attachment_is_answered_as_documented() {
    let (app, _tours) = start().await;
    for (given, printed) in [
        ("9999", "9999"),
        ("0", "0"),
        ("0009999", "9999"),
        ("9223372036854775807", "9223372036854775807"),
        ("0000000000000000042", "42"),
    ] {
        assert_not_found(&guest(&app, "GET", &format!("{PATH}/{given}"), None).await, printed);
    }
    for bad in ["abc", "-1", "1.0", "9223372036854775808", "00000000000000000042", "%31%32x", "+1"] {
        for method in ["GET", "DELETE"] {
            assert_error(&guest(&app, method, &format!("{PATH}/{bad}"), None).await, 400, "Bad Request", "Invalid id");
        }
        let put = guest(&app, "PUT", &format!("{PATH}/{bad}"), Some(&draft())).await;
        assert_error(&put, 400, "Bad Request", "Invalid id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sent_is_null_and_the_time_is_the_server_s_in_whole_seconds() {
    let (app, _tours) = start().await;
    for body in [
        json!({"ticketId": 1523, "fileUrl": "http://x/", "fileName": ""}),
        json!({"ticketId": 1523, "fileUrl": "http://x/", "fileName": "", "mimeType": null, "fileSizeBytes": null,
            "uploadedAt": null, "attachmentId": "ignored", "whatever": [1]}),
    ] {
        let answer = guest(&app, "POST", PATH, Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!((&answer.body["mimeType"], &answer.body["fileSizeBytes"]), (&Value::Null, &Value::Null));
        assert_eq!(answer.body["fileName"], "");
        let time = answer.body["uploadedAt"].as_str().unwrap();
        assert!(chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S").is_ok(), "{time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_kept_as_they_were_sent() {
    let (app, _tours) = start().await;
    for (sent, shown) in [
        ("2026-03-11T10:30:00.123Z", "2026-03-11T10:30:00.123"),
        ("2026-03-11T10:30", "2026-03-11T10:30:00"),
        ("1969-07-20T20:17:40.5", "1969-07-20T20:17:40.5"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ] {
        let path = added(&app, &with("uploadedAt", json!(sent))).await;
        assert_eq!(guest(&app, "GET", &path, None).await.body["uploadedAt"], shown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_keeps_id_and_time_and_drops_what_is_not_sent() {
    let (app, _tours) = start().await;
    let path = added(&app, &with("uploadedAt", json!("2020-01-01T00:00:00"))).await;
    let body = json!({"attachmentId": 1, "ticketId": "1523", "fileUrl": "http://x/", "fileName": "n",
        "uploadedAt": "no time, and ignored"});
    let answer = guest(&app, "PUT", &path, Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(path.ends_with(&format!("/{}", answer.body["attachmentId"])));
    assert_eq!(answer.body["uploadedAt"], "2020-01-01T00:00:00");
    assert_eq!((&answer.body["mimeType"], &answer.body["fileSizeBytes"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_back_exactly_as_it_was_sent() {
    let (app, _tours) = start().await;
    let odd = " \u{1}\t<b>&amp; e\u{301} \u{1F600}\u{200F} \"\\/ \r\n ";
    let mut body = with("fileName", json!(odd));
    body["mimeType"] = json!(odd);
    body["fileUrl"] = json!("HTTPS://EXAMPLE.com:443/a%2Fb/../c?q=%zz#\u{e9}");
    let path = added(&app, &body).await;
    let read = guest(&app, "GET", &path, None).await.body;
    for member in ["fileName", "mimeType", "fileUrl"] {
        assert_eq!(read[member], body[member]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_moves_to_another_ticket() {
    let (app, tours) = start().await;
    tours.add(1524, None, None);
    let path = added(&app, &draft()).await;
    let moved = guest(&app, "PUT", &path, Some(&with("ticketId", json!(1524)))).await;
    assert_eq!((moved.status, &moved.body["ticketId"]), (200, &json!(1524)));
    assert_eq!(guest(&app, "GET", &format!("{PATH}?ticketId=1523"), None).await.text, "[]");
    assert_eq!(guest(&app, "GET", &format!("{PATH}?ticketId=1524"), None).await.text, format!("[{}]", moved.text));
    let unknown = guest(&app, "PUT", &path, Some(&with("ticketId", json!(999_999)))).await;
    assert_error(&unknown, 404, "Not Found", "SupportTicket not found for ticketId: 999999");
    assert_eq!(guest(&app, "GET", &path, None).await.text, moved.text, "nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_that_are_moved_back_and_forth_at_once_end_on_one_ticket() {
    let (app, tours) = start().await;
    tours.add(1524, None, None);
    let paths = [added(&app, &draft()).await, added(&app, &with("ticketId", json!(1524))).await];
    let moves = (0..40).map(|number| {
        let ticket = with("ticketId", json!(1523 + number % 2));
        let (app, path) = (&app, &paths[(number / 2 % 2) as usize]);
        async move { guest(app, "PUT", path, Some(&ticket)).await.status }
    });
    let statuses = futures_util::future::join_all(moves).await;
    // 503: another request has moved it between its two looks.
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200));
    assert_eq!(guest(&app, "GET", PATH, None).await.body.as_array().unwrap().len(), 2);
    let query = "SELECT count(*) FROM attachment_streams s WHERE version <> \
        (SELECT count(*) FROM ticket_events e WHERE e.stream = s.ticket_key || '/attachments')";
    assert_eq!(app.database.count(query).await, 0, "every event is counted");
    let balance = "SELECT count(*) FILTER (WHERE kind = 'ticket.attachment_added' AND data->>'change' = 'added') \
        - count(*) FILTER (WHERE kind = 'ticket.attachment_removed') AS count FROM ticket_events";
    assert_eq!(app.database.count(balance).await, 2, "what was given away was taken over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_in_either_direction_locks_the_lower_ticket_first() {
    use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
    let (app, tours) = start().await;
    tours.add(1524, None, None);
    for (from, to) in [(1523, 1524), (1524, 1523)] {
        added(&app, &with("ticketId", json!(to))).await;
        let path = added(&app, &with("ticketId", json!(from))).await;
        let mut holder = AsyncPgConnection::establish(app.database.url()).await.unwrap();
        let hold = "BEGIN; SELECT 1 FROM attachment_streams WHERE ticket_id = 1523 FOR UPDATE";
        holder.batch_execute(hold).await.unwrap();
        let request = app.request(reqwest::Method::PUT, &path).json(&with("ticketId", json!(to)));
        let moving = tokio::spawn(request.send());
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND wait_event_type = 'Lock'";
        testkit::eventually("the move waits", async || (app.database.count(waiting).await > 0).then_some(())).await;
        let free = "SELECT count(*) FROM \
            (SELECT 1 FROM attachment_streams WHERE ticket_id = 1524 FOR UPDATE SKIP LOCKED) AS free";
        assert_eq!(app.database.count(free).await, 1, "{from} to {to}: the higher one is not locked yet");
        holder.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(moving.await.unwrap().unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_moves_only_to_own_tickets() {
    let (app, tours, customer, _) = start_closed().await;
    tours.add(1524, Some("user_123"), None);
    tours.add(1525, Some("somebody else"), None);
    let created = signed(&app, &customer, "POST", PATH, Some(&draft())).await;
    let path = format!("{PATH}/{}", created.body["attachmentId"]);
    for ticket in [1525, 999_999] {
        let answer = signed(&app, &customer, "PUT", &path, Some(&with("ticketId", json!(ticket)))).await;
        assert_error(&answer, 404, "Not Found", &format!("SupportTicket not found for ticketId: {ticket}"));
    }
    let answer = signed(&app, &customer, "PUT", &path, Some(&with("ticketId", json!(1524)))).await;
    assert_eq!((answer.status, &answer.body["ticketId"]), (200, &json!(1524)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_may_be_created_as_soon_as_its_ticket_exists() {
    let (app, tours) = start().await;
    let unknown = guest(&app, "POST", PATH, Some(&with("ticketId", json!(2000)))).await;
    assert_error(&unknown, 404, "Not Found", "SupportTicket not found for ticketId: 2000");
    tours.add(2000, None, None);
    added(&app, &with("ticketId", json!(2000))).await;
    let calls = tours.calls();
    let agent = app.token("agent_123", Role::Agent);
    assert_eq!(app.post(PATH, &agent, with("ticketId", json!(2000))).await.status, 201);
    assert_eq!(tours.calls(), calls, "of a known ticket nobody asks for those who see all");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tour_tickets_what_needs_it_is_503() {
    let (app, tours, customer, agent) = start_closed().await;
    let created = signed(&app, &customer, "POST", PATH, Some(&draft())).await;
    let path = format!("{PATH}/{}", created.body["attachmentId"]);
    tours.break_down();
    let unknown = with("ticketId", json!(77));
    for (token, method, place, body) in [
        (&customer, "GET", PATH, None),
        (&customer, "GET", path.as_str(), None),
        (&customer, "POST", PATH, Some(&draft())),
        (&customer, "PUT", path.as_str(), Some(&draft())),
        (&customer, "DELETE", path.as_str(), None),
        (&agent, "POST", PATH, Some(&unknown)),
    ] {
        let answer = signed(&app, token, method, place, body).await;
        assert_error(&answer, 503, "Service Unavailable", "Service unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
    for (method, place, body, status) in [
        ("GET", PATH, None, 200),
        ("POST", PATH, Some(&draft()), 201),
        ("PUT", path.as_str(), Some(&draft()), 200),
        ("DELETE", path.as_str(), None, 204),
    ] {
        assert_eq!(signed(&app, &agent, method, place, body).await.status, status, "support: {method}");
    }
}
