//! The real world of the loop: draws into the writer's slot and carries out wishes. Nothing here waits.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use super::clipboard::{self, Around};
use super::files;
use super::input;
use super::pipe::Pipes;
use super::sources::Sources;
use super::stop;
use super::terminal::Terminal;
use super::turn::{Flow, Urgent, World};
use crate::app::effect::Effect;
use crate::app::msg::{Msg, Outcome};
use crate::app::state::App;
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
    pub themes: Themes,
    /// The theme in use, by the name it was asked for.
    pub theme: (String, Theme),
    pub on: Handle,
    /// For outcomes that take a while.
    pub lane: Sender<Urgent>,
    /// Where files go that nobody named a place for.
    pub state_dir: PathBuf,
    /// Commands that lines are given to.
    pub pipes: Pipes,
    pub frame: Buffer,
    /// Stopped: nothing may be drawn until somebody continues us.
    pub away: bool,
}

impl World for Outside {
    fn now(&self) -> Time {
        input::now()
    }

    fn draw(&mut self, app: &App) {
        if self.away {
            return;
        }
        if self.theme.0 != app.settings.theme {
            self.theme = (app.settings.theme.clone(), (self.themes)(&app.settings.theme));
        }
        let (width, height) = app.size;
        let mut frame = std::mem::take(&mut self.frame);
        frame.resize(Rect::new(0, 0, width, height));
        frame.reset();
        view(app, &self.theme.1, &mut frame);
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
            Effect::Write { path, text, replace } => self.later(move || {
                let file = Path::new(&path);
                written(if replace { files::write_over(file, &text) } else { files::write_new(file, &text) }, &path, &text)
            }),
            Effect::Pipe { command, text } => {
                let running = self.pipes.clone();
                self.later(move || running.run(&command, text));
            }
            Effect::Hook { command, json, what } => {
                let running = self.pipes.clone();
                self.later(move || running.hook(&command, json, what));
            }
            Effect::Bell => {
                self.terminal.writer().say(b"\x07");
            }
            Effect::Title(text) => self.terminal.title(&text),
            Effect::Mouse(on) => self.terminal.mouse(on),
            Effect::Repaint => self.terminal.writer().forget(),
            Effect::Suspend => {
                self.away = true;
                self.terminal.leave();
                stop::suspend();
            }
            Effect::Quit => {
                self.pipes.stop();
                return Flow::Stop(0);
            }
        }
        Flow::Go
    }

    fn resume(&mut self) -> (u16, u16) {
        self.away = false;
        if let Err(err) = self.terminal.enter() {
            tracing::error!(%err, "the terminal could not be taken back");
        }
        Terminal::size()
    }
}

impl Outside {
    fn copy(&self, what: String, text: String) -> Flow {
        if text.len() > clipboard::LIMIT {
            let path = self.state_dir.join("copied.txt");
            self.later(move || {
                let mut outcome = written(files::write_over(&path, &text), &path.display().to_string(), &text);
                if let Outcome::Written { path, .. } = &mut outcome {
                    let _ = write!(path, " (too long for the clipboard)");
                }
                outcome
            });
            return Flow::Go;
        }
        let around = Around::detect();
        if around == Around::Tmux {
            let terminal = Arc::clone(&self.terminal);
            self.later(move || {
                let way = if clipboard::tmux(&text).is_ok() {
                    "tmux buffer"
                } else {
                    terminal.writer().say(&around.sequence(&text));
                    "OSC 52 through tmux"
                };
                Outcome::Copied { what, way: way.to_owned() }
            });
            return Flow::Go;
        }
        self.terminal.writer().say(&around.sequence(&text));
        let way = if around == Around::Screen { "OSC 52 through screen" } else { "OSC 52" };
        Flow::Then(Msg::Done(Outcome::Copied { what, way: way.to_owned() }))
    }

    /// Does what may take a while off the loop, and tells the program what became of it.
    fn later(&self, work: impl FnOnce() -> Outcome + Send + 'static) {
        let lane = self.lane.clone();
        self.on.spawn_blocking(move || {
            let _ = lane.blocking_send(Urgent::Msg(Msg::Done(work())));
        });
    }
}

fn written(result: std::io::Result<PathBuf>, path: &str, text: &str) -> Outcome {
    match result {
        Ok(path) => Outcome::Written { path: path.display().to_string(), lines: text.lines().count() },
        Err(err) => Outcome::Failed(format!("{path} was not written: {err}")),
    }
}
