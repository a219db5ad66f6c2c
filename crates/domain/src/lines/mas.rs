//! The MAS line's words. The line shows no priority.

super::status_words! {
    /// A resume request's status.
    MasStatus {
        /// Not carried out yet.
        Open = "OPEN" => New [New, Open, Pending],
        /// Carried out, or settled by an agent.
        Closed = "CLOSED" => Resolved [Resolved, Closed],
        /// Closed without completion.
        Void = "VOID" => Closed [Closed],
    }
    word { New => Open, Open => Open, Pending => Open, Resolved => Closed, Closed => Void, }
}
