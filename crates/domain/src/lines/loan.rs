//! The loan line's words.

use crate::{Priority, PriorityWord};

super::status_words! {
    /// A loan ticket's status.
    LoanStatus {
        /// Waits for an agent.
        Open = "Open" => New [New],
        /// An agent works on it.
        InProgress = "In Progress" => Open [Open, Pending],
        /// Solved, may come back.
        Resolved = "Resolved" => Resolved [Resolved],
        /// Finished for ever.
        Closed = "Closed" => Closed [Closed],
    }
    word { New => Open, Open => InProgress, Pending => InProgress, Resolved => Resolved, Closed => Closed, }
}

/// A loan ticket's priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoanPriority {
    /// Can wait.
    Low,
    /// The default.
    Medium,
    /// Soon.
    High,
    /// Now.
    Critical,
}

impl LoanPriority {
    /// Every word, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The word of this text, if the line has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.text() == text)
    }
}

impl PriorityWord for LoanPriority {
    fn canon(self) -> Priority {
        match self {
            Self::Low => Priority::Low,
            Self::Medium => Priority::Normal,
            Self::High => Priority::High,
            Self::Critical => Priority::Urgent,
        }
    }

    fn word(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Low,
            Priority::Normal => Self::Medium,
            Priority::High => Self::High,
            Priority::Urgent => Self::Critical,
        }
    }
}
