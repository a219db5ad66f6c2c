//! `crossdesk demo`: lifelike sample tickets, made through the public APIs as clients and agents would make them.

mod loan;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use auth::{Minter, TokenRequest};
use chassis::{Config, Profile, http_client, secrets};
use clap::Args;
use domain::{Clock as _, Role, Subject, SystemClock};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// Requests at once: quick, and still gentle to a laptop.
const SIDE_BY_SIDE: usize = 8;

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Tickets to make, shared among the lines.
    #[arg(long, default_value_t = 60)]
    tickets: u32,
    /// The instance to load.
    #[arg(long)]
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
        let request = TokenRequest::new(Subject::try_from(subject)?, role);
        let token = self.minter.mint(&request, SystemClock.now())?;
        let url = format!("{}{path}", self.url);
        let answer = self.http.post(&url).bearer_auth(token).json(body).send().await.context("is it started?")?;
        let status = answer.status();
        if !status.is_success() {
            bail!("POST {path} was answered {status}: {}", answer.text().await?);
        }
        Ok(answer.json().await?)
    }
}

pub(crate) async fn run(arguments: DemoArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    let url = arguments.url.unwrap_or_else(|| format!("http://{}:{}", config.http.host, config.http.port));
    let minter = secrets::local_minter(&config.data_dir)?;
    let client = Arc::new(Client { http: http_client()?, url, minter });
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} tickets, {per_sec}, {eta} left")?;
    let bar = ProgressBar::new(arguments.tickets.into()).with_style(style);
    stream::iter(0..arguments.tickets)
        .map(|number| {
            let (client, bar) = (Arc::clone(&client), bar.clone());
            async move {
                loan::make_ticket(&client, number as usize).await?;
                bar.inc(1);
                Ok::<_, anyhow::Error>(())
            }
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect::<Vec<()>>()
        .await?;
    bar.finish();
    println!("{} tickets made. Agents find them at {}/v1/tickets", arguments.tickets, client.url);
    Ok(ExitCode::SUCCESS)
}
