//! `crossdesk doctor`: looks at what an instance needs and says in a sentence what is wrong and what to do.

use std::process::ExitCode;

use anyhow::Result;
use chassis::{Config, Profile, http_client};
use clap::Args;
use messaging::bus::RabbitBus;
use secrecy::ExposeSecret as _;
use storage::migrate::is_pending;

use crate::databases::{Databases, PATIENCE};
use crate::fleet::{self, Hosted};
use crate::origin::origin;
use crate::say::say;

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// The instance to look at.
    #[arg(long, value_parser = origin)]
    url: Option<String>,
}

/// What was found, and the count of what is wrong.
#[derive(Default)]
struct Findings {
    wrong: usize,
}

impl Findings {
    fn tell(&mut self, what: &str, outcome: Result<String, String>) {
        match outcome {
            Ok(found) => say!("ok     {what}: {found}"),
            Err(trouble) => {
                self.wrong += 1;
                say!("WRONG  {what}: {trouble}");
            }
        }
    }

    /// Neither right nor wrong: an installation need not run every service.
    fn leave_out(&self, what: &str, why: &str) {
        say!("none   {what}: {why}");
    }
}

pub(crate) async fn run(arguments: DoctorArguments) -> Result<ExitCode> {
    let mut findings = Findings::default();
    let config = match Config::load(Profile::Local) {
        Ok(config) => config,
        Err(error) => {
            findings.tell("configuration", Err(error.to_string()));
            return Ok(ExitCode::FAILURE);
        }
    };
    findings.tell("configuration", Ok(format!("profile {:?}", config.profile).to_lowercase()));
    findings.tell("PostgreSQL programs", programs(&config));
    let url = arguments.url.unwrap_or_else(|| format!("http://{}:{}", config.http.host, config.http.port));
    findings.tell("gateway", ready(&url).await);
    check_databases(&config, &mut findings).await;
    check_broker(&config, &mut findings).await;
    if findings.wrong == 0 {
        say!("all is well");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} things are wrong", findings.wrong);
    Ok(ExitCode::FAILURE)
}

fn programs(config: &Config) -> Result<String, String> {
    if config.database.url.is_some() {
        return Ok("not needed, database.url is set".to_owned());
    }
    let found = localpg::find_programs_beside(&config.data_dir.join("postgres"));
    found.map(|programs| programs.bin().display().to_string()).map_err(|error| error.to_string())
}

async fn ready(url: &str) -> Result<String, String> {
    let client = http_client().map_err(|error| error.to_string())?;
    let answer = client.get(format!("{url}/readyz")).timeout(PATIENCE).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(format!("{url} is ready")),
        Ok(answer) => Err(format!("{url} answers {}: see its log", answer.status())),
        Err(_) => Err(format!("nothing answers at {url}: is it started? `make run` starts it")),
    }
}

async fn check_databases(config: &Config, findings: &mut Findings) {
    let found = Databases::find(config).and_then(|databases| Ok((databases, fleet::with_database(config)?)));
    let (databases, services) = match found {
        Ok(found) => found,
        Err(error) => return findings.tell("databases", Err(format!("{error:#}"))),
    };
    if let Err(error) = databases.answer().await {
        return findings.tell("databases", Err(format!("{error:#}")));
    }
    for service in services {
        let what = format!("database of {}", service.name);
        match databases.url(service.name).await {
            Ok(Ok(url)) => findings.tell(&what, schema(service, &url).await),
            Ok(Err(absent)) => {
                findings.leave_out(&what, &format!("{absent}; if {} runs here: `crossdesk migrate`", service.name));
            }
            Err(error) => findings.tell(&what, Err(format!("{error:#}"))),
        }
    }
}

async fn schema(service: &Hosted, url: &str) -> Result<String, String> {
    match tokio::time::timeout(PATIENCE, is_pending(url, (service.migrations)())).await {
        Ok(Ok(false)) => Ok("answers, and its schema is up to date".to_owned()),
        Ok(Ok(true)) => Err("lacks schema changes: run `crossdesk migrate`".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("does not answer".to_owned()),
    }
}

async fn check_broker(config: &Config, findings: &mut Findings) {
    let Some(url) = &config.amqp.url else {
        return findings.tell("broker", Ok("none: events go over the in-process bus".to_owned()));
    };
    let outcome = match tokio::time::timeout(PATIENCE, RabbitBus::probe(url.expose_secret())).await {
        Ok(Ok(())) => Ok("RabbitMQ lets us in".to_owned()),
        Ok(Err(reason)) => Err(format!("{reason}; events wait in the event log until it does")),
        Err(_) => Err("RabbitMQ does not answer; events wait in the event log until it does".to_owned()),
    };
    findings.tell("broker", outcome);
}
