//! The ticket over random sequences of what agents and MAS do.

mod values;

use chrono::{DateTime, TimeDelta, Utc};
use domain::lines::mas::MasStatus;
use domain::{
    Actor, ActorRole, Aggregate as _, Change, Clock as _, Priority, Role, Shown, Status, StatusWord as _, Subject,
    SystemClock, TicketEvent, TicketKey,
};
use proptest::prelude::*;

use super::*;

fn draft() -> Draft {
    Draft {
        reason_code: "RES".to_owned(),
        reason: Some("Resume Service".to_owned()),
        dispatch_date_time: "2016-03-22T11:50:35Z".parse().unwrap(),
        service: ServiceItem {
            id: Some("1".to_owned()),
            code: "6FL".to_owned(),
            description: Some("6 Yard FEL".to_owned()),
        },
        requestor_info: Requestor {
            name: "TESTMAN1".to_owned(),
            phone: Some("9874564566".to_owned()),
            email: Some("abc@example.com".to_owned()),
        },
        assigned_to_user: Some("CSR1".to_owned()),
    }
}

fn submission() -> Submission {
    Submission {
        user: "ocsuser".to_owned(),
        profile: Subject::try_from("Siebel_201").unwrap(),
        tracking_id: "456".to_owned(),
        customer: CustomerId::parse("104127993008").unwrap(),
        draft: draft(),
    }
}

fn accepted(now: DateTime<Utc>) -> Change<Ticket> {
    Ticket::accept(TicketKey(SystemClock.new_id()), TransactionId(100_000_457), submission(), now).unwrap()
}

fn agent() -> Subject {
    Subject::try_from("agent_1").unwrap()
}

fn actor() -> Actor {
    Actor::new(agent(), Role::Agent)
}

fn reply(at: DateTime<Utc>) -> Reply {
    Reply { id: SystemClock.new_id(), author: agent(), body: "m".to_owned(), at }
}

fn settled(outcome: Outcome) -> Settled {
    Settled { outcome, detail: Some("secret".to_owned()) }
}

/// A ticket that shows this status and word, however it came to that.
fn shown(status: Status, word: MasStatus) -> Ticket {
    let now = SystemClock.now();
    let mut row = accepted(now).into_next().row().clone();
    row.shown = Shown::stored(status, word).unwrap();
    Ticket::stored(row)
}

#[derive(Debug, Clone)]
enum Step {
    Reply,
    Settle(bool),
    SetStatus(Status),
    SetPriority(Priority),
    Assign(Option<u8>),
}

fn take(ticket: Ticket, step: &Step, now: DateTime<Utc>) -> Result<Option<Change<Ticket>>, Refused> {
    match step {
        Step::Reply => ticket.reply(actor(), reply(now)).map(Some),
        Step::Settle(done) => {
            Ok(ticket.settle(settled(if *done { Outcome::Completed } else { Outcome::Rejected }), now))
        }
        Step::SetStatus(status) => ticket.set_status(&agent(), actor(), *status, now).map(Some),
        Step::SetPriority(priority) => Ok(Some(ticket.set_priority(actor(), *priority, now))),
        Step::Assign(to) => {
            let to = to.map(|number| Subject::try_from(format!("agent_{number}")).unwrap());
            Ok(Some(ticket.assign(actor(), to, now)))
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Reply),
        2 => any::<bool>().prop_map(Step::Settle),
        4 => prop::sample::select(Status::ALL.to_vec()).prop_map(Step::SetStatus),
        1 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Step::SetPriority),
        1 => prop::option::of(0..3_u8).prop_map(Step::Assign),
    ]
}

