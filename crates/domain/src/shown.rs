//! A ticket's canonical status together with the word its line shows for it, and the rules that keep the two together
//! (canonical mapping, sections 1 and 2). Nothing else may change either of them.

use crate::Status;

/// A line's own word for status. Helpdesk has none and uses `()`.
pub trait StatusWord: Copy + Eq + 'static {
    /// Every word of the line's document.
    const ALL: &'static [Self];

    /// The canonical status the word stands for when a client sets it.
    fn canon(self) -> Status;

    /// Whether the word may be shown under this canonical status.
    fn fits(self, status: Status) -> bool;

    /// The word shown for a canonical status.
    fn word(status: Status) -> Self;

    /// The word's text, `None` where the line has no words.
    fn text(self) -> Option<&'static str>;

    /// The word of this text, if the line has it.
    #[must_use]
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.text() == Some(text))
    }
}

/// Canonical status and line word of one ticket: the word always fits the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shown<W> {
    status: Status,
    word: W,
}

impl<W: StatusWord> Shown<W> {
    /// What a ticket starts with when a client creates it with `word`.
    #[must_use]
    pub fn created_with(word: W) -> Self {
        Self { status: word.canon(), word }
    }

    /// What a database row says, if the two fit each other.
    #[must_use]
    pub fn stored(status: Status, word: W) -> Option<Self> {
        word.fits(status).then_some(Self { status, word })
    }

    /// Rule 1: an agent (or an automatic change) sets the canonical status; the word follows only if it must.
    #[must_use]
    pub fn agent_sets(self, status: Status) -> Self {
        let word = if self.word.fits(status) { self.word } else { W::word(status) };
        Self { status, word }
    }

    /// Rule 2: a client sets the word; the canonical status follows only if it must.
    #[must_use]
    pub fn client_sets(self, word: W) -> Self {
        let status = if word.fits(self.status) { self.status } else { word.canon() };
        Self { status, word }
    }

    /// The canonical status.
    #[must_use]
    pub fn status(self) -> Status {
        self.status
    }

    /// The line's word.
    #[must_use]
    pub fn word(self) -> W {
        self.word
    }
}
