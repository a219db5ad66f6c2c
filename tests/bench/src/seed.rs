//! The tickets that are there before anything is measured, made through the API like any other.

use std::net::SocketAddr;

use anyhow::Context;
use serde_json::Value;

use crate::load::Client;
use crate::requests::{Creates, Requests, post};

/// Tickets of each customer: with eight customers 1,000, what the expectation for the start is about.
const TICKETS_EACH: usize = 125;
/// Tickets of each customer that are read: many enough that no single row is hot, few enough for pgbench.
const READ_EACH: usize = 8;
/// Messages of a ticket that is read.
const MESSAGES: usize = 2;

/// A customer with a token.
pub(crate) struct Customer {
    /// Subject of the token.
    pub(crate) name: String,
    /// The token.
    pub(crate) token: String,
}

/// What one script or request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The customer.
    pub(crate) owner: String,
    /// One of the customer's tickets, as 32 hex digits.
    pub(crate) ticket_id: String,
}

/// Makes the tickets and returns those to read, together with their customers' tokens.
pub(crate) async fn tickets(address: SocketAddr, customers: &[Customer]) -> anyhow::Result<Vec<(Target, String)>> {
    let mut targets = Vec::new();
    let mut first = 0;
    for customer in customers {
        let mut client = Client::connect(address).await?;
        let mut creates = Creates::new(&customer.token, first, 1);
        for number in 0..TICKETS_EACH {
            let ticket_id = ticket_id(client.exchange(creates.next()).await?)?;
            if number < READ_EACH {
                talk(&mut client, &customer.token, &ticket_id).await?;
                targets.push((Target { owner: customer.name.clone(), ticket_id }, customer.token.clone()));
            }
        }
        first += TICKETS_EACH as u64;
    }
    Ok(targets)
}

async fn talk(client: &mut Client, token: &str, ticket_id: &str) -> anyhow::Result<()> {
    for _ in 0..MESSAGES {
        let path = format!("/support/tickets/ticket_{ticket_id}/messages");
        client.exchange(&post(&path, token, r#"{"message":"I have tried again, and it was refused again."}"#)).await?;
    }
    Ok(())
}

fn ticket_id(body: &[u8]) -> anyhow::Result<String> {
    let answer: Value = serde_json::from_slice(body).context("a created ticket is not JSON")?;
    let id = answer.pointer("/data/ticketId").and_then(Value::as_str).and_then(|id| id.strip_prefix("ticket_"));
    Ok(id.with_context(|| format!("a created ticket has no id: {answer}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_created_ticket_is_its_digits() {
        let body = br#"{"success":true,"statusCode":200,"data":{"ticketId":"ticket_0199a4c83f5b7d21a6e04c9b8f1d2e37"},"error":null}"#;
        assert_eq!(ticket_id(body).unwrap(), "0199a4c83f5b7d21a6e04c9b8f1d2e37");
        assert!(ticket_id(b"{\"data\":null}").is_err());
    }
}