/// What must hold after every step, whatever came before.
fn check(before: &Ticket, step: &Step, change: &Change<Ticket>) -> Result<(), TestCaseError> {
    let after = change.next();
    let (was, is) = (before.row(), after.row());
    prop_assert!(is.shown.word().fits(is.shown.status()));
    prop_assert_eq!(is.closing.is_some(), is.shown.word() != MasStatus::Open, "who closed it is known");
    prop_assert_eq!(after.version(), before.version() + change.events().len() as i64);
    for (index, event) in change.events().iter().enumerate() {
        prop_assert_eq!(event.version, before.version() + 1 + index as i64, "versions have no gaps");
    }
    let by_mas = matches!(step, Step::Settle(_));
    if was.shown.word() != MasStatus::Open && !by_mas {
        prop_assert_eq!(is.shown.word(), was.shown.word(), "CLOSED and VOID are final for the desk");
        prop_assert_eq!(&is.closing, &was.closing);
    }
    if was.shown.word() == MasStatus::Closed {
        prop_assert_eq!(is.shown.word(), MasStatus::Closed, "CLOSED is final for everybody");
    }
    if was.settled.as_ref().is_some_and(|last| last.outcome == Outcome::Completed) {
        prop_assert_eq!(&is.settled, &was.settled, "completed is the last word of MAS");
    }
    let changed = was.shown != is.shown
        || was.priority != is.priority
        || was.assignee != is.assignee
        || was.settled != is.settled
        || after.added_reply().is_some();
    prop_assert_eq!(changed, !change.events().is_empty(), "an event for every change and for nothing else");
    prop_assert!(after.command().is_none(), "only the acceptance has a command");
    if let Some(last) = change.events().last() {
        prop_assert_eq!(&last.state, &after.state(), "the last event tells the state");
        prop_assert_eq!(is.updated_at, change.at());
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_sequence_of_steps_keeps_the_ticket_whole(steps in prop::collection::vec(step(), 0..40)) {
        let start = SystemClock.now();
        let mut ticket = accepted(start).into_next();
        for (index, step) in steps.iter().enumerate() {
            let now = start + TimeDelta::seconds(index as i64 + 1);
            let stored = Ticket::stored(ticket.row().clone());
            match take(stored.clone(), step, now) {
                Ok(Some(change)) => {
                    check(&stored, step, &change)?;
                    ticket = change.into_next();
                }
                Ok(None) => prop_assert!(stored.row().settled.is_some(), "only MAS repeats itself"),
                Err(Refused::Closed) => prop_assert_eq!(stored.row().shown.status(), Status::Closed),
                Err(Refused::Move(from, _)) => prop_assert_eq!(from, stored.row().shown.status()),
            }
        }
    }
}

#[test]
fn outcomes_have_the_effect_of_the_table() {
    use MasStatus::{Closed as ClosedWord, Open as OpenWord, Void};
    use Outcome::{Completed, Rejected};
    use Status::{Closed, New, Open, Pending, Resolved};
    for (outcome, from, expected) in [
        (Completed, (New, OpenWord), (Resolved, ClosedWord)),
        (Completed, (Open, OpenWord), (Resolved, ClosedWord)),
        (Completed, (Pending, OpenWord), (Resolved, ClosedWord)),
        (Completed, (Resolved, ClosedWord), (Resolved, ClosedWord)),
        (Completed, (Closed, Void), (Resolved, ClosedWord)),
        (Completed, (Closed, ClosedWord), (Closed, ClosedWord)),
        (Rejected, (New, OpenWord), (Open, OpenWord)),
        (Rejected, (Open, OpenWord), (Open, OpenWord)),
        (Rejected, (Pending, OpenWord), (Open, OpenWord)),
        (Rejected, (Resolved, ClosedWord), (Resolved, ClosedWord)),
        (Rejected, (Closed, Void), (Closed, Void)),
        (Rejected, (Closed, ClosedWord), (Closed, ClosedWord)),
    ] {
        let change = shown(from.0, from.1).settle(settled(outcome), SystemClock.now()).unwrap();
        let after = change.next().row().shown;
        assert_eq!((after.status(), after.word()), expected, "{outcome:?} on {from:?}");
        assert_eq!(change.events().len(), 1);
        let kind = if from == expected { "ticket.updated" } else { "ticket.status_changed" };
        assert_eq!(change.events()[0].event.kind(), kind, "{outcome:?} on {from:?}");
        let who = change.actor();
        assert_eq!((who.id.as_ref().map(Subject::as_str), who.role), (Some("mas"), ActorRole::System));
    }
}

#[test]
fn mas_says_completed_once_and_takes_it_back_never() {
    let now = SystemClock.now();
    let rejected = accepted(now).into_next().settle(settled(Outcome::Rejected), now).unwrap().into_next();
    assert!(Ticket::stored(rejected.row().clone()).settle(settled(Outcome::Rejected), now).is_none(), "the same again");
    let completed = rejected.settle(settled(Outcome::Completed), now).unwrap().into_next();
    assert_eq!(completed.row().closing.as_ref().map(|closing| closing.by.as_str()), Some("MAS"));
    for outcome in [Outcome::Completed, Outcome::Rejected] {
        assert!(Ticket::stored(completed.row().clone()).settle(settled(outcome), now).is_none());
    }
}

#[test]
fn who_resolves_first_closes_it_and_mas_closes_what_was_void() {
    let now = SystemClock.now();
    let later = now + TimeDelta::minutes(1);
    let by = |ticket: &Ticket| ticket.row().closing.clone().map(|closing| (closing.by, closing.at));
    let resolved = |status| accepted(now).into_next().set_status(&agent(), actor(), status, now).unwrap().into_next();
    let confirmed = resolved(Status::Resolved).settle(settled(Outcome::Completed), later).unwrap().into_next();
    assert_eq!(by(&confirmed), Some(("agent_1".to_owned(), now)), "it was CLOSED already");
    let void = resolved(Status::Closed);
    assert_eq!((void.row().shown.word(), by(&void)), (MasStatus::Void, Some(("agent_1".to_owned(), now))));
    let done = void.settle(settled(Outcome::Completed), later).unwrap().into_next();
    assert_eq!((done.row().shown.word(), by(&done)), (MasStatus::Closed, Some(("MAS".to_owned(), later))));
}

#[test]
fn agents_move_a_ticket_as_the_table_says_and_it_fits_its_word() {
    for from in Status::ALL {
        for word in MasStatus::ALL.iter().copied().filter(|word| word.fits(from)) {
            for to in Status::ALL {
                let moved = shown(from, word).set_status(&agent(), actor(), to, SystemClock.now());
                let allowed = match (from, to) {
                    (_, Status::New) => false,
                    (Status::New | Status::Open | Status::Pending, _) => true,
                    (Status::Resolved, to) => matches!(to, Status::Resolved | Status::Closed),
                    (Status::Closed, to) => to == Status::Closed,
                };
                assert_eq!(moved.is_ok(), allowed, "{from:?} to {to:?}");
                let Ok(change) = moved else { continue };
                let after = change.next().row().shown;
                assert!(after.status() == to && after.word().fits(to));
                assert_eq!(change.events().is_empty(), from == to);
            }
        }
    }
}

#[test]
fn the_first_reply_opens_a_new_ticket_and_a_closed_one_takes_none() {
    let now = SystemClock.now();
    let change = accepted(now).into_next().reply(actor(), reply(now)).unwrap();
    let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
    assert_eq!(kinds, ["ticket.message_added", "ticket.status_changed"]);
    let opened = TicketEvent::StatusChanged {
        from: Status::New,
        to: Status::Open,
        line_from: Some("OPEN".to_owned()),
        line_to: Some("OPEN".to_owned()),
    };
    assert_eq!(change.events()[1].event, opened);
    for (status, word) in [(Status::Pending, MasStatus::Open), (Status::Resolved, MasStatus::Closed)] {
        let change = shown(status, word).reply(actor(), reply(now)).unwrap();
        assert_eq!((change.events().len(), change.next().row().shown.status()), (1, status));
    }
    for word in [MasStatus::Closed, MasStatus::Void] {
        assert_eq!(shown(Status::Closed, word).reply(actor(), reply(now)).unwrap_err(), Refused::Closed);
    }
}
