//! Siebel asks for resumption. The tracking id makes a repetition the same request.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::json;

use super::Story;
use crate::history::Kind;
use crate::workload::client::Write;

pub(super) async fn tell(story: &Story, random: &mut SmallRng) {
    let client = &story.client;
    let marker = story.marker("open");
    let customer = random.random_range(1..1000_u32);
    let path = format!("/api/v1/customers/{customer}/tickets");
    let body = json!({"reason_code": "RES", "reason": "Resume Service",
        "dispatch_date_time": "2026-03-22T11:50:35.000Z", "service": {"code": "6FL"},
        "requestor_info": {"name": "TESTMAN1"}});
    let write = Write { line: "mas", kind: Kind::Open, marker: &marker, id: Some("/transaction_id") };
    client
        .write(write, || {
            let request = client.anonymous(Method::POST, &path).basic_auth("ocsuser", Some("ocsuser"));
            request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", &marker).json(&body)
        })
        .await;
}
