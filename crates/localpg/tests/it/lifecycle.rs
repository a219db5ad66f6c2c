//! A cluster in ordinary use.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use localpg::{Cluster, LocalPgError, Options};

use crate::folder::{Folder, alive, ask, start};

fn socket_folder(url: &str) -> String {
    let host = url.strip_prefix("postgres://postgres@").and_then(|rest| rest.split_once('/')).unwrap().0;
    host.replace("%2F", "/")
}

#[tokio::test]
async fn data_survives_a_restart() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    ask(&cluster.url("postgres"), "create table kept (id int); insert into kept values (7)");
    let first = cluster.pid();
    cluster.stop().await.unwrap();
    assert!(!alive(first), "stop returns only when the server is gone");

    let cluster = start(&folder.cluster()).await.unwrap();
    assert_ne!(cluster.pid(), first);
    assert_eq!(ask(&cluster.url("postgres"), "select id from kept"), "7");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_cluster_is_utf8_with_plain_collation_and_no_network_port() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    let url = cluster.url("postgres");
    assert_eq!(ask(&url, "show server_encoding"), "UTF8");
    assert_eq!(ask(&url, "select datcollate from pg_database where datname = 'postgres'"), "C");
    assert_eq!(ask(&url, "show listen_addresses"), "");
    assert_eq!(ask(&url, "show max_connections"), "20");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_owner_can_reach_the_socket_and_the_server_is_not_root() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    let sockets = socket_folder(&cluster.url("postgres"));
    let found = fs::metadata(&sockets).unwrap();
    assert_eq!(found.permissions().mode() & 0o777, 0o700);
    let server = fs::metadata(format!("/proc/{}", cluster.pid())).unwrap();
    assert_ne!(server.uid(), 0);
    assert_eq!(found.uid(), server.uid());
    let status = fs::read_to_string(format!("/proc/{}/status", cluster.pid())).unwrap();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap().trim().to_owned();
    if rustix::process::geteuid().is_root() {
        assert_eq!(groups, "", "root's supplementary groups are gone");
    }
    cluster.stop().await.unwrap();
    assert!(!Path::new(&sockets).exists(), "the socket folder goes with the cluster");
}

#[tokio::test]
async fn durable_and_fast_follow_the_options_at_each_start() {
    let folder = Folder::new();
    for durable in [true, false] {
        let options = Options { dir: folder.cluster(), durable, max_connections: 20 };
        let cluster = Cluster::start(options).await.unwrap();
        let expected = if durable { "on" } else { "off" };
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            assert_eq!(ask(&cluster.url("postgres"), &format!("show {setting}")), expected, "{setting}");
        }
        cluster.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    let refused = start(&folder.cluster()).await.unwrap_err();
    assert!(matches!(refused, LocalPgError::InUse { .. }), "{refused}");
    assert!(refused.to_string().starts_with("another crossdesk already uses "));
    assert_eq!(ask(&cluster.url("postgres"), "select 1"), "1");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_with_a_long_path_works() {
    let folder = Folder::new();
    let dir = folder.path().join("a".repeat(120)).join("b".repeat(120));
    let cluster = start(&dir).await.unwrap();
    assert_eq!(ask(&cluster.url("postgres"), "select 1"), "1");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_socket_folder_that_others_can_enter_is_refused() {
    let folder = Folder::new();
    let cluster = start(&folder.cluster()).await.unwrap();
    let sockets = socket_folder(&cluster.url("postgres"));
    cluster.stop().await.unwrap();

    fs::create_dir(&sockets).unwrap();
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = start(&folder.cluster()).await.unwrap_err();
    fs::remove_dir(&sockets).unwrap();
    assert!(matches!(refused, LocalPgError::ForeignSocketFolder { .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = Folder::new();
    start(&folder.cluster()).await.unwrap().stop().await.unwrap();
    let main = folder.cluster().join("data/postgresql.conf");
    fs::write(&main, "no_such_setting = 1\n").unwrap();
    let refused = start(&folder.cluster()).await.unwrap_err();
    assert!(matches!(refused, LocalPgError::Ended { .. }), "{refused}");
    assert!(refused.to_string().contains("no_such_setting"), "{refused}");
}

#[tokio::test]
async fn data_of_a_version_that_is_not_installed_names_the_package() {
    let folder = Folder::new();
    fs::create_dir_all(folder.cluster().join("data")).unwrap();
    fs::write(folder.cluster().join("data/PG_VERSION"), "7\n").unwrap();
    let refused = start(&folder.cluster()).await.unwrap_err();
    assert!(refused.to_string().contains("postgresql-7"), "{refused}");
}

#[tokio::test]
async fn a_server_that_dies_is_noticed() {
    let folder = Folder::new();
    let mut cluster = start(&folder.cluster()).await.unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(cluster.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let failure = cluster.failure().await;
    assert!(matches!(failure, LocalPgError::Ended { .. }), "{failure}");
    let sockets = socket_folder(&cluster.url("postgres"));
    drop(cluster);
    assert!(!Path::new(&sockets).exists(), "a dead server's socket folder is removed");
}
