//! The line's operations over HTTP: requests, handlers, views.

mod agents;
mod conversations;
mod fields;
mod guards;
mod notifications;
mod openapi;
mod pages;
mod requests;
mod tickets;
mod users;
mod views;

pub(crate) use conversations::{add_message, get_conversation, list_conversations, list_messages};
pub(crate) use guards::{SameOrigin, path_id};
pub(crate) use notifications::{list_notifications, update_notification};
pub(crate) use openapi::openapi;
pub(crate) use tickets::{create_ticket, get_ticket, join_ticket, list_own_tickets, list_tickets, update_ticket};
pub(crate) use users::{get_own_user, get_user, list_users};
pub(crate) use views::NotificationShown;
