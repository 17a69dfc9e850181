//! Lines that leave the program: to the clipboard, to a file, to a command. What is typed is checked here; the world is `runtime`'s.

use super::effect::{Effect, Fx, Goal, Step, There};
use super::logs::{Bite, Form, Logs};
use super::pane::PaneId;
use super::state::{App, NoticeKind, Outgoing};

/// Text made in one turn, in bytes: a few milliseconds, as records too. Two of these are on their way at most.
const BITE: usize = 256 * 1024;
/// Endings of files that hold a record a line.
const RECORDS: [&str; 3] = [".json", ".jsonl", ".ndjson"];

impl App {
    /// Writes the lines shown to a file: in the form asked for in front of its name, else as records if it ends like them, else as text.
    /// `>>` in front of the name adds to a file that is there.
    pub fn write_logs(&mut self, typed: &str, replace: bool) {
        let (form, path) = Form::read(typed);
        let (there, path) = match path.strip_prefix(">>").map(str::trim_start) {
            Some("") => return self.notify(NoticeKind::Warn, "add to which file? :write >> FILE"),
            Some(path) => (There::Append, path),
            None if replace => (There::Replace, path),
            None => (There::Keep, path),
        };
        let ending = path.to_ascii_lowercase();
        let usual = if RECORDS.iter().any(|it| ending.ends_with(it)) { Form::Json } else { Form::Stamped };
        self.begin_export(Goal::File { path: path.to_owned(), there }, |logs| logs.export_shown(form.unwrap_or(usual)));
    }

    /// Gives the lines shown to a command: in the form asked for in front of it, else as text.
    pub fn pipe_logs(&mut self, typed: &str) {
        let (form, command) = Form::read(typed);
        self.begin_export(Goal::Command(command.to_owned()), |logs| logs.export_shown(form.unwrap_or(Form::Stamped)));
    }

    /// Copies the lines shown.
    pub fn copy_shown(&mut self) {
        self.begin_export(Goal::Clipboard, |logs| logs.export_shown(Form::Plain));
    }

    /// Copies the selected lines, as they came or as records, and ends the selection. `false`: nothing is selected.
    pub fn copy_selection(&mut self, records: bool) -> bool {
        if self.focus != PaneId::Logs || self.logs.selection().is_none() {
            return false;
        }
        self.begin_export(Goal::Clipboard, |logs| logs.export_selection(if records { Form::Json } else { Form::Plain }));
        self.logs.unselect();
        true
    }

    fn begin_export(&mut self, goal: Goal, begin: impl FnOnce(&mut Logs) -> bool) {
        let running = self.export.as_ref().filter(|it| it.all).and_then(|it| it.command.as_ref());
        if let Some(text) = running.map(|it| format!("`{it}` still runs; Esc stops it")) {
            return self.notify(NoticeKind::Warn, text);
        }
        if !begin(&mut self.logs) {
            return self.notify(NoticeKind::Warn, "other lines are still on their way out; Esc stops them");
        }
        self.last_export += 1;
        let command = if let Goal::Command(it) = &goal { Some(it.clone()) } else { None };
        self.export = Some(Outgoing { id: self.last_export, goal: Some(goal), waits: false, stopped: false, command, all: false });
    }

    /// Stops lines that are on their way out, or the command that has them all. `false`: there are none.
    pub fn stop_export(&mut self) -> bool {
        let Some(it) = &mut self.export else { return false };
        it.stopped = true;
        let text = match &it.command {
            Some(command) if it.all => format!("`{command}` was stopped"),
            _ => "stopped before all lines were out; nothing of them is kept".to_owned(),
        };
        self.notify(NoticeKind::Info, text);
        true
    }

    /// What was given of lines on their way out has been taken.
    pub fn export_taken(&mut self, id: u64) {
        if let Some(it) = self.export.as_mut().filter(|it| it.id == id) {
            it.waits = false;
        }
    }

    /// Nobody takes the lines any more.
    pub fn export_closed(&mut self, id: u64) {
        if self.export.as_ref().is_some_and(|it| it.id == id) {
            self.export = None;
            self.logs.stop_export();
        }
    }

    /// Goes on with lines that are on their way out, unless some of them still wait to be taken.
    pub fn settle_export(&mut self, fx: &mut Fx) {
        let Some(it) = self.export.as_mut().filter(|it| it.stopped || !it.waits) else { return };
        let (export, first) = (it.id, it.goal.is_some());
        if it.stopped {
            self.export_closed(export);
            if !first {
                fx.want(Effect::Lines { export, step: Step::Drop });
            }
            return;
        }
        let Some(Bite { text, last, lines, missed, lost }) = self.logs.export(BITE) else { return };
        if !text.is_empty() {
            if let Some(goal) = it.goal.take() {
                fx.want(Effect::Lines { export, step: Step::Begin(goal) });
            }
            it.waits = true;
            fx.want(Effect::Lines { export, step: Step::Text(text) });
        }
        let nothing = it.goal.is_some();
        let mut runs = None;
        if last {
            // Lines are out when they were given; a command when it ends, and until then it can be stopped.
            it.all = true;
            runs = it.command.clone().filter(|_| !nothing);
            if runs.is_none() {
                self.export = None;
            }
            if !nothing {
                fx.want(Effect::Lines { export, step: Step::End(lines) });
            }
        }
        let said = match (first, last) {
            (_, true) if nothing => Some((NoticeKind::Warn, "there are no lines to give; nothing was done".to_owned())),
            (_, true) if missed > 0 => {
                Some((NoticeKind::Warn, format!("{missed} lines had to make room before they were reached; they are missing")))
            }
            (_, true) if lost > 0 => {
                let were = if lost == 1 { "1 line of these was".to_owned() } else { format!("{lost} lines of these were") };
                Some((NoticeKind::Warn, format!("{were} lost before; only the form `text` says where")))
            }
            (_, true) => runs.map(|it| (NoticeKind::Info, format!("`{it}` runs; Esc stops it"))),
            (true, false) => Some((NoticeKind::Info, "the lines are on their way out; Esc stops them".to_owned())),
            _ => None,
        };
        if let Some((kind, text)) = said {
            self.notify(kind, text);
            fx.unchanged = false;
        }
    }
}
