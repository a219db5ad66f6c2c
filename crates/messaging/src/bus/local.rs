//! The bus within one process.
//!
//! The outbox is the queue (`events.md` section 8): `publish` says yes only when every queue's reader has answered, so
//! a message that no reader has dealt with is still in the event log, and a restart publishes it again. Nothing is
//! stored here but the dead letters, which are bounded and for operators to look at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::delivery::{Answer, Verdict};
use super::{Bus, Delivery, Heard, Listener, Message, PublishError, SubscribeError, Subscription};
use crate::topology::{DELIVERY_LIMIT, Exchange, Queue, topic_matches};

/// The rest before a message is delivered again, so that a reader that requeues at once does not spin.
const REDELIVERY_DELAY: Duration = Duration::from_millis(100);

/// Dead letters kept for operators. The newest are kept: each was logged when it came.
const DEAD_LETTERS_KEPT: usize = 1000;

/// A message that no reader could deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue whose reader gave up.
    pub queue: Queue,
    /// The message.
    pub message: Message,
}

/// The bus when everything runs in one process.
#[derive(Debug, Default)]
pub struct LocalBus {
    places: Mutex<BTreeMap<Queue, Place>>,
    dead_letters: Mutex<VecDeque<DeadLetter>>,
    listeners: Mutex<Vec<(String, mpsc::Sender<Heard>)>>,
    turn: AtomicUsize,
}

/// A declared queue and who reads it, longest first.
#[derive(Debug, Default)]
struct Place {
    readers: Vec<Reader>,
}

#[derive(Debug, Clone)]
struct Reader {
    deliveries: mpsc::Sender<Delivery>,
    /// One permit per delivery that the reader may hold unanswered.
    prefetch: Arc<Semaphore>,
    gone: CancellationToken,
}

/// How one delivery ended.
enum Outcome {
    Answered(Verdict),
    ReaderGone,
}

impl LocalBus {
    /// A bus without queues.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Declares a queue before its reader is there: from now on, its messages wait for a reader. A queue that is
    /// neither declared nor was ever read does not exist, and ticket events pass it by.
    pub fn declare(&self, queue: Queue) {
        self.places().entry(queue).or_default();
    }

    /// The dead letters, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dead_letters.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<Queue, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queues that must take this message.
    fn route(&self, message: &Message) -> Result<Vec<Queue>, PublishError> {
        let places = self.places();
        let queues: Vec<Queue> = Queue::ALL
            .into_iter()
            .filter(|queue| queue.takes(message.exchange, &message.routing_key) && places.contains_key(queue))
            .collect();
        match message.exchange {
            // An event that no queue of this process wants is still in the log for whoever comes.
            Exchange::TicketEvents => Ok(queues),
            // A command or a result is for one reader, and waits for it.
            Exchange::MasCommands | Exchange::MasResults | Exchange::TicketUnrouted | Exchange::TicketDlx => {
                if queues.is_empty() { Err(PublishError::Unroutable) } else { Ok(queues) }
            }
        }
    }

    /// The reader whose turn it is.
    fn reader(&self, queue: Queue) -> Option<Reader> {
        let mut places = self.places();
        let place = places.get_mut(&queue)?;
        place.readers.retain(|reader| !reader.gone.is_cancelled());
        if queue.is_single_active_consumer() {
            return place.readers.first().cloned();
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = place.readers.len();
        place.readers.get(turn.checked_rem(count)?).cloned()
    }

    /// Delivers to one queue until its reader has dealt with the message.
    async fn deliver(&self, queue: Queue, message: &Message) -> Result<(), PublishError> {
        for attempt in 0..DELIVERY_LIMIT {
            let Some(reader) = self.reader(queue) else {
                return Err(match message.exchange {
                    Exchange::TicketEvents => PublishError::Disconnected(format!("{} has no reader now", queue.name())),
                    Exchange::MasCommands | Exchange::MasResults | Exchange::TicketUnrouted | Exchange::TicketDlx => {
                        PublishError::Unroutable
                    }
                });
            };
            match reader.take(message, attempt > 0).await {
                Outcome::Answered(Verdict::Ack) => return Ok(()),
                Outcome::Answered(Verdict::DeadLetter) => {
                    self.bury(queue, message, "refused by its reader");
                    return Ok(());
                }
                Outcome::Answered(Verdict::Requeue) => tokio::time::sleep(REDELIVERY_DELAY).await,
                Outcome::ReaderGone => {
                    return Err(PublishError::Disconnected(format!("the reader of {} left", queue.name())));
                }
            }
        }
        self.bury(queue, message, "delivered too often");
        Ok(())
    }

    /// Tells listeners of an event. One that is slow misses it.
    fn tell(&self, message: &Message) {
        if message.exchange != Exchange::TicketEvents {
            return;
        }
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|(_, listener)| !listener.is_closed());
        for (pattern, listener) in listeners.iter() {
            if topic_matches(pattern, &message.routing_key) {
                let heard = Heard { routing_key: message.routing_key.clone(), body: Arc::clone(&message.body) };
                let _missed = listener.try_send(heard);
            }
        }
    }

