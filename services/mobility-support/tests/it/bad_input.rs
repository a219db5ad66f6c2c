//! Bad input of every kind: the line's own error, a 4xx, and nothing written.

use serde_json::{Value, json};

use crate::{EXECUTION, error, execute, schemas, start, ticket, with};

fn unfit(field: &str, reason: &str) -> Value {
    let title = format!("Field: {field}, Reason: {reason}");
    error(400, 5002, "Invalid", &title, &format!("{field}: {reason}."))
}

fn missing(field: &str) -> Value {
    let title = format!("Field: {field}, Reason: required");
    error(400, 5001, "Missing", &title, &format!("Member {field} is required."))
}

fn links(link: Value) -> Value {
    let mut whole = json!({"href": "https://x.example/", "rel": "r"});
    for (name, value) in link.as_object().unwrap() {
        whole[name] = value.clone();
    }
    json!({"links": {"links": [whole]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_of_the_document_is_given_exactly() {
    let (app, provider, _) = start().await;
    let long = |count: usize| "é".repeat(count);
    let url = "https://x.example/";
    for (members, expected) in [
        (json!({"id": ""}), unfit("inputs.id", "out of range")),
        (json!({"id": long(201)}), unfit("inputs.id", "too long")),
        (json!({"id": "a\nb"}), unfit("inputs.id", "bad format")),
        (json!({"id": "a\u{85}b"}), unfit("inputs.id", "bad format")),
        (json!({"id": 5}), unfit("inputs.id", "wrong type")),
        (json!({"type": "SupportTicket"}), unfit("inputs.type", "unknown value")),
        (json!({"type": null}), missing("inputs.type")),
        (json!({"type": ""}), missing("inputs.type")),
        (json!({"type": 5}), unfit("inputs.type", "wrong type")),
        (json!({"status": "issue_open"}), unfit("inputs.status", "unknown value")),
        (json!({"status": ""}), unfit("inputs.status", "unknown value")),
        (json!({"supportType": null}), missing("inputs.supportType")),
        (json!({"supportType": "BROKEN"}), unfit("inputs.supportType", "unknown value")),
        (json!({"context": "x"}), unfit("inputs.context", "wrong type")),
        (json!({"context": {"leg": long(201)}}), unfit("inputs.context.leg", "too long")),
        (json!({"context": {"package": 5}}), unfit("inputs.context.package", "wrong type")),
        (json!({"location": "Amsterdam"}), unfit("inputs.location", "bad format")),
        (json!({"location": "1GPS:x"}), unfit("inputs.location", "bad format")),
        (json!({"location": "GPS: x"}), unfit("inputs.location", "bad format")),
        (json!({"location": "GPS:"}), unfit("inputs.location", "bad format")),
        (json!({"location": "G S:x"}), unfit("inputs.location", "bad format")),
        (json!({"location": "GPS:x\u{1}"}), unfit("inputs.location", "bad format")),
        (json!({"location": format!("P:{}", long(199))}), unfit("inputs.location", "too long")),
        (json!({"location": ""}), missing("inputs.location")),
        (json!({"timestamp": "2024-01-15T10:30:00"}), unfit("inputs.timestamp", "bad format")),
        (json!({"timestamp": "2024-01-15 10:30:00Z"}), unfit("inputs.timestamp", "bad format")),
        (json!({"timestamp": "2024-02-30T10:30:00Z"}), unfit("inputs.timestamp", "bad format")),
        (json!({"timestamp": "2024-01-15T10:30:00\u{2212}01:00"}), unfit("inputs.timestamp", "bad format")),
        (json!({"timestamp": 1_705_314_600}), unfit("inputs.timestamp", "wrong type")),
        (json!({"priority": "HIGH"}), unfit("inputs.priority", "unknown value")),
        (json!({"contactInformationEndUser": long(201)}), unfit("inputs.contactInformationEndUser", "too long")),
        (json!({"comment": long(10_001)}), unfit("inputs.comment", "too long")),
        (json!({"urls": vec![url; 11]}), unfit("inputs.urls", "too many items")),
        (json!({"urls": url}), unfit("inputs.urls", "wrong type")),
        (json!({"urls": ["javascript:alert(1)"]}), unfit("inputs.urls[0]", "bad format")),
        (json!({"urls": [url, "//x.example"]}), unfit("inputs.urls[1]", "bad format")),
        (json!({"urls": ["https:///"]}), unfit("inputs.urls[0]", "bad format")),
        (json!({"urls": ["https:x.example"]}), unfit("inputs.urls[0]", "bad format")),
        (json!({"urls": ["https://x.example/a b"]}), unfit("inputs.urls[0]", "bad format")),
        (json!({"urls": ["https://x.example/\"onclick"]}), unfit("inputs.urls[0]", "bad format")),
        (json!({"urls": [null]}), unfit("inputs.urls[0]", "wrong type")),
        (json!({"requestedResponseTime": 101}), unfit("inputs.requestedResponseTime", "out of range")),
        (json!({"requestedResponseTime": -1}), unfit("inputs.requestedResponseTime", "out of range")),
        (json!({"requestedResponseTime": 1e300}), unfit("inputs.requestedResponseTime", "out of range")),
        (json!({"requestedResponseTime": 5.5}), unfit("inputs.requestedResponseTime", "wrong type")),
        (json!({"requestedResponseTime": "5"}), unfit("inputs.requestedResponseTime", "wrong type")),
        (json!({"timeToResolution": true}), unfit("inputs.timeToResolution", "wrong type")),
        (json!({"damage": []}), unfit("inputs.damage", "wrong type")),
        (json!({"damage": {"assetComponent": "TIRE"}}), missing("inputs.damage.description")),
        (json!({"damage": {"description": "d"}}), missing("inputs.damage.assetComponent")),
        (
            json!({"damage": {"assetComponent": "TIRE", "description": "d", "x": 1}}),
            unfit("inputs.damage.x", "unknown member"),
        ),
        (
            json!({"damage": {"assetComponent": "WHEEL", "description": "d"}}),
            unfit("inputs.damage.assetComponent", "unknown value"),
        ),
        (
            json!({"damage": {"assetComponent": "TIRE", "description": "d", "pictures": ["x"]}}),
            unfit("inputs.damage.pictures[0]", "bad format"),
        ),
        (json!({"sequence": 11}), unfit("inputs.sequence", "out of range")),
        (json!({"sequence": "1"}), unfit("inputs.sequence", "wrong type")),
        (json!({"links": []}), unfit("inputs.links", "wrong type")),
        (json!({"links": {"links": {}}}), unfit("inputs.links.links", "wrong type")),
        (
            json!({"links": {"links": vec![json!({"href": url, "rel": "r"}); 21]}}),
            unfit("inputs.links.links", "too many items"),
        ),
        (json!({"links": {"links": ["x"]}}), unfit("inputs.links.links[0]", "wrong type")),
        (links(json!({"href": null})), missing("inputs.links.links[0].href")),
        (links(json!({"href": "/x"})), unfit("inputs.links.links[0].href", "bad format")),
        (links(json!({"rel": null})), missing("inputs.links.links[0].rel")),
        (links(json!({"method": "PUT"})), unfit("inputs.links.links[0].method", "unknown value")),
        (links(json!({"body": "x"})), unfit("inputs.links.links[0].body", "wrong type")),
        (links(json!({"headers": {"a": 1}})), unfit("inputs.links.links[0].headers.a", "wrong type")),
        (links(json!({"mandatory": "yes"})), unfit("inputs.links.links[0].mandatory", "wrong type")),
        (links(json!({"expires": "soon"})), unfit("inputs.links.links[0].expires", "bad format")),
        (links(json!({"title": "x"})), unfit("inputs.links.links[0].title", "unknown member")),
    ] {
        let answer = execute(&app, &provider, with(members.clone())).await;
        assert_eq!((answer.status, answer.body), (400, expected), "{members}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_that_is_allowed_is_accepted() {
    let (app, provider, _) = start().await;
    let url = "https://x.example/";
    for members in [
        json!({"id": "é".repeat(200)}),
        json!({"location": format!("P:{}", "é".repeat(198))}),
        json!({"comment": "é".repeat(10_000)}),
        json!({"urls": vec![url; 10]}),
        json!({"requestedResponseTime": 100, "timeToResolution": 0}),
        json!({"context": {"leg": "é".repeat(200), "package": "é".repeat(200)}}),
        json!({"links": {"links": vec![json!({"href": url, "rel": "r"}); 20]}}),
        json!({"links": {}}),
        json!({"context": {}}),
    ] {
        let mut inputs = with(json!({"id": null}));
        for (name, value) in members.as_object().unwrap() {
            inputs[name] = value.clone();
        }
        let answer = execute(&app, &provider, inputs).await;
        assert_eq!(answer.status, 200, "{members}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_told_at_once_in_the_order_of_the_table() {
    let (app, provider, _) = start().await;
    let answer =
        execute(&app, &provider, json!({"status": "ISSUE_OPEN", "links": 5, "priority": 5, "comment": 5})).await;
    let titles: Vec<&str> =
        answer.body["errors"].as_array().unwrap().iter().map(|entry| entry["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        [
            "Field: inputs.id, Reason: required",
            "Field: inputs.type, Reason: required",
            "Field: inputs.supportType, Reason: required",
            "Field: inputs.location, Reason: required",
            "Field: inputs.timestamp, Reason: required",
            "Field: inputs.priority, Reason: wrong type",
            "Field: inputs.comment, Reason: wrong type",
            "Field: inputs.links, Reason: wrong type",
        ]
    );
    let many = execute(&app, &provider, with(json!({"urls": vec!["x"; 10], "comment": 5}))).await;
    assert_eq!(many.body["errors"].as_array().map(Vec::len), Some(10), "at most ten");
    assert_eq!(many.body["errors"][0]["title"], "Field: inputs.comment, Reason: wrong type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_name_does_not_make_a_long_title() {
    let (app, provider, _) = start().await;
    let mut damage = json!({"assetComponent": "TIRE", "description": "d"});
    damage["é".repeat(100_000)] = json!(1);
    let answer = execute(&app, &provider, with(json!({"damage": damage}))).await;
    let title = answer.body["errors"][0]["title"].as_str().unwrap();
    assert!(title.starts_with("Field: inputs.damage.éé") && title.ends_with("…, Reason: unknown member"), "{title}");
    assert_eq!(title.chars().count(), 75);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_execution_are_refused_and_nothing_is_written() {
    let (app, provider, _) = start().await;
    let deep = format!("{{\"inputs\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"inputs\":\"{}\"}}", "x".repeat(1_100_000));
    let malformed = unfit("body", "malformed JSON");
    let json_type = "application/json";
    let media = error(415, 5502, "Invalid", "Unsupported media type", "Send application/json.");
    let large = error(413, 5501, "Invalid", "Request too large", "The body is above the limit.");
    for (body, content_type, expected) in [
        (b"".to_vec(), json_type, missing("inputs")),
        (b"".to_vec(), "", missing("inputs")),
        (b"{}".to_vec(), json_type, missing("inputs")),
        (b"{\"inputs\":null}".to_vec(), json_type, missing("inputs")),
        (b"{\"inputs\":[]}".to_vec(), json_type, unfit("inputs", "wrong type")),
        (b"{\"inputs\":\"x\"}".to_vec(), json_type, unfit("inputs", "wrong type")),
        (b"[]".to_vec(), json_type, unfit("body", "wrong type")),
        (b"null".to_vec(), json_type, unfit("body", "wrong type")),
        (b"{".to_vec(), json_type, malformed.clone()),
        (b"{\"inputs\":{\"comment\":\"a\\u0000\"}}".to_vec(), json_type, malformed.clone()),
        (b"{\"inputs\":{\"comment\":\"\xff\"}}".to_vec(), json_type, malformed.clone()),
        (deep.into_bytes(), json_type, malformed.clone()),
        (huge.into_bytes(), json_type, large),
        (b"{}".to_vec(), "", media.clone()),
        (b"{}".to_vec(), "text/plain", media.clone()),
        (b"{}".to_vec(), "application/geojson", media),
    ] {
        let mut request = app.request(reqwest::Method::POST, EXECUTION).bearer_auth(&provider).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = app.send(request).await;
        assert_eq!(answer.body, expected, "{content_type}");
        assert_eq!(answer.status, answer.body["errors"][0]["status"]);
        assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
        assert!(answer.header("content-type").starts_with("application/json"));
        schemas::check("errors", &answer.body);
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_values_of_a_link_may_be_as_deep_as_the_document_allows() {
    let (app, provider, _) = start().await;
    // The body, inputs, links, links, the link and its body are six levels of the 128.
    let deep: Value = (0..121).fold(json!({}), |inner, _| json!({"a": inner}));
    let answer = execute(&app, &provider, with(links(json!({"body": deep})))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let again = execute(&app, &provider, ticket()).await;
    assert_eq!((again.status, &again.body["links"]), (200, &answer.body["links"]), "and can be read again");
}
