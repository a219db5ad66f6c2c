//! The tests that the canonical mapping requires (its section 7), and golden events.

use domain::lines::{helpdesk::NoWord, loan, mas::MasStatus, mobility, tours::ToursStatus};
use domain::{AgentMove, Line, Priority, PriorityWord, Shown, Status, StatusWord, agent_move};
use proptest::prelude::*;

/// What happens to a ticket's status, whoever does it.
#[derive(Debug, Clone, Copy)]
enum Step<W> {
    Agent(Status),
    Client(W),
}

fn holds_for<W: StatusWord + std::fmt::Debug>() {
    for word in W::ALL {
        assert!(word.fits(word.canon()), "{word:?} fits what it stands for");
    }
    for status in Status::ALL {
        assert!(W::word(status).fits(status), "{status:?} is shown as a word that fits it");
    }
    for start in W::ALL {
        for status in Status::ALL {
            let Some(shown) = Shown::stored(status, *start) else { continue };
            for next in Status::ALL {
                let after = shown.agent_sets(next);
                assert_eq!(after.status(), next);
                assert!(after.word().fits(next) && W::ALL.contains(&after.word()));
                if start.fits(next) {
                    assert_eq!(after.word(), *start, "the word stays as long as it fits");
                }
            }
            for word in W::ALL {
                let after = shown.client_sets(*word);
                assert_eq!(after.word(), *word);
                assert!(word.fits(after.status()));
                if word.fits(status) {
                    assert_eq!(after.status(), status, "the status stays as long as the word fits it");
                }
            }
        }
    }
}

#[test]
fn every_line_keeps_word_and_status_together() {
    holds_for::<loan::LoanStatus>();
    holds_for::<mobility::MobilityStatus>();
    holds_for::<ToursStatus>();
    holds_for::<MasStatus>();
    holds_for::<NoWord>();
}

#[test]
fn the_examples_of_the_mapping_come_out() {
    let loan = Shown::created_with(loan::LoanStatus::Open).agent_sets(Status::Pending);
    assert_eq!(loan.word().text(), Some("In Progress"));
    let resolved = Shown::created_with(mobility::MobilityStatus::Requested).agent_sets(Status::Resolved);
    assert_eq!(resolved.agent_sets(Status::Closed).word().text(), Some("ISSUE_RESOLVED"));
    let never_resolved = Shown::created_with(mobility::MobilityStatus::Requested).agent_sets(Status::Closed);
    assert_eq!(never_resolved.word().text(), Some("ISSUE_REVOKED"));
    assert_eq!(Shown::created_with(MasStatus::Open).agent_sets(Status::Open).word().text(), Some("OPEN"));
    let pending = Shown::created_with(ToursStatus::Open).agent_sets(Status::Pending);
    assert_eq!(pending.client_sets(ToursStatus::InProgress).status(), Status::Pending);
}

#[test]
fn agents_move_tickets_as_the_table_says() {
    use Status::{Closed, New, Open, Pending, Resolved};
    for line in Line::ALL {
        for status in Status::ALL {
            assert_eq!(agent_move(line, status, New), AgentMove::Refused, "nobody sets new");
        }
        for to in [Open, Pending, Resolved, Closed] {
            assert_eq!(agent_move(line, New, to), AgentMove::Allowed);
            assert_eq!(agent_move(line, to, to), AgentMove::NoChange);
        }
        let reopens_resolved = agent_move(line, Resolved, Open) == AgentMove::Allowed;
        assert_eq!(reopens_resolved, line != Line::Mas, "{line}");
        let reopens_closed = agent_move(line, Closed, Open) == AgentMove::Allowed;
        assert_eq!(reopens_closed, matches!(line, Line::Helpdesk | Line::Tours), "{line}");
        for (from, to) in [(Resolved, Pending), (Closed, Pending), (Closed, Resolved)] {
            assert_eq!(agent_move(line, from, to), AgentMove::Refused);
        }
        for (from, to) in [(Open, Pending), (Open, Resolved), (Open, Closed), (Pending, Open), (Resolved, Closed)] {
            assert_eq!(agent_move(line, from, to), AgentMove::Allowed);
        }
    }
}

#[test]
fn a_priority_word_changes_only_if_it_stands_for_something_else() {
    let other = mobility::MobilityPriority::Other;
    assert_eq!(other.agent_sets(Priority::Normal), other);
    assert_eq!(other.agent_sets(Priority::High), mobility::MobilityPriority::ErrorCanContinue);
    for priority in Priority::ALL {
        assert_eq!(loan::LoanPriority::word(priority).canon(), priority);
        assert_eq!(mobility::MobilityPriority::word(priority).canon(), priority);
    }
}

fn steps() -> impl Strategy<Value = Vec<Step<loan::LoanStatus>>> {
    let agent = prop::sample::select(Status::ALL.to_vec()).prop_map(Step::Agent);
    let client = prop::sample::select(loan::LoanStatus::ALL.to_vec()).prop_map(Step::Client);
    prop::collection::vec(prop_oneof![agent, client], 0..30)
}

proptest! {
    #[test]
    fn no_sequence_of_steps_parts_word_and_status(steps in steps()) {
        let mut shown = Shown::created_with(loan::LoanStatus::Open);
        for step in steps {
            shown = match step {
                Step::Agent(status) => shown.agent_sets(status),
                Step::Client(word) => shown.client_sets(word),
            };
            prop_assert!(shown.word().fits(shown.status()));
            prop_assert_eq!(Shown::stored(shown.status(), shown.word()), Some(shown));
        }
    }
}
