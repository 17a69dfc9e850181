//! The dashboard on one platform, as the config and the command line want it to look. Which platform is for others to say.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::args::Look;
use super::credentials::Given;
use super::exit::{FAILED, Failure, Outcome, USAGE};
use super::log_file;
use super::reach;
use crate::app::metrics::{Dots, Thresholds};
use crate::app::settings::AUTO;
use crate::app::state::Settings;
use crate::app::stops::Place;
use crate::config::{Complaint, Config};
use crate::model::query::{Clock, Mistake};
use crate::model::text::Clean;
use crate::platform::endpoint::Endpoint;
use crate::platform::late::Late;
use crate::platform::patience::Patience;
use crate::platform::port::Source;
use crate::platform::trackside::source::Trackside;
use crate::runtime::answers::told;
use crate::runtime::depth::depth;
use crate::runtime::home::Home;
use crate::runtime::recorder::Draft;
use crate::runtime::recording::{Header, KIND, Named, VERSION};
use crate::runtime::run::{RunOptions, Until, run};
use crate::runtime::sources::Connection;
use crate::runtime::tape::Plan;
use crate::runtime::views::Views;
use crate::theme::{Depth, Theme, builtin};

/// Between two looks for the platform of this machine.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The platform of a context, with everything that takes a while still to be done.
pub fn open(config: &Config, given: Given) -> Result<Connection, Failure> {
    let (name, every) = match &config.context.url {
        Some(url) => (Endpoint::new(url, None)?.authority(), None),
        // It may be started any moment, and looking for its file disturbs nobody.
        None => ("this machine".to_owned(), Some(LOOK_AGAIN)),
    };
    let patience = patience(config);
    let config = config.clone();
    let find = Arc::new(move || reach::endpoint(&config, &given).map_err(|it| it.text));
    let make = Box::new(move |endpoint| source(endpoint, patience));
    Ok(Connection { name, adapter: "trackside".to_owned(), source: Box::new(Late { find, make, again: every }) })
}

/// The platform at `endpoint`.
pub fn connection(config: &Config, endpoint: Endpoint) -> Connection {
    Connection { name: endpoint.authority(), adapter: "trackside".to_owned(), source: source(endpoint, patience(config)) }
}

fn source(endpoint: Endpoint, patience: Patience) -> Box<dyn Source> {
    Box::new(Trackside::patient(endpoint, patience))
}

fn patience(config: &Config) -> Patience {
    let usual = Patience::default();
    let poll = config.context.poll.map_or(usual.poll, |it| Duration::from_millis(it.0.unsigned_abs()));
    Patience { poll, ..usual }
}

/// The view that `locator` names.
pub fn place(locator: &str) -> Result<Place, Failure> {
    let clock = Clock { now: super::clock::now(), offset_minutes: 0 };
    let wrong = |it: Mistake| Failure::new(USAGE, format!("this is no locator:\n{}", it.drawn(locator)));
    Place::parse(locator, clock).map_err(wrong)
}

/// What is kept of this start and was of those before; it begins at `place`, if that is one of this context.
pub fn views(config: &Config, place: Option<Place>) -> Result<Views, Failure> {
    let here = &config.context.name;
    if let Some(place) = place.as_ref().filter(|it| !it.context.is_empty() && it.context != *here) {
        let text = format!("that view is in the context `{}`, and the one in use is `{here}`", place.context);
        return Err(Failure::new(USAGE, text));
    }
    Ok(log_file::state_dir().map(|it| Views::kept(&it)).unwrap_or_default().at(place))
}

/// Whether what comes in is written down.
pub fn plan(look: &Look, settings: &Settings, name: &str) -> Result<Plan, Failure> {
    let Some(path) = &look.record else { return Ok(Plan::Live) };
    let draft =
        Draft::create(path).map_err(|err| Failure::new(USAGE, format!("the recording {} cannot be made: {err}", path.display())))?;
    let source = Named { name: Clean::new(name), adapter: Clean::new("trackside") };
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

/// Shows the dashboard on any sources, until it is quit or the second of `life` resolves. The first: the person's config.
pub fn show(
    complaints: &[Complaint],
    settings: Settings,
    sources: Vec<Connection>,
    plan: Plan,
    views: Views,
    on: &Handle,
    (home, until): (Option<Home>, Option<Until>),
) -> Outcome {
    let options = RunOptions {
        settings,
        sources,
        plan,
        themes: Box::new(theme),
        state_dir: log_file::state_dir().unwrap_or_else(std::env::temp_dir),
        views,
        notices: complaints.iter().map(ToString::to_string).collect(),
        home,
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
        contexts: Vec::new(),
        scope: config.context.scope.clone(),
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
        restore: config.restore,
        keys: config.keys.wished(),
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
