//! A user's notifications over a socket, each as one text frame (contract, section 9).

use actix_web::web::Data;
use bytes::Bytes;
use conversation::wire::CloseCode;
use serde_json::to_string;
use web::Fault;

use super::connection::Talk;
use super::frame::{self, Binary};
use super::hub::InboxSeat;
use super::outbox::Outbox;
use crate::App;
use crate::api::NotificationShown;
use crate::db::Feed;
use crate::error::Error;

/// Notifications in one read.
const BATCH: i64 = 100;

/// One user's socket for notifications.
pub(super) struct Notifications {
    app: Data<App>,
    seat: InboxSeat,
    feed: Feed,
}

impl Notifications {
    /// Whatever is stored for this user from now on wakes the socket, and is sent.
    pub(super) async fn open(app: Data<App>, user: i32) -> Result<Self, Error> {
        let seat = app.live.hub.attend(user);
        let feed = Feed::open(&mut *app.db.conn().await?, user).await?;
        Ok(Self { app, seat, feed })
    }

    /// The next frames; none if nothing is new.
    async fn next(&mut self) -> Result<Vec<Bytes>, Error> {
        let new = self.feed.next(&mut *self.app.db.conn().await?, BATCH).await?;
        let shown = new.into_iter().map(|new| to_string(&NotificationShown::from(new)));
        let texts = shown.collect::<Result<Vec<_>, _>>().map_err(|error| Fault::Internal(error.to_string()))?;
        Ok(texts.iter().map(|text| frame::text(text)).collect())
    }
}

impl Talk for Notifications {
    const BINARY: Binary = Binary::Skip;

    async fn opened(&mut self, _: &mut Outbox) -> Result<(), CloseCode> {
        Ok(())
    }

    /// What clients say here is ignored.
    fn text(&mut self) -> Result<(), CloseCode> {
        Ok(())
    }

    async fn binary(&mut self, _: Bytes, _: &mut Outbox) -> Result<(), CloseCode> {
        Ok(())
    }

    async fn woken(&mut self) {
        self.seat.wakes.next().await;
    }

    async fn send_new(&mut self, out: &mut Outbox) -> Result<(), CloseCode> {
        self.seat.wakes.heard();
        loop {
            let frames = self.next().await.map_err(|error| failed(&error))?;
            if frames.is_empty() {
                return Ok(());
            }
            frames.into_iter().try_for_each(|frame| out.push(frame))?;
            out.settle().await;
        }
    }

    async fn stay(&mut self) {}

    async fn closed(self) {}
}

/// Logs what went wrong; the client learns only that something did.
fn failed(error: &Error) -> CloseCode {
    tracing::error!(%error, "a notifications' socket ends by a failure");
    CloseCode::Internal
}
