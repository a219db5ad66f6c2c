//! Invariants 1 and 2: every acknowledged write is a row, every row has a request that could have made it, and no request
//! made two.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Verdict, connect};
use crate::history::{History, Kind, Outcome};
use crate::stack::Stack;

/// Where the markers of a kind of write are found again.
struct Place {
    line: &'static str,
    kind: Kind,
    database: &'static str,
    markers: &'static str,
    /// Whether rows may be gone again because a client removed them.
    removable: bool,
}

const PLACES: [Place; 8] = [
    place("loan", Kind::Open, "crossdesk_loan_support", "SELECT subject FROM tickets"),
    place("loan", Kind::Message, "crossdesk_loan_support", "SELECT content FROM messages"),
    place("mobility", Kind::Open, "crossdesk_mobility_support", "SELECT ticket_id FROM tickets"),
    place("helpdesk", Kind::Open, "crossdesk_helpdesk_conversation", "SELECT title FROM tickets"),
    // One paragraph with one text: the text begins after six bytes of frames.
    place(
        "helpdesk",
        Kind::Message,
        "crossdesk_helpdesk_conversation",
        "SELECT convert_from(substring(body FROM 7), 'UTF8') FROM entries WHERE body IS NOT NULL",
    ),
    place("mas", Kind::Open, "crossdesk_mas_gateway", "SELECT tracking_id FROM tickets"),
    Place { removable: true, ..place("tours", Kind::Open, "crossdesk_tour_tickets", "SELECT subject FROM tickets") },
    Place {
        removable: true,
        ..place("attachments", Kind::Attach, "crossdesk_attachments", "SELECT file_name FROM attachments")
    },
];

const fn place(line: &'static str, kind: Kind, database: &'static str, markers: &'static str) -> Place {
    Place { line, kind, database, markers, removable: false }
}

pub(super) async fn check(stack: &Stack, history: &History, verdict: &mut Verdict) -> Result<()> {
    let entries = history.entries();
    let deleted: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| entry.kind == Kind::Delete)
        .filter_map(|entry| entry.marker.strip_suffix("-delete"))
        .collect();
    for place in &PLACES {
        let rows = connect(&stack.postgres, place.database).await?.query(place.markers, &[]).await?;
        let mut found: BTreeMap<String, u32> = BTreeMap::new();
        for row in rows {
            *found.entry(row.get(0)).or_default() += 1;
        }
        let asked: BTreeMap<&str, Outcome> = entries
            .iter()
            .filter(|entry| entry.line == place.line && entry.kind == place.kind)
            .map(|entry| (entry.marker.as_str(), entry.outcome))
            .collect();
        verdict.compared += asked.len() as u64;
        for (marker, outcome) in &asked {
            let story = marker.rsplit_once('-').map_or(*marker, |(story, _)| story);
            let may_be_gone = place.removable && deleted.contains(story);
            let is_there = found.contains_key(*marker);
            if *outcome == Outcome::Acknowledged && !is_there && !may_be_gone {
                verdict.lost.push(format!("{} {:?} {marker}", place.line, place.kind));
            }
            if matches!(outcome, Outcome::Refused(_)) && is_there {
                verdict.other.push(format!("{} {:?} {marker} was refused and is there", place.line, place.kind));
            }
        }
        for (marker, count) in found {
            if count > 1 {
                verdict.duplicated.push(format!("{} {:?} {marker}: {count} rows", place.line, place.kind));
            }
            if !asked.contains_key(marker.as_str()) {
                verdict.duplicated.push(format!("{} {:?} {marker}: nobody asked for it", place.line, place.kind));
            }
        }
    }
    Ok(())
}
