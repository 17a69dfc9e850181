//! A list of names over the panes, of contexts or themes: what is typed narrows it. Its keys are in `name_keys`.

use super::input;

/// What was typed, and where the cursor is among the names that fit it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub typed: String,
    pub cursor: usize,
    /// The name the cursor was on last: it is there again when what fits nothing is taken back.
    last: usize,
}

impl Names {
    /// Nothing typed yet, the cursor on name number `cursor`.
    pub const fn on(cursor: usize) -> Self {
        Self { typed: String::new(), cursor, last: cursor }
    }

    /// Which of `names` fit what was typed: all its words are in them, whatever the case.
    pub fn kept<S: AsRef<str>>(&self, names: &[S]) -> Vec<usize> {
        let words: Vec<String> = self.typed.split_whitespace().map(str::to_lowercase).collect();
        let fits = |name: &str| {
            let name = name.to_lowercase();
            words.iter().all(|it| name.contains(it))
        };
        names.iter().enumerate().filter(|(_, it)| fits(it.as_ref())).map(|(n, _)| n).collect()
    }

    /// The name under the cursor, by its number; `None`: nothing fits.
    pub fn chosen<S: AsRef<str>>(&self, names: &[S]) -> Option<usize> {
        self.kept(names).get(self.cursor).copied()
    }

    /// Takes pasted text.
    pub fn paste<S: AsRef<str>>(&mut self, text: &str, names: &[S]) {
        self.retype(names, |typed, caret| {
            input::paste(typed, caret, text);
        });
    }

    /// More typed: the first that fits. Less: the one the cursor was on stays under it.
    pub fn retype<S: AsRef<str>>(&mut self, names: &[S], change: impl FnOnce(&mut String, &mut usize)) {
        self.last = self.chosen(names).unwrap_or(self.last);
        let length = self.typed.len();
        let mut caret = length;
        change(&mut self.typed, &mut caret);
        let kept = if self.typed.len() > length { Vec::new() } else { self.kept(names) };
        self.cursor = kept.iter().position(|it| *it == self.last).unwrap_or(0);
    }
}
