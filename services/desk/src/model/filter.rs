//! Which tickets, and in which order.

use chrono::{DateTime, Utc};
use domain::{Line, Priority, Status, Subject};
use storage::Cursor;

/// A page of the list, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) line: Option<Line>,
    pub(crate) status: Option<Status>,
    pub(crate) priority: Option<Priority>,
    pub(crate) assignee: Option<Assignee>,
    pub(crate) requester: Option<Subject>,
    pub(crate) updated_since: Option<DateTime<Utc>>,
    pub(crate) sort: Sort,
    pub(crate) after: Option<Cursor>,
    /// Most tickets on the page.
    pub(crate) limit: usize,
}

/// Who has the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Assignee {
    /// Nobody.
    Nobody,
    /// This agent.
    Agent(Subject),
}

/// The order of the list. Every order ends in the ticket's key, so that no two tickets have the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Last changed first.
    UpdatedDescending,
    /// Longest unchanged first.
    UpdatedAscending,
    /// Newest first.
    CreatedDescending,
    /// Oldest first.
    CreatedAscending,
}

impl Sort {
    pub(crate) const ALL: [Self; 4] =
        [Self::UpdatedDescending, Self::UpdatedAscending, Self::CreatedDescending, Self::CreatedAscending];

    /// As the parameter has it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::UpdatedDescending => "-updated_at",
            Self::UpdatedAscending => "updated_at",
            Self::CreatedDescending => "-created_at",
            Self::CreatedAscending => "created_at",
        }
    }

    /// As a cursor has it: its first character.
    fn letter(self) -> &'static str {
        match self {
            Self::UpdatedDescending => "U",
            Self::UpdatedAscending => "u",
            Self::CreatedDescending => "C",
            Self::CreatedAscending => "c",
        }
    }
}

/// A cursor together with the order it was made in: in another order its place means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) sort: Sort,
    pub(crate) cursor: Cursor,
}

impl After {
    /// The text a client sends back.
    pub(crate) fn encode(self) -> String {
        format!("{}{}", self.sort.letter(), self.cursor.encode())
    }

    /// Reads a client's text. A year that no ticket can have is no cursor of ours either: PostgreSQL would refuse it.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let sort = Sort::ALL.into_iter().find(|sort| text.starts_with(sort.letter()))?;
        let cursor = Cursor::decode(text.get(1..)?).ok()?;
        super::effect::is_storable_time(cursor.at).then_some(Self { sort, cursor })
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock as _, SystemClock};

    use super::*;

    #[test]
    fn a_cursor_keeps_its_order() {
        let cursor = Cursor { at: SystemClock.now(), id: SystemClock.new_id() };
        for sort in Sort::ALL {
            let after = After { sort, cursor };
            assert_eq!(After::decode(&after.encode()), Some(after));
        }
    }

    #[test]
    fn other_texts_and_impossible_times_are_no_cursors() {
        let far = Cursor { at: DateTime::<Utc>::MIN_UTC, id: SystemClock.new_id() };
        let far = After { sort: Sort::UpdatedAscending, cursor: far }.encode();
        let plain = Cursor { at: SystemClock.now(), id: SystemClock.new_id() }.encode();
        for text in ["", "u", "U!", "é", &far, &format!("x{plain}"), &format!("{plain}AAAA")] {
            assert_eq!(After::decode(text), None, "{text}");
        }
    }
}
