//! From arguments to an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use config::ValueKind;
use tokio::runtime::{Builder, Runtime};

use super::args::{Cli, Command};
use super::exit::{FAILED, Failure, Outcome, USAGE};
use super::out::Out;
use super::reach::Reach;
use super::{dashboard, demo, deploy, handoff, incident, log_file, logs, project, serve, service, status, token};
use crate::config::{Complaint, Config, load, usual_file};
use crate::model::request::Request;
use crate::model::response::Response;

/// Runs what the arguments say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Out::new(cli.common.json);
    log_file::begin();
    // Plain: a report may end up in a file, and its colours would be noise there.
    let _ = color_eyre::config::HookBuilder::new().theme(color_eyre::config::Theme::new()).install();
    let (config, complaints) = settings(&cli);
    match run(cli, &config, &complaints) {
        Ok(code) => ExitCode::from(code),
        Err(failure) if is_broken_pipe(&failure) => ExitCode::SUCCESS,
        Err(failure) => {
            out.note(&format!("trackside: {failure}"));
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli, config: &Config, complaints: &[Complaint]) -> Outcome {
    let runtime = workers()?;
    let Cli { common, look, command } = cli;
    let Some(command) = command else {
        let code = dashboard::start(config, complaints, &look, runtime.handle());
        // What still runs in the background has nobody to run for.
        runtime.shutdown_background();
        return code;
    };
    let out = Out::new(common.json);
    for it in complaints {
        out.note(&format!("trackside: {it}"));
    }
    match &command {
        Command::Serve(it) => return runtime.block_on(serve::run(out, config, it.clone())),
        Command::Demo(it) => return demo::run(out, config, complaints, &look, it, &runtime),
        _ => {}
    }
    let reach = Reach::new(&common, config)?;
    let code = runtime.block_on(command_on(&reach, config, command));
    runtime.shutdown_background();
    code
}

async fn command_on(reach: &Reach, config: &Config, command: Command) -> Outcome {
    match command {
        Command::Serve(it) => serve::run(reach.out, config, it).await,
        Command::Demo(_) => Err(Failure::new(USAGE, "the demo is its own platform".to_owned())),
        Command::Project(it) => project::run(reach, it).await,
        Command::Token(it) => token::run(reach, it).await,
        Command::Service(it) => service::run(reach, it).await,
        Command::Deploy(it) => deploy::deploy(reach, it).await,
        Command::Redeploy(it) => deploy::redeploy(reach, it).await,
        Command::Restart { service } => deploy::restart(reach, &service).await,
        Command::Scale { service, replicas } => deploy::scale(reach, &service, replicas).await,
        Command::Stop { service } => deploy::stop(reach, &service).await,
        Command::Rollback(it) => deploy::rollback(reach, it).await,
        Command::Cancel { target } => deploy::cancel(reach, &target).await,
        Command::Status { scope } => status::run(reach, &times(config), scope).await,
        Command::Logs(it) => logs::run(reach, it).await,
        Command::Incidents { all } => incident::list(reach, &times(config), all).await,
        Command::Incident(it) => handoff::incident(reach, &times(config), it).await,
        Command::Handoff(it) => handoff::run(reach, &times(config), it).await,
        Command::Ack { incident } => incident::write(reach, &incident, |incident| Request::Acknowledge { incident }).await,
        Command::Mitigate { incident } => incident::write(reach, &incident, |incident| Request::Mitigate { incident }).await,
        Command::Reopen { incident } => incident::write(reach, &incident, |incident| Request::Reopen { incident }).await,
        Command::Severity { incident, severity } => {
            incident::write(reach, &incident, |incident| Request::SetSeverity { incident, severity }).await
        }
        Command::Step { incident, step, undo } => {
            incident::write(reach, &incident, |incident| Request::Tick { incident, step, done: !undo }).await
        }
        Command::Resolve { incident, reason } => incident::write(reach, &incident, |incident| Request::Resolve { incident, reason }).await,
        Command::Note { incident, text } => incident::write(reach, &incident, |incident| Request::Note { incident, text }).await,
    }
}

/// The rules of the response clock, for incidents whose platform says nothing of it.
fn times(config: &Config) -> Response {
    config.response.rules(super::clock::zone().as_deref())
}

fn workers() -> Result<Runtime, Failure> {
    // Two: the dashboard itself runs on the main thread, and the platform hands its heavy work to threads of its own.
    let built = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|err| Failure::new(FAILED, format!("no threads can be started: {err}")))
}

/// The config, with what the command line says on top.
fn settings(cli: &Cli) -> (Config, Vec<Complaint>) {
    let Cli { common, look, .. } = cli;
    let mut flags: Vec<(&str, ValueKind)> = Vec::new();
    let mut text = |key, value: Option<String>| flags.extend(value.map(|it| (key, ValueKind::String(it))));
    text("theme", look.theme.clone());
    text("context.url", common.url.clone());
    text("context.token_file", common.token_file.as_ref().map(|it| it.display().to_string()));
    text("context.ca_file", common.ca_file.as_ref().map(|it| it.display().to_string()));
    text("data", common.data.as_ref().map(|it| it.display().to_string()));
    for (key, on) in [("utc", look.utc), ("ascii", look.ascii), ("mouse", look.mouse)] {
        if on {
            flags.push((key, ValueKind::Boolean(true)));
        }
    }
    let file = common.config.clone().or_else(usual_file).unwrap_or_default();
    let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load(&file, env, &flags)
}

/// `trackside logs | head` is no failure.
fn is_broken_pipe(failure: &Failure) -> bool {
    failure.code == FAILED && failure.text.contains("Broken pipe")
}

const _: () = assert!(USAGE == 2, "clap's own code for a wrong command");
