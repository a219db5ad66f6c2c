//! Who comes to this line, what they may see, and whose number they may write (contract, section 2).

use auth::Caller;
use domain::{Actor, Role, Subject};

use super::Refused;

/// Most digits of a subject that is read as a number.
const MAX_NUMBER_DIGITS: usize = 19;

/// Somebody at the line's API, with or without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Nobody signed in.
    Guest,
    /// A customer, or a machine with the rights of one.
    Customer(Signature),
    /// The support team.
    Support(Signature),
}

/// What the rules need of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    subject: Subject,
    actor: Actor,
}

/// Which tickets somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Every ticket.
    All,
    /// Those created with this subject, or with this number as `userId`.
    Own {
        /// A token's subject.
        subject: Subject,
        /// The subject as a number, if it is one.
        number: Option<i64>,
    },
}

/// A `userId` as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserNumber {
    pub(crate) number: Option<i64>,
    /// It is what a guest said, and nobody has checked it.
    pub(crate) is_claim: bool,
}

impl Signature {
    pub(super) fn new(subject: Subject, role: Role) -> Self {
        Self { actor: Actor::new(subject.clone(), role), subject }
    }
}

impl From<&Caller> for Visitor {
    fn from(caller: &Caller) -> Self {
        let signature = Signature::new(caller.subject().clone(), caller.role());
        if caller.is_support() { Self::Support(signature) } else { Self::Customer(signature) }
    }
}

impl Visitor {
    /// As events name them.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Guest => Actor::guest(),
            Self::Customer(signature) | Self::Support(signature) => signature.actor.clone(),
        }
    }

    /// Who owns what they create; nobody if a guest does.
    pub(crate) fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Guest => None,
            Self::Customer(signature) | Self::Support(signature) => Some(&signature.subject),
        }
    }

    /// Which tickets they see. A guest who is let in at all sees everything: that is what mode `full` means.
    pub(crate) fn sight(&self) -> Sight {
        match self {
            Self::Guest | Self::Support(_) => Sight::All,
            Self::Customer(Signature { subject, .. }) => {
                Sight::Own { number: number_of(subject), subject: subject.clone() }
            }
        }
    }

    /// The `userId` that is stored if they send this one.
    pub(crate) fn user_number(&self, sent: Option<i64>) -> Result<UserNumber, Refused> {
        match self {
            Self::Guest => Ok(UserNumber { number: sent, is_claim: sent.is_some() }),
            Self::Support(_) => Ok(UserNumber { number: sent, is_claim: false }),
            Self::Customer(signature) => {
                let own = number_of(&signature.subject);
                match sent {
                    Some(number) if own != Some(number) => Err(Refused::UnknownUser(number)),
                    _ => Ok(UserNumber { number: own, is_claim: false }),
                }
            }
        }
    }
}

/// The subject as a decimal number: `^[1-9][0-9]{0,18}$`.
fn number_of(subject: &Subject) -> Option<i64> {
    let text = subject.as_str();
    let is_number =
        text.len() <= MAX_NUMBER_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(subject: &str) -> Visitor {
        Visitor::Customer(Signature::new(Subject::try_from(subject).unwrap(), Role::Customer))
    }

    #[test]
    fn a_subject_is_a_number_only_in_its_one_decimal_form() {
        for (subject, number) in [
            ("42", Some(42)),
            ("1", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("9999999999999999999", None),
            ("12345678901234567890", None),
            ("0", None),
            ("042", None),
            ("+42", None),
            ("-1", None),
            ("4.2", None),
            ("42 ", None),
            ("٤٢", None),
            ("user_42", None),
        ] {
            assert_eq!(number_of(&Subject::try_from(subject).unwrap()), number, "{subject}");
        }
    }

    #[test]
    fn customers_write_only_their_own_number() {
        let numbered = customer("42");
        let own = UserNumber { number: Some(42), is_claim: false };
        assert_eq!((numbered.user_number(None), numbered.user_number(Some(42))), (Ok(own), Ok(own)));
        assert_eq!(numbered.user_number(Some(43)), Err(Refused::UnknownUser(43)));
        let named = customer("user_123");
        assert_eq!(named.user_number(None), Ok(UserNumber { number: None, is_claim: false }));
        assert_eq!(named.user_number(Some(42)), Err(Refused::UnknownUser(42)));
    }

    #[test]
    fn what_a_guest_says_is_a_claim() {
        assert_eq!(Visitor::Guest.user_number(Some(7)), Ok(UserNumber { number: Some(7), is_claim: true }));
        assert_eq!(Visitor::Guest.user_number(None), Ok(UserNumber { number: None, is_claim: false }));
    }
}
