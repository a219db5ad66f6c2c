//! Create, read, replace: rules of sections 3 and 6.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{TICKETS, draft, guest, opened_by_guest, start, with};

#[tokio::test(flavor = "multi_thread")]
async fn times_that_are_sent_are_stored_and_shown_in_the_shortest_form() {
    let app = start().await;
    for (sent, shown) in [
        ("2026-03-11T10:30:00.123Z", "2026-03-11T10:30:00.123"),
        ("2026-03-11T10:30", "2026-03-11T10:30:00"),
        ("1999-12-31T23:59:59.1234567", "1999-12-31T23:59:59.123456"),
        ("0000-01-01T00:00:00", "0000-01-01T00:00:00"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ] {
        let mut body = with("createdAt", sent);
        body["updatedAt"] = sent.into();
        let created = guest(&app, Method::POST, TICKETS, Some(body)).await;
        assert_eq!((&created.body["createdAt"], &created.body["updatedAt"]), (&json!(shown), &json!(shown)), "{sent}");
        let path = format!("{TICKETS}/{}", created.body["ticketId"]);
        assert_eq!(guest(&app, Method::GET, &path, None).await.text, created.text, "and read again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_the_server_sets_has_whole_seconds() {
    let app = start().await;
    let created = guest(&app, Method::POST, TICKETS, Some(with("createdAt", "2026-03-11T10:30:00.5"))).await;
    let updated_at = created.body["updatedAt"].as_str().unwrap();
    assert_eq!(updated_at.len(), "2026-03-11T10:30:00".len(), "{updated_at}");
    assert_ne!(updated_at, "2026-03-11T10:30:00", "each of the two stands for itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_the_default_and_numbers_come_in_several_forms() {
    let app = start().await;
    let nulls = ["userId", "roleContext", "category", "status", "createdAt", "updatedAt"];
    let mut body = draft();
    for member in nulls {
        body[member] = Value::Null;
    }
    body["ticketId"] = json!(77);
    body["surprise"] = json!({"a": [1]});
    let created = guest(&app, Method::POST, TICKETS, Some(body)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.body["ticketId"], 1, "the server counts");
    assert_eq!(created.body["userId"], Value::Null);
    let words = (&created.body["roleContext"], &created.body["category"], &created.body["status"]);
    assert_eq!(words, (&json!("GUEST"), &json!("GENERAL"), &json!("OPEN")));
    for (sent, stored) in [
        (json!("42"), 42),
        (json!(42.0), 42),
        (json!(1), 1),
        (json!(i64::MAX), i64::MAX),
        (json!("9223372036854775807"), i64::MAX),
        (json!("007"), 7),
    ] {
        let created = guest(&app, Method::POST, TICKETS, Some(with("userId", sent.clone()))).await;
        assert_eq!(created.body["userId"], stored, "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_is_accepted_and_a_ticket_may_start_anywhere() {
    let app = start().await;
    for (member, words) in [
        ("roleContext", &["GUIDE", "TOURIST", "GUEST"][..]),
        (
            "category",
            &["RESERVAS_VIAJES", "PAGOS_FACTURACION", "CUENTA_SEGURIDAD", "VERIFICACION_GUIAS", "OTRO", "GENERAL"],
        ),
        ("status", &["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"]),
    ] {
        for word in words {
            let path = opened_by_guest(&app, with(member, *word)).await;
            assert_eq!(guest(&app, Method::GET, &path, None).await.body[member], *word);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_back_exactly_as_it_was_sent() {
    let app = start().await;
    let odd = " \u{1}\t<b>&amp; e\u{301} \u{1F600}\u{200F} \"\\/ \r\n ";
    let path = opened_by_guest(&app, with("message", odd)).await;
    assert_eq!(guest(&app, Method::GET, &path, None).await.body["message"], odd);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_texts_fit() {
    let app = start().await;
    for (member, chars) in [("fullName", 150), ("email", 190), ("subject", 180), ("message", 65_535)] {
        let text = "\u{1F600}".repeat(chars);
        let path = opened_by_guest(&app, with(member, text.as_str())).await;
        assert_eq!(guest(&app, Method::GET, &path, None).await.body[member], text, "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_gives_what_is_not_sent_its_default_and_keeps_id_and_creation() {
    let app = start().await;
    let mut body = with("userId", 42);
    body["createdAt"] = json!("2020-01-01T00:00:00.5");
    body["updatedAt"] = json!("2020-01-01T00:00:00.5");
    body["status"] = json!("RESOLVED");
    let path = opened_by_guest(&app, body).await;
    let small = json!({"fullName": "", "email": "", "subject": "", "message": "", "ticketId": 99,
        "createdAt": "no time at all", "updatedAt": "2020-01-01T00:00:00+02:00"});
    let replaced = guest(&app, Method::PUT, &path, Some(small)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text);
    let updated_at = replaced.body["updatedAt"].as_str().unwrap();
    let expected = format!(
        r#"{{"ticketId":1,"userId":null,"roleContext":"GUEST","fullName":"","email":"","subject":"","category":"GENERAL","message":"","status":"OPEN","createdAt":"2020-01-01T00:00:00.5","updatedAt":"{updated_at}"}}"#
    );
    assert_eq!(replaced.text, expected);
    assert!(updated_at > "2026" && !updated_at.contains('.'), "{updated_at}");
    assert_eq!(guest(&app, Method::GET, &path, None).await.text, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn put_never_creates() {
    let app = start().await;
    let answer = guest(&app, Method::PUT, &format!("{TICKETS}/5"), Some(draft())).await;
    crate::assert_error(&answer, 404, "SupportTicket not found with id: 5");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_status_may_follow_any_status() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    for word in ["CLOSED", "OPEN", "RESOLVED", "IN_PROGRESS", "CLOSED", "IN_PROGRESS", "OPEN", "CLOSED", "RESOLVED"] {
        let answer = guest(&app, Method::PUT, &path, Some(with("status", word))).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!(word)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_ascend_and_location_is_where_the_ticket_is() {
    let app = start().await;
    for expected in 1..=3 {
        let created = guest(&app, Method::POST, TICKETS, Some(draft())).await;
        assert_eq!(created.body["ticketId"], expected);
        let there = reqwest::Url::parse(created.header("location")).unwrap();
        assert_eq!(guest(&app, Method::GET, there.path(), None).await.text, created.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn location_has_the_origin_that_the_gateway_saw() {
    let app = start().await;
    let request = app.request(Method::POST, TICKETS).json(&draft());
    let request = request.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "support.example.com");
    let created = app.send(request).await;
    assert_eq!(created.header("location"), "https://support.example.com/api/support_tickets/1");
}
