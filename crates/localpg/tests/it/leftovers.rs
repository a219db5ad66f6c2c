//! What killed programs leave behind must not keep the next one from starting.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::folder::{Folder, alive, ask, eventually, start};

/// Runs the program in a process of its own, so that it can be killed. Durable: what it confirmed must come back.
fn run_program(dir: &Path, url_file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_localpg"))
        .args(["--max-connections", "20", "--dir"])
        .arg(dir)
        .arg("--print-url-file")
        .arg(url_file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn run_and_kill(folder: &Folder) -> (String, u32) {
    let url_file: PathBuf = folder.path().join("url");
    let mut program = run_program(&folder.cluster(), &url_file);
    eventually("the program is ready", || url_file.exists()).await;
    let url = fs::read_to_string(&url_file).unwrap().trim().to_owned();
    ask(&url, "create table kept (id int); insert into kept values (7)");
    program.kill().unwrap();
    program.wait().unwrap();
    let pid_file = fs::read_to_string(folder.cluster().join("data/postmaster.pid")).unwrap();
    (url, pid_file.lines().next().unwrap().parse().unwrap())
}

fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn a_server_that_outlived_its_program_is_replaced() {
    let folder = Folder::new();
    let (url, left) = run_and_kill(&folder).await;
    assert!(alive(left), "the server outlives its program, else this test shows nothing");
    assert_eq!(ask(&url, "select id from kept"), "7");

    let cluster = start(&folder.cluster()).await.unwrap();
    assert!(!alive(left));
    assert_ne!(cluster.pid(), left);
    assert_eq!(ask(&cluster.url("postgres"), "select id from kept"), "7");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_killed_too_recovers() {
    let folder = Folder::new();
    let (_, left) = run_and_kill(&folder).await;
    send(left, Signal::KILL);
    let cluster = start(&folder.cluster()).await.unwrap();
    assert_eq!(ask(&cluster.url("postgres"), "select id from kept"), "7");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_stranger_with_the_old_process_id_is_left_alone() {
    let folder = Folder::new();
    start(&folder.cluster()).await.unwrap().stop().await.unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    fs::write(folder.cluster().join("data/postmaster.pid"), format!("{}\n", stranger.id())).unwrap();

    let cluster = start(&folder.cluster()).await.unwrap();
    assert_eq!(ask(&cluster.url("postgres"), "select 1"), "1");
    assert_eq!(stranger.try_wait().unwrap(), None, "the stranger still runs");
    cluster.stop().await.unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_cluster_whose_making_was_interrupted_is_made_again() {
    let folder = Folder::new();
    let unfinished = folder.cluster().join("data.new");
    fs::create_dir_all(unfinished.join("base/1")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let cluster = start(&folder.cluster()).await.unwrap();
    assert_eq!(ask(&cluster.url("postgres"), "select 1"), "1");
    assert!(!unfinished.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_killed_while_it_makes_the_cluster_blocks_nothing() {
    let folder = Folder::new();
    let url_file = folder.path().join("url");
    let mut program = run_program(&folder.cluster(), &url_file);
    let started = folder.cluster().join("data.new/PG_VERSION");
    eventually("initdb has begun", || started.exists()).await;
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(!url_file.exists(), "the program was killed before the cluster was there");

    let cluster = start(&folder.cluster()).await.unwrap();
    assert_eq!(ask(&cluster.url("postgres"), "select 1"), "1");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_cluster_ends_and_can_be_started_again() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    let left = cluster.pid();
    drop(cluster);
    eventually("the server has ended", || !alive(left)).await;
    start(&folder.cluster()).await.unwrap().stop().await.unwrap();
}
