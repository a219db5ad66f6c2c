//! Who is connected to this process, over all its workers, so that whatever is new can wake them.
//!
//! A wake-up carries no data: each socket reads the database from where it is. So it does not matter who tells of a
//! change (the commit, the bus, the poll), how often, or in what order; nothing is lost, doubled or out of order.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::bell::{Bell, Wakes};
use super::room::Room;

/// Where the notifications of a user are waited for.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bell: Bell,
    /// Grows with each notification; see `store::notified`.
    sum: AtomicI64,
}

/// Everybody who is connected.
#[derive(Debug, Default)]
pub(super) struct Hub {
    places: Mutex<Places>,
    concerned: Mutex<Concerned>,
    notifications: Notify,
}

/// Who may have new notifications: members of these, and the support team or not.
#[derive(Debug, Default)]
pub(super) struct Concerned {
    pub(super) conversations: BTreeSet<i32>,
    pub(super) tickets: BTreeSet<i32>,
    pub(super) is_support: bool,
}

#[derive(Debug, Default)]
struct Places {
    rooms: HashMap<i32, Taken<Room>>,
    /// Conversation by ticket: events tell the ticket.
    conversations: HashMap<i32, i32>,
    inboxes: HashMap<i32, Taken<Inbox>>,
    /// Open sockets by user.
    sockets: HashMap<i32, usize>,
}

#[derive(Debug)]
struct Taken<T> {
    place: Arc<T>,
    seats: usize,
}

impl<T> Taken<T> {
    fn of(place: T) -> Self {
        Self { place: Arc::new(place), seats: 0 }
    }

    fn take(&mut self) -> Arc<T> {
        self.seats += 1;
        Arc::clone(&self.place)
    }

    /// Gives a seat back. Whether it was the last.
    fn leave(&mut self) -> bool {
        self.seats = self.seats.saturating_sub(1);
        self.seats == 0
    }
}

impl Hub {
    /// Counts one more socket of this user; `None` if there are `most` already.
    pub(super) fn admit(self: &Arc<Self>, user: i32, most: usize) -> Option<Admission> {
        let mut places = self.places();
        let sockets = places.sockets.entry(user).or_default();
        (*sockets < most).then(|| {
            *sockets += 1;
            Admission { hub: Arc::clone(self), user }
        })
    }

    /// Waits for entries of a conversation from now on.
    pub(super) fn enter(self: &Arc<Self>, conversation: i32, ticket: i32) -> RoomSeat {
        let mut places = self.places();
        places.conversations.insert(ticket, conversation);
        let room = places.rooms.entry(conversation).or_insert_with(|| Taken::of(Room::new(conversation))).take();
        let wakes = room.join();
        RoomSeat { hub: Arc::clone(self), ticket, conversation, room, wakes }
    }

    /// Waits for notifications of a user from now on.
    pub(super) fn attend(self: &Arc<Self>, user: i32) -> InboxSeat {
        let inbox = self.places().inboxes.entry(user).or_insert_with(|| Taken::of(Inbox::default())).take();
        let wakes = inbox.bell.listen();
        InboxSeat { hub: Arc::clone(self), user, wakes, _inbox: inbox }
    }

    /// Entries were stored in this conversation, or may have been.
    pub(super) fn wake(&self, conversation: i32) {
        if let Some(room) = self.places().rooms.get(&conversation) {
            room.place.ring();
        }
        self.look_for_notifications(|concerned| concerned.conversations.insert(conversation));
    }

    /// Its members may have new notifications: a message was stored.
    pub(super) fn ticket_has_message(&self, ticket: i32) {
        self.look_for_notifications(|concerned| concerned.tickets.insert(ticket));
    }

    /// The support team may have new notifications: a ticket was opened.
    pub(super) fn support_is_told(&self) {
        self.look_for_notifications(|concerned| std::mem::replace(&mut concerned.is_support, true));
    }

    /// The database has this entry of a conversation. Wakes its sockets if none of them has read it.
    pub(super) fn newest_is(&self, conversation: i32, entry: i32) {
        if let Some(room) = self.places().rooms.get(&conversation) {
            room.place.newest_is(entry);
        }
    }

    /// The conversation of a ticket, if somebody is connected to it.
    pub(super) fn conversation_of(&self, ticket: i32) -> Option<i32> {
        self.places().conversations.get(&ticket).copied()
    }

    /// The sum that the database has for a user. Wakes the user's sockets if it is another than the last time.
    pub(super) fn sum_is(&self, user: i32, sum: i64) {
        if let Some(inbox) = self.places().inboxes.get(&user)
            && inbox.place.sum.swap(sum, Ordering::Relaxed) != sum
        {
            inbox.place.bell.ring();
        }
    }

