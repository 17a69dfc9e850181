//! Marked lines. A mark remembers enough of its line to be told apart when the line itself had to make room, and finds it again when it comes back.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::line::{Line, Seq};
use super::shift::Shift;
use crate::model::ids::ServiceId;
use crate::model::log::Level;
use crate::model::text::clean_line;
use crate::model::time::Time;

/// Most marks; what is marked more often than this is not marked but searched for.
pub const MOST: usize = 500;
/// The log of a mark whose line is in none that is known; counted ones never get there.
pub(super) const NO_LOG: u32 = u32::MAX;
/// The number of the first mark that was kept: far below all lines, with room for moving down.
pub(super) const KEPT: Seq = Seq(1 << 61);
/// Bytes of its line that a mark remembers.
const REMEMBERED: usize = 240;

/// A marked line, as it was when it was marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub id: MarkId,
    pub at: Time,
    pub level: Level,
    pub service: Option<ServiceId>,
    /// From 1; 0: not of a replica.
    pub replica: u16,
    /// The beginning of its text.
    pub text: String,
    pub(super) off: u64,
    pub(super) epoch: u32,
    /// Name of the platform's log it is in, where that is not the running one.
    pub(super) log: Option<String>,
}

/// A mark as it is kept from one start to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMark {
    /// Name of the platform's log.
    pub log: String,
    /// Place of the line in it.
    pub off: u64,
    pub at: Time,
    pub level: Level,
    pub service: Option<ServiceId>,
    pub replica: u16,
    /// The beginning of its text.
    pub text: String,
}

/// Which mark: it stays the same when its line gets another number, because older lines arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkId(u64);

/// How the line of a mark can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Shown,
    /// Held, but a filter hides it.
    Hidden,
    /// It had to make room for newer lines, or was marked in an earlier start and did not come yet.
    Gone,
}

/// All marks, by line.
#[derive(Debug, Default)]
pub struct Marks(pub(super) BTreeMap<Seq, Mark>);

impl Marks {
    /// Whether `seq` is marked.
    pub fn has(&self, seq: Seq) -> bool {
        self.0.contains_key(&seq)
    }

    /// A name that no mark has.
    pub(super) fn new_id(&self) -> MarkId {
        MarkId(self.0.values().map(|it| it.id.0).max().map_or(0, |last| last + 1))
    }

    /// The marked ones of some lines.
    pub fn within(&self, lines: RangeInclusive<Seq>) -> impl Iterator<Item = Seq> {
        self.0.range(lines).map(|(seq, _)| *seq)
    }

    /// Follows lines that got other numbers.
    pub fn shift(&mut self, by: &Shift) {
        self.0 = std::mem::take(&mut self.0).into_iter().map(|(seq, mark)| (by.map(seq), mark)).collect();
    }
}

impl Mark {
    /// A mark on `line`, which is shown as `text`.
    pub(super) fn of(id: MarkId, line: &Line<'_>, text: &str, epoch: u32) -> Self {
        Self {
            id,
            at: line.at,
            level: line.level,
            service: line.origin.service.clone(),
            replica: line.origin.replica,
            text: text[..text.floor_char_boundary(REMEMBERED)].to_owned(),
            off: line.off,
            epoch,
            log: None,
        }
    }

    /// The same for another start, where its line is in the platform's log `log`.
    pub(super) fn kept(&self, log: &str) -> KeptMark {
        KeptMark {
            log: log.to_owned(),
            off: self.off,
            at: self.at,
            level: self.level,
            service: self.service.clone(),
            replica: self.replica,
            text: self.text.clone(),
        }
    }

    /// One that was kept. Its line is in no log that is known yet.
    pub(super) fn again(id: MarkId, it: &KeptMark) -> Self {
        // A file can hold anything.
        let text = clean_line(&it.text);
        Self {
            id,
            at: it.at,
            level: it.level,
            service: it.service.clone(),
            replica: it.replica,
            text: text[..text.floor_char_boundary(REMEMBERED)].to_owned(),
            off: it.off,
            epoch: NO_LOG,
            log: Some(it.log.clone()),
        }
    }
}
