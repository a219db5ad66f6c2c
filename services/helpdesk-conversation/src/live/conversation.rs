//! A conversation over a socket (live protocol, sections 2 to 5).

use std::sync::Arc;

use actix_web::web::Data;
use auth::Caller;
use bytes::Bytes;
use conversation::Message;
use conversation::wire::{self, CloseCode, EventCookies, GetHistory, Received};
use telemetry::TraceContext;

use super::connection::Talk;
use super::frame::{self, Binary};
use super::hub::RoomSeat;
use super::outbox::Outbox;
use super::room::BATCH;
use super::store::{self, Socket};
use crate::App;
use crate::db;
use crate::error::Error;
use crate::model::{Entry, What};
use crate::verbs;

/// One member's socket to a conversation.
pub(super) struct Conversation {
    app: Data<App>,
    caller: Arc<Caller>,
    socket: Socket,
    seat: RoomSeat,
    cookies: EventCookies,
    /// The newest entry that was sent, or was there before the connection.
    last: i32,
}

impl Conversation {
    /// The caller is a member. Whatever is stored from now on wakes the socket.
    pub(super) fn new(app: Data<App>, caller: Arc<Caller>, conversation: i32, user: i32, ticket: i32) -> Self {
        let socket = Socket { id: app.db.clock().new_id(), conversation, user };
        let seat = app.live.hub.enter(conversation, ticket);
        Self { app, caller, socket, seat, cookies: EventCookies::default(), last: 0 }
    }

    async fn open(&mut self) -> Result<(), Error> {
        let mut conn = self.app.db.conn().await?;
        store::keep_open(&mut conn, self.socket).await?;
        self.last = db::newest_entry(&mut conn, self.socket.conversation).await?;
        Ok(())
    }

    /// Stores a message and gives the answer.
    async fn send_message(&self, cookie: u32, message: &[u8]) -> Result<Vec<u8>, Error> {
        let message = match Message::parse(message) {
            Ok(message) => message,
            Err(invalid) => return Ok(wire::message_invalid(cookie, &invalid.to_string())),
        };
        let conversation = self.socket.conversation;
        let caller = &*self.caller;
        // Each message is a trace of its own: a connection lasts for hours.
        let stored = telemetry::in_trace(
            TraceContext::start(),
            self.app.db.write(async |tx| verbs::send_message(tx, caller, conversation, message).await),
        );
        let sent = stored.await?;
        self.app.live.wake(conversation);
        Ok(wire::message_received(cookie, sent.entry_id))
    }

    async fn history(&self, cookie: u32, wanted: GetHistory) -> Result<Vec<u8>, Error> {
        let mut conn = self.app.db.conn().await?;
        let (conversation, user) = (self.socket.conversation, self.socket.user);
        // Asked each time: a member whom a mention brought in sees more after joining.
        let membership = db::membership(&mut conn, conversation, user).await?.ok_or(Error::ConversationNotFound)?;
        let (first, reference) = (membership.first_visible, wanted.reference);
        let (before, after) = (wanted.before, wanted.after);
        let (before, after) = db::history(&mut conn, conversation, first, reference, before, after).await?;
        let (before, after): (Vec<_>, Vec<_>) = (before.iter().map(wired).collect(), after.iter().map(wired).collect());
        Ok(wire::history_entries(cookie, &before, &after))
    }
}

impl Talk for Conversation {
    const BINARY: Binary = Binary::Keep;

    async fn opened(&mut self, out: &mut Outbox) -> Result<(), CloseCode> {
        self.open().await.map_err(|error| failed(&error))?;
        out.push(frame::binary(&wire::connected(self.cookies.next_cookie())))
    }

    fn text(&mut self) -> Result<(), CloseCode> {
        Err(CloseCode::TextReceived)
    }

    async fn binary(&mut self, message: Bytes, out: &mut Outbox) -> Result<(), CloseCode> {
        let answer = match wire::receive(&message) {
            Received::SendMessage { cookie, message } => self.send_message(cookie, message).await,
            Received::GetHistory { cookie, wanted } => self.history(cookie, wanted).await,
            Received::AnswerUnknown { cookie } => Ok(wire::unknown_event(cookie)),
            Received::Ignore => return Ok(()),
            Received::Close(code) => return Err(code),
        };
        out.push(frame::binary(&answer.map_err(|error| failed(&error))?))
    }

    async fn woken(&mut self) {
        self.seat.wakes.next().await;
    }

    async fn send_new(&mut self, out: &mut Outbox) -> Result<(), CloseCode> {
        let woken = self.seat.wakes.heard();
        loop {
            let found = self.seat.room.after(&self.app.db, self.last, woken).await;
            let found = found.map_err(|error| failed(&error.into()))?;
            for entry in &found {
                out.push(frame::binary(&wire::new_entry(self.cookies.next_cookie(), &wired(entry))))?;
                self.last = entry.id;
            }
            if found.len() < BATCH {
                return Ok(());
            }
            out.settle().await;
        }
    }

    async fn stay(&mut self) {
        let kept = match self.app.db.conn().await {
            Ok(mut conn) => store::keep_open(&mut conn, self.socket).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::debug!(%error, "a socket could not be refreshed; it is tried again");
        }
    }

    async fn closed(self) {
        let closed = match self.app.db.conn().await {
            Ok(mut conn) => store::close(&mut conn, self.socket.id).await,
            Err(error) => Err(error),
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "the row of a socket stays until it is old");
        }
    }
}

/// Logs what went wrong; the client learns only that something did.
fn failed(error: &Error) -> CloseCode {
    tracing::error!(%error, "a conversation's socket ends by a failure");
    CloseCode::Internal
}

/// An entry as it goes over the wire.
fn wired(entry: &(impl std::borrow::Borrow<Entry> + ?Sized)) -> wire::Entry<'_> {
    let entry = entry.borrow();
    let (id, at) = (entry.id, entry.at.timestamp());
    match &entry.what {
        What::NewMessage { author, body } => {
            wire::Entry::NewMessage { id, author: *author, at, message: body.as_slice().into() }
        }
        What::UserJoined { users } => wire::Entry::UserJoined { id, at, users: users.as_slice().into() },
    }
}
