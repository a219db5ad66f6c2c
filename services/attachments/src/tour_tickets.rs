//! Asks tour-tickets who may see a ticket. Nothing is remembered: a ticket's owner can change, and an answer must see
//! every write that was acknowledged before (contracts, README 3.12).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, Service as _};
use domain::{Subject, TicketKey};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use telemetry::Span;
use web::Fault;

use crate::Attachments;

/// How long tour-tickets may take: it reads one row.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Most digits of a subject that is a user's number.
const MAX_NUMBER_DIGITS: usize = 19;

/// A ticket, as far as it concerns its attachments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketFacts {
    /// Its key over all lines.
    pub(crate) ticket_key: TicketKey,
    owner: Option<String>,
    user_id: Option<i64>,
}

impl TicketFacts {
    /// Whether it is this customer's own (contract, section 2).
    pub(crate) fn is_own_of(&self, subject: &Subject) -> bool {
        let is_owner = self.owner.as_deref() == Some(subject.as_str());
        is_owner || self.user_id.is_some_and(|user| user_number(subject) == Some(user))
    }
}

/// The subject read as a user's number: `^[1-9][0-9]{0,18}$`.
fn user_number(subject: &Subject) -> Option<i64> {
    let text = subject.as_str();
    let is_number = text.len() <= MAX_NUMBER_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !text.starts_with('0')).then(|| text.parse().ok())?
}

/// The client of tour-tickets.
#[derive(Clone)]
pub(crate) struct TourTickets {
    http: reqwest::Client,
    address: Option<String>,
    token: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl fmt::Debug for TourTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TourTickets").field("address", &self.address).finish_non_exhaustive()
    }
}

impl TourTickets {
    /// With the address book of the process and the worker's own HTTP client.
    pub(crate) fn new(context: &Context, http: reqwest::Client) -> Self {
        let address = context.addresses.get("tour-tickets").cloned();
        let context = context.clone();
        Self { http, address, token: Arc::new(move || context.service_token(Attachments::NAME)) }
    }

    /// The ticket of this number, if there is one.
    pub(crate) async fn find(&self, ticket_id: i64) -> Result<Option<TicketFacts>, Fault> {
        if ticket_id < 1 {
            return Ok(None); // not even a path
        }
        self.ask(&format!("/internal/v1/tours/tickets/{ticket_id}"), &[]).await
    }

    /// The ticket of this number, if this customer sees it.
    pub(crate) async fn find_own(&self, ticket_id: i64, customer: &Subject) -> Result<Option<TicketFacts>, Fault> {
        Ok(self.find(ticket_id).await?.filter(|ticket| ticket.is_own_of(customer)))
    }

    /// The numbers of all tickets this customer sees.
    pub(crate) async fn own(&self, customer: &Subject) -> Result<Vec<i64>, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Own {
            ticket_ids: Vec<i64>,
        }
        let user = user_number(customer).map(|number| number.to_string());
        let mut query = vec![("subject", customer.as_str())];
        query.extend(user.as_deref().map(|number| ("user_id", number)));
        let own: Option<Own> = self.ask("/internal/v1/tours/tickets", &query).await?;
        own.map(|own| own.ticket_ids).ok_or_else(|| Fault::Unavailable("tour-tickets knows no list".to_owned()))
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<T>, Fault> {
        let base = self.address.as_ref();
        let base = base.ok_or_else(|| Fault::Unavailable("no address of tour-tickets is configured".to_owned()))?;
        let mut url = reqwest::Url::parse(&format!("{base}{path}")).map_err(unavailable)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut span = Span::client("attachments", "GET", "tour-tickets");
        let sent = self.signed(self.http.get(url), &span).send().await;
        let response = sent.inspect_err(|_| span.fail("no_answer")).map_err(without_url)?;
        span.answered(response.status().as_u16());
        match response.status() {
            StatusCode::OK => response.json().await.map(Some).map_err(without_url),
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(Fault::Unavailable(format!("tour-tickets answered {other}"))),
        }
    }

    fn signed(&self, request: RequestBuilder, span: &Span) -> RequestBuilder {
        let trace = span.context().to_string();
        request.timeout(TIMEOUT).header("traceparent", trace).bearer_auth((self.token)().unwrap_or_default())
    }
}

fn unavailable(error: impl fmt::Display) -> Fault {
    Fault::Unavailable(format!("tour-tickets: {error}"))
}

/// A query has a subject in it, which is not for the log.
fn without_url(error: reqwest::Error) -> Fault {
    unavailable(error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimal_subjects_are_user_numbers() {
        for (text, expected) in [
            ("42", Some(42)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("0", None),
            ("042", None),
            ("+42", None),
            ("4.2", None),
            ("\u{0664}2", None),
            ("user_42", None),
        ] {
            assert_eq!(user_number(&Subject::try_from(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_ticket_is_its_creator_s_and_its_user_s() {
        let facts = TicketFacts { ticket_key: TicketKey(uuid::Uuid::nil()), owner: Some("a".into()), user_id: Some(7) };
        for (text, expected) in [("a", true), ("7", true), ("07", false), ("b", false), ("8", false)] {
            assert_eq!(facts.is_own_of(&Subject::try_from(text).unwrap()), expected, "{text}");
        }
        let nobodys = TicketFacts { owner: None, user_id: None, ..facts };
        assert!(!nobodys.is_own_of(&Subject::try_from("a").unwrap()));
    }
}
