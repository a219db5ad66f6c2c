//! Real clusters, started, killed and started again. As root the tests cover the change of user too.

#![expect(clippy::unwrap_used, reason = "in a test a failure of the scaffolding is a failure of the test")]

mod folder;
mod leftovers;
mod lifecycle;
mod program;
