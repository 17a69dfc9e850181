//! From arguments to an exit code.

use std::path::PathBuf;
use std::process::{ExitCode, exit};

use ::config::ValueKind;
use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use super::args::{Cli, Command, Common, Look};
use super::credentials::Given;
use super::each::each;
use super::exit::{FAILED, Failure, Outcome, USAGE};
use super::out::Out;
use super::reach::{self, Reach};
use super::{
    complete, config, context, contexts, dashboard, demo, deploy, deploy_args, deployments, doctor, handoff, help, incident, log_file,
    login, logs, man, metrics, panicked, project, replay, serve, service, status, themes, token, wait,
};
use crate::config::{Complaint, Config, LOCAL, Layers, usual_file};
use crate::model::ids::IncidentId;
use crate::model::request::Request;
use crate::model::response::Response;
use crate::model::text::Clean;

/// Runs what the arguments say.
pub fn main() -> ExitCode {
    if let Some(answered) = complete::asked() {
        return answered;
    }
    let cli = Cli::try_parse().unwrap_or_else(|it| wrong(&it));
    let out = Out::new(cli.common.json);
    keep_no_core();
    log_file::begin();
    // Plain: a report may end up in a file, and its colours would be noise there.
    let (_, reports) = color_eyre::config::HookBuilder::new().theme(color_eyre::config::Theme::new()).into_hooks();
    let _ = reports.install();
    panicked::watch();
    let (layers, complaints) = settings(&cli);
    match run(cli, &layers, complaints) {
        Ok(code) => ExitCode::from(code),
        Err(failure) if is_broken_pipe(&failure) => ExitCode::SUCCESS,
        Err(failure) => {
            out.note(&format!("trackside: {failure}"));
            ExitCode::from(failure.code)
        }
    }
}

/// Says what is wrong with the command, or what was asked of clap itself, and ends. An error repeats what was typed, or pasted.
fn wrong(error: &clap::Error) -> ! {
    let said = error.render().to_string();
    let said = said.trim_end();
    if error.use_stderr() && *Clean::paragraph(said) != *said {
        Out::new(false).note(said);
        exit(i32::from(USAGE));
    }
    error.exit()
}

fn run(cli: Cli, layers: &Layers, mut complaints: Vec<Complaint>) -> Outcome {
    let Cli { common, look, command } = cli;
    let out = Out::new(common.json);
    match &command {
        Some(Command::Completions { shell }) => return complete::script(*shell),
        Some(Command::Man) => return man::run(),
        Some(Command::Help { words }) => return help::run(out, words, layers),
        _ => {}
    }
    has_config(&common, command.as_ref())?;
    match &command {
        Some(Command::Config(it)) => return config::run(out, layers, complaints, it),
        Some(Command::Context(it)) => return context::run(out, layers, &common, it.clone()),
        _ => {}
    }
    fits(&common, &look, command.as_ref())?;
    let (command, locator) = match command {
        Some(Command::Open { locator }) => (None, Some(locator)),
        command => (command, None),
    };
    let place = locator.as_deref().map(dashboard::place).transpose()?;
    let usual = layers.chosen();
    let layers = &contexts::of_view(layers, &common, place.as_ref());
    let config = meant(layers, command.as_ref(), &mut complaints)?;
    let given = given(&common, layers, &usual);
    let runtime = workers()?;
    let Some(command) = command else {
        let code = contexts::start((layers, place), &config, &given, &complaints, &look, runtime.handle());
        // What still runs in the background has nobody to run for.
        runtime.shutdown_background();
        return code;
    };
    if matches!(command, Command::Doctor) {
        return runtime.block_on(doctor::run(out, &config, &given, layers.path(), &complaints));
    }
    for it in &complaints {
        out.note(&format!("trackside: {it}"));
    }
    match &command {
        Command::Serve(it) => return runtime.block_on(serve::run(out, &config, it.clone(), common.data.is_some())),
        Command::Replay(it) => {
            let code = replay::run(out, &config, &look, it, runtime.handle());
            runtime.shutdown_background();
            return code;
        }
        Command::Demo(it) => return demo::run(out, &config, &complaints, &look, it, &runtime),
        Command::Login(it) => return runtime.block_on(login::login(out, layers, &config, it.clone())),
        Command::Logout => return login::logout(out, layers, &config),
        _ => {}
    }
    let reach = Reach::new(out, &config, &given, reach::read_only(&config, look.read_only))?;
    let code = match command {
        Command::Whoami => runtime.block_on(login::whoami(&reach, &config, &given)),
        command => runtime.block_on(command_on(&reach, &config, command)),
    };
    runtime.shutdown_background();
    code
}

