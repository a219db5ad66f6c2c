//! `crossdesk demo`: lifelike sample tickets of every line, made through the public APIs as clients and agents would make
//! them.

mod helpdesk;
mod loan;
mod mas;
mod mobility;
mod tours;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use auth::{Minter, TokenRequest};
use chassis::{Config, Profile, http_client, secrets};
use clap::Args;
use domain::{Clock as _, Role, Subject, SystemClock};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::origin::origin;
use crate::say::say;

/// Requests at once: quick, and still gentle to a laptop.
const SIDE_BY_SIDE: usize = 8;

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Tickets to make, shared among the lines.
    #[arg(long, default_value_t = 60)]
    tickets: u32,
    /// The instance to load.
    #[arg(long, value_parser = origin)]
    url: Option<String>,
}

/// Talks to an instance as its clients do.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    minter: Minter,
}

impl Client {
    /// POST with the token of this caller; the answer must be a success.
    async fn post(&self, path: &str, subject: &str, role: Role, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, self.token(subject, role)?, body).await
    }

    /// PUT with the token of this caller; the answer must be a success.
    async fn put(&self, path: &str, subject: &str, role: Role, body: &Value) -> Result<Value> {
        self.send(Method::PUT, path, self.token(subject, role)?, body).await
    }

    /// POST as the sample client of the MAS line.
    async fn post_as_siebel(&self, path: &str, tracking_id: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).basic_auth("ocsuser", Some("ocsuser"));
        let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", tracking_id);
        answer(path, request.json(body)).await
    }

    fn token(&self, subject: &str, role: Role) -> Result<String> {
        let request = TokenRequest::new(Subject::try_from(subject)?, role);
        Ok(self.minter.mint(&request, SystemClock.now())?)
    }

    async fn send(&self, method: Method, path: &str, token: String, body: &Value) -> Result<Value> {
        answer(path, self.http.request(method, format!("{}{path}", self.url)).bearer_auth(token).json(body)).await
    }
}

/// The body of a success; empty if there is none.
async fn answer(path: &str, request: RequestBuilder) -> Result<Value> {
    let answer = request.send().await.context("no answer: is it started?")?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{path} was answered {status}: {text}");
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The next ticket, of each line in turn.
async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let of_line = number / 5;
    match number % 5 {
        0 => mobility::make_ticket(client, of_line).await,
        1 => helpdesk::make_ticket(client, of_line).await,
        2 => loan::make_ticket(client, of_line).await,
        3 => mas::make_ticket(client, of_line).await,
        _ => tours::make_ticket(client, of_line).await,
    }
}

pub(crate) async fn run(arguments: DemoArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    ensure!(config.profile == Profile::Local, "sample tickets are for the local profile only");
    let url = arguments.url.unwrap_or_else(|| format!("http://{}:{}", config.http.host, config.http.port));
    let minter = secrets::local_minter(&config.data_dir)?;
    let client = Arc::new(Client { http: http_client()?, url, minter });
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} tickets, {per_sec}, {eta} left")?;
    let bar = ProgressBar::new(arguments.tickets.into()).with_style(style);
    stream::iter(0..arguments.tickets)
        .map(|number| {
            let (client, bar) = (Arc::clone(&client), bar.clone());
            async move {
                make_ticket(&client, number as usize).await?;
                bar.inc(1);
                Ok::<_, anyhow::Error>(())
            }
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect::<Vec<()>>()
        .await?;
    bar.finish();
    say!("{} tickets made. Agents find them at {}/v1/tickets", arguments.tickets, client.url);
    Ok(ExitCode::SUCCESS)
}
