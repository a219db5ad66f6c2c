//! What a ticket says, apart from its state, and what clients send to make it say that.

use domain::lines::tours::ToursStatus;

use super::{Category, Moment, RoleContext, UserNumber};

/// The members of a ticket that a client writes, as they are stored. Without the status: that has rules of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) user: UserNumber,
    pub(crate) role_context: RoleContext,
    pub(crate) full_name: String,
    pub(crate) email: String,
    pub(crate) subject: String,
    pub(crate) category: Category,
    pub(crate) message: String,
}

/// The members a client sends, checked, with the defaults for those not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) user_id: Option<i64>,
    pub(crate) role_context: RoleContext,
    pub(crate) full_name: String,
    pub(crate) email: String,
    pub(crate) subject: String,
    pub(crate) category: Category,
    pub(crate) message: String,
    pub(crate) status: ToursStatus,
}

/// A request to open a ticket; its times are stored as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTicket {
    pub(crate) draft: Draft,
    pub(crate) created_at: Option<Moment>,
    pub(crate) updated_at: Option<Moment>,
}

impl Draft {
    /// The content, for this user, and the status.
    pub(super) fn into_content(self, user: UserNumber) -> (Content, ToursStatus) {
        let content = Content {
            user,
            role_context: self.role_context,
            full_name: self.full_name,
            email: self.email,
            subject: self.subject,
            category: self.category,
            message: self.message,
        };
        (content, self.status)
    }
}

impl Content {
    /// The names of the members that another content has different, in the order of the document. Whether a number is a
    /// claim is no member.
    pub(super) fn changed_members(&self, other: &Self) -> Vec<String> {
        let members = [
            ("userId", self.user.number != other.user.number),
            ("roleContext", self.role_context != other.role_context),
            ("fullName", self.full_name != other.full_name),
            ("email", self.email != other.email),
            ("subject", self.subject != other.subject),
            ("category", self.category != other.category),
            ("message", self.message != other.message),
        ];
        members.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
    }
}
