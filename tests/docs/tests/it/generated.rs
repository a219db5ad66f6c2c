//! The documents that are written from the code.

use serde_json::Value;

use crate::repository::root;

/// Compares a checked-in file with what the code says, or writes it.
fn compare(path: &str, text: &str) {
    let place = root().join(path);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&place, text).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(checked_in == text, "{path} is not what the code says: run `make openapi`");
}

#[test]
fn the_asyncapi_document_is_what_the_code_says() {
    compare("docs/asyncapi.json", &format!("{}\n", serde_json::to_string_pretty(&docs::document()).unwrap()));
}

#[test]
fn the_page_about_events_is_what_the_code_says() {
    compare("docs/EVENTS.md", &docs::page());
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    let document = docs::document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 40, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn there_is_one_example_of_each_type_of_event() {
    let examples = docs::examples();
    let mut kinds: Vec<&str> = examples.iter().map(|example| example.envelope.kind.as_str()).collect();
    kinds.dedup();
    assert_eq!(kinds.len(), examples.len());
    for example in &examples {
        let read = example.envelope.event().unwrap();
        assert_eq!(read.as_ref(), Some(&example.event), "the example can be read back");
    }
}
