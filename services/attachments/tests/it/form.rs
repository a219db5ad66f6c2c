//! Upload forms, written by hand, so that they can be wrong.

use reqwest::Method;
use testkit::{Answer, TestApp};

pub(crate) const BOUNDARY: &str = "----a boundary of the tests";

/// A part with a name, a file's name if it has one, and content.
pub(crate) fn part(name: &str, file_name: Option<&str>, content: &[u8]) -> Vec<u8> {
    let file = file_name.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// A whole form of these parts.
pub(crate) fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

pub(crate) fn content_type() -> String {
    format!("multipart/form-data; boundary=\"{BOUNDARY}\"")
}

/// A request that sends a body as a form.
pub(crate) fn request(app: &TestApp, token: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
    app.request(Method::POST, "/files").bearer_auth(token).header("content-type", content_type()).body(body)
}

/// Sends a body as a form.
pub(crate) async fn send(app: &TestApp, token: &str, body: Vec<u8>) -> Answer {
    app.send(request(app, token, body)).await
}

/// Uploads one file.
pub(crate) async fn upload(app: &TestApp, token: &str, name: &str, content: &[u8]) -> Answer {
    send(app, token, form(&[part("file", Some(name), content)])).await
}

/// Uploads a file that is accepted, and gives its path.
pub(crate) async fn uploaded(app: &TestApp, token: &str, content: &[u8]) -> String {
    let answer = upload(app, token, "note.txt", content).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/files/{}", answer.body["fileId"].as_str().unwrap())
}
