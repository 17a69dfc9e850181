//! Lines that leave the program: to the clipboard, to a file, to a command. What is typed is checked here; the world is `runtime`'s.

use super::effect::{Effect, Fx};
use super::logs::{Export, Form};
use super::pane::PaneId;
use super::state::{App, Goal, NoticeKind};

/// Text made in one turn, in bytes: a few milliseconds.
const BITE: usize = 1024 * 1024;
/// Endings of files that hold a record a line.
const RECORDS: [&str; 3] = [".json", ".jsonl", ".ndjson"];

impl App {
    /// Writes the lines shown to a file; one that is there already only if it is to be replaced.
    pub fn write_logs(&mut self, path: &str, replace: bool) {
        let json = RECORDS.iter().any(|it| path.to_ascii_lowercase().ends_with(it));
        let began = self.logs.export_shown(if json { Form::Json } else { Form::Stamped });
        self.begin_export(began, Goal::File { path: path.to_owned(), replace });
    }

    /// Gives the lines shown to a command, as they came.
    pub fn pipe_logs(&mut self, command: &str) {
        let began = self.logs.export_shown(Form::Plain);
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
            self.export = Some(goal);
        } else {
            self.notify(NoticeKind::Warn, "other lines are still on their way out; try again when they are");
        }
    }

    /// Goes on with lines that are on their way out; when all are there, they leave.
    pub fn settle_export(&mut self, fx: &mut Fx) {
        let Some(Export { text, lines, missed, .. }) = self.logs.export(BITE) else { return };
        let Some(goal) = self.export.take() else { return };
        if lines == 0 {
            return self.notify(NoticeKind::Warn, "there are no lines to give; nothing was done");
        }
        if missed > 0 {
            self.notify(NoticeKind::Warn, format!("{missed} lines had to make room before they were reached; they are missing"));
        }
        let plural = if lines == 1 { "line" } else { "lines" };
        fx.want(match goal {
            Goal::Clipboard => Effect::Copy { what: format!("{lines} {plural}"), text },
            Goal::File { path, replace } => Effect::Write { path, text, replace },
            Goal::Command(command) => Effect::Pipe { command, text },
        });
    }
}
