//! Files in an S3 bucket: a small one of the tests' own, behind a real socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_web::http::header::{CONTENT_RANGE, ETAG, LAST_MODIFIED};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use domain::Role;
use reqwest::Method;
use testkit::{TestApp, eventually};

use ::attachments::Attachments;

use crate::assert_error;
use crate::form::{form, part, send, uploaded};

#[derive(Debug, Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    calls: Vec<String>,
    refuses: bool,
}

type Shared = Mutex<Bucket>;

/// A store that runs as long as the test.
async fn bucket() -> (String, Arc<Shared>) {
    let bucket = Arc::new(Shared::default());
    let data = Data::from(Arc::clone(&bucket));
    let server = HttpServer::new(move || {
        let limit = web::PayloadConfig::new(32 * 1024 * 1024);
        App::new().app_data(data.clone()).app_data(limit).default_service(web::to(serve))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    tokio::spawn(server.run());
    (url, bucket)
}

async fn serve(bucket: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut bucket = bucket.lock().unwrap();
    let (method, path) = (request.method().as_str(), request.path().to_owned());
    let query: BTreeMap<String, String> =
        web::Query::<BTreeMap<String, String>>::from_query(request.query_string()).unwrap().into_inner();
    let signature = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signature.starts_with("AWS4-HMAC-SHA256 Credential=the-key/") {
        return HttpResponse::Forbidden().finish();
    }
    bucket.calls.push(format!("{method} {}", query.keys().cloned().collect::<Vec<_>>().join("&")));
    if bucket.refuses && method != "DELETE" {
        return HttpResponse::Forbidden().finish();
    }
    let part: Option<u32> = query.get("partNumber").map(|number| number.parse().unwrap());
    match (method, part) {
        ("POST", None) if query.contains_key("uploads") => {
            bucket.parts.insert(path, BTreeMap::new());
            HttpResponse::Ok()
                .content_type("application/xml")
                .body("<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>")
        }
        ("PUT", Some(number)) => {
            bucket.parts.get_mut(&path).unwrap().insert(number, body.to_vec());
            HttpResponse::Ok().insert_header((ETAG, format!("\"part-{number}\""))).finish()
        }
        ("POST", None) => {
            let parts = bucket.parts.remove(&path).unwrap();
            bucket.objects.insert(path, parts.into_values().flatten().collect());
            HttpResponse::Ok()
                .content_type("application/xml")
                .body("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
        }
        ("PUT", None) => {
            bucket.objects.insert(path, body.to_vec());
            HttpResponse::Ok().insert_header((ETAG, "\"whole\"")).finish()
        }
        ("DELETE", None) => {
            if query.contains_key("uploadId") {
                bucket.parts.remove(&path);
            } else {
                bucket.objects.remove(&path);
            }
            HttpResponse::NoContent().finish()
        }
        _ => read(&bucket, &path, &request),
    }
}

fn read(bucket: &Bucket, path: &str, request: &HttpRequest) -> HttpResponse {
    let Some(object) = bucket.objects.get(path) else { return HttpResponse::NotFound().finish() };
    let range = request.headers().get("range").unwrap().to_str().unwrap().strip_prefix("bytes=").unwrap();
    let (from, to) = range.split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    HttpResponse::PartialContent()
        .insert_header((CONTENT_RANGE, format!("bytes {from}-{to}/{}", object.len())))
        .insert_header((LAST_MODIFIED, "Wed, 11 Mar 2026 10:30:00 GMT"))
        .insert_header((ETAG, "\"whole\""))
        .body(object[from..=to].to_vec())
}

async fn start() -> (TestApp, Arc<Shared>, String) {
    let (url, bucket) = bucket().await;
    let app = TestApp::builder()
        .setting("CROSSDESK__FILES__STORE_URL", "s3://uploads/of/crossdesk")
        .setting("CROSSDESK__FILES__S3__ENDPOINT", &url)
        .setting("CROSSDESK__FILES__S3__ACCESS_KEY", "the-key")
        .setting("CROSSDESK__FILES__S3__SECRET_KEY", "the-secret")
        .start::<Attachments>()
        .await;
    let token = app.token("u", Role::Customer);
    (app, bucket, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_is_one_call() {
    let (app, bucket, token) = start().await;
    let path = uploaded(&app, &token, b"hello").await;
    {
        let bucket = bucket.lock().unwrap();
        let hex = path.strip_prefix("/files/file_").unwrap();
        let key = format!("/uploads/of/crossdesk/{}/{hex}", &hex[30..]);
        assert_eq!(bucket.objects.keys().collect::<Vec<_>>(), [&key]);
        assert_eq!(bucket.calls, ["PUT "]);
    }
    assert_eq!(app.get(&path, &token).await.text, "hello");
    let part = app.request(Method::GET, &path).bearer_auth(&token).header("range", "bytes=1-3");
    assert_eq!(app.send(part).await.text, "ell");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_in_parts() {
    let (app, bucket, token) = start().await;
    let content: Vec<u8> = (0..12_000_000_u32).map(|number| b'a' + (number % 23) as u8).collect();
    let path = uploaded(&app, &token, &content).await;
    let calls = bucket.lock().unwrap().calls.clone();
    assert_eq!(calls.iter().filter(|call| *call == "PUT partNumber&uploadId").count(), 3, "{calls:?}");
    let read = app.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
    assert!(read == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upload_is_aborted_in_the_bucket_too() {
    let (app, bucket, token) = start().await;
    let content = [vec![b'x'; 11_000_000], vec![0]].concat();
    let answer = send(&app, &token, form(&[part("file", Some("n.txt"), &content)])).await;
    assert_error(&answer, 415, "Unsupported Media Type", "Unsupported media type");
    eventually("nothing is left in the bucket", async || {
        let is_empty = {
            let bucket = bucket.lock().unwrap();
            bucket.parts.is_empty() && bucket.objects.is_empty()
        };
        (is_empty && app.database.count("SELECT count(*) FROM uploads").await == 0).then_some(())
    })
    .await;
    assert!(bucket.lock().unwrap().calls.contains(&"DELETE uploadId".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_refuses_is_503_and_no_file() {
    let (app, bucket, token) = start().await;
    let path = uploaded(&app, &token, b"hello").await;
    bucket.lock().unwrap().refuses = true;
    for size in [5, 6_000_000] {
        let answer = send(&app, &token, form(&[part("file", Some("n.txt"), &vec![b'x'; size])])).await;
        assert_error(&answer, 503, "Service Unavailable", "Service unavailable");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM files").await, 1);
    assert_error(&app.get(&path, &token).await, 503, "Service Unavailable", "Service unavailable");
}
