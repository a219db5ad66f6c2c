//! The steps of mas-gateway, its relay, the bridges, MAS and the broker between them.

use super::{Action, Attempt, Bridge, Bug, Message, Process, REQUESTS, Request, Row, State};

impl Bridge {
    /// What happens by itself.
    pub(super) fn steps(self, state: &State, steps: &mut Vec<Action>) {
        for (id, request) in state.requests.iter().enumerate() {
            let are_accepted = state.requests.iter().filter(|request| request.is_accepted).count();
            if !request.is_accepted && are_accepted < self.requests {
                steps.push(Action::Accept(id));
            }
            if request.command.is_due() {
                steps.push(Action::PublishCommand(id));
            }
            if matches!(request.row, Row::Pending { is_claimed: true, .. }) && !self.has(Bug::EndlessClaim) {
                steps.push(Action::ClaimEnds(id));
            }
            if request.result.is_due() {
                steps.push(Action::PublishResult(id));
            }
            if request.result.is_queued {
                steps.push(Action::Tell(id));
            }
        }
        for (number, process) in state.bridges.iter().enumerate() {
            self.steps_of_bridge(state, number, process, steps);
        }
    }

    fn steps_of_bridge(self, state: &State, number: usize, process: &Process, steps: &mut Vec<Action>) {
        let of = |is: fn(&Request) -> bool| (0..REQUESTS).filter(move |id| is(&state.requests[*id]));
        match process.received {
            None => steps.extend(of(|r| r.command.is_queued).map(|id| Action::Deliver(number, id))),
            Some((_, false)) => steps.push(Action::Keep(number)),
            Some((_, true)) => steps.push(Action::Ack(number)),
        }
        match process.attempt {
            None => {
                let is_free = |r: &Request| matches!(r.row, Row::Pending { is_claimed: false, .. });
                steps.extend(of(is_free).map(|id| Action::Claim(number, id)));
            }
            Some((_, Attempt::Claimed)) => steps.push(Action::Ask(number)),
            Some((_, Attempt::Answered | Attempt::Failed)) => steps.push(Action::Settle(number)),
            Some((_, Attempt::Finished)) => steps.push(Action::PutOutcome(number)),
        }
    }

    /// What goes wrong.
    pub(super) fn faults(self, state: &State, faults: &mut Vec<Action>) {
        for (id, request) in state.requests.iter().enumerate() {
            if request.command.is_due() {
                faults.push(Action::CommandIsUnmarked(id));
                if self.has(Bug::MarkBeforeConfirm) {
                    faults.push(Action::CommandIsLost(id));
                }
            }
            if request.result.is_due() {
                faults.push(Action::ResultIsUnmarked(id));
            }
            if request.result.is_queued {
                faults.push(Action::TellWithoutAck(id));
                if self.has(Bug::ResultAckedFirst) {
                    faults.push(Action::AckWithoutTelling(id));
                }
            }
        }
        for (number, process) in state.bridges.iter().enumerate() {
            if *process != Process::default() {
                faults.push(Action::Kill(number));
            }
            if process.received.is_some() {
                faults.push(Action::TakeBack(number));
            }
            if matches!(process.attempt, Some((_, Attempt::Claimed))) {
                faults.extend([Action::MasRefuses(number), Action::AnswerIsLost(number)]);
            }
        }
    }

