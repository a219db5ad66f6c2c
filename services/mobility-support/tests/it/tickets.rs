//! The document's examples, and what comes back of what was sent.

use domain::Role;
use serde_json::{Value, json};

use crate::{EXECUTION, LEG, PACKAGE, TICKET, error, execute, items, schemas, start, ticket, with};

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_story_word_for_word() {
    let (app, provider, _) = start().await;
    let first = execute(&app, &provider, ticket()).await;
    let opened = format!(
        r#"{{"id":"{TICKET}","type":"supportTicket","status":"ISSUE_REQUESTED","supportType":"BROKEN_DOWN","context":{{"asset":"TI:AMS:342","leg":"{LEG}","package":"{PACKAGE}"}},"location":"GPS:52.3342433,41.4322234","timestamp":"2024-01-15T10:30:00Z","sequence":0}}"#
    );
    assert_eq!((first.status, first.text.as_str()), (200, opened.as_str()));
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!((first.header("version"), first.header("content-language")), ("2.0.0", "en-GB"));
    assert_eq!(execute(&app, &provider, ticket()).await.text, opened, "the same command again");
    let without =
        |status: &str, timestamp: &str| with(json!({"status": status, "timestamp": timestamp, "context": null}));
    let withdrawn = execute(&app, &provider, without("ISSUE_REVOKED", "2024-01-15T10:45:00Z")).await;
    let revoked = format!(
        r#"{{"id":"{TICKET}","type":"supportTicket","status":"ISSUE_REVOKED","supportType":"BROKEN_DOWN","context":{{"asset":"TI:AMS:342","leg":"{LEG}","package":"{PACKAGE}"}},"location":"GPS:52.3342433,41.4322234","timestamp":"2024-01-15T10:45:00Z","sequence":1}}"#
    );
    assert_eq!((withdrawn.status, withdrawn.text.as_str()), (200, revoked.as_str()));
    let third = execute(&app, &provider, without("ISSUE_OPEN", "2024-01-15T11:00:00Z")).await;
    let refused = r#"{"errors":[{"errorcode":5004,"type":"Illegal","title":"Operation request-support is illegal in current status.","status":409,"detail":"The ticket is ISSUE_REVOKED and cannot become ISSUE_OPEN."}]}"#;
    assert_eq!((third.status, third.text.as_str()), (409, refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_list_word_for_word() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    let request = app.request(reqwest::Method::GET, &items()).bearer_auth(&provider);
    let answer = app.send(request.header("accept", "application/json")).await;
    let origin = &app.url;
    let list = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"{TICKET}","geometry":null,"properties":{{"id":"{TICKET}","type":"supportTicket","status":"ISSUE_REQUESTED","supportType":"BROKEN_DOWN","context":{{"asset":"TI:AMS:342","leg":"{LEG}","package":"{PACKAGE}"}},"location":"GPS:52.3342433,41.4322234","timestamp":"2024-01-15T10:30:00Z","sequence":0}}}}],"links":[{{"rel":"self","href":"{origin}/tomp/v2/collections/support-tickets/items?packageId={PACKAGE}&legId={LEG}","type":"application/geo+json"}}],"numberMatched":1,"numberReturned":1}}"#
    );
    assert_eq!((answer.status, answer.text.as_str()), (200, list.as_str()));
    assert_eq!(answer.header("content-type"), "application/geo+json");
    assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
    schemas::check("list", &answer.body);
    let missing = app.get(&format!("/collections/support-tickets/items?packageId={PACKAGE}"), &provider).await;
    let text = r#"{"errors":[{"errorcode":5001,"type":"Missing","title":"Field: legId, Reason: required","status":400,"detail":"Query parameter legId is required."}]}"#;
    assert_eq!((missing.status, missing.text.as_str()), (400, text));
}

