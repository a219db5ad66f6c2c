//! The program around a command.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::folder::{Folder, alive};

fn program(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_localpg"));
    command.args(["--fast", "--dir"]).arg(folder.cluster());
    command
}

#[test]
fn the_command_gets_the_url_and_its_exit_code_is_ours() {
    let folder = Folder::new();
    let output = program(&folder).args(["--", "sh", "-c", "echo $DATABASE_URL; exit 7"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://postgres@%2Ftmp%2Fcrossdesk-"), "{url}");
    assert!(!folder.cluster().join("data/postmaster.pid").exists(), "the server was stopped in good order");
}

#[test]
fn a_signal_reaches_the_command_and_then_the_server_stops() {
    let folder = Folder::new();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = program(&folder).args(["--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert!(!folder.cluster().join("data/postmaster.pid").exists());
}

#[test]
fn without_a_command_it_says_that_it_is_ready_and_runs_until_told_to_stop() {
    let folder = Folder::new();
    let mut child = program(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("localpg ready postgres://postgres@%2Ftmp%2Fcrossdesk-"));
    assert!(alive(child.id()));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!folder.cluster().join("data/postmaster.pid").exists());
}
