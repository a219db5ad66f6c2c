//! Hostile files, through the gateway. Each is refused with the documented status, or kept as bytes that no browser runs:
//! sent back unchanged, with the type of their content, as a download, in a sandbox.

mod contents;
mod forms;
mod names;

use attachments::Attachments;
use chassis::Service as _;
use reqwest::Method;
use security::forge;
use security::house::{gateway_to, trusting};
use testkit::TestApp;

/// What must happen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// This status, and nothing is kept.
    Refused(u16),
    /// It is kept as this type.
    Kept(&'static str),
    /// It is kept as this type, under this name.
    Named(&'static str, &'static str),
    /// Refused with 400, 413 or 415, or kept; if kept, harmless.
    Harmless,
}

/// An upload with a name.
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// What must come back, if it is kept.
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) wanted: Wanted,
}

pub(crate) const BOUNDARY: &str = "----hostile";

/// A part of a form.
pub(crate) fn part(disposition: &str, lines: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n{lines}\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// The form's end.
pub(crate) fn end() -> Vec<u8> {
    format!("--{BOUNDARY}--\r\n").into_bytes()
}

/// A form as it should be, around this content.
pub(crate) fn upload(name: impl Into<String>, file: &str, content: &[u8], wanted: Wanted) -> Upload {
    form(name, [part(&format!("name=\"file\"; filename=\"{file}\""), "", content), end()].concat(), wanted)
        .keeping(content)
}

/// A form of these bytes.
pub(crate) fn form(name: impl Into<String>, body: Vec<u8>, wanted: Wanted) -> Upload {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    Upload { name: name.into(), content_type, headers: Vec::new(), body, content: None, wanted }
}

impl Upload {
    pub(crate) fn keeping(self, content: &[u8]) -> Self {
        Self { content: Some(content.to_vec()), ..self }
    }

    pub(crate) fn typed(self, content_type: impl Into<String>) -> Self {
        Self { content_type: content_type.into(), ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Files may have so many bytes in these tests.
pub(crate) const MOST: usize = 20_000;

async fn house() -> (TestApp, TestApp) {
    // Nobody asks tour-tickets: a file is its uploader's.
    let files = trusting()
        .address("tour-tickets", "http://127.0.0.1:1")
        .setting("CROSSDESK__FILES__MAX_BYTES", &MOST.to_string())
        .setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "create_only")
        .start::<Attachments>()
        .await;
    let gate = gateway_to(&[(Attachments::NAME, &files.url)]).await;
    (files, gate)
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_uploads_are_refused_or_kept_as_harmless_bytes() {
    let (files, gate) = house().await;
    let token = forge::good();
    let mut uploads = contents::uploads();
    uploads.extend(names::uploads());
    uploads.extend(forms::uploads());
    let names: std::collections::BTreeSet<&str> = uploads.iter().map(|upload| upload.name.as_str()).collect();
    assert_eq!(names.len(), uploads.len(), "every upload has a name of its own");
    assert!(uploads.len() >= 90, "{}", uploads.len());

    let (mut failures, mut kept) = (Vec::new(), 0);
    for upload in uploads {
        let mut request = gate.request(Method::POST, "/files").bearer_auth(&token);
        request = request.header("content-type", &upload.content_type).body(upload.body.clone());
        for (name, value) in &upload.headers {
            request = request.header(*name, value);
        }
        let answer = gate.send(request).await;
        let outcome = match (answer.status, upload.wanted) {
            (201, Wanted::Refused(_)) => Err(format!("it was kept: {}", answer.text)),
            (201, wanted) => {
                kept += 1;
                judge(&gate, &token, &answer.body, wanted, upload.content.as_deref()).await
            }
            (status, Wanted::Refused(expected)) if status == expected => Ok(()),
            (400 | 413 | 415, Wanted::Harmless) => Ok(()),
            (status, _) => Err(format!("{status}: {}", answer.text)),
        };
        if answer.headers.contains_key("x-injected") || answer.headers.contains_key("set-cookie") {
            failures.push(format!("{}: a header was injected", upload.name));
        }
        failures.extend(outcome.err().map(|what| format!("{} ({:?}): {what}", upload.name, upload.wanted)));
    }
    assert!(failures.is_empty(), "{} got through:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(files.database.count("SELECT count(*) FROM files").await, kept, "what was refused left nothing");
}

/// Whether a kept file is harmless and what was wanted.
async fn judge(
    gate: &TestApp,
    token: &str,
    file: &serde_json::Value,
    wanted: Wanted,
    content: Option<&[u8]>,
) -> Result<(), String> {
    let path = format!("/files/{}", file["fileId"].as_str().unwrap());
    let response = gate.request(Method::GET, &path).bearer_auth(token).send().await.unwrap();
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (mime, disposition, csp) =
        (header("content-type"), header("content-disposition"), header("content-security-policy"));
    let nosniff = header("x-content-type-options");
    let injected = response.headers().contains_key("x-injected") || response.headers().contains_key("set-cookie");
    let bytes = response.bytes().await.unwrap();
    let name = disposition.strip_prefix("attachment; filename*=UTF-8''").unwrap_or("<no download>");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%!#$&+-.^_`|~".contains(&byte);
    let safe_types =
        ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4", "text/plain"];
    let problems = [
        (safe_types.contains(&mime.as_str()), "its type"),
        (!name.is_empty() && name.bytes().all(plain), "its name in the header"),
        (
            !["%00", "%0D", "%0A", "%2F", "%5C"].iter().any(|hidden| name.to_uppercase().contains(hidden)),
            "what its name hides",
        ),
        (csp == "sandbox; default-src 'none'", "its sandbox"),
        (nosniff == "nosniff", "its nosniff"),
        (!injected, "a header injected"),
        (content.is_none_or(|content| content == bytes), "its bytes"),
        (
            !matches!(wanted, Wanted::Kept(expected) | Wanted::Named(expected, _) if expected != mime),
            "another type than wanted",
        ),
        (!matches!(wanted, Wanted::Named(_, expected) if expected != file["fileName"]), "another name than wanted"),
    ];
    let wrong: Vec<&str> = problems.iter().filter(|(is_fine, _)| !is_fine).map(|(_, what)| *what).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?}: {mime}, {disposition}, {file}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_shorter_than_announced_leaves_nothing() {
    let (files, gate) = house().await;
    let body = [part("name=\"file\"; filename=\"a.txt\"", "", b"hello"), end()].concat();
    for announced in [body.len() + 1, body.len() + 10_000] {
        let head = format!(
            "POST /files HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {announced}\r\n\r\n",
            forge::good()
        );
        let mut socket = tokio::net::TcpStream::connect(security::house::authority(&gate.url)).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut socket, &[head.as_bytes(), &body].concat()).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut socket).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut answer).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 400"), "{text}");
    }
    assert_eq!(files.database.count("SELECT count(*) FROM files").await, 0);
}