/// A ticket with everything a ticket can have.
fn full() -> Value {
    with(json!({
        "status": null,
        "context": {"asset": "", "leg": LEG, "product": "bike", "package": PACKAGE, "other": 1},
        "priority": "OTHER",
        "contactInformationEndUser": "",
        "comment": " \u{1}\t<b>&amp; e\u{301} \u{1F600}\u{200F} \"\\/ \r\n ",
        "urls": ["https://x.example/a%20b?c=d#e", "HTTP://x.example"],
        "requestedResponseTime": 5.0,
        "timeToResolution": 0,
        "damage": {"assetComponent": "TIRE", "description": "", "pictures": [], "extra": null},
        "sequence": 7,
        "links": {"links": [{
            "href": "https://x.example/", "rel": "help", "type": "text/html", "method": "PATCH", "description": "",
            "body": {"deep": {"number": 5.50, "big": 12345678901234567890_u64, "list": [null, 1]}},
            "headers": {"X-A": "b", "X-None": null}, "mandatory": false, "hash": "h",
            "expires": "2026-01-01T00:00:00+01:00", "availableFrom": null,
        }], "other": 1},
        "surprise": {"a": 1},
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_comes_back_exactly_as_it_was_sent() {
    let (app, provider, _) = start().await;
    let answer = execute(&app, &provider, full()).await;
    let mut expected = full();
    expected["status"] = json!("ISSUE_REQUESTED");
    expected["sequence"] = json!(0);
    expected["requestedResponseTime"] = json!(5);
    expected.as_object_mut().unwrap().remove("surprise");
    expected["context"].as_object_mut().unwrap().remove("other");
    expected["damage"].as_object_mut().unwrap().remove("extra");
    expected["links"].as_object_mut().unwrap().remove("other");
    let link = expected["links"]["links"][0].as_object_mut().unwrap();
    link.remove("availableFrom");
    link["headers"].as_object_mut().unwrap().remove("X-None");
    assert_eq!((answer.status, &answer.body), (200, &expected), "{}", answer.text);
    let list = app.get(&items(), &provider).await;
    assert_eq!(list.body["features"][0]["properties"], expected, "the list shows the same");
    schemas::check("list", &list.body);
    assert_eq!(execute(&app, &provider, full()).await.body, expected, "and so does a repetition");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_were_not_sent_are_not_shown() {
    let (app, provider, _) = start().await;
    let answer = execute(&app, &provider, with(json!({"context": null, "status": null}))).await;
    let names: Vec<&str> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "location", "sequence", "status", "supportType", "timestamp", "type"]);
    assert!(!answer.text.contains("null"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_without_an_id_gets_a_uuid_of_version_four() {
    let (app, provider, _) = start().await;
    let one = execute(&app, &provider, with(json!({"id": null}))).await;
    let other = execute(&app, &provider, with(json!({"id": null}))).await;
    let id: uuid::Uuid = one.body["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 4);
    assert_ne!(one.body["id"], other.body["id"], "without an id nothing is the same request");
    let again = execute(&app, &provider, with(json!({"id": one.body["id"]}))).await;
    assert_eq!(again.body["id"], one.body["id"], "the id is good for an update");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_times_of_the_edge_cases_are_kept_as_they_are() {
    let (app, provider, _) = start().await;
    for timestamp in [
        "2024-01-15T12:30:00+02:00",
        "2024-01-15t10:30:00z",
        "2024-02-29T23:59:60Z",
        "2024-01-15T10:30:00.123456789-00:00",
    ] {
        let answer = execute(&app, &provider, with(json!({"id": null, "timestamp": timestamp}))).await;
        assert_eq!((answer.status, &answer.body["timestamp"]), (200, &json!(timestamp)), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_a_prefix_and_anything() {
    let (app, provider, _) = start().await;
    for location in ["P:x", "gbfs:stations:AMS 1", "a::", "Z9_.:-:é ", "GPS:52.3,4.1"] {
        let answer = execute(&app, &provider, with(json!({"id": null, "location": location}))).await;
        assert_eq!((answer.status, &answer.body["location"]), (200, &json!(location)), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_not_evaluated_change_nothing() {
    let (app, provider, _) = start().await;
    for (name, value) in [
        ("prefer", "respond-async"),
        ("accept-language", "xx;;q=no"),
        ("accept", "text/csv"),
        ("api-version", "1.3.0"),
        ("maas-id", "other"),
        ("addressed-to", "somebody"),
        ("content-type", "application/vnd.tomp+json;version=2"),
    ] {
        let request = app.request(reqwest::Method::POST, EXECUTION).bearer_auth(&provider);
        let body = json!({"inputs": with(json!({"id": null})), "response": "document", "subscriber": 5, "outputs": []});
        let mut request = request.body(body.to_string()).header(name, value);
        if name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.header("preference-applied")), (200, ""), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_spelling_is_the_same_operation() {
    let (app, provider, _) = start().await;
    let old = app.post("/processes/request-support/execute", &provider, json!({"inputs": ticket()})).await;
    let new = execute(&app, &provider, ticket()).await;
    assert_eq!((old.status, &old.text), (200, &new.text));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_token_acts_like_any_provider() {
    let (app, provider, agent) = start().await;
    execute(&app, &provider, ticket()).await;
    let own = execute(&app, &agent, with(json!({"comment": "mine"}))).await;
    assert_eq!((own.status, &own.body["comment"]), (200, &json!("mine")), "its own ticket of the same id");
    let revoke = execute(&app, &agent, with(json!({"id": "other", "status": "ISSUE_REVOKED"}))).await;
    assert_eq!(
        (revoke.status, revoke.body),
        (404, error(404, 5204, "Not found", "Not found", "There is no ticket with this id."))
    );
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 2);
    let machine = app.token("mp-machine", Role::Service);
    assert_eq!(execute(&app, &machine, ticket()).await.status, 200, "role service has the rights of a customer");
}
