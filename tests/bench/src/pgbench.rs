//! The other side of the comparison: `pgbench` with the SQL of one request, on the same PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::seed::Target;

/// Threads of pgbench: one cannot drive a machine of two cores.
const THREADS: &str = "2";
/// pgbench takes no more scripts than this.
const MOST_SCRIPTS: usize = 128;

/// A script and those it is about.
pub(crate) struct Script<'a> {
    /// SQL with `:owner` and `:ticket_id`.
    pub(crate) sql: &'static str,
    /// Each gets a copy of the script; all are equally likely.
    pub(crate) targets: &'a [Target],
}

/// pgbench and where it runs.
pub(crate) struct Pgbench {
    /// The program.
    pub(crate) program: PathBuf,
    /// Where its scripts are written.
    pub(crate) folder: PathBuf,
    /// URL of the database.
    pub(crate) database_url: String,
    /// Concurrent clients.
    pub(crate) clients: usize,
}

impl Pgbench {
    /// Runs a script for a while and returns its transactions per second.
    pub(crate) async fn run(&self, script: &Script<'_>, time: Duration) -> anyhow::Result<f64> {
        ensure!(script.targets.len() <= MOST_SCRIPTS, "pgbench takes at most {MOST_SCRIPTS} scripts");
        let mut command = Command::new(&self.program);
        command.args(["-n", "-M", "prepared", "-j", THREADS]);
        command.args(["-c", &self.clients.to_string(), "-T", &time.as_secs().max(1).to_string()]);
        for (number, target) in script.targets.iter().enumerate() {
            command.args(["-D", &format!("owner_{number}={}", target.owner)]);
            command.args(["-D", &format!("ticket_id_{number}={}", target.ticket_id)]);
            command.arg("-f").arg(self.write_copy(script.sql, number)?);
        }
        command.arg(&self.database_url).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.with_context(|| format!("can't run {}", self.program.display()))?;
        transactions_per_second(&output)
    }

    fn write_copy(&self, sql: &str, number: usize) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(Path::new(&format!("script_{number}.sql")));
        std::fs::write(&path, copy_for(sql, number)).context("can't write a script")?;
        Ok(path)
    }
}

/// The variables of target `number`: those of pgbench are global, so each copy of a script names its own.
fn copy_for(sql: &str, number: usize) -> String {
    [":owner", ":ticket_id"].iter().fold(sql.to_owned(), |sql, name| sql.replace(name, &format!("{name}_{number}")))
}

fn transactions_per_second(output: &Output) -> anyhow::Result<f64> {
    let (report, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "pgbench failed with {}: {}", output.status, errors.trim());
    let failed = value(&report, "number of failed transactions: ").unwrap_or(0.0);
    ensure!(failed == 0.0, "{failed} transactions of pgbench failed: {}", errors.trim());
    value(&report, "tps = ").with_context(|| format!("pgbench did not report its rate: {report}"))
}

/// The number behind `label` at the start of a line.
fn value(report: &str, label: &str) -> Option<f64> {
    let rest = report.lines().find_map(|line| line.strip_prefix(label))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    const REPORT: &str = "transaction type: script_0.sql\nscaling factor: 1\nquery mode: prepared\nnumber of clients: 32\n\
        number of transactions actually processed: 12345\nnumber of failed transactions: 0 (0.000%)\n\
        latency average = 12.9 ms\ninitial connection time = 40.1 ms\ntps = 2469.123 (without initial connection time)\n\
        SQL script 1: script_0.sql\n - weight: 1 (targets 50.0% of total)\n - 10 transactions (50% of total, tps = 7.5)\n";

    fn output(code: i32, report: &str, errors: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: report.into(), stderr: errors.into() }
    }

    #[test]
    fn the_rate_is_that_of_the_whole_run() {
        assert!((transactions_per_second(&output(0, REPORT, "")).unwrap() - 2469.123).abs() < 1e-9);
    }

    #[test]
    fn a_failed_run_is_not_a_measurement() {
        let error = transactions_per_second(&output(2, REPORT, "client 3 aborted")).unwrap_err();
        assert!(error.to_string().contains("client 3 aborted"));
        let failed = REPORT.replace("transactions: 0 (0.000%)", "transactions: 7 (0.010%)");
        assert!(transactions_per_second(&output(0, &failed, "")).is_err());
        assert!(transactions_per_second(&output(0, "", "")).is_err());
    }

    #[test]
    fn each_copy_of_a_script_names_its_own_variables() {
        let copy = copy_for("select :ticket_id::uuid where o = :owner;", 7);
        assert_eq!(copy, "select :ticket_id_7::uuid where o = :owner_7;");
    }
}
