//! Runs the checker, prints what it saw, and tells a model that holds from one that does not.

use std::fmt::Debug;
use std::hash::Hash;
use std::time::{Duration, Instant};

use stateright::{Checker as _, Expectation, HasDiscoveries, Model};

/// More steps than any model here takes: one that grows past it has lost its bounds.
const MOST_STEPS: usize = 60_000_000;

/// The size of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explored {
    /// Different states: all there are.
    pub states: usize,
    /// Steps on the shortest way to the farthest of them, the first state counted.
    pub depth: usize,
}

/// Visits every state. An error names the property that does not hold, or that was never seen, and how that comes about.
pub fn explore<M>(name: &str, model: M) -> Result<Explored, String>
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Debug + Clone + PartialEq + Send + Sync + 'static,
    M::Action: Debug + Clone + PartialEq + Send + Sync + 'static,
{
    let began = Instant::now();
    let checker = model.checker().threads(2).target_state_count(MOST_STEPS).spawn_bfs().join();
    let explored = Explored { states: checker.unique_state_count(), depth: checker.max_depth() };
    say(name, explored, began.elapsed(), "all properties hold");
    if checker.state_count() >= MOST_STEPS {
        return Err(format!("{name}: more than {MOST_STEPS} steps, and no end"));
    }
    for property in checker.model().properties() {
        match (&property.expectation, checker.discovery(property.name)) {
            (Expectation::Sometimes, None) => return Err(format!("{name}: never seen: {}", property.name)),
            (Expectation::Sometimes, Some(_)) | (_, None) => {}
            (_, Some(path)) => return Err(format!("{name}: {}: {:?}", property.name, path.into_actions())),
        }
    }
    Ok(explored)
}

/// Searches a model with a defect until a property is violated: gives the property's name and a short way there.
/// `None` means that the checker did not see the defect.
pub fn refute<M>(name: &str, model: M) -> Option<(&'static str, Vec<M::Action>)>
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Debug + Clone + PartialEq + Send + Sync + 'static,
    M::Action: Debug + Clone + PartialEq + Send + Sync + 'static,
{
    let began = Instant::now();
    let checker =
        model.checker().target_state_count(MOST_STEPS).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let explored = Explored { states: checker.unique_state_count(), depth: checker.max_depth() };
    let properties = checker.model().properties().into_iter();
    let found = properties
        .filter(|property| !matches!(property.expectation, Expectation::Sometimes))
        .filter_map(|property| Some((property.name, checker.discovery(property.name)?.into_actions())))
        .min_by_key(|(_, steps)| steps.len());
    match &found {
        Some((property, steps)) => {
            say(name, explored, began.elapsed(), &format!("refuted: not \"{property}\" after {steps:?}"));
        }
        None => say(name, explored, began.elapsed(), "NOT refuted"),
    }
    found
}

fn say(name: &str, explored: Explored, took: Duration, outcome: &str) {
    println!("{name}: {} states, depth {}, {:.1} s: {outcome}", explored.states, explored.depth, took.as_secs_f32());
}
