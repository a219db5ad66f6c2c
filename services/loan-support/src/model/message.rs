//! A message on a ticket, and who wrote it.

use auth::Caller;
use chrono::{DateTime, Utc};
use domain::{Actor, Subject};

use super::MessageId;

/// Who acts on a ticket: what the rules of section 5 ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) subject: Subject,
    pub(crate) is_support: bool,
    pub(crate) actor: Actor,
}

impl From<&Caller> for Author {
    fn from(caller: &Caller) -> Self {
        Self { subject: caller.subject().clone(), is_support: caller.is_support(), actor: caller.actor() }
    }
}

/// A public message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) sender: Subject,
    pub(crate) content: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) at: DateTime<Utc>,
}
