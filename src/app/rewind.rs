//! What a replay asks of the state: its words, and to forget all that was said. How a recording stands is `replay`'s.

use super::replay::Replay;
use super::state::{App, SourceState};
use crate::model::time::Time;

impl App {
    /// That this is a recording, and how it stands.
    pub fn replay_words(&self) -> Option<String> {
        self.replay.as_ref().map(Replay::words)
    }

    /// Forgets everything a source has said, so that it can be said anew from the beginning; how it is looked at stays.
    pub fn rewind(&mut self, to: Time) {
        let sources = self.sources.iter().map(|it| SourceState {
            id: it.id,
            name: it.name.clone(),
            adapter: it.adapter.clone(),
            since: to,
            ..SourceState::default()
        });
        let sources = sources.collect();
        let mut fresh = Self::new(std::mem::take(&mut self.settings), sources, to);
        fresh.keymap = std::mem::take(&mut self.keymap);
        (fresh.size, fresh.split, fresh.slow) = (self.size, self.split, self.slow);
        fresh.scope = self.scope.clone();
        (fresh.focus, fresh.zoom) = (self.focus, self.zoom);
        fresh.timeline.window = self.timeline.window;
        fresh.last_ask = self.last_ask;
        fresh.folded = std::mem::take(&mut self.folded);
        fresh.history = std::mem::take(&mut self.history);
        fresh.title = std::mem::take(&mut self.title);
        fresh.replay = self.replay;
        *self = fresh;
    }
}
