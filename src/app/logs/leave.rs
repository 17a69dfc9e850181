//! Lines on their way out, to the clipboard, a file or a command: made into text in bites, oldest first, so that no key waits for a million lines.

use std::fmt::Write as _;

use super::cold::Scratch;
use super::copy::{gap_text, json};
use super::export::{Export, Form};
use super::intake::Logs;
use super::line::{Note, Seq};

impl Logs {
    /// Begins to export all lines shown. `false`: other lines are still on their way.
    pub fn export_shown(&mut self, form: Form) -> bool {
        self.export_from(form, self.floor(), self.ceiling())
    }

    /// Begins to export the selection. `false`: nothing is selected, or other lines are still on their way.
    pub fn export_selection(&mut self, form: Form) -> bool {
        self.selection().is_some_and(|it| self.export_from(form, *it.start(), it.end().plus(1)))
    }

    fn export_from(&mut self, form: Form, next: Seq, end: Seq) -> bool {
        if self.export.is_some() {
            return false;
        }
        self.export = Some(Export { form, next, end, text: String::new(), lines: 0, missed: 0 });
        true
    }

    /// Whether something goes on in the background: filtering, searching, grouping, exporting.
    pub fn is_busy(&self) -> bool {
        !self.is_sifted() || self.is_grouping() || self.export.is_some()
    }

    /// Goes on with the export for about `bytes` of text, and gives it out when it is done. Waits while what is shown is not known yet.
    pub fn export(&mut self, bytes: usize) -> Option<Export> {
        if !self.is_sifted() {
            return None;
        }
        let mut it = self.export.take()?;
        let first = self.store.first();
        if it.next < first {
            it.missed += first.0 - it.next.0;
            it.next = first;
        }
        let mut scratch = Scratch::default();
        let stop = it.text.len().saturating_add(bytes);
        while it.text.len() < stop {
            let Some(seq) = self.shown_from(it.next).filter(|seq| *seq < it.end) else { return Some(it) };
            it.next = seq.plus(1);
            self.write(seq, &mut it, &mut scratch);
        }
        self.export = Some(it);
        None
    }

    fn write(&self, seq: Seq, it: &mut Export, scratch: &mut Scratch) {
        if let Some(line) = self.store.read(seq, scratch) {
            match it.form {
                Form::Json => it.text.push_str(&json(&line)),
                Form::Plain => it.text.push_str(&line.text),
                Form::Stamped => {
                    let name = self.label_of(line.origin.service.as_ref());
                    let replica = if line.origin.replica > 0 { format!(".{}", line.origin.replica) } else { String::new() };
                    let level = line.level.word().to_uppercase();
                    let _ = write!(it.text, "{} {name}{replica} {level:<5} {}", line.at, line.text);
                }
            }
            it.lines += 1;
        } else {
            // What is lost is said among what is not; a reader of records would stumble over it.
            match (it.form, self.store.note(seq)) {
                (Form::Stamped, Some(Note::Gap(gap))) => it.text.push_str(&gap_text(gap)),
                (Form::Stamped, Some(Note::Restart)) => it.text.push_str("── the log began anew ──"),
                _ => return,
            }
        }
        it.text.push('\n');
    }
}
