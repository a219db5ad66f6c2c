//! What follows from a deleted ticket elsewhere: attachments reads of it in its own queue, and nothing stays of the
//! ticket's attachments. Without this a reader that answers and does nothing would go unseen.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Verdict, connect};
use crate::stack::Stack;

const TOURS: &str = "crossdesk_tour_tickets";
const ATTACHMENTS: &str = "crossdesk_attachments";

/// What attachments has of a ticket.
#[derive(Debug, Clone, Copy)]
struct Folder {
    is_deleted: bool,
    attachments: i64,
}

pub(super) async fn check(stack: &Stack, verdict: &mut Verdict) -> Result<()> {
    let text = "SELECT stream FROM (SELECT DISTINCT ON (stream) stream, kind FROM ticket_events \
                ORDER BY stream, version DESC) AS last WHERE kind = 'ticket.deleted'";
    let rows = connect(&stack.postgres, TOURS).await?.query(text, &[]).await?;
    let deleted: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let text = "SELECT ticket_key::text, deleted, (SELECT count(*) FROM attachments \
                WHERE attachments.ticket_id = attachment_streams.ticket_id) FROM attachment_streams";
    let rows = connect(&stack.postgres, ATTACHMENTS).await?.query(text, &[]).await?;
    let folders: BTreeMap<String, Folder> =
        rows.iter().map(|row| (row.get(0), Folder { is_deleted: row.get(1), attachments: row.get(2) })).collect();
    compare(&deleted, &folders, verdict);
    Ok(())
}

fn compare(deleted: &BTreeSet<String>, folders: &BTreeMap<String, Folder>, verdict: &mut Verdict) {
    verdict.compared += deleted.len() as u64;
    for key in deleted {
        match folders.get(key) {
            Some(Folder { is_deleted: true, attachments: 0 }) => {}
            Some(Folder { is_deleted: true, attachments }) => {
                verdict.other.push(format!("the deleted ticket {key} still has {attachments} attachments"));
            }
            Some(_) | None => verdict.lost.push(format!("attachments does not know that the ticket {key} was deleted")),
        }
    }
    for key in folders.iter().filter(|(_, folder)| folder.is_deleted).map(|(key, _)| key) {
        if !deleted.contains(key) {
            verdict.other.push(format!("attachments takes the ticket {key} for deleted, its log does not"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(deleted: &[&str], folders: &[(&str, bool, i64)]) -> usize {
        let deleted = deleted.iter().map(|&key| key.to_owned()).collect();
        let folder =
            |&(key, is_deleted, attachments): &(&str, bool, i64)| (key.to_owned(), Folder { is_deleted, attachments });
        let mut verdict = Verdict::default();
        compare(&deleted, &folders.iter().map(folder).collect(), &mut verdict);
        verdict.lost.len() + verdict.other.len()
    }

    #[test]
    fn a_deleted_ticket_is_known_to_attachments_and_leaves_nothing() {
        assert_eq!(violations(&["a"], &[("a", true, 0), ("b", false, 3)]), 0);
        assert_eq!(violations(&["a"], &[]), 1, "the reader did nothing");
        assert_eq!(violations(&["a"], &[("a", false, 0)]), 1);
        assert_eq!(violations(&["a"], &[("a", true, 2)]), 1);
        assert_eq!(violations(&[], &[("a", true, 0)]), 1);
    }
}
