//! Our answers against schemas: members, types and formats, and nothing beyond.

use serde_json::Value;

/// Checks a document against one of the schemas beside this file, formats included.
pub(crate) fn check(schema: &str, document: &Value) {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let ticket = read(include_str!("schemas/ticket.json"));
    let schema = match schema {
        "ticket" => ticket,
        "errors" => read(include_str!("schemas/errors.json")),
        "list" => {
            let mut list = read(include_str!("schemas/list.json"));
            list["properties"]["features"]["items"]["properties"]["properties"] = ticket;
            list
        }
        "landing_page" => read(include_str!("schemas/landing_page.json")),
        "collections" => read(include_str!("schemas/collections.json")),
        "processes" => read(include_str!("schemas/processes.json")),
        "process" => read(include_str!("schemas/process.json")),
        "notification" => read(include_str!("schemas/notification.json")),
        other => panic!("no schema {other}"),
    };
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(document).map(|error| format!("{error}")).collect();
    assert!(problems.is_empty(), "{}: {document}", problems.join("; "));
}

#[test]
fn the_schemas_refuse_what_is_not_documented() {
    let good = serde_json::json!({"id": "1", "type": "supportTicket", "status": "ISSUE_OPEN", "supportType": "OTHER",
        "location": "GPS:1", "timestamp": "2024-01-15T10:30:00Z", "sequence": 0});
    check("ticket", &good);
    for (member, value) in [
        ("surprise", serde_json::json!(1)),
        ("sequence", serde_json::json!(11)),
        ("status", serde_json::json!("open")),
        ("timestamp", serde_json::json!("yesterday")),
        ("comment", Value::Null),
        ("urls", serde_json::json!(["x y"])),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(std::panic::catch_unwind(|| check("ticket", &bad)).is_err(), "{member}");
    }
}