/// Refuses flags that the command would do nothing with.
fn fits(common: &Common, look: &Look, command: Option<&Command>) -> Result<(), Failure> {
    if look.record.is_some() && command.is_some_and(|it| !matches!(it, Command::Replay(_))) {
        return Err(Failure::new(USAGE, "--record is for the dashboard: no command shows it"));
    }
    let elsewhere = common.data.is_some() || common.url.is_some() || common.token_file.is_some();
    if elsewhere && matches!(command, Some(Command::Demo(_))) {
        let why = "the demo has a platform and a folder of its own, which go with it";
        return Err(Failure::new(USAGE, format!("{why}: --data, --url and --token-file are for others (`trackside serve --data FOLDER`)")));
    }
    Ok(())
}

/// Where tokens may come from for the context of `layers`, where `usual` is the one that this command line means by itself.
fn given(common: &Common, layers: &Layers, usual: &str) -> Given {
    if layers.chosen() != usual {
        // A locator, which can be anybody's, chose another context: the token of this command line is not for that.
        return Given::of_another(layers.path());
    }
    let mut given = Given::new(common.token_file.as_deref(), layers.path());
    if layers.ad_hoc() {
        // What `login` kept belongs to a context.
        given.folder = None;
    }
    given
}

/// The settings in the context that is meant. A platform that was named and is not there is never another one instead.
fn meant(layers: &Layers, command: Option<&Command>, complaints: &mut Vec<Complaint>) -> Result<Config, Failure> {
    let own = matches!(command, Some(Command::Serve(_) | Command::Demo(_) | Command::Replay(_)));
    let found = if own { layers.config(Some(LOCAL)) } else { layers.config(None) };
    let (config, more) = found.map_err(|why| Failure::new(USAGE, format!("{why}\n`trackside context list` shows them")))?;
    complaints.extend(more);
    if matches!(command, None | Some(Command::Demo(_) | Command::Replay(_) | Command::Doctor)) {
        complaints.extend(themes::wrong(&config.theme, &layers.origin_of(Some(&config.context.name), "theme")));
    }
    Ok(config)
}

async fn command_on(reach: &Reach, config: &Config, command: Command) -> Outcome {
    match command {
        Command::Project(it) => project::run(reach, it).await,
        Command::Token(it) => token::run(reach, it).await,
        Command::Service(it) => service::run(reach, it).await,
        Command::Status { scope } => status::run(reach, &times(config), scope).await,
        Command::Projects => project::list(reach).await,
        Command::Services { project } => service::list(reach, project).await,
        Command::Deployments(it) => deployments::run(reach, it).await,
        Command::Metrics(it) => metrics::run(reach, it).await,
        Command::Wait(it) => wait::run(reach, it).await,
        Command::Logs(it) => logs::run(reach, it).await,
        Command::Incidents { all } => incident::list(reach, &times(config), all).await,
        Command::Incident(it) => handoff::incident(reach, &times(config), it).await,
        Command::Handoff(it) => handoff::run(reach, &times(config), it).await,
        acting => act(reach, acting).await,
    }
}

