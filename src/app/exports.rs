//! Lines that leave the program: to the clipboard, to a file, to a command. What is typed is checked here; the world is `runtime`'s.

use super::effect::{Effect, Fx, Goal, Step, There};
use super::logs::{Bite, Form};
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
        let began = self.logs.export_shown(form.unwrap_or(usual));
        self.begin_export(began, Goal::File { path: path.to_owned(), there });
    }

    /// Gives the lines shown to a command: in the form asked for in front of it, else as text.
    pub fn pipe_logs(&mut self, typed: &str) {
        let (form, command) = Form::read(typed);
        let began = self.logs.export_shown(form.unwrap_or(Form::Stamped));
        self.begin_export(began, Goal::Command(command.to_owned()));
    }

    /// Copies the lines shown.
    pub fn copy_shown(&mut self) {
        let began = self.logs.export_shown(Form::Plain);
        self.begin_export(began, Goal::Clipboard);
    }

    /// Copies the selected lines, as they came or as records, and ends the selection. `false`: nothing is selected.
    pub fn copy_selection(&mut self, records: bool) -> bool {
        if self.focus != PaneId::Logs || self.logs.selection().is_none() {
            return false;
        }
        let began = self.logs.export_selection(if records { Form::Json } else { Form::Plain });
        self.begin_export(began, Goal::Clipboard);
        self.logs.unselect();
        true
    }

    fn begin_export(&mut self, began: bool, goal: Goal) {
        if began {
            self.last_export += 1;
            self.export = Some(Outgoing { id: self.last_export, goal: Some(goal), waits: false, stopped: false });
        } else {
            self.notify(NoticeKind::Warn, "other lines are still on their way out; Esc stops them");
        }
    }

    /// Stops lines that are on their way out. `false`: there are none.
    pub fn stop_export(&mut self) -> bool {
        let Some(it) = &mut self.export else { return false };
        it.stopped = true;
        self.notify(NoticeKind::Info, "stopped before all lines were out; nothing of them is kept");
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
        if last {
            self.export = None;
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
            (true, false) => Some((NoticeKind::Info, "the lines are on their way out; Esc stops them".to_owned())),
            _ => None,
        };
        if let Some((kind, text)) = said {
            self.notify(kind, text);
            fx.unchanged = false;
        }
    }
}
