//! What MAS says became of a request.

/// The end of a request in MAS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service is resumed.
    Completed,
    /// MAS did not do it; a person must act.
    Rejected,
}

impl Outcome {
    /// The word of the message and of `completion_code`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected => "rejected",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Completed, Self::Rejected].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// An outcome with what MAS wrote about it, which is not for events or logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) detail: Option<String>,
}

impl std::fmt::Debug for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settled").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
