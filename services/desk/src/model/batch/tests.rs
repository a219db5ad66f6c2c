//! Folded effects do to a table what they do one after the other.

use chrono::DateTime;
use domain::{Line, Priority, Status, Subject, TicketState};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

type Table = BTreeMap<TicketKey, Ticket>;

/// What the statements do, one effect at a time. `None` if one of them fails.
fn one_by_one(mut table: Table, effects: &[Effect]) -> Option<Table> {
    for effect in effects {
        match effect.clone() {
            Effect::Nothing => {}
            Effect::Open(ticket) => {
                if table.insert(ticket.key, ticket).is_some() {
                    return None;
                }
            }
            Effect::Change(update) => table.get_mut(&update.key)?.change(update),
            Effect::Count(update) => {
                if let Some(ticket) = table.get_mut(&update.key) {
                    ticket.change(update);
                }
            }
            Effect::Remove(key) => drop(table.remove(&key)?),
        }
    }
    Some(table)
}

/// What the statements do for a whole batch: `DELETE`, `INSERT`, `UPDATE`.
fn together(mut table: Table, batch: Batch) -> Option<Table> {
    for key in batch.removed {
        table.remove(&key)?;
    }
    for (key, ticket) in batch.opened {
        if table.insert(key, ticket).is_some() {
            return None;
        }
    }
    for (key, change) in batch.changed {
        match table.get_mut(&key) {
            Some(ticket) => ticket.change(change.update),
            None if change.must_be_there => return None,
            None => {}
        }
    }
    Some(table)
}

fn ticket(key: u128, version: i64) -> Ticket {
    Ticket {
        key: TicketKey(Uuid::from_u128(key)),
        line: Line::Loan,
        ticket_id: "t".to_owned(),
        version,
        status: Status::New,
        line_status: None,
        priority: Priority::Normal,
        requester: None,
        assignee: None,
        category: None,
        source: "loan-support".to_owned(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn update(key: u128, version: i64, kind: u8) -> Update {
    let state = TicketState { status: Status::Open, line_status: Some(version.to_string()), priority: Priority::High };
    Update {
        key: TicketKey(Uuid::from_u128(key)),
        version,
        at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(version),
        state: (kind.is_multiple_of(2)).then_some(state),
        assignment: match kind % 3 {
            0 => Assignment::Stays,
            1 => Assignment::Becomes(None),
            _ => Assignment::Becomes(Subject::try_from(format!("agent_{version}")).ok()),
        },
    }
}

fn effects() -> impl Strategy<Value = Vec<Effect>> {
    let effect = (0..4_u128, 0..8_u8, 0..6_u8);
    proptest::collection::vec(effect, 0..14).prop_map(|all| {
        let numbered = all.into_iter().zip(1..);
        let effect = |((key, what, kind), version)| match what {
            0 | 1 => Effect::Open(ticket(key, version)),
            2..=4 => Effect::Change(update(key, version, kind)),
            5 => Effect::Count(update(key, version, kind)),
            6 => Effect::Remove(TicketKey(Uuid::from_u128(key))),
            _ => Effect::Nothing,
        };
        numbered.map(effect).collect()
    })
}

/// Whether an opening is the first thing that makes or removes this ticket's row.
fn is_opened_first(ticket: TicketKey, effects: &[Effect]) -> bool {
    let first = effects.iter().find_map(|effect| match effect {
        Effect::Open(opened) if opened.key == ticket => Some(true),
        Effect::Remove(key) if *key == ticket => Some(false),
        _ => None,
    });
    first.unwrap_or(false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_batch_does_what_its_effects_do_one_after_the_other(effects in effects(), there in 0..16_u8) {
        let table: Table = (0..4_u128)
            .filter(|key| there & (1 << key) != 0)
            .map(|key| (TicketKey(Uuid::from_u128(key)), ticket(key, 0)))
            // The version gate lets a ticket be opened once: it is not there before.
            .filter(|(key, _)| !is_opened_first(*key, &effects))
            .collect();
        if let Some(batch) = Batch::of(effects.clone()) {
            prop_assert_eq!(together(table.clone(), batch), one_by_one(table, &effects));
        }
    }

    #[test]
    fn a_single_effect_is_always_a_batch(effects in effects()) {
        for effect in effects {
            prop_assert!(Batch::of([effect]).is_some());
        }
    }
}

#[test]
fn what_follows_an_opening_or_a_change_becomes_one_row() {
    let effects = [Effect::Open(ticket(1, 1)), Effect::Change(update(1, 2, 2)), Effect::Change(update(2, 5, 1))];
    let batch = Batch::of(effects.into_iter().chain([Effect::Change(update(2, 6, 0))])).unwrap();
    assert_eq!((batch.opened.len(), batch.changed.len(), batch.removed.len()), (1, 1, 0));
    let opened = batch.opened.values().next().unwrap();
    assert_eq!(
        (opened.version, opened.status, opened.assignee.as_ref().unwrap().as_str()),
        (2, Status::Open, "agent_2")
    );
    let changed = &batch.changed.values().next().unwrap().update;
    assert_eq!((changed.version, &changed.assignment), (6, &Assignment::Becomes(None)));
}

#[test]
fn a_ticket_that_comes_and_goes_leaves_no_trace() {
    let key = TicketKey(Uuid::from_u128(1));
    let effects = [Effect::Open(ticket(1, 1)), Effect::Change(update(1, 2, 2)), Effect::Remove(key)];
    let late = [Effect::Count(update(1, 1, 1)), Effect::Open(ticket(2, 1))];
    let batch = Batch::of(effects.into_iter().chain(late)).unwrap();
    assert_eq!((batch.opened.len(), batch.removed.len()), (1, 0));
    assert!(batch.changed.values().all(|change| !change.must_be_there), "{batch:?}");
}
