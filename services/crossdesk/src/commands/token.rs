//! `crossdesk token`: a token for the local instance, and nothing else on standard output.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use auth::TokenRequest;
use chassis::{Config, Profile, secrets};
use clap::Args;
use domain::{Clock as _, Line, Role, Subject, SystemClock};

use crate::say::say;

#[derive(Args)]
pub(crate) struct TokenArguments {
    /// Who the token speaks for.
    #[arg(long)]
    sub: String,
    /// customer, agent, admin or service; may be given several times.
    #[arg(long, required = true, value_parser = role)]
    role: Vec<Role>,
    /// A line it is good for; all lines if not given. May be given several times.
    #[arg(long)]
    line: Vec<Line>,
    /// The display name.
    #[arg(long)]
    name: Option<String>,
    /// How long it is good: 90s, 30m, 1h, 7d.
    #[arg(long, default_value = "1h", value_parser = duration)]
    ttl: Duration,
}

pub(crate) fn run(arguments: TokenArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    ensure!(config.profile == Profile::Local, "tokens are made for the local profile only: ask your issuer");
    let request = TokenRequest {
        subject: Subject::try_from(arguments.sub)?,
        roles: arguments.role,
        lines: (!arguments.line.is_empty()).then_some(arguments.line),
        name: arguments.name,
        ttl: arguments.ttl,
    };
    say!("{}", secrets::local_minter(&config.data_dir)?.mint(&request, SystemClock.now())?);
    Ok(ExitCode::SUCCESS)
}

fn role(text: &str) -> Result<Role, String> {
    let role = Role::ALL.into_iter().find(|role| role.as_str() == text);
    role.ok_or_else(|| "the roles are customer, agent, admin, service".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let refuse = || "a number and a unit, as in 90s, 30m, 1h, 7d".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
    // A token that is good for no time is a slip.
    let number: u64 = text[..split].parse().ok().filter(|number| *number > 0).ok_or_else(refuse)?;
    let seconds = match &text[split..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refuse()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(172_800)));
        for bad in ["", "h", "1", "0s", "1w", "-1h", "1.5h", "99999999999999999999d", "18446744073709551615d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
