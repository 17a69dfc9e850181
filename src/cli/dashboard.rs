//! `trackside` without a subcommand: the dashboard on the platform that is meant.

use std::path::PathBuf;

use tokio::runtime::Handle;

use super::args::Look;
use super::exit::{FAILED, Failure, Outcome, USAGE};
use super::log_file;
use super::reach;
use crate::app::metrics::{Dots, Thresholds};
use crate::app::settings::AUTO;
use crate::app::state::Settings;
use crate::config::{Complaint, Config};
use crate::model::text::Clean;
use crate::platform::endpoint::Endpoint;
use crate::runtime::answers::told;
use crate::runtime::depth::depth;
use crate::runtime::recorder::Draft;
use crate::runtime::recording::{Header, KIND, Named, VERSION};
use crate::runtime::run::{RunOptions, Until, refusal, run};
use crate::runtime::sources::Connection;
use crate::runtime::tape::Plan;
use crate::theme::{Depth, Theme, builtin};

/// Shows the dashboard until it is quit.
pub fn start(config: &Config, complaints: &[Complaint], look: &Look, on: &Handle) -> Outcome {
    if let Some(why) = refusal() {
        return Err(Failure::new(USAGE, why));
    }
    let endpoint = reach::endpoint(config)?;
    let settings = settings(config, look);
    let plan = plan(look, &settings, &endpoint)?;
    show_plan(complaints, settings, vec![connection(endpoint)], plan, on, None)
}

/// Whether what comes in is written down.
fn plan(look: &Look, settings: &Settings, endpoint: &Endpoint) -> Result<Plan, Failure> {
    let Some(path) = &look.record else { return Ok(Plan::Live) };
    let draft =
        Draft::create(path).map_err(|err| Failure::new(USAGE, format!("the recording {} cannot be made: {err}", path.display())))?;
    let source = Named { name: Clean::new(&endpoint.authority()), adapter: Clean::new("trackside") };
    let header = Header {
        recording: KIND.to_owned(),
        version: VERSION,
        program: Clean::new(env!("CARGO_PKG_VERSION")),
        began: super::clock::now(),
        context: Clean::new(&settings.context),
        production: settings.production,
        sources: vec![source],
    };
    Ok(Plan::Record(draft, header))
}

fn connection(endpoint: Endpoint) -> Connection {
    Connection { name: endpoint.authority(), adapter: "trackside".to_owned(), source: super::watch::source(endpoint) }
}

/// Shows the dashboard on the platform at `endpoint`, until it is quit or `until` resolves.
pub fn show(complaints: &[Complaint], settings: Settings, endpoint: Endpoint, on: &Handle, until: Option<Until>) -> Outcome {
    show_plan(complaints, settings, vec![connection(endpoint)], Plan::Live, on, until)
}

/// The same with any sources, and what is to become of what they say.
pub fn show_plan(
    complaints: &[Complaint],
    settings: Settings,
    sources: Vec<Connection>,
    plan: Plan,
    on: &Handle,
    until: Option<Until>,
) -> Outcome {
    let options = RunOptions {
        settings,
        sources,
        plan,
        themes: Box::new(theme),
        state_dir: log_file::state_dir().unwrap_or_else(std::env::temp_dir),
        notices: complaints.iter().map(ToString::to_string).collect(),
        until,
    };
    let code = run(options, on).map_err(|err| Failure::new(FAILED, format!("{err:#}")))?;
    Ok(u8::try_from(code).unwrap_or(FAILED))
}

/// The settings of this start.
pub fn settings(config: &Config, look: &Look) -> Settings {
    let read_only = if look.read_only {
        Some("started with --read-only".to_owned())
    } else {
        config.context.read_only.then(|| "this context is read-only in the config".to_owned())
    };
    Settings {
        context: config.context.name.clone(),
        production: config.context.production,
        read_only,
        theme: match terminal_depth() {
            Depth::None => "mono".to_owned(),
            // The terminal's own sixteen are readable on its own ground, whichever that is.
            Depth::Ansi16 if config.theme == AUTO => "ansi".to_owned(),
            _ => config.theme.clone(),
        },
        light: told(std::env::var("COLORFGBG").ok().as_deref()).unwrap_or_default(),
        themes: theme_names(),
        ascii: config.ascii,
        utc: config.utc,
        offset_minutes: chrono::Local::now().offset().local_minus_utc() / 60,
        mouse: config.mouse,
        still: config.motion == "reduced",
        lo_fi: match config.lo_fi.as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        },
        log_bytes: config.log_bytes,
        dots: Dots::named(&config.charts).unwrap_or_default(),
        thresholds: Thresholds {
            limit: [config.thresholds.warn, config.thresholds.bad],
            errors: [config.thresholds.errors_warn, config.thresholds.errors_bad],
        },
        window: None,
        response: config.response.rules(super::clock::zone().as_deref()),
        escalate: config.response.escalate.clone(),
        channel: config.response.channel.clone(),
        notify: config.notify.rules(),
    }
}

/// The theme `name`, as far as this terminal can show it.
fn theme(name: &str) -> Theme {
    let (theme, complaints) = Theme::load(name, user_theme);
    for it in complaints {
        tracing::warn!("{it}");
    }
    theme.at(terminal_depth())
}

fn terminal_depth() -> Depth {
    depth(|name| std::env::var(name).ok())
}

fn themes_dir() -> Option<PathBuf> {
    crate::config::usual_file().and_then(|it| Some(it.parent()?.join("themes")))
}

fn user_theme(name: &str) -> Option<String> {
    // A name is a name, never a way out of the folder.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if !plain {
        return None;
    }
    std::fs::read_to_string(themes_dir()?.join(format!("{name}.toml"))).ok()
}

fn theme_names() -> Vec<String> {
    let mut names: Vec<String> = builtin::names().map(str::to_owned).collect();
    let files = themes_dir().and_then(|it| std::fs::read_dir(it).ok()).into_iter().flatten().flatten();
    let own = files.filter_map(|it| it.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    names.extend(own.filter(|it| builtin::text(it).is_none()));
    names.push(AUTO.to_owned());
    names.sort();
    names
}
