//! The helpdesk line shows neither status nor priority: its word is none, and fits everything.

use crate::{Status, StatusWord};

/// The word of a line without words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NoWord;

impl StatusWord for NoWord {
    const ALL: &'static [Self] = &[Self];

    fn canon(self) -> Status {
        Status::New
    }

    fn fits(self, _: Status) -> bool {
        true
    }

    fn word(_: Status) -> Self {
        Self
    }

    fn text(self) -> Option<&'static str> {
        None
    }
}
