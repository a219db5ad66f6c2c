#![doc = include_str!("../README.md")]

mod actor;
mod change;
mod clock;
mod envelope;
mod event;
mod id;
mod line;
pub mod lines;
mod moves;
mod priority;
mod shown;
mod status;

pub use actor::{Actor, ActorRole, Role};
pub use change::{Aggregate, Change, NewEvent};
pub use clock::{Clock, MockClock, SystemClock};
pub use envelope::{Envelope, EventData, TicketState};
pub use event::{AttachmentChange, RemovalReason, TicketEvent};
pub use id::{EventId, Stream, Subject, SubjectError, TicketKey};
pub use line::{Line, UnknownLine};
pub use moves::{AgentMove, agent_move};
pub use priority::{Priority, PriorityWord};
pub use shown::{Shown, StatusWord};
pub use status::Status;
