#![doc = include_str!("../README.md")]

mod commands;
mod databases;
mod fleet;
mod origin;
mod round;
mod say;
mod server;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{audit, demo, doctor, events, migrate, serve, token};

#[derive(Parser)]
#[command(name = "crossdesk", version, about = "Crossdesk: every line of business, one desk")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve everything from this process until told to stop.
    Serve,
    /// Print a token for the local instance.
    Token(token::TokenArguments),
    /// Bring every service's database up to date.
    Migrate(migrate::MigrateArguments),
    /// Load lifelike sample tickets into every line through the public APIs.
    Demo(demo::DemoArguments),
    /// Check a deployment and say what is wrong.
    Doctor(doctor::DoctorArguments),
    /// Show and mend the flow of events.
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Check the record of what agents and admins did.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print the URL of a service's database while the local instance runs.
    #[command(hide = true)]
    DatabaseUrl {
        /// The service's name.
        service: String,
    },
}

/// The whole `main`.
#[tokio::main]
pub async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve => serve::run().await,
        Command::Token(arguments) => token::run(arguments),
        Command::Migrate(arguments) => migrate::run(arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Events(command) => events::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::DatabaseUrl { service } => databases::print_url(&service),
    };
    match outcome {
        Ok(code) if say::is_all_said() => code,
        Ok(_) => {
            eprintln!("crossdesk: standard output cannot be written");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("crossdesk: {error:#}");
            ExitCode::FAILURE
        }
    }
}
