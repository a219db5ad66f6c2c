//! The five lines of business. A line is the unit of permission (`lines` claim) and of routing keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A line of business with a ticket API of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Mobility providers, TOMP-API.
    Mobility,
    /// Technical helpdesk with live conversations.
    Helpdesk,
    /// Loan app, envelope API.
    Loan,
    /// Resume-service requests for MAS.
    Mas,
    /// Tour marketplace.
    Tours,
}

impl Line {
    /// Every line, in the order of the contracts.
    pub const ALL: [Self; 5] = [Self::Mobility, Self::Helpdesk, Self::Loan, Self::Mas, Self::Tours];

    /// The name used in tokens, events and routing keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobility => "mobility",
            Self::Helpdesk => "helpdesk",
            Self::Loan => "loan",
            Self::Mas => "mas",
            Self::Tours => "tours",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown line {0:?}; the lines are mobility, helpdesk, loan, mas, tours")]
pub struct UnknownLine(pub String);

impl FromStr for Line {
    type Err = UnknownLine;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|line| line.as_str() == text).ok_or_else(|| UnknownLine(text.to_owned()))
    }
}
