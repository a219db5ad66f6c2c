//! The attachments of one ticket, as one stream of events. A verb takes the folder and gives back the change.

use chrono::{DateTime, Utc};
use domain::{
    Actor, Aggregate, AttachmentChange, Change, Line, RemovalReason, Stream, TicketEvent, TicketKey, TicketState,
};

use super::Attachment;

/// The stored members of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: TicketKey,
    pub(crate) ticket_id: i64,
    pub(crate) version: i64,
    /// The ticket is gone, for ever.
    pub(crate) deleted: bool,
}

/// What the change that is being made does to attachments; saved with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing in this folder's part of the change.
    None,
    /// One more.
    Insert(Attachment),
    /// Another description, or another ticket.
    Update(Attachment),
    /// These are gone.
    Delete(Vec<i64>),
}

/// The attachments of one ticket.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    row: Row,
    effect: Effect,
}

/// The ticket was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ticket is deleted")]
pub(crate) struct Gone;

impl Folder {
    /// A folder as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, effect: Effect::None }
    }

    /// Puts a new attachment into the folder.
    pub(crate) fn add(self, actor: Actor, attachment: Attachment, now: DateTime<Utc>) -> Result<Change<Self>, Gone> {
        let folder = self.living()?;
        let event = added(attachment.id, AttachmentChange::Added);
        Ok(Change::of(folder, actor, now).apply(event, |folder| folder.effect = Effect::Insert(attachment)))
    }

    /// Replaces what an attachment says; the same again changes nothing.
    pub(crate) fn describe(
        self,
        actor: Actor,
        before: &Attachment,
        after: Attachment,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Gone> {
        let folder = self.living()?;
        let event = (before.content != after.content).then(|| added(after.id, AttachmentChange::Metadata));
        Ok(Change::of(folder, actor, now).apply_if(event, |folder| folder.effect = Effect::Update(after)))
    }

    /// Gives an attachment to another folder, which takes it over in the same transaction.
    pub(crate) fn hand_over(self, actor: Actor, id: i64, now: DateTime<Utc>) -> Result<Change<Self>, Gone> {
        Ok(Change::of(self.living()?, actor, now).apply(removed(id, RemovalReason::Moved), |_| {}))
    }

    /// Takes an attachment from another folder.
    pub(crate) fn take_over(
        self,
        actor: Actor,
        attachment: Attachment,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Gone> {
        let event = added(attachment.id, AttachmentChange::Added);
        Ok(Change::of(self.living()?, actor, now).apply(event, |folder| folder.effect = Effect::Update(attachment)))
    }

    /// Takes an attachment out.
    pub(crate) fn remove(self, actor: Actor, id: i64, now: DateTime<Utc>) -> Result<Change<Self>, Gone> {
        let event = removed(id, RemovalReason::Deleted);
        Ok(Change::of(self.living()?, actor, now).apply(event, |folder| folder.effect = Effect::Delete(vec![id])))
    }

    /// The ticket was deleted: these attachments go with it, one event each.
    pub(crate) fn empty(self, ids: Vec<i64>, now: DateTime<Utc>) -> Change<Self> {
        let folder = Self { effect: Effect::Delete(ids.clone()), ..self };
        ids.into_iter().fold(Change::of(folder, Actor::system(), now), |change, id| {
            change.apply(removed(id, RemovalReason::TicketDeleted), |_| {})
        })
    }

    fn living(self) -> Result<Self, Gone> {
        if self.row.deleted { Err(Gone) } else { Ok(self) }
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// What the change just made does to attachments.
    pub(crate) fn effect(&self) -> &Effect {
        &self.effect
    }
}

fn added(id: i64, change: AttachmentChange) -> TicketEvent {
    TicketEvent::AttachmentAdded { attachment_id: id.to_string(), change }
}

fn removed(id: i64, reason: RemovalReason) -> TicketEvent {
    TicketEvent::AttachmentRemoved { attachment_id: id.to_string(), reason }
}

impl Aggregate for Folder {
    const LINE: Line = Line::Tours;

    fn key(&self) -> TicketKey {
        self.row.key
    }

    fn ticket_id(&self) -> String {
        self.row.ticket_id.to_string()
    }

    fn stream(&self) -> Stream {
        Stream::of_attachments(self.row.key)
    }

    /// The ticket's state is tour-tickets' to tell.
    fn state(&self) -> Option<TicketState> {
        None
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn bump_version(&mut self) {
        self.row.version += 1;
    }
}
