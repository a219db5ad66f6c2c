#![doc = include_str!("../README.md")]

pub mod checks;
pub mod figures;
pub mod history;
pub mod lab;
pub mod prove;
pub mod proxy;
pub mod report;
pub mod scenarios;
pub mod stack;
pub mod upgrade;
pub mod workload;

mod command;

pub use command::run;
