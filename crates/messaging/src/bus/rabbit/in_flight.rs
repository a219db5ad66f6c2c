//! Messages that the broker has not confirmed yet.
//!
//! The broker returns an unroutable message just before it confirms it. The client hands a returned message to
//! whichever confirm it happens to resolve next, which, when one frame confirms several, need not be that message's own
//! confirm. Believing it would lose the event that was really returned. So returns are matched by message id here,
//! and nothing is settled before every confirm that is already there has been looked at.

use std::collections::{BTreeMap, HashSet};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use lapin::{Confirmation, PublisherConfirm};
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::wire;
use crate::bus::PublishError;

type Confirmed = (u64, lapin::Result<Confirmation>);

/// Where the caller waits for the result.
pub(super) type Reply = oneshot::Sender<Result<(), PublishError>>;

struct Waiting {
    message_id: Uuid,
    deadline: Instant,
    reply: Reply,
}

/// What settling brought to light.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settled {
    /// A message came back: a queue is missing.
    pub(super) returned: bool,
    /// The channel is gone.
    pub(super) broken: bool,
}

#[derive(Default)]
pub(super) struct InFlight {
    confirms: FuturesUnordered<BoxFuture<'static, Confirmed>>,
    /// In the order of publishing, which is the order of the deadlines.
    waiting: BTreeMap<u64, Waiting>,
    returned: HashSet<Uuid>,
    last: u64,
}

impl InFlight {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn add(&mut self, message_id: Uuid, deadline: Instant, confirm: PublisherConfirm, reply: Reply) {
        self.last += 1;
        let number = self.last;
        self.waiting.insert(number, Waiting { message_id, deadline, reply });
        self.confirms.push(confirm.map(move |confirmation| (number, confirmation)).boxed());
    }

    /// When the oldest message has waited long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, waiting)| waiting.deadline)
    }

    /// Waits for a confirm and settles it with all others that are there. Waits for ever if nothing is in flight.
    pub(super) async fn settle(&mut self) -> Settled {
        let Some(first) = self.confirms.next().await else { return std::future::pending().await };
        let mut confirmed = vec![first];
        while let Some(Some(another)) = self.confirms.next().now_or_never() {
            confirmed.push(another);
        }
        self.settle_all(confirmed)
    }

    fn settle_all(&mut self, mut confirmed: Vec<Confirmed>) -> Settled {
        let mut settled = Settled::default();
        for (_, confirmation) in &mut confirmed {
            if let Ok(Confirmation::Ack(message) | Confirmation::Nack(message)) = confirmation
                && let Some(message) = message.take()
            {
                settled.returned = true;
                self.returned.extend(wire::message_id(&message.delivery.properties));
            }
        }
        for (number, confirmation) in confirmed {
            let Some(waiting) = self.waiting.remove(&number) else { continue };
            let result = match confirmation {
                Ok(_) if self.returned.remove(&waiting.message_id) => Err(PublishError::Unroutable),
                Ok(Confirmation::Ack(_)) => Ok(()),
                Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => Err(PublishError::Refused),
                Err(error) => {
                    settled.broken = true;
                    Err(PublishError::Disconnected(error.to_string()))
                }
            };
            // The caller may have stopped waiting; then the message is published again.
            let _unheard = waiting.reply.send(result);
        }
        settled
    }

    /// Tells everybody that the answer will not come: too late for those past their deadline, lost for the others.
    pub(super) fn give_up(self, now: Instant, reason: &str) {
        for waiting in self.waiting.into_values() {
            let error = if waiting.deadline <= now {
                PublishError::TimedOut
            } else {
                PublishError::Disconnected(reason.to_owned())
            };
            let _unheard = waiting.reply.send(Err(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::ready;
    use lapin::BasicProperties;
    use lapin::message::{BasicReturnMessage, Delivery};

    use super::*;

    fn returned(id: Uuid) -> BasicReturnMessage {
        let mut delivery = Delivery::mock(0, "mas.commands".into(), "resume-request".into(), false, Vec::new());
        delivery.properties = BasicProperties::default().with_message_id(id.to_string().into());
        BasicReturnMessage { delivery, reply_code: 312, reply_text: "NO_ROUTE".into() }
    }

    /// Messages 1, 2, ... in flight, confirmed in the given order.
    async fn results(confirmed: Vec<(u64, Confirmation)>) -> (Settled, Vec<Result<(), PublishError>>) {
        let mut in_flight = InFlight::default();
        let mut answers = Vec::new();
        for number in 1..=u64::try_from(confirmed.len()).unwrap() {
            let (reply, answer) = oneshot::channel();
            let message_id = Uuid::from_u128(number.into());
            in_flight.waiting.insert(number, Waiting { message_id, deadline: Instant::now(), reply });
            answers.push(answer);
        }
        for (number, confirmation) in confirmed {
            in_flight.confirms.push(ready((number, Ok(confirmation))).boxed());
        }
        let settled = in_flight.settle().await;
        let answered = answers.iter_mut().map(|answer| answer.try_recv().unwrap()).collect();
        (settled, answered)
    }

    #[tokio::test]
    async fn a_return_counts_for_its_own_message_whichever_confirm_carries_it() {
        let second = Uuid::from_u128(2);
        let unroutable = Err(PublishError::Unroutable);
        for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3], [2, 3, 1]] {
            for carrier in 1..=3 {
                let confirmed = order
                    .into_iter()
                    .map(|number| (number, Confirmation::Ack((number == carrier).then(|| returned(second)))));
                let (settled, results) = results(confirmed.collect()).await;
                assert_eq!(settled, Settled { returned: true, broken: false });
                assert_eq!(results, [Ok(()), unroutable.clone(), Ok(())], "{order:?}, carried by {carrier}");
            }
        }
    }

    #[tokio::test]
    async fn a_negative_confirm_is_a_refusal() {
        let (settled, results) = results(vec![(1, Confirmation::Nack(None)), (2, Confirmation::Ack(None))]).await;
        assert_eq!(settled, Settled::default());
        assert_eq!(results, [Err(PublishError::Refused), Ok(())]);
    }
}
