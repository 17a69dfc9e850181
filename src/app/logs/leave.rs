//! Lines on their way out, to the clipboard, a file or a command: made into text in bites, oldest first, so that no key waits for a million lines.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::cold::Scratch;
use super::copy::{gap_text, json};
use super::export::{Bite, Export, Form};
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
        self.export = Some(Export { form, next, end, lines: 0, missed: 0, lost: 0 });
        true
    }

    /// Ends an export before its end.
    pub fn stop_export(&mut self) {
        self.export = None;
    }

    /// Whether something goes on in the background: filtering, searching, grouping. An export goes on when what it gave was taken.
    pub fn is_busy(&self) -> bool {
        !self.is_sifted() || self.is_grouping()
    }

    /// The next lines of the export, about `bytes` of text. Waits while what is shown is not known yet.
    pub fn export(&mut self, bytes: usize) -> Option<Bite> {
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
        let mut text = String::new();
        while text.len() < bytes {
            let Some(seq) = self.shown_from(it.next).filter(|seq| *seq < it.end) else {
                return Some(it.bite(text, true));
            };
            it.next = seq.plus(1);
            it.lines += usize::from(self.write(seq, it.form, &mut text, &mut scratch));
            if let Some(Note::Gap(gap)) = self.store.note(seq).filter(|_| it.form != Form::Stamped) {
                it.lost += gap.count;
            }
        }
        let bite = it.bite(text, false);
        self.export = Some(it);
        Some(bite)
    }

    /// Writes what stands at `seq`; whether that is a line.
    fn write(&self, seq: Seq, form: Form, text: &mut String, scratch: &mut Scratch) -> bool {
        let line = self.store.read(seq, scratch);
        if let Some(line) = &line {
            match form {
                Form::Json => text.push_str(&self.veil_json(json(line))),
                Form::Plain => text.push_str(&self.veil(Cow::Borrowed(&line.text))),
                Form::Stamped => {
                    let name = self.label_of(line.origin.service.as_ref());
                    let replica = if line.origin.replica > 0 { format!(".{}", line.origin.replica) } else { String::new() };
                    let level = line.level.word().to_uppercase();
                    let shown = self.shape_whole(line);
                    let _ = write!(text, "{} {name}{replica} {level:<5} {shown}", line.at);
                }
            }
        } else {
            // What is lost is said among what is not; a reader of records would stumble over it.
            match (form, self.store.note(seq)) {
                (Form::Stamped, Some(Note::Gap(gap))) => text.push_str(&gap_text(gap)),
                (Form::Stamped, Some(Note::Restart)) => text.push_str("── the log began anew ──"),
                _ => return false,
            }
        }
        text.push('\n');
        line.is_some()
    }
}
