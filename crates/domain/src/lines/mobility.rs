//! The mobility line's words (TOMP-API 2.0).

use crate::{Priority, PriorityWord};

super::status_words! {
    /// A mobility ticket's status.
    MobilityStatus {
        /// Reported.
        Requested = "ISSUE_REQUESTED" => New [New],
        /// Being worked on.
        Open = "ISSUE_OPEN" => Open [Open],
        /// Waits for the provider.
        UpdateRequested = "ISSUE_UPDATE_REQUESTED" => Pending [Pending],
        /// Solved.
        Resolved = "ISSUE_RESOLVED" => Resolved [Resolved, Closed],
        /// Withdrawn.
        Revoked = "ISSUE_REVOKED" => Closed [Closed],
    }
    word { New => Requested, Open => Open, Pending => UpdateRequested, Resolved => Resolved, Closed => Revoked, }
}

/// A mobility ticket's priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MobilityPriority {
    /// The traveller is stuck.
    ErrorCannotContinue,
    /// The traveller can go on.
    ErrorCanContinue,
    /// A nuisance.
    DisturbingIssue,
    /// Only a question.
    Question,
    /// Anything else.
    Other,
}

impl MobilityPriority {
    /// Every word.
    pub const ALL: [Self; 5] =
        [Self::ErrorCannotContinue, Self::ErrorCanContinue, Self::DisturbingIssue, Self::Question, Self::Other];

    /// The word's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::ErrorCannotContinue => "ERROR_CANNOT_CONTINUE",
            Self::ErrorCanContinue => "ERROR_CAN_CONTINUE",
            Self::DisturbingIssue => "DISTURBING_ISSUE",
            Self::Question => "QUESTION",
            Self::Other => "OTHER",
        }
    }

    /// The word of this text, if the line has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.text() == text)
    }
}

impl PriorityWord for MobilityPriority {
    fn canon(self) -> Priority {
        match self {
            Self::ErrorCannotContinue => Priority::Urgent,
            Self::ErrorCanContinue => Priority::High,
            Self::DisturbingIssue | Self::Other => Priority::Normal,
            Self::Question => Priority::Low,
        }
    }

    fn word(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Question,
            Priority::Normal => Self::DisturbingIssue,
            Priority::High => Self::ErrorCanContinue,
            Priority::Urgent => Self::ErrorCannotContinue,
        }
    }
}

/// The priority of a ticket whose provider gave none, by what it asks for (canonical mapping, section 5).
#[must_use]
pub fn priority_of_support_type(support_type: &str) -> Priority {
    match support_type {
        "ACCIDENT" => Priority::Urgent,
        "NOT_CLEAN" | "REPORT_DAMAGE" | "OTHER" => Priority::Normal,
        "EVIDENCE" => Priority::Low,
        _ => Priority::High,
    }
}