    fn bury(&self, queue: Queue, message: &Message, reason: &'static str) {
        tracing::error!(
            queue = queue.name(),
            message.id = %message.properties.message_id,
            reason,
            "message dead-lettered"
        );
        let mut dead_letters = self.dead_letters.lock().unwrap_or_else(PoisonError::into_inner);
        if dead_letters.len() == DEAD_LETTERS_KEPT {
            dead_letters.pop_front();
        }
        dead_letters.push_back(DeadLetter { queue, message: message.clone() });
    }
}

impl Reader {
    /// Hands the message to the reader and waits for the answer, as long as the reader is there.
    async fn take(&self, message: &Message, redelivered: bool) -> Outcome {
        let (verdict, answered) = oneshot::channel();
        let hand_over = async {
            let permit = Arc::clone(&self.prefetch).acquire_owned().await.ok();
            let answer = LocalAnswer { verdict, gone: self.gone.clone(), _permit: permit };
            let delivery = Delivery {
                routing_key: message.routing_key.clone(),
                properties: message.properties.clone(),
                body: Arc::clone(&message.body),
                redelivered,
                answer: Some(Box::new(answer)),
            };
            self.deliveries.send(delivery).await.ok()?;
            answered.await.ok()
        };
        tokio::select! {
            biased;
            // Whatever a reader says after it left does not count, as with a closed channel of the broker.
            () = self.gone.cancelled() => Outcome::ReaderGone,
            verdict = hand_over => verdict.map_or(Outcome::ReaderGone, Outcome::Answered),
        }
    }
}

impl Bus for LocalBus {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>> {
        async move {
            let queues = self.route(&message)?;
            // First, because a reader may take its time.
            self.tell(&message);
            // All to the end, also when one fails: a reader that is missing must not starve the others.
            let outcomes = join_all(queues.into_iter().map(|queue| self.deliver(queue, &message))).await;
            outcomes.into_iter().collect()
        }
        .boxed()
    }

    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> {
        let prefetch = usize::from(prefetch.max(1));
        let (sender, deliveries) = mpsc::channel(prefetch);
        let gone = CancellationToken::new();
        let reader = Reader { deliveries: sender, prefetch: Arc::new(Semaphore::new(prefetch)), gone: gone.clone() };
        self.places().entry(queue).or_default().readers.push(reader);
        // Nothing to shut down: the bus ends with its process, and the log keeps what was not answered.
        let subscription = Subscription::new(deliveries, CancellationToken::new(), gone);
        async move { Ok(subscription) }.boxed()
    }

    fn listen(&self, pattern: &str) -> Listener {
        let (heard, listener) = Listener::new();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push((pattern.to_owned(), heard));
        listener
    }

    fn is_connected(&self) -> bool {
        true
    }
}

struct LocalAnswer {
    verdict: oneshot::Sender<Verdict>,
    gone: CancellationToken,
    /// Returned with the answer: the reader may then get another delivery.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Answer for LocalAnswer {
    fn is_live(&self) -> bool {
        !self.gone.is_cancelled() && !self.verdict.is_closed()
    }

    fn give(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, ()> {
        // A publisher that has stopped waiting publishes again.
        let _unheard = self.verdict.send(verdict);
        std::future::ready(()).boxed()
    }

    fn forget(self: Box<Self>) {
        let _unheard = self.verdict.send(Verdict::Requeue);
    }
}
