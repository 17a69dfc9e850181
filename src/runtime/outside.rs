//! The real world of the loop: draws into the writer's slot and carries out wishes. Nothing here waits.

use std::path::Path;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::clipboard::{self, Around};
use super::editor;
use super::exports::{Exports, Surroundings};
use super::files::Draft;
use super::gate::Gate;
use super::home::{Open, states};
use super::input;
use super::journal::Journal;
use super::notify;
use super::sources::Sources;
use super::stop;
use super::terminal::Terminal;
use super::turn::{Flow, Urgent, World};
use crate::app::effect::{Effect, There};
use crate::app::msg::{Msg, Outcome};
use crate::app::state::App;
use crate::model::event::Event;
use crate::model::ids::SourceId;
use crate::model::time::Time;
use crate::platform::port::Ask;
use crate::theme::Theme;
use crate::ui::view;

/// A theme by its name; never fails, a broken one is drawn as far as it can be.
pub type Themes = Box<dyn Fn(&str) -> Theme + Send>;

/// The terminal, the sources and the person's files.
pub struct Outside {
    pub terminal: Arc<Terminal>,
    pub sources: Option<Sources>,
    /// Lane 2, for the sources of another context.
    pub facts: Sender<(SourceId, Event)>,
    /// The id of the next source: none is ever used twice.
    pub next_source: u16,
    /// Opens another context.
    pub open: Option<Open>,
    pub journal: Journal,
    pub themes: Themes,
    /// The theme in use, by the name it was asked for and the state of its file then.
    pub theme: (String, u64, Theme),
    /// For outcomes that take a while.
    pub around: Surroundings,
    pub exports: Exports,
    /// Closed while an editor has the keyboard.
    pub gate: Gate,
    pub frame: Buffer,
    /// Stopped: nothing may be drawn until somebody continues us.
    pub away: bool,
    /// What the loop waits with.
    pub alarm: Alarm,
}

impl World for Outside {
    fn now(&self) -> Time {
        input::now()
    }

    async fn wait(&self, until: Instant) {
        self.alarm.wait(until).await;
    }

    fn draw(&mut self, app: &App) {
        if self.away {
            return;
        }
        let look = app.settings.look();
        let files = app.settings.themes_as;
        if self.theme.0 != look || self.theme.1 != files {
            self.theme = (look.to_owned(), files, (self.themes)(look));
        }
        let (width, height) = app.size;
        let mut frame = std::mem::take(&mut self.frame);
        frame.resize(Rect::new(0, 0, width, height));
        frame.reset();
        view(app, &self.theme.2, &mut frame);
        self.frame = self.terminal.writer().show(frame, app.awaits_drawing());
    }

    fn perform(&mut self, effect: Effect) -> Flow {
        match effect {
            Effect::Ask { source, id, request } => {
                let Some(sources) = &self.sources else { return Flow::Go };
                if let Err(event) = sources.ask(source, Ask { id, request }) {
                    return Flow::Then(Msg::Fact(source, event, input::now()));
                }
            }
            Effect::Copy { what, text } => return self.copy(what, text),
            Effect::Write { path, text } => self.later(move || {
                let write = || {
                    let mut draft = Draft::new(Path::new(&path), There::Keep)?;
                    draft.write(&text)?;
                    draft.keep()
                };
                match write() {
                    Ok(path) => Outcome::Written { path: path.display().to_string(), lines: text.lines().count() },
                    Err(err) => Outcome::Failed(format!("{path} was not written: {err}")),
                }
            }),
            Effect::Lines { export, step } => self.exports.step(export, step),
            Effect::Hook { command, json, what } => {
                let running = self.around.pipes.clone();
                self.later(move || running.hook(&command, json, what));
            }
            Effect::Context(name) => return self.enter(&name),
            Effect::Note(line) => self.journal.note(line),
            Effect::Announce { how, context, title, text } => {
                if let Some(bytes) = notify::sequence(how, Around::detect(), &context, &title, &text, |name| std::env::var(name).ok()) {
                    self.terminal.writer().say(&bytes);
                }
            }
            Effect::Edit { text } => self.edit(text),
            Effect::Bell => {
                self.terminal.writer().say(b"\x07");
            }
            Effect::Title(text) => self.terminal.title(&text),
            Effect::Mouse(on) => self.terminal.mouse(on),
            // Whoever plays a recording takes this before it comes here.
            Effect::Replay(_) => {}
            Effect::Repaint => self.terminal.writer().forget(),
            Effect::Suspend => {
                self.away = true;
                self.terminal.leave();
                stop::suspend();
            }
            Effect::Quit => return Flow::Stop(0),
        }
        Flow::Go
    }

    fn resume(&mut self) -> (u16, u16) {
        // Stopped and continued under an editor: the terminal is still the editor's.
        if self.gate.is_closed() {
            return Terminal::size();
        }
        self.away = false;
        if let Err(err) = self.terminal.enter() {
            tracing::error!(%err, "the terminal could not be taken back");
        }
        Terminal::size()
    }
}

impl Outside {
    /// Ends the sources of this context and begins those of another.
    fn enter(&mut self, name: &str) -> Flow {
        let opened = self.open.as_ref().map_or_else(|| Err("there is no other context".to_owned()), |open| open(name));
        let opened = match opened {
            Ok(it) => it,
            Err(why) => return Flow::Then(Msg::Done(Outcome::Failed(why))),
        };
        let first = self.next_source;
        self.next_source = first.wrapping_add(opened.sources.len() as u16);
        let states = states(&opened.sources, first, input::now());
        // Ended before the others begin: nothing goes to two platforms at once.
        self.sources = None;
        self.sources = Some(Sources::start(opened.sources, first, &self.facts, &self.around.on));
        Flow::Then(Msg::Context(Box::new(opened.settings), states))
    }

    /// Lends the terminal to the person's editor, and takes it back.
    fn edit(&mut self, text: String) {
        self.away = true;
        self.terminal.leave();
        let (lane, gate) = (self.around.lane.clone(), self.gate.clone());
        self.around.on.spawn_blocking(move || {
            let outcome = editor::edit(&gate, &text);
            let _ = lane.blocking_send(Urgent::Resumed);
            let _ = lane.blocking_send(Urgent::Msg(Msg::Done(outcome)));
        });
    }

    /// Copies one text. Inside tmux that waits for tmux, and a long one for the disk: off the loop.
    fn copy(&self, what: String, text: String) -> Flow {
        let around = self.around.clone();
        if text.len() <= clipboard::LIMIT && Around::detect() != Around::Tmux {
            return Flow::Then(Msg::Done(around.copy(what, &text)));
        }
        self.later(move || around.copy(what, &text));
        Flow::Go
    }

    /// Does what may take a while off the loop, and tells the program what became of it.
    fn later(&self, work: impl FnOnce() -> Outcome + Send + 'static) {
        let lane = self.around.lane.clone();
        self.around.on.spawn_blocking(move || {
            let _ = lane.blocking_send(Urgent::Msg(Msg::Done(work())));
        });
    }
}
