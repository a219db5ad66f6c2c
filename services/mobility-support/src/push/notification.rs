//! What a provider is sent (contract, 4.3): exactly the documented members.

use serde_json::{Value, json};

use crate::api::items_url;
use crate::db::Due;

/// The body of a push. Only a ticket with a package and a leg can be listed, so only that one gets a link.
pub(super) fn notification(due: &Due, origin: &str) -> Value {
    let name = |member: &str| due.context.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    let link = |package, leg| json!({"href": items_url(origin, package, leg), "rel": "related"});
    let links: Vec<Value> =
        name("package").zip(name("leg")).map(|(package, leg)| link(package, leg)).into_iter().collect();
    json!({"inputs": {
        "notificationType": "SUPPORT",
        "source": "TO",
        "destination": "MP",
        "context": due.context,
        "message": format!("support ticket {} is {}", due.ticket_id, due.line_status),
        "links": {"links": links},
    }})
}
