//! A traveller asks, changes, attaches a file; some tickets are removed with everything on them.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use super::{Identity, Story};
use crate::history::Kind;
use crate::workload::client::Write;

pub(super) async fn tell(story: &Story, random: &mut SmallRng) {
    let client = &story.client;
    let traveller = Identity::customer(format!("t-{}", story.name));
    let marker = story.marker("open");
    let draft =
        |status: &str| json!({"fullName": "T", "email": "", "subject": marker, "message": "m", "status": status});
    let body = draft("OPEN");
    let write = Write { line: "tours", kind: Kind::Open, marker: &marker, id: Some("/ticketId") };
    let opened = client
        .write(write, || {
            let request = client.request(Method::POST, "/api/support_tickets", &traveller);
            request.header("Idempotency-Key", &marker).json(&body)
        })
        .await;
    let Some(id) = opened.map(|body| body["ticketId"].clone()) else { return };
    let path = format!("/api/support_tickets/{id}");
    if random.random_bool(0.5) {
        let marker = story.marker("put");
        let write = Write { line: "tours", kind: Kind::Change, marker: &marker, id: None };
        let body = draft("IN_PROGRESS");
        client.write(write, || client.request(Method::PUT, &path, &traveller).json(&body)).await;
    }
    if random.random_bool(0.4) {
        attach(story, &traveller, &id).await;
    }
    if random.random_bool(0.2) {
        let marker = story.marker("delete");
        let write = Write { line: "tours", kind: Kind::Delete, marker: &marker, id: None };
        // The second DELETE of a repeated one finds nothing: that is a success, too.
        client.write(write, || client.request(Method::DELETE, &path, &traveller)).await;
        if let Some((status, _)) = client.read(|| client.request(Method::GET, &path, &traveller)).await
            && status != 404
        {
            client.violation(format!("tours {id}: a deleted ticket is answered {status}"));
        }
    }
}

async fn attach(story: &Story, traveller: &Identity, ticket: &serde_json::Value) {
    let client = &story.client;
    let upload = story.marker("upload");
    let write = Write { line: "attachments", kind: Kind::Upload, marker: &upload, id: Some("/fileId") };
    let uploaded = client
        .write(write, || {
            let part = Part::bytes(upload.clone().into_bytes()).file_name(format!("{upload}.txt"));
            client.request(Method::POST, "/files", traveller).multipart(Form::new().part("file", part))
        })
        .await;
    let Some(file) = uploaded else { return };
    let marker = story.marker("attach");
    let body = json!({"ticketId": ticket, "fileUrl": file["fileUrl"], "fileName": marker});
    let write = Write { line: "attachments", kind: Kind::Attach, marker: &marker, id: Some("/attachmentId") };
    client
        .write(write, || {
            let request = client.request(Method::POST, "/api/support_ticket_attachments", traveller);
            request.header("Idempotency-Key", &marker).json(&body)
        })
        .await;
    let path = format!("/files/{}", file["fileId"].as_str().unwrap_or_default());
    let read = client.read(|| client.request(Method::GET, &path, traveller)).await;
    if let Some((status, _)) = read
        && status != 200
    {
        client.violation(format!("files {upload}: an acknowledged file is answered {status}"));
    }
}
