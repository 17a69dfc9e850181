//! The dashboard from start to end: builds everything by hand, in order, paints first and connects after.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::IsTerminal as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr as _};
use ratatui::buffer::Buffer;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::alarm::Alarm;
use super::answers;
use super::exports::{Exports, Surroundings};
use super::gate::Gate;
use super::home::{Home, states};
use super::input::{self, Keyboard};
use super::journal::Journal;
use super::outside::{Outside, Themes};
use super::sources::{Connection, Sources};
use super::stop::Stop;
use super::tape::Plan;
use super::terminal::Terminal;
use super::turn::{self, Lanes, Program, Urgent, World as _};
use super::views::Views;
use super::writer::Tell;
use crate::app::msg::Msg;
use crate::app::state::{App, Settings};
use crate::app::update::update;

/// Keys that wait for the loop. People are slower; a paste is one message.
const URGENT: usize = 256;
/// How long the end waits for files to be written, all of them together.
const LAST: Duration = Duration::from_secs(1);
/// Batches of facts that wait for the loop; a source that is faster waits in its sink.
const FACTS: usize = 256;

/// What ends a dashboard from outside.
pub type Until = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Exit code of a dashboard that what it shows has ended.
const FAILED: i32 = 1;

/// What a dashboard is started with.
pub struct RunOptions {
    pub settings: Settings,
    pub sources: Vec<Connection>,
    /// Whether what comes in is written down, or comes from what was.
    pub plan: Plan,
    pub themes: Themes,
    /// Where files go that nobody named a place for.
    pub state_dir: PathBuf,
    /// What is kept from one start to the next.
    pub views: Views,
    /// What the person should read once the screen is up: complaints about the config.
    pub notices: Vec<String>,
    /// The person's config; `None`: this context is the only one, and stays as it is.
    pub home: Option<Home>,
    /// Ends the dashboard, as a failure, once it resolves; `None`: only the person and signals end it.
    pub until: Option<Until>,
}

/// Why no dashboard can be shown here, if so.
pub fn refusal() -> Option<&'static str> {
    if !std::io::stdout().is_terminal() {
        return Some("the dashboard needs a terminal, and stdout is none; `trackside status` and `trackside logs` work without");
    }
    let dumb = std::env::var("TERM").is_ok_and(|it| it == "dumb" || it == "unknown");
    if dumb {
        return Some("the dashboard needs a terminal that can move its cursor (TERM says `dumb`); `trackside status` works without");
    }
    if !std::io::stdin().is_terminal() && File::open("/dev/tty").is_err() {
        return Some("the dashboard needs a keyboard: neither stdin nor /dev/tty is a terminal");
    }
    None
}

/// Ends the dashboard with what it shows.
async fn ends(until: Until, stop: Stop) {
    until.await;
    stop.now(FAILED);
}

/// Where what others complain of goes while the screen is up: the program's own log.
fn complaints(state_dir: &Path) -> Option<File> {
    std::fs::create_dir_all(state_dir).ok()?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(state_dir.join("trackside.log")).ok()
}

/// What the writer tells the loop.
fn tell(lane: &mpsc::Sender<Urgent>) -> Tell {
    let (told, warned) = (lane.clone(), lane.clone());
    let shown = move || drop(told.try_send(Urgent::Msg(Msg::Drawn(input::now()))));
    // From the thread of the keys, which may wait; said once for each change, so it must not be lost.
    let slow = move |it| drop(warned.blocking_send(Urgent::Msg(Msg::Slow(it))));
    Tell { shown: Box::new(shown), slow: Box::new(slow) }
}

/// Makes the state that of this terminal and this person: its columns and rows, and all that is to be said.
fn begin(app: &mut App, views: &Views, mut notices: Vec<String>) -> ((u16, u16), Vec<String>) {
    let (width, height) = Terminal::size();
    let _ = update(app, Msg::Resize(width, height));
    notices.extend(views.begin(app));
    ((width, height), notices)
}

