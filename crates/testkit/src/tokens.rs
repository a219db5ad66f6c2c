//! Tokens for tests: good ones, and the kinds that must be refused.

use std::time::Duration;

use auth::{Minter, TokenRequest};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Clock as _, Line, Role, Subject, SystemClock};

/// Signs tokens that the service under test trusts.
#[derive(Debug)]
pub struct Tokens {
    minter: Minter,
}

impl Tokens {
    pub(crate) fn new(minter: Minter) -> Self {
        Self { minter }
    }

    /// A good token.
    #[must_use]
    pub fn of(&self, subject: &str, role: Role) -> String {
        self.mint(&TokenRequest::new(subject_of(subject), role), SystemClock.now())
    }

    /// A good token for some lines only.
    #[must_use]
    pub fn for_lines(&self, subject: &str, role: Role, lines: &[Line]) -> String {
        let request = TokenRequest { lines: Some(lines.to_vec()), ..TokenRequest::new(subject_of(subject), role) };
        self.mint(&request, SystemClock.now())
    }

    /// A token whose time is up.
    #[must_use]
    pub fn expired(&self, subject: &str, role: Role) -> String {
        let request = TokenRequest { ttl: Duration::from_secs(60), ..TokenRequest::new(subject_of(subject), role) };
        self.mint(&request, SystemClock.now() - TimeDelta::hours(1))
    }

    /// A token with a wrong signature.
    #[must_use]
    pub fn forged(&self, subject: &str, role: Role) -> String {
        let good = self.of(subject, role);
        let (signed, signature) = good.rsplit_once('.').expect("a token has a signature");
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        format!("{signed}.{flipped}{}", &signature[1..])
    }

    fn mint(&self, request: &TokenRequest, now: DateTime<Utc>) -> String {
        self.minter.mint(request, now).expect("a token")
    }
}

fn subject_of(text: &str) -> Subject {
    Subject::try_from(text).expect("a subject")
}
