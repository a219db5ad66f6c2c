//! Who is told of a message, and whom it brings into the conversation (contract, section 9; live protocol, section 8).

use std::collections::BTreeSet;

use super::Author;

/// A member, or somebody the message mentions. Nobody else counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) number: i32,
    pub(crate) is_member: bool,
    pub(crate) is_support: bool,
    /// Has an open socket to this conversation.
    pub(crate) is_connected: bool,
    pub(crate) is_mentioned: bool,
}

impl Person {
    /// Whether a mention makes them a member: a customer cannot pull in another customer.
    pub(super) fn is_brought_in_by(self, author: &Author) -> bool {
        self.is_mentioned && !self.is_member && (author.is_support || self.is_support)
    }

    fn is_told_by(self, author: &Author) -> bool {
        let missed = self.is_member && !self.is_connected && self.number != author.number;
        missed || (self.is_mentioned && self.is_member) || self.is_brought_in_by(author)
    }
}

/// The numbers of those a mention makes members, ascending.
pub(super) fn brought_in(people: &[Person], author: &Author) -> Vec<i32> {
    numbers(people.iter().filter(|person| person.is_brought_in_by(author)))
}

/// The numbers of those who get a notification, each once, ascending.
pub(super) fn told(people: &[Person], author: &Author) -> Vec<i32> {
    numbers(people.iter().filter(|person| person.is_told_by(author)))
}

fn numbers<'a>(people: impl Iterator<Item = &'a Person>) -> Vec<i32> {
    people.map(|person| person.number).collect::<BTreeSet<_>>().into_iter().collect()
}
