//! Uploads, good and hostile.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use domain::Role;
use futures_util::stream;
use reqwest::Method;
use serde_json::json;
use testkit::{TestApp, eventually};

use crate::form::{BOUNDARY, content_type, form, part, request, send, upload, uploaded};
use crate::{assert_error, start};

const MIB: usize = 1024 * 1024;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

/// Every file below the store's folder.
fn stored(app: &TestApp) -> Vec<std::path::PathBuf> {
    let mut folders = vec![app.context.config.data_dir.join("files")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Nothing of a refused upload stays, neither bytes nor rows.
async fn assert_nothing_stays(app: &TestApp, files: usize) {
    eventually("nothing of the upload is left", async || {
        let uploads = app.database.count("SELECT count(*) FROM uploads").await;
        (uploads == 0 && stored(app).len() == files).then_some(())
    })
    .await;
    assert_eq!(app.database.count("SELECT count(*) FROM files").await, files as i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_example_answers_as_documented() {
    let (app, _tours) = start().await;
    let token = app.token("user_123", Role::Customer);
    let answer = upload(&app, &token, "note.txt", b"hello").await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.body["fileId"].as_str().unwrap();
    assert_eq!(
        answer.text,
        format!(
            r#"{{"fileId":"{id}","fileUrl":"{}/files/{id}","fileName":"note.txt","mimeType":"text/plain","fileSizeBytes":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}"#,
            app.url
        )
    );
    let hex = id.strip_prefix("file_").unwrap();
    assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
    assert_eq!(answer.header("location"), format!("{}/files/{id}", app.url));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(stored(&app).len(), 1);
    assert_eq!(app.database.count("SELECT count(*) FROM uploads").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_is_detected_and_not_believed() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    for (name, content, expected) in [
        ("a.exe", PNG, "image/png"),
        ("a.png", b"hello", "text/plain"),
        ("a.html", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        ("a", b"%PDF-1.7\n", "application/pdf"),
        ("polyglot.gif", b"GIF89a/*<script>alert(1)</script>*/", "image/gif"),
    ] as [(&str, &[u8], &str); 5]
    {
        let answer = upload(&app, &token, name, content).await;
        assert_eq!((answer.status, answer.body["mimeType"].as_str().unwrap()), (201, expected), "{name}");
    }
    let said = part("file", Some("x"), b"<html>");
    let said = String::from_utf8(said).unwrap().replace("\r\n\r\n", "\r\nContent-Type: image/png\r\n\r\n").into_bytes();
    for body in [
        form(&[said]),
        form(&[part("file", Some("a.png"), b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")]),
        form(&[part("file", Some("a.png"), b"<!DOCTYPE html><script>alert(1)</script>")]),
        form(&[part("file", Some("a.txt"), b"MZ\x90\0\x03\0\0\0")]),
        form(&[part("file", Some("a.txt"), b"PK\x03\x04\x14\0\0\0")]),
        form(&[part("file", Some("a.txt"), b"a\0b")]),
        form(&[part("file", Some("a.txt"), &[b"x".repeat(9000), vec![0xff], b"x".repeat(MIB)].concat())]),
        form(&[part("file", Some("a.txt"), &[vec![b'x'; 6 * MIB], vec![0]].concat())]),
    ] {
        let answer = send(&app, &token, body).await;
        assert_error(&answer, 415, "Unsupported Media Type", "Unsupported media type");
    }
    assert_nothing_stays(&app, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_file_is_wanted() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let file = |content: &[u8]| part("file", Some("n.txt"), content);
    for body in [
        form(&[]),
        form(&[part("other", Some("n.txt"), b"hello")]),
        form(&[part("File", Some("n.txt"), b"hello")]),
        form(&[file(b"hello"), file(b"hello")]),
        form(&[file(&vec![b'x'; 6 * MIB]), part("x", None, b"y"), file(b"hello")]),
    ] {
        assert_error(&send(&app, &token, body).await, 400, "Bad Request", "file is required");
    }
    for body in [form(&[file(b"")]), form(&[part("file", None, b"")])] {
        assert_error(&send(&app, &token, body).await, 400, "Bad Request", "file is empty");
    }
    assert_nothing_stays(&app, 0).await;
    let body = form(&[part("before", None, b"x"), file(b"hello"), part("after", Some("x.exe"), b"MZ\0")]);
    let answer = send(&app, &token, body).await;
    assert_eq!((answer.status, &answer.body["fileSizeBytes"]), (201, &json!(5)));
    let answer = send(&app, &token, form(&[part("file", None, b"hello")])).await;
    assert_eq!((answer.status, &answer.body["fileName"]), (201, &json!("file")));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_cleaned() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    for (given, expected) in [
        ("../../etc/passwd", "passwd".to_owned()),
        ("C:\\\\dir\\\\evil.exe", "evil.exe".to_owned()),
        ("..", "file".to_owned()),
        ("", "file".to_owned()),
        ("a\tb.txt", "ab.txt".to_owned()),
        ("Mar\u{ed}a \u{1F600}.txt", "Mar\u{ed}a \u{1F600}.txt".to_owned()),
        ("say \\\"hi\\\".txt", "say \"hi\".txt".to_owned()),
        (&"n".repeat(300), "n".repeat(255)),
    ] {
        let answer = upload(&app, &token, given, b"hello").await;
        assert_eq!((answer.status, &answer.body["fileName"]), (201, &json!(expected)), "{given}");
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"x\"; filename*=UTF-8''a%2Fb%E2%82%AC.txt";
    let body = format!("--{BOUNDARY}\r\n{head}\r\n\r\nhello\r\n--{BOUNDARY}--\r\n");
    assert_eq!(send(&app, &token, body.into_bytes()).await.body["fileName"], "b\u{20ac}.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_up_to_25_mib_are_kept_and_one_byte_more_is_413() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let most = vec![b'x'; 25 * MIB];
    let path = uploaded(&app, &token, &most).await;
    let read = app.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
    assert!(read == most, "the bytes come back");
    let over = [&most[..], b"x"].concat();
    let answer = upload(&app, &token, "n.txt", &over).await;
    assert_error(&answer, 413, "Payload Too Large", "Request too large");
    // Without a length, so that it is found out on the way.
    let pieces = form(&[part("file", Some("n.txt"), &over)]);
    let pieces: Vec<_> = pieces.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(pieces));
    let answer = app.send(request(&app, &token, Vec::new()).body(body)).await;
    assert_error(&answer, 413, "Payload Too Large", "Request too large");
    // Neither does it help to put the rest elsewhere.
    let body = form(&[part("file", Some("n.txt"), b"hello"), part("x", None, &vec![b'x'; 26 * MIB])]);
    assert_eq!(send(&app, &token, body).await.status, 413);
    assert_nothing_stays(&app, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_announced_as_too_large_is_refused_before_it_is_sent() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        content_type(),
        30 * MIB
    );
    let answer = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 413");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_is_415_and_a_broken_form_400() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let good = form(&[part("file", Some("n.txt"), b"hello")]);
    for media in
        ["application/json", "text/plain", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded", ""]
    {
        let request = app.request(Method::POST, "/files").bearer_auth(&token).header("content-type", media);
        let answer = app.send(request.body(good.clone())).await;
        assert_error(&answer, 415, "Unsupported Media Type", "Unsupported media type");
    }
    let none = app.request(Method::POST, "/files").bearer_auth(&token);
    assert_eq!(app.send(none).await.status, 415);
    for media in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"] {
        let request = app.request(Method::POST, "/files").bearer_auth(&token).header("content-type", media);
        assert_error(&app.send(request.body(good.clone())).await, 400, "Bad Request", "Malformed request");
    }
    let text = String::from_utf8(good.clone()).unwrap();
    let long_header = format!("\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let many_headers = format!("\r\n{}\r\n", "X-Many: x\r\n".repeat(100));
    for body in [
        String::new(),
        "nothing of a form".to_owned(),
        text[..text.len() - BOUNDARY.len() - 10].to_owned(),
        text[..40].to_owned(),
        text.replace("form-data;", "attachment;"),
        text.replace("Content-Disposition", "X-Disposition"),
        text.replace("; name=\"file\"", ""),
        text.replace("\r\n\r\n", &long_header),
        text.replace("\r\n\r\n", &many_headers),
        text.replace("\r\n\r\n", "\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"),
    ] {
        let answer = send(&app, &token, body.clone().into_bytes()).await;
        assert_eq!(answer.status, 400, "{} for {:.200}", answer.text, body);
        assert_error(&answer, 400, "Bad Request", "Malformed request");
    }
    assert_nothing_stays(&app, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_half_way_leaves_nothing_behind() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    // More than one part of the store's, so that some of it has arrived there.
    for bytes in [100, 12 * MIB] {
        let whole = form(&[part("file", Some("n.txt"), &vec![b'x'; 20 * MIB])]);
        let begun = Bytes::from(whole).slice(..bytes);
        let pieces = stream::iter([Ok(begun), Err(std::io::Error::other("the client leaves"))]);
        let body = reqwest::Body::wrap_stream(pieces);
        let broken = request(&app, &token, Vec::new()).body(body).send().await;
        assert!(broken.is_err() || broken.unwrap().status() == 400);
        assert_nothing_stays(&app, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_come_in_pieces_of_any_size() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let content = "Gr\u{fc}\u{df}e \u{1F600}\r\n--not a boundary\r\n".repeat(20);
    let whole = form(&[part("x", None, b"y"), part("file", Some("n.txt"), content.as_bytes())]);
    for size in [1, 2, 7, 64] {
        let pieces: Vec<_> = whole.chunks(size).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let body = reqwest::Body::wrap_stream(stream::iter(pieces));
        let answer = app.send(request(&app, &token, Vec::new()).body(body)).await;
        assert_eq!((answer.status, &answer.body["fileSizeBytes"]), (201, &json!(content.len())), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_33rd_upload_at_once_is_503_until_another_has_ended() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let whole = form(&[part("file", Some("n.txt"), &vec![b'x'; 100_000])]);
    let mut begun: Vec<_> = (0..32)
        .map(|_| {
            let (sender, receiver) = tokio::sync::mpsc::channel(2);
            sender.try_send(Ok::<_, std::io::Error>(whole[..50_000].to_vec())).unwrap();
            let pieces = stream::unfold(receiver, async |mut pieces| Some((pieces.recv().await?, pieces)));
            let sending = request(&app, &token, Vec::new()).body(reqwest::Body::wrap_stream(pieces)).send();
            (sender, tokio::spawn(sending))
        })
        .collect();
    eventually("all have begun", async || {
        (app.database.count("SELECT count(*) FROM uploads").await == 32).then_some(())
    })
    .await;
    let refused = upload(&app, &token, "n.txt", b"hello").await;
    assert_error(&refused, 503, "Service Unavailable", "Service unavailable");
    let (sender, answer) = begun.pop().unwrap();
    sender.send(Ok(whole[50_000..].to_vec())).await.unwrap();
    drop(sender);
    assert_eq!(answer.await.unwrap().unwrap().status(), 201);
    assert_eq!(upload(&app, &token, "n.txt", b"hello").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_at_once_do_not_mix() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let uploads = (0..12_u8).map(|number| {
        let (app, token) = (&app, &token);
        async move {
            let content = vec![b'a' + number; 700_000 + usize::from(number)];
            let path = uploaded(app, token, &content).await;
            app.request(Method::GET, &path).bearer_auth(token).send().await.unwrap().bytes().await.unwrap() == content
        }
    });
    assert!(futures_util::future::join_all(uploads).await.into_iter().all(|same| same));
}
