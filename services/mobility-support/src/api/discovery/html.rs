//! The discovery documents as plain pages, with the same links.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::views::BASE;

/// A document with a title, a description and links, or a list of what we conform to.
pub(super) fn document(document: &Value) -> String {
    let title = text(&document["title"]).unwrap_or("Conformance");
    let mut body = String::new();
    if let Some(description) = text(&document["description"]) {
        let _ = write!(body, "<p>{}</p>", escaped(description));
    }
    let links = document["links"].as_array().into_iter().flatten();
    let links = links.filter_map(|link| Some((text(&link["href"])?, text(&link["rel"])?)));
    let conforms_to = document["conformsTo"].as_array().into_iter().flatten();
    list(&mut body, links.chain(conforms_to.filter_map(|uri| Some((text(uri)?, text(uri)?)))));
    page(title, &body)
}

/// The operations of an OpenAPI document.
pub(super) fn description(document: &Value, origin: &str) -> String {
    let title = text(&document["info"]["title"]).unwrap_or_default();
    let mut body = String::from("<ul>");
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let operations = item.as_object().into_iter().flatten();
        for (method, operation) in operations.filter(|(_, operation)| operation.get("responses").is_some()) {
            let summary = text(&operation["summary"]).unwrap_or_default();
            let (method, path) = (method.to_uppercase(), escaped(&format!("{BASE}{path}")));
            let _ = write!(body, "<li><code>{method} {path}</code> {}</li>", escaped(summary));
        }
    }
    body.push_str("</ul>");
    let api = format!("{origin}{BASE}/api");
    list(&mut body, [(api.as_str(), "the same for programs: OpenAPI 3.1")].into_iter());
    page(title, &body)
}

fn list<'a>(body: &mut String, links: impl Iterator<Item = (&'a str, &'a str)>) {
    body.push_str("<ul>");
    for (href, name) in links {
        let _ = write!(body, "<li><a href=\"{}\">{}</a></li>", escaped(href), escaped(name));
    }
    body.push_str("</ul>");
}

fn page(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{body}</body></html>"
    )
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// The origin is the client's `Host`: no text goes into a page as it came.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
