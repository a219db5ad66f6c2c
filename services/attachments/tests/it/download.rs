//! Reading files: headers, parts, and for whom.

use domain::{Line, Role};
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, TestApp};

use crate::form::{upload, uploaded};
use crate::{PATH, assert_error, guest, signed, start, start_closed, with};

const HELLO: &str = "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"";

async fn get(app: &TestApp, token: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = app.request(Method::GET, path).bearer_auth(token);
    app.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_as_documented() {
    let (app, _tours, customer, _) = start_closed().await;
    let path = uploaded(&app, &customer, b"hello").await;
    let answer = get(&app, &customer, &path, &[]).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "hello"));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "5"),
        ("content-disposition", "attachment; filename*=UTF-8''note.txt"),
        ("etag", HELLO),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, max-age=3600"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    for name in ["accept-ranges", "content-range", "content-encoding", "set-cookie"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_safe_in_the_header() {
    let (app, _tours, customer, _) = start_closed().await;
    for (name, shown) in [
        ("Factura n\u{ba} 3.txt", "Factura%20n%C2%BA%203.txt"),
        ("a;b,c'd(e)*f.txt", "a%3Bb%2Cc%27d%28e%29%2Af.txt"),
        ("100%.txt", "100%25.txt"),
        ("say \\\"hi\\\".txt", "say%20%22hi%22.txt"),
        ("!#$&+-.^_`|~", "!#$&+-.^_`|~"),
    ] {
        let answer = upload(&app, &customer, name, b"hello").await;
        let path = format!("/files/{}", answer.body["fileId"].as_str().unwrap());
        let read = get(&app, &customer, &path, &[]).await;
        assert_eq!(read.header("content-disposition"), format!("attachment; filename*=UTF-8''{shown}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_client_has_is_304() {
    let (app, _tours, customer, _) = start_closed().await;
    let path = uploaded(&app, &customer, b"hello").await;
    for tags in [HELLO.to_owned(), format!("W/{HELLO}"), format!("\"x\", {HELLO}"), "*".to_owned()] {
        let answer = get(&app, &customer, &path, &[("if-none-match", &tags)]).await;
        assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", HELLO), "{tags}");
        assert_eq!(answer.header("cache-control"), "private, max-age=3600");
    }
    assert_eq!(get(&app, &customer, &path, &[("if-none-match", "\"x\"")]).await.status, 200);
    let stranger = app.token("stranger", Role::Customer);
    assert_eq!(get(&app, &stranger, &path, &[("if-none-match", "*")]).await.status, 404, "it tells strangers nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_range_is_served() {
    let (app, _tours, customer, _) = start_closed().await;
    let path = uploaded(&app, &customer, b"0123456789").await;
    for (range, text, shown) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-999", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = get(&app, &customer, &path, &[("range", range)]).await;
        assert_eq!(
            (answer.status, answer.text.as_str(), answer.header("content-range")),
            (206, text, shown),
            "{range}"
        );
        assert_eq!(answer.header("content-length"), text.len().to_string());
        assert_eq!(answer.header("content-type"), "text/plain");
    }
    for range in ["bytes=0-1,3-4", "bytes=4-2", "items=0-1", "nonsense"] {
        let answer = get(&app, &customer, &path, &[("range", range)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "0123456789"), "{range}");
    }
    for range in ["bytes=10-", "bytes=-0"] {
        let answer = get(&app, &customer, &path, &[("range", range)]).await;
        assert_error(&answer, 416, "Range Not Satisfiable", "Range not satisfiable");
        assert_eq!(answer.header("content-range"), "bytes */10");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_counts_only_for_the_file_the_client_knows() {
    let (app, _tours, customer, _) = start_closed().await;
    let path = uploaded(&app, &customer, b"hello").await;
    for (condition, status) in [
        (HELLO.to_owned(), 206),
        (format!("W/{HELLO}"), 200),
        ("\"x\"".to_owned(), 200),
        ("Wed, 21 Oct 2026 07:28:00 GMT".to_owned(), 200),
    ] {
        let answer = get(&app, &customer, &path, &[("range", "bytes=1-2"), ("if-range", &condition)]).await;
        assert_eq!(answer.status, status, "{condition}");
    }
    let head = app.request(Method::HEAD, &path).bearer_auth(&customer).header("range", "bytes=1-2");
    let head = app.send(head).await;
    assert_eq!((head.status, head.header("content-length")), (200, "5"), "ranges are for GET");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_read_in_any_part() {
    let (app, _tours, customer, _) = start_closed().await;
    let content: Vec<u8> = (0..8_000_000_u32).map(|number| b'a' + (number % 23) as u8).collect();
    let path = uploaded(&app, &customer, &content).await;
    for (from, to) in [(0, 7_999_999), (5_242_879, 5_242_881), (7_999_998, 7_999_999)] {
        let request = app.request(Method::GET, &path).bearer_auth(&customer);
        let answer = request.header("range", format!("bytes={from}-{to}")).send().await.unwrap();
        assert_eq!(answer.status(), 206);
        assert!(answer.bytes().await.unwrap() == content[from..=to], "{from}-{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_files_and_other_people_s_are_the_same_404() {
    let (app, _tours, customer, _) = start_closed().await;
    let own = uploaded(&app, &customer, b"hello").await;
    let stranger = app.token("stranger", Role::Customer);
    for path in [
        own.as_str(),
        "/files/file_0199a4e1c2d37f40a1b2c3d4e5f60718",
        "/files/file_X",
        "/files/x",
        &own.to_uppercase().replace("/FILES", "/files"),
    ] {
        let answer = get(&app, &stranger, path, &[]).await;
        assert_error(&answer, 404, "Not Found", "Resource not found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploader_and_support_may_read() {
    let (app, _tours, customer, agent) = start_closed().await;
    let path = uploaded(&app, &customer, b"hello").await;
    let of_loan = app.tokens.for_lines("user_123", Role::Customer, &[Line::Loan]);
    assert_error(&get(&app, &of_loan, &path, &[]).await, 403, "Forbidden", "Access denied");
    for token in [&customer, &agent, &app.token("root", Role::Admin)] {
        assert_eq!(get(&app, token, &path, &[]).await.status, 200);
    }
    assert_eq!(guest(&app, "GET", &path, None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_read_every_file_in_mode_full() {
    let (app, _tours) = start().await;
    let path = uploaded(&app, &app.token("u", Role::Customer), b"hello").await;
    assert_eq!(guest(&app, "GET", &path, None).await.text, "hello");
    assert_error(&guest(&app, "GET", "/files/x", None).await, 404, "Not Found", "Resource not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_a_ticket_reads_the_files_attached_to_it() {
    let (app, tours, customer, agent) = start_closed().await;
    tours.add(1524, Some("user_456"), None);
    let other = app.token("user_456", Role::Customer);
    let path = uploaded(&app, &agent, b"hello").await;
    assert_eq!(get(&app, &customer, &path, &[]).await.status, 404);
    let body = with("fileUrl", json!(format!("{}{path}", app.url)));
    let created = signed(&app, &agent, "POST", PATH, Some(&body)).await;
    assert_eq!(created.status, 201);
    assert_eq!(get(&app, &customer, &path, &[]).await.text, "hello");
    assert_eq!(get(&app, &other, &path, &[]).await.status, 404);
    let of_loan = app.tokens.for_lines("user_123", Role::Customer, &[Line::Loan]);
    assert_eq!(get(&app, &of_loan, &path, &[]).await.status, 403, "that token is not for this line");

    // Renamed by the customer, it is still attached; moved, it goes with the ticket; removed, the file stays.
    let attachment = format!("{PATH}/{}", created.body["attachmentId"]);
    let mut renamed = body.clone();
    renamed["fileName"] = json!("renamed.txt");
    assert_eq!(signed(&app, &customer, "PUT", &attachment, Some(&renamed)).await.status, 200);
    assert_eq!(get(&app, &customer, &path, &[]).await.status, 200);
    renamed["ticketId"] = json!(1524);
    assert_eq!(signed(&app, &agent, "PUT", &attachment, Some(&renamed)).await.status, 200);
    assert_eq!(get(&app, &customer, &path, &[]).await.status, 404);
    assert_eq!(get(&app, &other, &path, &[]).await.status, 200);
    assert_eq!(signed(&app, &other, "DELETE", &attachment, None).await.status, 204);
    assert_eq!(get(&app, &other, &path, &[]).await.status, 404);
    assert_eq!(get(&app, &agent, &path, &[]).await.status, 200, "an uploaded file is not deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_many_tickets_is_read_by_each_of_their_owners() {
    let (app, tours, customer, agent) = start_closed().await;
    let path = uploaded(&app, &agent, b"hello").await;
    for ticket in 0..8 {
        tours.add(2000 + ticket, Some(&format!("owner_{ticket}")), Some(ticket + 1));
        let mut body = with("fileUrl", json!(format!("{}{path}", app.url)));
        body["ticketId"] = json!(2000 + ticket);
        assert_eq!(signed(&app, &agent, "POST", PATH, Some(&body)).await.status, 201);
    }
    for reader in ["owner_0", "owner_7", "8"] {
        assert_eq!(get(&app, &app.token(reader, Role::Customer), &path, &[]).await.status, 200, "{reader}");
    }
    assert_eq!(get(&app, &customer, &path, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn knowing_the_id_of_somebody_s_file_does_not_open_it() {
    let (app, tours, customer, agent) = start_closed().await;
    tours.add(1524, Some("thief"), None);
    let thief = app.token("thief", Role::Customer);
    let path = uploaded(&app, &customer, b"hello").await;
    let mut body = with("fileUrl", json!(format!("{}{path}", app.url)));
    body["ticketId"] = json!(1524);
    let created = signed(&app, &thief, "POST", PATH, Some(&body)).await;
    assert_eq!(created.status, 201, "a URL is a URL");
    assert_eq!(get(&app, &thief, &path, &[]).await.status, 404);
    let attachment = format!("{PATH}/{}", created.body["attachmentId"]);
    let mut other = body.clone();
    other["fileUrl"] = json!("https://example.com/x");
    assert_eq!(signed(&app, &thief, "PUT", &attachment, Some(&other)).await.status, 200);
    assert_eq!(signed(&app, &thief, "PUT", &attachment, Some(&body)).await.status, 200);
    assert_eq!(get(&app, &thief, &path, &[]).await.status, 404);
    // When somebody who may read it attaches it, it is open.
    assert_eq!(signed(&app, &agent, "POST", PATH, Some(&body)).await.status, 201);
    assert_eq!(get(&app, &thief, &path, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_gone_are_a_500_and_not_a_short_file() {
    let (app, _tours, customer, _) = start_closed().await;
    let path = uploaded(&app, &customer, b"hello").await;
    let hex = path.strip_prefix("/files/file_").unwrap();
    std::fs::remove_file(app.context.config.data_dir.join("files").join(&hex[30..]).join(hex)).unwrap();
    let answer = get(&app, &customer, &path, &[]).await;
    assert_error(&answer, 500, "Internal Server Error", "Unexpected internal server error");
}
