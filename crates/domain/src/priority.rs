//! The desk's one vocabulary of priority, and how a line's word for it moves with it (canonical mapping, section 5).

use serde::{Deserialize, Serialize};

/// Canonical priority of a ticket, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual.
    Normal,
    /// Before the usual.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Every priority, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// The word used in events and by the desk.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The priority of this name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text)
    }
}

/// A line's own word for priority.
pub trait PriorityWord: Copy + Eq {
    /// The canonical priority the word stands for.
    fn canon(self) -> Priority;

    /// The word a line shows for a priority that an agent sets.
    fn word(priority: Priority) -> Self;

    /// The word to show after an agent set `priority`: the same word as long as it stands for that priority.
    #[must_use]
    fn agent_sets(self, priority: Priority) -> Self {
        if self.canon() == priority { self } else { Self::word(priority) }
    }
}