/// Runs a dashboard on this thread until it is quit; the exit code, and what could not be written at the end. Background work runs on
/// `on`.
///
/// The terminal is as it was when this returns, whatever happened.
pub fn run(options: RunOptions, on: &Handle) -> Result<(i32, Vec<String>)> {
    let RunOptions { settings, sources, plan, themes, state_dir, views, notices, home, until } = options;
    let alarm = Alarm::default();
    let (lane, urgent) = mpsc::channel(URGENT);
    let terminal = Arc::new(Terminal::open(settings.mouse, tell(&lane), complaints(&state_dir)).wrap_err("the terminal cannot be opened")?);
    let (facts_in, facts) = mpsc::channel(FACTS);
    let pipes = super::pipe::Pipes::default();
    let stop = Stop::new(Arc::clone(&terminal), lane.clone(), pipes.clone());
    stop.watch_panics();
    let gate = Gate::default();
    stop.watch_signals(gate.clone()).wrap_err("signals cannot be watched")?;
    let until = until.map(|it| on.spawn(ends(it, stop.clone())));
    terminal.enter().wrap_err("the terminal cannot be switched to single keys")?;

    let (known, now) = plan.start(states(&sources, 0, input::now()), input::now());
    let mut app = App::new(settings, known, now);
    let look = app.settings.look();
    let theme = (look.to_owned(), app.settings.themes_as, themes(look));
    let around = Surroundings { terminal: Arc::clone(&terminal), on: on.clone(), lane: lane.clone(), state_dir, pipes };
    let mut world = Outside {
        terminal: Arc::clone(&terminal),
        sources: None,
        facts: facts_in,
        next_source: sources.len() as u16,
        open: None,
        journal: Journal::new(around.state_dir.clone()),
        themes,
        theme,
        exports: Exports::new(around.clone()),
        around,
        gate: gate.clone(),
        frame: Buffer::default(),
        away: false,
        alarm: alarm.clone(),
    };
    let (painted, notices) = begin(&mut app, &views, notices);
    let tape = RefCell::new(plan.begin(&mut app, &lane).wrap_err("the recording cannot be written")?);
    app.complain(&notices);
    world.draw(&app);
    world.open = home.map(|it| it.begin(lane.clone()));
    ask_background(&terminal);
    let keyboard = Keyboard { gate, painted, writer: terminal.writer().clone() };
    input::start(lane, &stop, keyboard).wrap_err("the keyboard cannot be read")?;
    world.sources = Some(Sources::start(sources, 0, &world.facts, on));

    let program = Program { update: |app: &mut App, msg| tape.borrow_mut().update(app, msg), pulse: |app: &App| tape.borrow().pulse(app) };
    let ended = catch_unwind(AssertUnwindSafe(|| alarm.run(on, turn::run(&mut app, program, &mut world, Lanes { urgent, facts }))));
    // Whatever it waits for may well happen now, and must not end a program that ends in good order.
    until.inspect(tokio::task::JoinHandle::abort);
    stop.done();
    terminal.leave();
    // What is still to be written is in its files before anything can end us, but nobody waits for a disk that takes nothing.
    let until = Instant::now() + LAST;
    let tape = tape.into_inner().end(until);
    world.exports.stop();
    let unwritten = [tape, world.journal.end(until), views.end_until(&app, ended.is_ok(), until)];
    count(&terminal);
    let code = stop.code().unwrap_or_else(|| ended.unwrap_or(Stop::panicked()));
    Ok((code, unwritten.into_iter().flatten().collect()))
}

/// Writes down what the terminal was sent.
fn count(terminal: &Terminal) {
    let (bytes, frames) = terminal.writer().counts();
    tracing::info!(bytes, frames, "the dashboard ended");
}

/// Asks the terminal for its background, if it is one that answers.
fn ask_background(terminal: &Terminal) {
    let term = std::env::var("TERM").unwrap_or_default();
    if answers::may_be_asked(&term, std::env::var_os("TMUX").is_some()) {
        terminal.writer().ask();
    }
}
