//! The gateway over real sockets, in front of small services made for the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bodies;
mod cors;
mod credentials;
mod failures;
mod forwarding;
mod gate;
mod headers;
mod limits;
mod overhead;
mod pages;
mod paths;
mod sockets;
mod streams;
mod tunnel_ends;
mod tunnels;
mod upstream;

use serde_json::{Value, json};

/// A path of each line, and its service.
const LINES: [(&str, &str); 8] = [
    ("/tomp/v2/collections", "mobility-support"),
    ("/api/v1/support/tickets", "helpdesk-conversation"),
    ("/support/tickets", "loan-support"),
    ("/api/v1/customers/resume", "mas-gateway"),
    ("/api/support_tickets", "tour-tickets"),
    ("/api/support_ticket_attachments", "attachments"),
    ("/v1/tickets", "desk"),
    ("/console", "desk"),
];

/// The body that a line has for one of the gateway's faults.
fn words(service: &str, status: u16) -> Value {
    let pick = |texts: [&'static str; 4]| match status {
        401 => texts[0],
        413 => texts[1],
        429 => texts[2],
        _ => texts[3],
    };
    let reason = reqwest::StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
    match service {
        "mobility-support" => json!(pick([
            "No access to endpoint",
            "Request too large",
            "Request limit",
            "Internal technical problem, contact support.",
        ])),
        "helpdesk-conversation" => {
            json!(pick(["user:session:required", "request:body:too-large", "request:rate-limited", "unavailable"]))
        }
        "loan-support" => json!({"success": false, "statusCode": status, "data": null, "error": {
            "message": pick(["Unauthorized", "Request too large", "Too many requests", "Service unavailable"]),
        }}),
        "mas-gateway" => {
            let word = if status >= 500 { "Service Error" } else { reason };
            let detail = pick(["Invalid credentials", "Request too large", "Too many requests", "Service unavailable"]);
            json!({"code": status.to_string(), "message": word, "errors": [{"message": detail}]})
        }
        "tour-tickets" | "attachments" => {
            let texts = ["Authentication required", "Request too large", "Too many requests", "Service unavailable"];
            json!([status, reason, pick(texts)])
        }
        _ => json!({"type": "about:blank", "title": reason, "status": status}),
    }
}

/// What of a body [`words`] speaks of.
fn essence(service: &str, body: &Value) -> Value {
    match service {
        "mobility-support" => body["errors"][0]["title"].clone(),
        "helpdesk-conversation" => body["error"].clone(),
        "mas-gateway" => body["error"].clone(),
        "tour-tickets" | "attachments" => json!([body["status"], body["error"], body["message"]]),
        _ => body.clone(),
    }
}
