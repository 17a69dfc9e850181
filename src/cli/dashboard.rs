//! The dashboard on one platform, as the config and the command line want it to look. Which platform is for others to say.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::args::Look;
use super::credentials::Given;
use super::exit::{FAILED, Failure, Outcome, USAGE};
use super::log_file;
use super::out::Out;
use super::reach;
use super::themes;
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
use crate::runtime::home::Home;
use crate::runtime::recorder::Draft;
use crate::runtime::recording::{Header, KIND, Named, VERSION};
use crate::runtime::run::{RunOptions, Until, run};
use crate::runtime::sources::Connection;
use crate::runtime::tape::Plan;
use crate::runtime::views::Views;
use crate::theme::Depth;

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
    let depth = themes::terminal_depth(&settings.colors);
    let options = RunOptions {
        settings,
        sources,
        plan,
        themes: Box::new(move |name| themes::shown(name, depth)),
        state_dir: log_file::state_dir().unwrap_or_else(std::env::temp_dir),
        views,
        notices: first_of(complaints).into_iter().collect(),
        home,
        until,
    };
    let (code, unwritten) = run(options, on).map_err(|err| Failure::new(FAILED, format!("{err:#}")))?;
    for it in unwritten {
        Out::new(false).note(&format!("trackside: {it}"));
    }
    Ok(u8::try_from(code).unwrap_or(FAILED))
}

/// What is said at the start of what is wrong in the config: one message, so that news that come right after it leave it room.
fn first_of(complaints: &[Complaint]) -> Option<String> {
    let (first, more) = complaints.split_first()?;
    Some(match more.len() {
        0 => first.to_string(),
        n => format!("{first}; {n} more, `trackside config check` says all of them"),
    })
}

/// The settings of this start.
pub fn settings(config: &Config, look: &Look) -> Settings {
    Settings {
        context: config.context.name.clone(),
        contexts: Vec::new(),
        scope: config.context.scope.clone(),
        production: config.context.production,
        read_only: reach::read_only(config, look.read_only).map(str::to_owned),
        colors: config.colors.clone(),
        theme: match themes::terminal_depth(&config.colors) {
            Depth::None => "mono".to_owned(),
            // The terminal's own sixteen are readable on its own ground, whichever that is.
            Depth::Ansi16 if config.theme == AUTO => "ansi".to_owned(),
            _ => config.theme.clone(),
        },
        light: told(std::env::var("COLORFGBG").ok().as_deref()).unwrap_or_default(),
        themes: themes::names(),
        themes_as: themes::own().into_values().fold(0, u64::wrapping_add),
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
        mask: config.mask,
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
