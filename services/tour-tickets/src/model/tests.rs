//! The ticket over random sequences of what clients and agents do.

use chrono::{DateTime, TimeDelta, Utc};
use domain::lines::tours::ToursStatus;
use domain::{
    Aggregate as _, Change, Clock as _, Priority, Role, Status, StatusWord as _, Subject, SystemClock, TicketEvent,
    TicketKey,
};
use proptest::prelude::*;

use super::visitor::Signature;
use super::*;

#[derive(Debug, Clone)]
enum Step {
    Replace { by: u8, draft: Draft },
    Reply,
    SetStatus(Status),
    SetPriority(Priority),
    Assign(Option<u8>),
    Delete,
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).unwrap()
}

/// A guest, a customer with a number, an agent.
fn visitor(number: u8) -> Visitor {
    match number % 3 {
        0 => Visitor::Guest,
        1 => Visitor::Customer(Signature::new(subject("42"), Role::Customer)),
        _ => Visitor::Support(Signature::new(subject("agent_1"), Role::Agent)),
    }
}

fn agent() -> domain::Actor {
    domain::Actor::new(subject("agent_1"), Role::Agent)
}

fn draft(status: ToursStatus) -> Draft {
    Draft {
        user_id: None,
        role_context: RoleContext::Guest,
        full_name: "n".to_owned(),
        email: String::new(),
        subject: "s".to_owned(),
        category: Category::General,
        message: "m".to_owned(),
        status,
    }
}

fn opened(status: ToursStatus, now: DateTime<Utc>) -> Change<Ticket> {
    let identity = Identity { id: 1, key: TicketKey(SystemClock.new_id()) };
    let new = NewTicket { draft: draft(status), created_at: None, updated_at: None };
    Ticket::open(identity, &visitor(1), new, now).unwrap()
}

fn reply(now: DateTime<Utc>) -> Reply {
    let id = SystemClock.new_id();
    Reply { id, author: subject("agent_1"), body: "b".to_owned(), attachments: Vec::new(), at: now }
}

fn take(ticket: Ticket, step: &Step, now: DateTime<Utc>) -> Result<Change<Ticket>, Refused> {
    match step {
        Step::Replace { by, draft } => ticket.replace(&visitor(*by), draft.clone(), now),
        Step::Reply => Ok(ticket.reply(agent(), reply(now))),
        Step::SetStatus(status) => ticket.set_status(agent(), *status, now),
        Step::SetPriority(priority) => Ok(ticket.set_priority(agent(), *priority, now)),
        Step::Assign(to) => Ok(ticket.assign(agent(), to.map(|number| subject(&format!("agent_{number}"))), now)),
        Step::Delete => Ok(ticket.delete(agent(), now)),
    }
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let status = prop::sample::select(ToursStatus::ALL.to_vec());
    let words = (prop::sample::select(RoleContext::ALL.to_vec()), prop::sample::select(Category::ALL.to_vec()));
    (prop::option::of(41..44_i64), words, "[ab]", "[ab]", status).prop_map(
        |(user_id, (role_context, category), full_name, message, status)| Draft {
            user_id,
            role_context,
            full_name,
            email: "e".to_owned(),
            subject: "s".to_owned(),
            category,
            message,
            status,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, any_draft()).prop_map(|(by, draft)| Step::Replace { by, draft }),
        2 => Just(Step::Reply),
        4 => prop::sample::select(Status::ALL.to_vec()).prop_map(Step::SetStatus),
        1 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Step::SetPriority),
        1 => prop::option::of(0..3_u8).prop_map(Step::Assign),
        1 => Just(Step::Delete),
    ]
}

