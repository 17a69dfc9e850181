//! How the state begins.

use super::bindings::Keys;
use super::keymap::Keymap;
use super::logs::Logs;
use super::state::{App, Dirty, Settings, SourceState};
use crate::model::time::Time;

impl App {
    /// The state before anything has happened.
    pub fn new(settings: Settings, sources: Vec<SourceState>, now: Time) -> Self {
        let keymap = Keymap::new(&settings.keys.bindings()).0;
        let mut logs = Logs::new(settings.log_bytes);
        logs.view.veil = settings.mask;
        let given = settings.clone();
        let mut app = Self { now, size: (80, 24), given, settings, sources, keymap, logs, dirty: Dirty::ALL, ..Self::default() };
        app.slow = app.settings.lo_fi.unwrap_or_default();
        if let Some(window) = app.settings.window {
            app.timeline.window = window;
        }
        app.begin_watches();
        app.settle();
        app.begin_stops();
        app
    }

    /// Takes other keys into use. What of them cannot be bound was said when they were read.
    pub fn bind_keys(&mut self, keys: Keys) {
        self.keymap = Keymap::new(&keys.bindings()).0;
        self.settings.keys = keys;
        self.pending.clear();
    }
}
