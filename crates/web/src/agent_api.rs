//! What every line offers to agents, with the same routes on every service: `/internal/v1/tickets/{ticketKey}`.
//!
//! The desk calls these with the token of its own caller, so the owning service decides what that caller may do. A
//! customer may use them too, as far as the line lets a customer do it; every refusal to see a ticket is a 404.

mod error;
mod handlers;
mod requests;
mod views;

use auth::Caller;
use domain::TicketKey;

pub use error::AgentError;
pub use requests::{NewAssignee, NewMessage, NewPriority, NewStatus};
pub use views::{Head, Message, Snapshot};

use crate::{Access, Routes};

/// The agent's side of a line. Implemented by what the service's workers share.
pub trait AgentTickets: 'static {
    /// The ticket as the desk shows it.
    fn snapshot(&self, caller: &Caller, key: TicketKey) -> impl Future<Output = Result<Snapshot, AgentError>>;

    /// A public message.
    fn reply(
        &self,
        tx: &mut storage::Tx,
        caller: &Caller,
        key: TicketKey,
        message: NewMessage,
    ) -> impl Future<Output = Result<Head, AgentError>>;

    /// Another status (canonical mapping, section 4).
    fn set_status(
        &self,
        caller: &Caller,
        key: TicketKey,
        status: NewStatus,
    ) -> impl Future<Output = Result<Head, AgentError>>;

    /// Another priority.
    fn set_priority(
        &self,
        caller: &Caller,
        key: TicketKey,
        priority: NewPriority,
    ) -> impl Future<Output = Result<Head, AgentError>>;

    /// Another assignee, or none.
    fn assign(
        &self,
        caller: &Caller,
        key: TicketKey,
        assignee: NewAssignee,
    ) -> impl Future<Output = Result<Head, AgentError>>;

    /// The database that keeps idempotency keys.
    fn db(&self) -> &storage::Db;
}

/// The routes of the agent API.
#[must_use]
pub fn routes<A: AgentTickets>(routes: Routes) -> Routes {
    routes
        .access(Access::Token)
        .get("/internal/v1/tickets/{ticketKey}", handlers::get_ticket::<A>)
        .post("/internal/v1/tickets/{ticketKey}/messages", handlers::add_message::<A>)
        .put("/internal/v1/tickets/{ticketKey}/status", handlers::set_status::<A>)
        .put("/internal/v1/tickets/{ticketKey}/priority", handlers::set_priority::<A>)
        .put("/internal/v1/tickets/{ticketKey}/assignee", handlers::assign_ticket::<A>)
}
