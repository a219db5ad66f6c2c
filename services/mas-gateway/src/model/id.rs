//! The line's numbers: transactions and customers.

use std::fmt;

use uuid::Uuid;

/// Of the names below it is made the id of the command, the same however often it is sent (events, section 6.1).
const COMMANDS: Uuid = Uuid::from_u128(0xded5_17ec_0304_5692_8531_4785_e864_fb59);

/// Most digits of a customer's number.
const MAX_CUSTOMER_DIGITS: usize = 18;

/// Identifies an accepted request: 1 to 2^53 - 1, so that every JSON reader gets it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransactionId(pub(crate) i64);

impl TransactionId {
    /// The largest integer that every JSON reader keeps.
    pub(crate) const MAX: i64 = (1 << 53) - 1;

    /// Reads a path; another form is an unknown ticket.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number: i64 = text.parse().ok()?;
        let is_canonical = (1..=Self::MAX).contains(&number) && number.to_string() == text;
        is_canonical.then_some(Self(number))
    }

    /// The id of the command's message.
    pub(crate) fn command_id(self) -> Uuid {
        Uuid::new_v5(&COMMANDS, format!("resume-request:{self}").as_bytes())
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A customer as the path names it, and the number that counts when customers are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerId {
    text: String,
    number: i64,
}

impl CustomerId {
    /// Reads 1 to 18 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_CUSTOMER_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse().ok().map(|number| Self { text: text.to_owned(), number }))?
    }

    /// With leading zeros, if it has some.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn number(&self) -> i64 {
        self.number
    }
}