    fn look_for_notifications<T>(&self, add: impl FnOnce(&mut Concerned) -> T) {
        add(&mut self.concerned.lock().unwrap_or_else(PoisonError::into_inner));
        self.notifications.notify_one();
    }

    /// Resolves when there may be new notifications.
    pub(super) async fn may_have_notifications(&self) {
        self.notifications.notified().await;
    }

    /// Who may have new notifications since this was asked last.
    pub(super) fn concerned(&self) -> Concerned {
        std::mem::take(&mut *self.concerned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The conversations that somebody is connected to.
    pub(super) fn conversations(&self) -> Vec<i32> {
        self.places().rooms.keys().copied().collect()
    }

    /// The users who wait for notifications.
    pub(super) fn users(&self) -> Vec<i32> {
        self.places().inboxes.keys().copied().collect()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that is counted.
#[derive(Debug)]
pub(super) struct Admission {
    hub: Arc<Hub>,
    user: i32,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut places = self.hub.places();
        if let Some(sockets) = places.sockets.get_mut(&self.user) {
            *sockets = sockets.saturating_sub(1);
            if *sockets == 0 {
                places.sockets.remove(&self.user);
            }
        }
    }
}

/// A socket's place in a conversation.
#[derive(Debug)]
pub(super) struct RoomSeat {
    hub: Arc<Hub>,
    ticket: i32,
    conversation: i32,
    pub(super) room: Arc<Room>,
    pub(super) wakes: Wakes,
}

impl Drop for RoomSeat {
    fn drop(&mut self) {
        let mut places = self.hub.places();
        if places.rooms.get_mut(&self.conversation).is_some_and(Taken::leave) {
            places.rooms.remove(&self.conversation);
            places.conversations.remove(&self.ticket);
        }
    }
}

/// A socket's place at a user's notifications.
#[derive(Debug)]
pub(super) struct InboxSeat {
    hub: Arc<Hub>,
    user: i32,
    pub(super) wakes: Wakes,
    _inbox: Arc<Inbox>,
}

impl Drop for InboxSeat {
    fn drop(&mut self) {
        let mut places = self.hub.places();
        if places.inboxes.get_mut(&self.user).is_some_and(Taken::leave) {
            places.inboxes.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_woken(wakes: &mut Wakes) -> bool {
        let woken = wakes.is_woken();
        wakes.heard();
        woken
    }

    #[test]
    fn those_in_the_conversation_are_woken_and_nobody_else() {
        let hub = Arc::new(Hub::default());
        let (mut one, mut two, mut other) = (hub.enter(7, 1), hub.enter(7, 1), hub.enter(8, 2));
        hub.wake(7);
        assert!(is_woken(&mut one.wakes) && is_woken(&mut two.wakes) && !is_woken(&mut other.wakes));
        assert!(!is_woken(&mut one.wakes), "once is enough");
        hub.newest_is(8, 5);
        assert!(is_woken(&mut other.wakes) && !is_woken(&mut one.wakes));
        hub.wake(9);
        hub.newest_is(9, 9);
    }

    #[test]
    fn a_place_is_forgotten_when_the_last_has_left() {
        let hub = Arc::new(Hub::default());
        let (one, two, inbox) = (hub.enter(7, 1), hub.enter(7, 1), hub.attend(3));
        drop(one);
        assert_eq!((hub.conversations(), hub.users(), hub.conversation_of(1)), (vec![7], vec![3], Some(7)));
        drop((two, inbox));
        assert_eq!((hub.conversations(), hub.users(), hub.conversation_of(1)), (vec![], vec![], None));
    }

    #[test]
    fn a_user_is_woken_by_another_sum_than_the_last() {
        let hub = Arc::new(Hub::default());
        let mut inbox = hub.attend(3);
        hub.sum_is(3, 40);
        assert!(is_woken(&mut inbox.wakes));
        hub.sum_is(3, 40);
        assert!(!is_woken(&mut inbox.wakes));
        hub.sum_is(3, 41);
        assert!(is_woken(&mut inbox.wakes));
        hub.sum_is(4, 1);
    }

    #[test]
    fn a_user_has_so_many_sockets_and_no_more_until_one_is_closed() {
        let hub = Arc::new(Hub::default());
        let (one, two) = (hub.admit(3, 2), hub.admit(3, 2));
        assert!(one.is_some() && two.is_some() && hub.admit(3, 2).is_none());
        let other = hub.admit(4, 2);
        assert!(other.is_some(), "another user's are another count");
        drop(one);
        let again = hub.admit(3, 2);
        assert!(again.is_some() && hub.admit(3, 2).is_none());
        drop((two, again, other));
        assert!(hub.places().sockets.is_empty(), "and nobody is remembered");
    }
}
