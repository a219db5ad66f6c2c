//! `crossdesk doctor`: looks at what an instance needs and says in a sentence what is wrong and what to do.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chassis::{Config, Profile, http_client};
use clap::Args;
use secrecy::ExposeSecret as _;
use storage::migrate::is_pending;

use crate::databases::{database_url, server_url};
use crate::fleet::SERVICES;

/// How long a check waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// The instance to look at.
    #[arg(long)]
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
            Ok(found) => println!("ok     {what}: {found}"),
            Err(trouble) => {
                self.wrong += 1;
                println!("WRONG  {what}: {trouble}");
            }
        }
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
        println!("all is well");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} things are wrong", findings.wrong);
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
    let server = match server_url(config) {
        Ok(server) => server,
        Err(error) => return findings.tell("databases", Err(format!("{error:#}"))),
    };
    for service in SERVICES.iter().filter(|service| service.has_database) {
        let url = database_url(&server, service.name).map_err(|error| error.to_string());
        let outcome = match url {
            Ok(url) => match is_pending(&url, (service.migrations)()).await {
                Ok(false) => Ok("answers, and its schema is up to date".to_owned()),
                Ok(true) => Err("lacks schema changes: run `crossdesk migrate`".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error),
        };
        findings.tell(&format!("database of {}", service.name), outcome);
    }
}

async fn check_broker(config: &Config, findings: &mut Findings) {
    let Some(url) = &config.amqp.url else {
        return findings.tell("broker", Ok("none: events go over the in-process bus".to_owned()));
    };
    let parsed = reqwest::Url::parse(url.expose_secret()).ok();
    let place = parsed.as_ref().and_then(|url| Some((url.host_str()?.to_owned(), url.port().unwrap_or(5672))));
    let outcome = match place {
        None => Err("amqp.url is not a URL".to_owned()),
        Some((host, port)) => {
            let connecting = tokio::net::TcpStream::connect((host.as_str(), port));
            match tokio::time::timeout(PATIENCE, connecting).await {
                Ok(Ok(_)) => Ok(format!("{host}:{port} accepts connections")),
                _ => Err(format!("nothing answers at {host}:{port}; events wait in the event log until it does")),
            }
        }
    };
    findings.tell("broker", outcome);
}
