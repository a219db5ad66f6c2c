//! A round over the services' databases. What is wrong with one keeps nobody from looking at the others; at the end it
//! is said which could not be looked at, and the exit code tells.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use chassis::Config;
use domain::SystemClock;
use storage::Db;

use crate::databases::{Databases, known};
use crate::fleet::{self, Hosted};
use crate::say::say;

/// What came of a round so far.
#[derive(Debug, Default)]
pub(crate) struct Round {
    good: usize,
    bad: usize,
    failed: Vec<&'static str>,
}

impl Round {
    /// Counts what came of one service: whether all is well with it, or why that could not be found out.
    pub(crate) fn count(&mut self, service: &'static str, outcome: Result<bool>) {
        match outcome {
            Ok(true) => self.good += 1,
            Ok(false) => self.bad += 1,
            Err(error) => {
                eprintln!("{service}: {error:#}");
                self.failed.push(service);
            }
        }
    }

    /// How it went, for the shell.
    pub(crate) fn end(self) -> Result<ExitCode> {
        let all = self.good + self.bad + self.failed.len();
        ensure!(all > 0, "no service has a database here");
        if !self.failed.is_empty() {
            bail!("{} of {all} databases failed: {}", self.failed.len(), self.failed.join(", "));
        }
        Ok(if self.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Looks at the database of each service that has one here, or only at that of `service`, which must then be there.
/// `look` says whether all is well.
pub(crate) async fn each(
    config: &Config,
    service: Option<&str>,
    look: impl AsyncFn(&'static str, &Db) -> Result<bool>,
) -> Result<ExitCode> {
    let mut wanted = fleet::with_database(config)?;
    if let Some(name) = service {
        wanted.retain(|hosted| hosted.name == name);
        ensure!(!wanted.is_empty(), "there is no service `{name}` with a database here; there are {}", known());
    }
    let databases = Databases::find(config)?;
    databases.answer().await?;
    let mut round = Round::default();
    for hosted in wanted {
        let outcome = match databases.url(hosted.name).await {
            Ok(Ok(url)) => ask(hosted, &url, &look).await,
            Ok(Err(absent)) if service.is_none() => {
                say!("{}: skipped, {absent}", hosted.name);
                continue;
            }
            Ok(Err(absent)) => Err(anyhow::Error::msg(absent)),
            Err(error) => Err(error),
        };
        round.count(hosted.name, outcome);
    }
    round.end()
}

async fn ask(hosted: &Hosted, url: &str, look: &impl AsyncFn(&'static str, &Db) -> Result<bool>) -> Result<bool> {
    let db = Db::new(url, "crossdesk", 1, Arc::new(SystemClock), Arc::default())?;
    look(hosted.name, &db).await
}
