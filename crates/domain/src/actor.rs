//! Who did something: the role a token gives, and the actor an event names.

use serde::{Deserialize, Serialize};

use crate::Subject;

/// A role of a token, weakest first: of several, the strongest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and changes own tickets.
    Customer,
    /// A machine client: the rights of a customer, and the internal routes.
    Service,
    /// Support team of the token's lines.
    Agent,
    /// As agent; also administers the desk.
    Admin,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Service, Self::Agent, Self::Admin];

    /// The name used in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Service => "service",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    /// Agents and admins are the support team.
    #[must_use]
    pub fn is_support(self) -> bool {
        matches!(self, Self::Agent | Self::Admin)
    }
}

/// The role an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorRole {
    /// A person who uses a line.
    Customer,
    /// A machine that uses a line.
    Service,
    /// A member of the support team.
    Agent,
    /// A member of the support team who administers the desk.
    Admin,
    /// Somebody without a token.
    Guest,
    /// Crossdesk itself, or MAS.
    System,
}

impl From<Role> for ActorRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Service => Self::Service,
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        }
    }
}

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The subject, or nobody for guests and the system.
    pub id: Option<Subject>,
    /// In which role.
    pub role: ActorRole,
}

impl Actor {
    /// The bearer of a token.
    #[must_use]
    pub fn new(id: Subject, role: Role) -> Self {
        Self { id: Some(id), role: role.into() }
    }

    /// Somebody without a token.
    #[must_use]
    pub fn guest() -> Self {
        Self { id: None, role: ActorRole::Guest }
    }

    /// Crossdesk itself.
    #[must_use]
    pub fn system() -> Self {
        Self { id: None, role: ActorRole::System }
    }
}
