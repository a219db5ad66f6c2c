//! Who calls. A `Caller` exists only for a token that was verified: nothing else can make one.

use chrono::{DateTime, Utc};
use domain::{Actor, Line, Role, Subject};

/// Who calls, as a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub(crate) subject: Subject,
    pub(crate) role: Role,
    pub(crate) lines: Vec<Line>,
    pub(crate) name: Option<String>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Caller {
    /// The token's `sub`, which owns what the caller creates.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The strongest role of the token.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the caller is an agent or an admin.
    #[must_use]
    pub fn is_support(&self) -> bool {
        self.role.is_support()
    }

    /// Whether the token covers this line.
    #[must_use]
    pub fn may_use(&self, line: Line) -> bool {
        self.lines.contains(&line)
    }

    /// The display name, if the token has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The token's `exp`, without leeway. What outlives a request (a live connection) ends then.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The caller as events name them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::new(self.subject.clone(), self.role)
    }
}
