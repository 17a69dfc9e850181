//! What outlives a crash of the simulated platform: its state, its history, its log. Written before anybody is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use trackside::local::db::Outbox;
use trackside::local::logs::{Batch, Item};
use trackside::local::port::{Committed, Loaded};
use trackside::model::event::{Change, ObjectRef, Snapshot};
use trackside::model::ids::{IncidentId, TeamId};
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine};
use trackside::model::project::Team;
use trackside::model::time::Time;

use super::history::{INCIDENT, Objects, Place};

/// Everything that is kept.
#[derive(Debug, Default)]
pub struct Disk {
    pub place: Place,
    pub floor: u64,
    snapshot: Snapshot,
    pub objects: Objects,
    outbox: BTreeMap<u64, Arc<str>>,
    /// States of this epoch, for a backup to go back to.
    past: BTreeMap<u64, (Snapshot, Objects)>,
    pub log_epoch: u64,
    /// Times of the lines that are kept.
    log: BTreeMap<u64, i64>,
    pub log_head: u64,
    pub log_floor: u64,
}

impl Disk {
    pub fn new() -> Self {
        Self { place: Place { epoch: 1, rev: 0 }, log_epoch: 1, log_floor: 1, ..Self::default() }
    }

    /// One transaction over the objects named; those in `removed` go.
    pub fn commit(&mut self, names: &[u8], removed: &[u8]) -> (Committed, Vec<u8>) {
        self.place.rev += 1;
        let rev = self.place.rev;
        let mut changes: Vec<Change> = Vec::new();
        let mut touched = Vec::new();
        for name in names {
            if touched.contains(name) {
                continue;
            }
            touched.push(*name);
            if removed.contains(name) && self.objects.remove(name).is_some() {
                changes.push(Change::Removed(reference(*name)));
            } else {
                self.objects.insert(*name, rev);
                changes.push(object(*name, rev));
            }
        }
        for change in &changes {
            self.snapshot.apply(change.clone());
        }
        let json = serde_json::to_string(&changes).unwrap();
        self.outbox.insert(rev, Arc::from(json));
        self.past.insert(rev, (self.snapshot.clone(), self.objects.clone()));
        if self.past.len() > 8 {
            self.past.pop_first();
        }
        (Committed { rev, changes }, touched)
    }

    /// As `db` does: `None` where what comes next is no longer kept.
    pub fn changes_after(&self, rev: u64, limit: usize) -> Option<Vec<Outbox>> {
        if rev > self.place.rev || rev < self.floor {
            return None;
        }
        let found = self.outbox.range(rev + 1..).take(limit);
        Some(found.map(|(rev, json)| Outbox { rev: *rev, json: Arc::clone(json) }).collect())
    }

    /// Forgets all but the newest `keep` transactions and `lines` lines.
    pub fn compact(&mut self, keep: u64, lines: u64) {
        self.floor = self.floor.max(self.place.rev.saturating_sub(keep));
        self.outbox.retain(|rev, _| *rev > self.floor);
        self.log_floor = self.log_floor.max((self.log_head + 1).saturating_sub(lines));
        self.log.retain(|off, _| *off >= self.log_floor);
    }

    /// Put back from a backup some transactions ago: a history of its own, and so is the log's.
    pub fn restore(&mut self) {
        let (rev, (snapshot, objects)) = self.past.first_key_value().map(|(rev, it)| (*rev, it.clone())).unwrap_or_default();
        self.place = Place { epoch: self.place.epoch + 1, rev };
        (self.snapshot, self.objects, self.floor) = (snapshot, objects, rev);
        self.outbox.clear();
        self.past.clear();
        self.log_epoch += 1;
        (self.log_head, self.log_floor) = (0, 1);
        self.log.clear();
    }

    pub fn load(&self) -> Loaded {
        Loaded { epoch: format!("e{}", self.place.epoch), rev: self.place.rev, snapshot: self.snapshot.clone(), ..Loaded::default() }
    }

    /// Writes lines. Their times are whatever a program says: the same for many, and going back.
    pub fn write(&mut self, count: u64, at: i64) {
        for _ in 0..count {
            self.log_head += 1;
            self.log.insert(self.log_head, at);
        }
    }

    /// As the log store does for one who follows: what was evicted is said in its place.
    pub fn lines_after(&self, after: u64, max: usize) -> Batch {
        let mut items = Vec::new();
        let mut reached = after.max(self.log_floor - 1);
        if after + 1 < self.log_floor {
            let (first, last) = (after + 1, self.log_floor - 1);
            let gap = LogGap { offs: first..=last, count: last - after, from: Time(0), to: Time(0), reason: GapReason::Evicted };
            items.push(Item::Gap(gap));
        }
        for (off, at) in self.log.range(after + 1..).take(max) {
            reached = *off;
            items.push(Item::Line(line(*off, *at)));
        }
        Batch { items, reached, more: reached < self.log_head }
    }

    pub fn tail(&self, count: usize) -> Vec<LogLine> {
        let mut lines: Vec<LogLine> = self.log.iter().rev().take(count).map(|(off, at)| line(*off, *at)).collect();
        lines.reverse();
        lines
    }
}

fn line(off: u64, at: i64) -> LogLine {
    LogLine {
        off,
        at: Time(at),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: None,
        deployment: None,
        replica: 0,
        cont: false,
        text: format!("line {off} of a service that says what it does"),
    }
}

fn reference(name: u8) -> ObjectRef {
    if name >= INCIDENT {
        ObjectRef::Incident(IncidentId::new(format!("i{name}")))
    } else {
        ObjectRef::Team(TeamId::new(format!("t{name}")))
    }
}

fn object(name: u8, rev: u64) -> Change {
    if name < INCIDENT {
        return Change::Team(Team { id: TeamId::new(format!("t{name}")), name: "a team".into(), members: Vec::new(), rev });
    }
    let made = json!({
        "id": format!("i{name}"), "project": "p", "severity": "p1", "status": "triggered", "title": "5xx", "cause": "error_ratio:s",
        "opened": Time(0), "steps": [], "notes": [], "timeline": [], "rev": rev,
    });
    Change::Incident(serde_json::from_value(made).unwrap())
}

/// The number of an object.
pub fn number(id: &str) -> u8 {
    id[1..].parse().unwrap()
}
