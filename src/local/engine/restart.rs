//! A rolling restart: one replica after the other is replaced by a new run of the same release, each only once its successor is ready.

use crate::model::ids::ServiceId;
use crate::model::log::Level;

use super::state::{Phase, Rolling};
use super::turn::Turn;
use super::types::RunId;

impl Turn<'_> {
    /// Begins a restart of the live replicas.
    pub fn roll(&mut self, service: &ServiceId) {
        let Some(live) = self.s.services.get(service).and_then(|it| it.live.clone()) else { return };
        // A replica that waits after a crash needs no successor: it starts at once.
        let waiting: Vec<RunId> = self.s.runs_of(service).filter(|(_, it)| !it.alive()).map(|(run, _)| run).collect();
        for run in waiting {
            let Some(old) = self.s.runs.remove(&run) else { continue };
            self.start_run(service, &live, old.replica, Some(old.clone()));
        }
        let mut left: Vec<u16> =
            self.s.runs_of(service).filter(|(_, it)| it.deployment == live && it.phase == Phase::Up).map(|(_, it)| it.replica).collect();
        left.sort_unstable_by(|a, b| b.cmp(a));
        self.s.notes.remove(service);
        self.roll_next(service, left);
    }

    fn roll_next(&mut self, service: &ServiceId, mut left: Vec<u16>) {
        self.touch_service(service);
        let live = self.s.services.get(service).and_then(|it| it.live.clone());
        while let (Some(replica), Some(live)) = (left.pop(), live.as_ref()) {
            let old = self.s.runs_of(service).find(|(_, it)| it.replica == replica && it.deployment == *live && it.phase == Phase::Up);
            let Some((old, _)) = old else { continue };
            let Some(new) = self.start_run(service, live, replica, None) else { continue };
            self.s.rolling.insert(service.clone(), Rolling { left, new, old });
            return;
        }
        if self.s.rolling.remove(service).is_some() {
            self.says(Level::Info, service, live.as_ref(), "restarted");
        }
        self.tend(service);
        self.advance();
    }

    /// A replica that is ready may be the successor a restart waits for.
    pub fn rolled(&mut self, service: &ServiceId, run: RunId) {
        let Some(it) = self.s.rolling.get(service).filter(|it| it.new == run).cloned() else { return };
        self.retire(it.old);
        self.roll_next(service, it.left);
    }

    /// Whether the run that ended was a successor; then the restart is given up and the old replicas go on.
    pub fn roll_failed(&mut self, service: &ServiceId, run: RunId, words: &str) -> bool {
        let Some(it) = self.s.rolling.get(service).filter(|it| it.new == run || it.old == run).cloned() else { return false };
        if it.old == run {
            // The old one crashed meanwhile: its successor is on its way, nothing else is needed.
            return true;
        }
        self.s.rolling.remove(service);
        let first = words.lines().next().unwrap_or_default();
        let live = self.s.services.get(service).and_then(|it| it.live.clone());
        self.says(Level::Error, service, live.as_ref(), format!("restart given up: the new replica {first}; the old ones go on"));
        self.s.notes.insert(service.clone(), format!("restart given up: the new replica {first}"));
        self.tend(service);
        self.advance();
        true
    }

    /// Gives up a restart because something else is wanted.
    pub fn roll_off(&mut self, service: &ServiceId) {
        if let Some(it) = self.s.rolling.remove(service) {
            self.retire(it.new);
        }
    }
}
