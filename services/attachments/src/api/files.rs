//! The handlers of files (contract, section 12).

use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, IF_RANGE, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use web::{Fault, Reply, Signed, once};

use super::once_per_file::{given_key, key_of};
use super::views::FileView;
use crate::App;
use crate::error::{Error, Rejected};
use crate::model::{File, FileId, Part, part};
use crate::store::Store;
use crate::upload::{self, Received};
use crate::verbs;
use crate::visitor::{FileVisitor, Visitor};

/// Characters that a name in a header has as they are (RFC 8187, `attr-char`).
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Upload a file, for an attachment or another line's ticket.
#[utoipa::path(post, path = "/files", request_body(content = serde_json::Value, content_type = "multipart/form-data"),
    responses((status = 201, body = FileView), (status = 400), (status = 401), (status = 413), (status = 415)),
    security(("bearer" = [])))]
pub(crate) async fn create_file(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Rejected> {
    let create = async {
        // One more client is not kept waiting with its body half sent.
        let _place =
            app.uploads.try_acquire().map_err(|_| Fault::Unavailable("too many uploads at once".to_owned()))?;
        let received = upload::receive(&app, &request, payload).await?;
        let key = given_key(&request)?.map(|key| key_of(key, &caller, &received));
        once(&app.db, key.as_ref(), async |tx| settle(tx, &caller, received, &web::origin(&request)).await).await
    };
    create.await.map_err(|error: Error| error.on(&request))
}

/// Read a file.
#[utoipa::path(get, path = "/files/{id}", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 206), (status = 304),
    (status = 401), (status = 404), (status = 416)), security((), ("bearer" = [])))]
pub(crate) async fn get_file(
    app: Data<App>,
    visitor: FileVisitor,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let get = async {
        let file = readable(&app, &visitor.0, &request).await?;
        send(&app.store, &file, &request).await
    };
    get.await.map_err(|error: Error| error.on(&request))
}

async fn settle(tx: &mut storage::Tx, caller: &Signed, received: Received, origin: &str) -> Result<Reply, Error> {
    let Received { mut incoming, name, inspection } = received;
    let file = File {
        id: incoming.id(),
        uploader: caller.subject().clone(),
        name,
        kind: inspection.kind,
        size: inspection.size,
        sha256: inspection.sha256,
    };
    incoming.settle(tx, &file).await?;
    let view = FileView::of(file, origin);
    let place = view.file_url.clone();
    Ok(Reply::json(StatusCode::CREATED, &view)?.at(place))
}

/// Another form of id is simply unknown, and so is a file that is not for this visitor.
async fn readable(app: &App, visitor: &Visitor, request: &HttpRequest) -> Result<File, Error> {
    let id = FileId::parse(request.match_info().get("id").unwrap_or_default()).ok_or(Fault::PathNotFound)?;
    let file = verbs::find_file(&app.db, &app.tickets, visitor, id).await?;
    Ok(file.ok_or(Fault::PathNotFound)?)
}

async fn send(store: &Store, file: &File, request: &HttpRequest) -> Result<HttpResponse, Error> {
    let etag = format!("\"{}\"", file.digest());
    if header(request, &IF_NONE_MATCH).is_some_and(|given| names(given, &etag)) {
        return Ok(describe(StatusCode::NOT_MODIFIED, &etag).finish());
    }
    let (status, bytes) = match wanted_part(request, file, &etag) {
        Part::Whole => (StatusCode::OK, 0..file.size),
        Part::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Part::Nowhere => return Err(Error::RangeNotSatisfiable(file.size)),
    };
    let mut response = describe(status, &etag);
    response.insert_header((CONTENT_TYPE, file.kind.mime()));
    let name = utf8_percent_encode(&file.name, &PLAIN);
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")));
    if status == StatusCode::PARTIAL_CONTENT {
        let shown = format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, file.size);
        response.insert_header((CONTENT_RANGE, shown));
    }
    let length = bytes.end - bytes.start;
    if request.method() == Method::HEAD {
        let nothing = stream::empty::<Result<bytes::Bytes, Fault>>();
        return Ok(response.body(BoxBody::new(SizedStream::new(length, nothing))));
    }
    let stream = store.read(file.id, bytes).await.map_err(unreadable)?;
    Ok(response.body(BoxBody::new(SizedStream::new(length, stream))))
}

/// What 200, 206 and 304 have in common.
fn describe(status: StatusCode, etag: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "private, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"));
    response
}

/// `Range` counts for GET alone, and only as long as the file is the one that the client has a part of.
fn wanted_part(request: &HttpRequest, file: &File, etag: &str) -> Part {
    let mut ranges = request.headers().get_all(RANGE);
    let (Some(range), None, &Method::GET) = (ranges.next(), ranges.next(), request.method()) else {
        return Part::Whole;
    };
    let is_same = header(request, &IF_RANGE).is_none_or(|given| given == etag);
    range.to_str().ok().filter(|_| is_same).map_or(Part::Whole, |range| part(range, file.size))
}

fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether a list of entity tags has this one. It is compared weakly (RFC 9110, 13.1.2).
fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Bytes that the database knows and the store does not are a defect; anything else passes.
fn unreadable(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Fault::Internal(format!("a file has no bytes: {error}")),
        other => Fault::Unavailable(format!("the file store: {other}")),
    }
    .into()
}
