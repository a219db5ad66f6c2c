#![doc = include_str!("../README.md")]

pub mod agent_api;
mod body;
mod fault;
mod guard;
pub mod health;
mod id;
pub mod json;
mod observe;
mod once;
mod origin;
mod query;
mod reply;
mod routes;
mod shape;

pub use body::{Body, FromBody, MAX_BODY_BYTES, Media, Post, is_form};
pub use fault::{Fault, Refusal};
pub use guard::{Access, SESSION_COOKIE, Signed};
pub use id::request_id;
pub use observe::{Observe, RouteLabel, Started};
pub use once::once;
pub use origin::origin;
pub use query::{GivenTwice, Query};
pub use reply::Reply;
pub use routes::{Operation, Routes};
pub use shape::{Context, Shape};
