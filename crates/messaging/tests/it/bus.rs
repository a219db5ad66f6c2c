//! The bus: what holds for both, and what is special to each.
//!
//! The half on RabbitMQ runs on the node that `TEST_AMQP_URL` names and fails without it. Every test puts its own
//! prefix before all names, so tests share the node without meeting.

mod broker;
mod contract;
mod depth;
mod local;
mod proxy;
mod rabbit;
mod rabbit_faults;
mod stage;
mod tls;
