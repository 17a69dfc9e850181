//! How the state begins.

use super::actions;
use super::keymap::{Binding, Keymap};
use super::logs::Logs;
use super::state::{App, Dirty, Settings, SourceState};
use crate::model::time::Time;

/// The keys as they are without any config.
pub fn bindings() -> Vec<Binding> {
    let one = |it: &super::action::Action| Binding {
        name: it.name.to_owned(),
        panes: it.panes.to_vec(),
        keys: it.keys.iter().map(|&key| key.to_owned()).collect(),
    };
    actions::all().map(one).collect()
}

impl App {
    /// The state before anything has happened.
    pub fn new(settings: Settings, sources: Vec<SourceState>, now: Time) -> Self {
        Self::with_keys(settings, sources, now, &bindings())
    }

    /// The same with other keys; those that clash or are no keys are in `complaints`.
    pub fn with_keys(settings: Settings, sources: Vec<SourceState>, now: Time, bindings: &[Binding]) -> Self {
        let (keymap, complaints) = Keymap::new(bindings);
        let logs = Logs::new(settings.log_bytes);
        let given = settings.clone();
        let mut app =
            Self { now, size: (80, 24), given, settings, sources, keymap, complaints, logs, dirty: Dirty::ALL, ..Self::default() };
        app.slow = app.settings.lo_fi.unwrap_or_default();
        if let Some(window) = app.settings.window {
            app.timeline.window = window;
        }
        app.begin_watches();
        app.settle();
        app
    }
}
