//! Invariant 1 for changes, which leave no row of their own: each ticket's log has one event for every change that was
//! acknowledged, and none beyond those that were asked for.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Verdict, connect};
use crate::history::{Entry, History, Kind, Outcome};
use crate::stack::Stack;

/// The event that a change of a line's clients becomes. Nobody else in the lab brings it about on that line.
const CHANGES: [(&str, &str, &str); 4] = [
    ("loan", "crossdesk_loan_support", "ticket.closed"),
    ("mobility", "crossdesk_mobility_support", "ticket.updated"),
    ("helpdesk", "crossdesk_helpdesk_conversation", "ticket.updated"),
    ("tours", "crossdesk_tour_tickets", "ticket.status_changed"),
];

/// The changes of one ticket, as its clients know of them.
#[derive(Debug, Default, Clone, Copy)]
struct Asked {
    /// They happened.
    acknowledged: i64,
    /// They may have happened.
    unknown: i64,
}

pub(super) async fn check(stack: &Stack, history: &History, verdict: &mut Verdict) -> Result<()> {
    let entries = history.entries();
    for (line, database, kind) in CHANGES {
        let text = "SELECT data ->> 'ticketId', count(*) FROM ticket_events WHERE kind = $1 GROUP BY 1";
        let rows = connect(&stack.postgres, database).await?.query(text, &[&kind]).await?;
        let told: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let asked = asked(line, &entries);
        for (story, (id, asked)) in &asked {
            let told = told.get(id).copied().unwrap_or(0);
            verdict.compared += 1;
            if told < asked.acknowledged {
                let missing = asked.acknowledged - told;
                verdict.lost.push(format!("{missing} acknowledged changes of {line} {story} ({id}): no {kind}"));
            }
            if told > asked.acknowledged + asked.unknown {
                verdict.duplicated.push(format!("{line} {story} ({id}): {told} {kind}, asked for {asked:?}"));
            }
        }
    }
    Ok(())
}

/// Of each story of a line with a ticket: the ticket's id, and the changes that were asked for.
fn asked<'a>(line: &str, entries: &'a [Entry]) -> BTreeMap<&'a str, (String, Asked)> {
    let of_line = || entries.iter().filter(|entry| entry.line == line);
    let opened = of_line().filter(|entry| entry.kind == Kind::Open);
    let mut stories: BTreeMap<&str, (String, Asked)> =
        opened.filter_map(|entry| Some((entry.story(), (entry.id.clone()?, Asked::default())))).collect();
    for entry in of_line().filter(|entry| entry.kind == Kind::Change) {
        // A change without a ticket is none of anybody's: nobody can send it.
        let Some((_, asked)) = stories.get_mut(entry.story()) else { continue };
        match entry.outcome {
            Outcome::Acknowledged => asked.acknowledged += 1,
            // Refused because an attempt that got no answer had been carried out.
            Outcome::Refused(_) if entry.attempts < 2 => {}
            Outcome::Refused(_) | Outcome::Unknown | Outcome::Open => asked.unknown += 1,
        }
    }
    stories
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn story(attempts: &[Outcome]) -> Asked {
        let history = History::default();
        history.begin("loan", Kind::Open, "s1-open");
        history.end("s1-open", Outcome::Acknowledged, Some("t-1".to_owned()), Duration::ZERO);
        history.begin("loan", Kind::Change, "s1-close");
        attempts.iter().for_each(|outcome| history.end("s1-close", *outcome, None, Duration::ZERO));
        let entries = history.entries();
        let stories = asked("loan", &entries);
        assert_eq!(stories["s1"].0, "t-1");
        stories["s1"].1
    }

    #[test]
    fn a_change_counts_as_its_client_knows_of_it() {
        let counts = |attempts: &[Outcome]| {
            let asked = story(attempts);
            (asked.acknowledged, asked.unknown)
        };
        assert_eq!(counts(&[Outcome::Acknowledged]), (1, 0));
        assert_eq!(counts(&[Outcome::Unknown, Outcome::Acknowledged]), (1, 0));
        assert_eq!(counts(&[Outcome::Unknown]), (0, 1));
        assert_eq!(counts(&[]), (0, 1), "it was sent and nothing came back");
        assert_eq!(counts(&[Outcome::Refused(409)]), (0, 0));
        assert_eq!(counts(&[Outcome::Unknown, Outcome::Refused(409)]), (0, 1), "refused because it had happened");
    }
}
