//! Invariant 4, the owner's half: each ticket's row is at the version of its last event, no row is without events, and no
//! stream is without its row, unless its ticket was deleted. What a state saved apart from its event would break.

use anyhow::Result;

use super::{Verdict, connect};
use crate::stack::Stack;

/// A database, its table of tickets, and what comes after the ticket's key in the name of a stream.
const OWNERS: [(&str, &str, &str); 6] = [
    ("crossdesk_mobility_support", "tickets", ""),
    ("crossdesk_helpdesk_conversation", "tickets", ""),
    ("crossdesk_loan_support", "tickets", ""),
    ("crossdesk_mas_gateway", "tickets", ""),
    ("crossdesk_tour_tickets", "tickets", ""),
    ("crossdesk_attachments", "attachment_streams", "/attachments"),
];

pub(super) async fn check(stack: &Stack, verdict: &mut Verdict) -> Result<()> {
    for (database, table, suffix) in OWNERS {
        let text = format!(
            "SELECT coalesce(stream, ticket_key::text), version, last, kind FROM (SELECT ticket_key, version, \
             ticket_key::text || '{suffix}' AS name FROM {table}) AS rows FULL JOIN (SELECT DISTINCT ON (stream) stream, \
             version AS last, kind FROM ticket_events ORDER BY stream, version DESC) AS log ON stream = name \
             WHERE coalesce(version, 0) <> coalesce(last, 0) AND NOT (version IS NULL AND kind = 'ticket.deleted')"
        );
        for row in connect(&stack.postgres, database).await?.query(&text, &[]).await? {
            let (stream, version, last): (String, Option<i64>, Option<i64>) = (row.get(0), row.get(1), row.get(2));
            verdict.other.push(format!("{database}: the row of {stream} is at {version:?}, its log at {last:?}"));
        }
    }
    Ok(())
}
