//! A service as a process of its own, for tests that kill it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use chassis::{http_client, secrets};

use crate::Tokens;

/// A service's program that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Process {
    /// Its base URL.
    pub url: String,
    /// Tokens that it trusts.
    pub tokens: Tokens,
    child: Child,
}

impl Process {
    /// Starts `program` with these settings and waits until it is ready. `data_dir` keeps its secrets.
    pub async fn start(program: &str, data_dir: &Path, settings: BTreeMap<&str, String>) -> Self {
        let port = free_port();
        let child = Command::new(program)
            .arg("serve")
            .env_clear()
            .env("CROSSDESK__PROFILE", "local")
            .env("CROSSDESK__DATA_DIR", data_dir)
            .env("CROSSDESK__HTTP__PORT", port.to_string())
            .env("CROSSDESK__HTTP__WORKERS", "1")
            .envs(settings)
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let url = format!("http://127.0.0.1:{port}");
        let http = http_client().expect("a client");
        let ready = format!("{url}/readyz");
        crate::eventually("the program is ready", async || {
            let answer = http.get(&ready).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        Self { url, tokens: Tokens::new(secrets::local_minter(data_dir).expect("a minter")), child }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("the program is killed");
        self.child.wait().expect("the program ends");
    }

    /// Asks it to stop, and gives its exit code.
    pub async fn terminate(mut self) -> Option<i32> {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        crate::eventually("the program ends", async || self.child.try_wait().expect("a child").map(|end| end.code()))
            .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The broker that `make test` starts.
#[expect(clippy::disallowed_methods, reason = "a setting of tests, given by `make test`")]
#[must_use]
pub fn amqp_url() -> String {
    std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL is not set: run the tests with `make test`")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