/// What changes one thing, or each of those that standard input names.
async fn act(reach: &Reach, command: Command) -> Outcome {
    let out = reach.out;
    let incident = async |target: String, request: &dyn Fn(IncidentId) -> Request| {
        each(out, target, async |id| incident::write(reach, &id, request).await).await
    };
    match command {
        Command::Deploy(it) => {
            each(out, it.service.clone(), async |service| deploy::deploy(reach, deploy_args::Deploy { service, ..it.clone() }).await).await
        }
        Command::Redeploy(it) => {
            each(out, it.service.clone(), async |service| deploy::redeploy(reach, deploy_args::Redeploy { service, ..it.clone() }).await)
                .await
        }
        Command::Rollback(it) => {
            each(out, it.service.clone(), async |service| deploy::rollback(reach, deploy_args::Rollback { service, ..it.clone() }).await)
                .await
        }
        Command::Restart { service } => each(out, service, async |it| deploy::restart(reach, &it).await).await,
        Command::Scale { service, replicas } => each(out, service, async |it| deploy::scale(reach, &it, replicas).await).await,
        Command::Stop { service } => each(out, service, async |it| deploy::stop(reach, &it).await).await,
        Command::Cancel { target } => each(out, target, async |it| deploy::cancel(reach, &it).await).await,
        Command::Ack { incident: id } => incident(id, &|incident| Request::Acknowledge { incident }).await,
        Command::Mitigate { incident: id } => incident(id, &|incident| Request::Mitigate { incident }).await,
        Command::Reopen { incident: id } => incident(id, &|incident| Request::Reopen { incident }).await,
        Command::Severity { incident: id, severity } => {
            incident(id, &|incident| Request::SetSeverity { incident, severity: severity.clone() }).await
        }
        Command::Step { incident: id, step, undo } => {
            incident(id, &|incident| Request::Tick { incident, step: step.clone(), done: !undo }).await
        }
        Command::Resolve { incident: id, reason } => incident(id, &|incident| Request::Resolve { incident, reason: reason.clone() }).await,
        Command::Note { incident: id, text } => incident(id, &|incident| Request::Note { incident, text: text.clone() }).await,
        _ => Err(Failure::new(USAGE, "that is no command for a platform".to_owned())),
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
fn settings(cli: &Cli) -> (Layers, Vec<Complaint>) {
    let Cli { common, look, .. } = cli;
    let mut flags: Vec<(&str, ValueKind)> = Vec::new();
    let mut text = |key, value: Option<String>| flags.extend(value.map(|it| (key, ValueKind::String(it))));
    text("theme", look.theme.clone());
    text("context", common.context.clone());
    text("context.url", common.url.clone());
    text("context.ca_file", common.ca_file.as_ref().map(|it| it.display().to_string()));
    text("data", common.data.as_ref().map(|it| it.display().to_string()));
    for (key, on) in [("utc", look.utc), ("ascii", look.ascii), ("mouse", look.mouse)] {
        if on {
            flags.push((key, ValueKind::Boolean(true)));
        }
    }
    let file = config_file(common);
    let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Layers::read(&file, env, &flags)
}

/// A process that dies leaves no picture of its memory behind: there are tokens in it.
fn keep_no_core() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
}

/// A config file that was named and is not there is a mistake, unless `command` needs none or writes the first one.
fn has_config(common: &Common, command: Option<&Command>) -> Result<(), Failure> {
    use super::config_args::{Config as Of, Context as In};
    if matches!(command, Some(Command::Config(Of::Init | Of::Path | Of::Schema) | Command::Context(In::Add(_)))) {
        return Ok(());
    }
    let Some(file) = common.config.as_deref().filter(|it| !it.exists()) else { return Ok(()) };
    let file = file.display();
    Err(Failure::new(USAGE, format!("there is no config file {file}; `trackside --config {file} config init` writes one")))
}

/// The config file that is meant, whether it is there or not.
fn config_file(common: &Common) -> PathBuf {
    common.config.clone().or_else(usual_file).unwrap_or_default()
}

/// `trackside logs | head` is no failure.
fn is_broken_pipe(failure: &Failure) -> bool {
    failure.code == FAILED && failure.text.contains("Broken pipe")
}

const _: () = assert!(USAGE == 2, "clap's own code for a wrong command");