    pub(super) fn step(self, state: &mut State, action: Action) {
        match action {
            Action::Accept(id) => {
                state.requests[id].is_accepted = true;
                state.requests[id].command.is_put = true;
            }
            Action::PublishCommand(id) => state.requests[id].command.publish(true),
            Action::CommandIsUnmarked(id) => state.requests[id].command.publish(false),
            Action::CommandIsLost(id) => state.requests[id].command.is_marked = true,
            Action::PublishResult(id) => state.requests[id].result.publish(true),
            Action::ResultIsUnmarked(id) => state.requests[id].result.publish(false),
            Action::Tell(id) => {
                state.requests[id].is_told = true;
                state.requests[id].result.is_queued = false;
            }
            Action::TellWithoutAck(id) => state.requests[id].is_told = true,
            Action::AckWithoutTelling(id) => state.requests[id].result.is_queued = false,
            Action::ClaimEnds(id) => {
                if let Row::Pending { is_claimed, .. } = &mut state.requests[id].row {
                    *is_claimed = false;
                }
            }
            Action::Claim(number, id) => {
                state.bridges[number].attempt = Some((id, Attempt::Claimed));
                state.requests[id].row = if self.has(Bug::DoneBeforeAsking) {
                    Row::Done
                } else {
                    Row::Pending { latest: Some(number), is_claimed: true }
                };
            }
            action => self.bridge_step(state, action),
        }
    }

    fn bridge_step(self, state: &mut State, action: Action) {
        match action {
            Action::Deliver(number, id) => {
                state.requests[id].command.is_queued = false;
                state.bridges[number].received = Some((id, false));
            }
            Action::Keep(number) => {
                if let Some((id, is_kept)) = &mut state.bridges[number].received {
                    *is_kept = true;
                    let row = &mut state.requests[*id].row;
                    // ON CONFLICT DO NOTHING.
                    if *row == Row::Absent {
                        *row = Row::Pending { latest: None, is_claimed: false };
                    }
                }
            }
            Action::Ack(number) => state.bridges[number].received = None,
            Action::TakeBack(number) => {
                if let Some((id, _)) = state.bridges[number].received {
                    state.requests[id].command.is_queued = true;
                }
            }
            Action::Kill(number) => {
                if let Some((id, _)) = state.bridges[number].received.filter(|_| !self.has(Bug::AckBeforeKeep)) {
                    state.requests[id].command.is_queued = true;
                }
                state.bridges[number] = Process::default();
            }
            Action::Ask(number) => self.ask(state, number, Some(Attempt::Answered)),
            Action::AnswerIsLost(number) => self.ask(state, number, Some(Attempt::Failed)),
            Action::MasRefuses(number) => self.ask(state, number, None),
            Action::Settle(number) => self.settle(state, number),
            Action::PutOutcome(number) => {
                if let Some((id, _)) = state.bridges[number].attempt.take() {
                    state.requests[id].result.is_put = true;
                }
            }
            _ => {}
        }
    }

    /// MAS is asked. `None`: it fails before the effect.
    fn ask(self, state: &mut State, number: usize, ends: Option<Attempt>) {
        let Some((id, attempt)) = &mut state.bridges[number].attempt else { return };
        *attempt = ends.unwrap_or(Attempt::Failed);
        let effects = &mut state.requests[*id].effects;
        if ends.is_some() && (*effects == 0 || self.has(Bug::NewKey)) {
            *effects = (*effects + 1).min(2);
        }
    }

    fn settle(self, state: &mut State, number: usize) {
        let Some((id, attempt)) = state.bridges[number].attempt.take() else { return };
        let request = &mut state.requests[id];
        match attempt {
            Attempt::Answered if request.row != Row::Done || self.has(Bug::DoneBeforeAsking) => {
                request.row = Row::Done;
                if self.has(Bug::OutcomeApart) {
                    state.bridges[number].attempt = Some((id, Attempt::Finished));
                } else {
                    request.result.is_put = true;
                }
            }
            // `attempts = $2`: an older attempt has nothing to say.
            Attempt::Failed if matches!(request.row, Row::Pending { latest: Some(by), .. } if by == number) => {
                let pending = Row::Pending { latest: None, is_claimed: false };
                request.row = if self.has(Bug::NoRetry) { Row::Dead } else { pending };
            }
            _ => {}
        }
    }
}

impl Message {
    fn is_due(self) -> bool {
        self.is_put && !self.is_marked && !self.is_queued
    }

    fn publish(&mut self, is_marked: bool) {
        self.is_queued = true;
        self.is_marked |= is_marked;
    }
}