/// What must hold after every step, whatever came before.
fn check(before: &Ticket, step: &Step, change: &Change<Ticket>) -> Result<(), TestCaseError> {
    let after = change.next();
    let (was, is) = (before.row(), after.row());
    prop_assert!(is.shown.word().fits(is.shown.status()));
    prop_assert_eq!(after.version(), before.version() + change.events().len() as i64);
    for (index, event) in change.events().iter().enumerate() {
        prop_assert_eq!(event.version, before.version() + 1 + index as i64, "versions have no gaps");
    }
    prop_assert_eq!(is.identity, was.identity);
    prop_assert_eq!(&is.owner, &was.owner, "ownership stays");
    prop_assert_eq!(is.created_at, was.created_at);
    let told = !change.events().is_empty();
    let fields = was.content.changed_members(&is.content);
    let changed = !fields.is_empty()
        || was.shown != is.shown
        || was.priority != is.priority
        || was.assignee != is.assignee
        || matches!(after.work(), Work::Reply(_) | Work::Removal);
    prop_assert_eq!(changed, told, "an event for every change and for nothing else");
    match step {
        Step::Replace { draft, .. } => {
            prop_assert_eq!(is.shown.word(), draft.status, "a client sets any status");
            prop_assert_eq!(is.updated_at, Moment::set_by_server(change.at()), "updatedAt moves always");
            let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
            prop_assert_eq!(kinds.first() == Some(&"ticket.updated"), !fields.is_empty(), "content first");
        }
        Step::SetPriority(_) | Step::Assign(_) => prop_assert_eq!(is.updated_at, was.updated_at, "not shown"),
        _ => {}
    }
    if let Some(last) = change.events().last() {
        prop_assert_eq!(&last.state, &after.state(), "the last event tells the state");
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_sequence_of_steps_keeps_the_ticket_whole(
        status in prop::sample::select(ToursStatus::ALL.to_vec()),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let start = SystemClock.now();
        let mut ticket = opened(status, start).into_next();
        for (index, step) in steps.iter().enumerate() {
            let now = start + TimeDelta::milliseconds(700 * (index as i64 + 1));
            let stored = Ticket::stored(ticket.row().clone());
            match take(stored.clone(), step, now) {
                Ok(change) => {
                    check(&stored, step, &change)?;
                    if *change.next().work() == Work::Removal {
                        break;
                    }
                    ticket = change.into_next();
                }
                Err(Refused::Move(from, _)) => prop_assert_eq!(from, stored.row().shown.status()),
                Err(Refused::UnknownUser(number)) => prop_assert_ne!(number, 42, "only customer 42 is ever refused"),
            }
        }
    }
}

#[test]
fn a_ticket_may_start_with_any_status() {
    for word in ToursStatus::ALL {
        let change = opened(*word, SystemClock.now());
        let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
        assert_eq!((kinds.as_slice(), change.next().row().shown.word()), (&["ticket.opened"][..], *word));
        assert_eq!(change.next().row().shown.status(), word.canon());
    }
}

#[test]
fn every_status_may_follow_every_status_in_a_replacement() {
    for from in ToursStatus::ALL {
        for to in ToursStatus::ALL {
            let now = SystemClock.now();
            let change = opened(*from, now).into_next().replace(&visitor(1), draft(*to), now).unwrap();
            let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
            let expected = match to {
                _ if from == to => vec![],
                ToursStatus::Closed => vec!["ticket.closed"],
                _ => vec!["ticket.status_changed"],
            };
            assert_eq!((kinds, change.next().row().shown.word()), (expected, *to), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_client_who_repeats_in_progress_leaves_a_pending_ticket_pending() {
    let now = SystemClock.now();
    let ticket = opened(ToursStatus::Open, now).into_next().set_status(agent(), Status::Pending, now).unwrap();
    let change = ticket.into_next().replace(&visitor(1), draft(ToursStatus::InProgress), now).unwrap();
    assert!(change.events().is_empty());
    assert_eq!(change.next().row().shown.status(), Status::Pending);
}

#[test]
fn a_reply_opens_a_new_ticket_and_leaves_every_other_status() {
    let now = SystemClock.now();
    for word in ToursStatus::ALL {
        let change = opened(*word, now).into_next().reply(agent(), reply(now));
        let expected = if *word == ToursStatus::Open { Status::Open } else { word.canon() };
        assert_eq!(change.next().row().shown.status(), expected, "{word:?}");
        assert!(matches!(change.events()[0].event, TicketEvent::MessageAdded { .. }));
    }
}

#[test]
fn a_claim_is_confirmed_by_agents_and_not_by_guests() {
    let now = SystemClock.now();
    let claim = || {
        let identity = Identity { id: 1, key: TicketKey(SystemClock.new_id()) };
        let draft = Draft { user_id: Some(7), ..draft(ToursStatus::Open) };
        let new = NewTicket { draft, created_at: None, updated_at: None };
        Ticket::open(identity, &Visitor::Guest, new, now).unwrap().into_next()
    };
    let same = || Draft { user_id: Some(7), ..draft(ToursStatus::Open) };
    assert!(claim().row().content.user.is_claim);
    let by_guest = claim().replace(&Visitor::Guest, same(), now).unwrap().into_next();
    assert!(by_guest.row().content.user.is_claim);
    let by_agent = claim().replace(&visitor(2), same(), now).unwrap();
    assert!(by_agent.events().is_empty(), "nothing that events tell has changed");
    let confirmed = by_agent.into_next();
    assert!(!confirmed.row().content.user.is_claim);
    let repeated = confirmed.replace(&Visitor::Guest, same(), now).unwrap().into_next();
    assert!(!repeated.row().content.user.is_claim, "what is known stays known");
}
