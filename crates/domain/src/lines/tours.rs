//! The tours line's words. The line shows no priority.

super::status_words! {
    /// A tours ticket's status.
    ToursStatus {
        /// Waits for an agent.
        Open = "OPEN" => New [New],
        /// An agent works on it.
        InProgress = "IN_PROGRESS" => Open [Open, Pending],
        /// Solved.
        Resolved = "RESOLVED" => Resolved [Resolved],
        /// Finished, may be reopened.
        Closed = "CLOSED" => Closed [Closed],
    }
    word { New => Open, Open => InProgress, Pending => InProgress, Resolved => Resolved, Closed => Closed, }
}
