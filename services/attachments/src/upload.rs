//! Takes an uploaded form (`multipart/form-data`) apart while it arrives and passes its one file on to the store: no more
//! than a few parts of a file are in memory, however large it is.

mod incoming;
mod tap;

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use futures_util::{Stream, StreamExt as _};
use web::Fault;

use crate::App;
use crate::error::Error;
use crate::model::{Inspection, Inspector, Refused, clean_name};
pub(crate) use incoming::Incoming;
use tap::Tap;

/// What a form may have beside the file: the lines around it and other members. The gateway allows the same.
const ENVELOPE_BYTES: u64 = 64 * 1024;
/// Uploads at once in a process: with the parts of each that are in memory, some 320 MiB.
pub(crate) const AT_ONCE: usize = 32;
/// How long a client may stall in the middle of a body.
const STALL: Duration = Duration::from_secs(30);

/// A file whose bytes are in the store, and which is not yet a file.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) incoming: Incoming,
    pub(crate) name: String,
    pub(crate) inspection: Inspection,
}

/// Reads the form's file into the store. Dropped before it is settled, nothing of it stays.
pub(crate) async fn receive(app: &App, request: &HttpRequest, payload: Payload) -> Result<Received, Error> {
    let essence = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(Fault::UnsupportedMediaType.into());
    }
    let most = app.max_bytes + ENVELOPE_BYTES;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Fault::TooLarge.into());
    }
    let tap = Tap::new(payload, most);
    let read = read_form(app, request, tap.clone()).await;
    // A client that still sends reads no answer.
    tap.drain().await;
    let mut received = match read {
        Ok(received) => received,
        Err(_) if tap.is_over() => return Err(Fault::TooLarge.into()),
        Err(error) => return Err(error),
    };
    received.incoming.complete().await?;
    Ok(received)
}

async fn read_form(app: &App, request: &HttpRequest, tap: Tap) -> Result<Received, Error> {
    let mut form = Multipart::new(request.headers(), tap);
    let mut file = None;
    while let Some(mut field) = next(&mut form).await? {
        if field.name() != Some("file") {
            while next(&mut field).await?.is_some() {}
        } else if file.is_some() {
            return Err(Error::FileRequired);
        } else {
            file = Some(read_file(app, field).await?);
        }
    }
    file.ok_or(Error::FileRequired)
}

async fn read_file(app: &App, mut field: Field) -> Result<Received, Error> {
    let name = clean_name(&given_name(&field));
    let mut inspector = Inspector::new(app.max_bytes);
    let mut incoming: Option<Incoming> = None;
    while let Some(piece) = next(&mut field).await? {
        let bytes = inspector.take(&piece)?;
        pass_on(app, &mut incoming, &bytes).await?;
    }
    let (rest, inspection) = inspector.end()?;
    pass_on(app, &mut incoming, &rest).await?;
    let incoming = incoming.ok_or_else(|| Fault::Internal("a file without bytes was accepted".to_owned()))?;
    Ok(Received { incoming, name, inspection })
}

/// Nothing is begun before the first bytes are accepted.
async fn pass_on(app: &App, incoming: &mut Option<Incoming>, bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_empty() {
        return Ok(());
    }
    let begun = match incoming {
        Some(begun) => begun,
        None => incoming.insert(Incoming::begin(&app.db, &app.store).await?),
    };
    begun.write(bytes).await
}

/// The next part of a form, or the next piece of a part.
async fn next<T>(stream: &mut (impl Stream<Item = Result<T, MultipartError>> + Unpin)) -> Result<Option<T>, Error> {
    let item = tokio::time::timeout(STALL, stream.next()).await.map_err(|_| Error::malformed())?;
    item.transpose().map_err(|_| Error::malformed())
}

/// What the client calls the file: `filename*` if there is one, else `filename`.
fn given_name(field: &Field) -> String {
    let disposition = field.content_disposition();
    let extended = disposition.and_then(|found| found.get_filename_ext());
    match extended {
        Some(name) => String::from_utf8_lossy(&name.value).into_owned(),
        None => disposition.and_then(|found| found.get_filename()).unwrap_or_default().to_owned(),
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Empty => Self::FileEmpty,
            Refused::TooLarge => Fault::TooLarge.into(),
            Refused::Type => Fault::UnsupportedMediaType.into(),
        }
    }
}
