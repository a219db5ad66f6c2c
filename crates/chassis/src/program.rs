//! A service as a program of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::{App, HttpResponse, HttpServer, web as actix};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use messaging::bus::{Bus, LocalBus, RabbitBus};
use messaging::topology::Queue;
use secrecy::ExposeSecret as _;
use storage::migrate;

use crate::{
    Config, Context, Place, Profile, Running, Service, Stages, StopSignals, crash_points, migrations, start,
    stepped_clock,
};

#[derive(Parser)]
#[command(about = "A Crossdesk service. Configured by config/*.toml and CROSSDESK__SECTION__KEY.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop (the default).
    Serve,
    /// Bring the database up to date; with --check only say whether it is.
    Migrate {
        /// Exit 1 if a schema change is missing; change nothing.
        #[arg(long)]
        check: bool,
    },
    /// Print the service's OpenAPI document.
    Openapi,
}

/// The whole `main` of a service.
#[tokio::main]
pub async fn run<S: Service>() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::<S>().await,
        Command::Migrate { check } => migrate_database::<S>(check).await,
        Command::Openapi => print_openapi::<S>(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // On stderr and as a sentence: logs may not be set up yet, and this is what an operator looks for.
            eprintln!("{}: {error:#}", S::NAME);
            ExitCode::FAILURE
        }
    }
}

async fn serve<S: Service>() -> anyhow::Result<ExitCode> {
    let _crash_points = crash_points::set_up();
    let config = Config::load(Profile::Production)?;
    telemetry::init_logs(&config.log)?;
    let metrics = telemetry::init_metrics();
    let signals = StopSignals::listen()?;
    let listener = TcpListener::bind((config.http.host, config.http.port))
        .with_context(|| format!("port {} of {}", config.http.port, config.http.host))?;
    let stages = Stages::default();
    let bus: Arc<dyn Bus> = match &config.amqp.url {
        Some(url) => {
            let (url, prefix) = (url.expose_secret(), &config.amqp.prefix);
            RabbitBus::connect_prefixed(url, S::NAME, prefix, stages.readers.clone())
        }
        None => {
            tracing::warn!("amqp.url is not set: events wait in the event log until it is");
            let bus = LocalBus::new();
            Queue::ALL.into_iter().for_each(|queue| bus.declare(queue));
            bus
        }
    };
    let admin = config.http.admin_port.map(|port| (config.http.host, port));
    let database_url = config.database.url.as_ref().map(|url| url.expose_secret().to_owned());
    let context = Context::new(config, stepped_clock::clock(), bus, BTreeMap::new(), stages)?;
    let running = start::<S>(&context, Place { listener, database_url }).await?;
    if let Some(address) = admin {
        tokio::spawn(
            HttpServer::new(move || {
                let metrics = metrics.clone();
                App::new().route(
                    "/metrics",
                    actix::get().to(move || {
                        let text = metrics.render();
                        async move { HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
                    }),
                )
            })
            .workers(1)
            .disable_signals()
            .bind(address)
            .context("the admin port")?
            .run(),
        );
    }
    context.serving.store(true, Ordering::Release);
    tracing::info!(service = S::NAME, address = %running.address(), "serving");
    let signal = signals.first().await;
    tracing::info!(service = S::NAME, ?signal, "stopping");
    Running::stop_all(vec![running], &context).await;
    tracing::info!(service = S::NAME, "stopped");
    Ok(ExitCode::SUCCESS)
}

async fn migrate_database<S: Service>(check: bool) -> anyhow::Result<ExitCode> {
    let config = Config::load(Profile::Production)?;
    if S::MIGRATIONS.is_none() {
        return Ok(ExitCode::SUCCESS);
    }
    let url = config.database.url.context("set CROSSDESK__DATABASE__URL")?;
    if check {
        let pending = migrate::is_pending(url.expose_secret(), migrations::<S>()).await?;
        println!("{}", if pending { "schema changes are missing" } else { "up to date" });
        return Ok(if pending { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let applied = migrate::run(url.expose_secret(), migrations::<S>()).await?;
    println!("{applied} schema changes applied");
    Ok(ExitCode::SUCCESS)
}

fn print_openapi<S: Service>() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&S::openapi())?);
    Ok(ExitCode::SUCCESS)
}
