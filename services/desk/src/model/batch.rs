//! Effects that come about together: folded per ticket, so that many events cost as few statements as one.

use std::collections::{BTreeMap, BTreeSet};

use domain::TicketKey;

use super::{Assignment, Effect, Ticket, Update};

/// What several effects do to the read model, taken one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Batch {
    /// Rows that go, before anything else; each must be there.
    pub(crate) removed: BTreeSet<TicketKey>,
    /// New rows; none may be there.
    pub(crate) opened: BTreeMap<TicketKey, Ticket>,
    /// Rows that change.
    pub(crate) changed: BTreeMap<TicketKey, Change>,
}

/// What changes in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) update: Update,
    /// Whether a row that is not there is a failure.
    pub(crate) must_be_there: bool,
}

impl Batch {
    /// Folds effects in their order. `None` if they cannot be told as one: then each has to come about by itself. A single
    /// effect always can.
    pub(crate) fn of(effects: impl IntoIterator<Item = Effect>) -> Option<Self> {
        let mut batch = Self::default();
        for effect in effects {
            let is_foldable = match effect {
                Effect::Nothing => true,
                Effect::Open(ticket) => batch.open(ticket),
                Effect::Change(update) => batch.change(update, true),
                Effect::Count(update) => batch.change(update, false),
                Effect::Remove(key) => batch.remove(key),
            };
            if !is_foldable {
                return None;
            }
        }
        Some(batch)
    }

    fn open(&mut self, ticket: Ticket) -> bool {
        let is_new = !self.opened.contains_key(&ticket.key) && !self.changed.contains_key(&ticket.key);
        self.opened.insert(ticket.key, ticket);
        is_new
    }

    fn change(&mut self, update: Update, must_be_there: bool) -> bool {
        if let Some(ticket) = self.opened.get_mut(&update.key) {
            ticket.change(update);
            return true;
        }
        if self.removed.contains(&update.key) {
            return !must_be_there;
        }
        match self.changed.get_mut(&update.key) {
            Some(change) => {
                change.update.then(update);
                change.must_be_there |= must_be_there;
            }
            None => {
                self.changed.insert(update.key, Change { update, must_be_there });
            }
        }
        true
    }

    /// A ticket that was opened in the same batch leaves no trace. Busy lines delete what they have just opened, so a
    /// batch with such a ticket must stay one.
    fn remove(&mut self, key: TicketKey) -> bool {
        self.changed.remove(&key);
        self.opened.remove(&key).is_some() || self.removed.insert(key)
    }
}

impl Ticket {
    fn change(&mut self, update: Update) {
        self.version = update.version;
        self.updated_at = update.at;
        if let Some(state) = update.state {
            self.status = state.status;
            self.line_status = state.line_status;
            self.priority = state.priority;
        }
        if let Assignment::Becomes(assignee) = update.assignment {
            self.assignee = assignee;
        }
    }
}

impl Update {
    /// This one and then another one of the same ticket.
    fn then(&mut self, later: Self) {
        self.version = later.version;
        self.at = later.at;
        self.state = later.state.or(self.state.take());
        if later.assignment != Assignment::Stays {
            self.assignment = later.assignment;
        }
    }
}

#[cfg(test)]
mod tests;
