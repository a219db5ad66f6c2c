//! Users: the numbers that clients know them by, and what their last token said.

use auth::Caller;
use domain::{Actor, Role, Subject};

/// A user who has been seen at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) number: i32,
    pub(crate) subject: Subject,
    pub(crate) name: String,
    pub(crate) is_super: bool,
    pub(crate) is_support: bool,
}

impl User {
    /// What this caller's token says, under a number.
    pub(crate) fn of(number: i32, caller: &Caller) -> Self {
        Self {
            number,
            subject: caller.subject().clone(),
            // PostgreSQL has no U+0000 in texts.
            name: caller.name().unwrap_or(caller.subject().as_str()).replace('\0', "\u{FFFD}"),
            is_super: caller.role() == Role::Admin,
            is_support: caller.is_support(),
        }
    }
}

/// What a member sees of a conversation: the entries from `first_visible` on; 0 is the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) first_visible: i32,
}

/// Who acts on a ticket: what the rules ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) number: i32,
    pub(crate) is_support: bool,
    pub(crate) actor: Actor,
}

impl Author {
    /// The caller, who has this number.
    pub(crate) fn new(number: i32, caller: &Caller) -> Self {
        Self { number, is_support: caller.is_support(), actor: caller.actor() }
    }
}
