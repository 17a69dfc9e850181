//! The command palette as it stands: what is typed, and what is offered for it. How that is found is in `palette`.

use std::collections::VecDeque;

/// The command palette.
#[derive(Debug, Default)]
pub struct Palette {
    pub input: String,
    /// Byte offset of the caret in `input`.
    pub caret: usize,
    pub cursor: usize,
    /// What fits the input, best first; made anew when the input changes.
    pub found: Vec<PaletteRow>,
    /// The input that `found` is for.
    pub sought: Option<String>,
    /// How many lines back in the history `input` is from; 0: it was typed.
    pub past: usize,
}

impl Palette {
    /// With something typed already.
    pub fn begun(input: String) -> Self {
        Self { caret: input.len(), input, ..Self::default() }
    }

    /// One line further back in what was entered, newest first.
    pub fn recall(&mut self, history: &VecDeque<String>) {
        if let Some(line) = history.get(self.past) {
            line.clone_into(&mut self.input);
            self.caret = line.len();
            self.past += 1;
        }
    }
}

/// One thing the palette offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteRow {
    /// What is shown: an action's name and help, or a thing's name.
    pub label: String,
    pub help: String,
    /// Its key, if it has one.
    pub keys: String,
    /// Why it cannot be done now.
    pub refused: Option<String>,
    /// What choosing it does: an action and its argument.
    pub act: String,
    pub arg: String,
    /// Characters of `label` that matched the input, as char indices.
    pub hits: Vec<u32>,
}
