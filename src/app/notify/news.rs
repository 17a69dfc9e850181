//! The state of telling: what was told, what is watched, until when it is quiet. Data; what is done with it is in `tell` and `watching`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::judge::Judge;
use super::quiet::ByHand;
use super::tally::Tally;
use super::told::Told;
use super::watch::{Measure, Watch};
use crate::model::ids::{ServiceId, SourceId};
use crate::model::time::Time;

/// All of it.
#[derive(Debug, Default)]
pub struct News {
    pub told: Told,
    pub by_hand: ByHand,
    /// Sources whose link was fresh once and is not now.
    pub lost: BTreeMap<SourceId, Lost>,
    /// When something left the screen, within the last minute.
    pub sent: VecDeque<Time>,
    /// It was said that there is too much of it.
    pub flooded: bool,
    pub watches: Vec<Watched>,
    /// The second in which the watches were looked at last.
    pub looked: i64,
    /// Log lines are counted up to this offset of the platform's log, whose name is `epoch`.
    pub counted: Option<u64>,
    pub epoch: Option<String>,
}

/// A link that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    pub since: Time,
    pub told: bool,
}

/// Whose data a watch looks at, or why that cannot be said.
pub type Targets = Result<BTreeSet<ServiceId>, String>;

/// A watch, and what it has seen.
#[derive(Debug)]
pub struct Watched {
    pub watch: Watch,
    /// It is in the config, and so there again with the next start.
    pub of_config: bool,
    pub judge: Judge,
    /// Counted lines, for a watch on logs.
    pub tally: Option<Tally>,
    pub targets: Targets,
    /// What it reads now.
    pub reading: Reading,
}

/// What was measured just now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub value: Option<f64>,
    /// Whether the condition holds; `None`: that cannot be told.
    pub holds: Option<bool>,
    /// Why it cannot be told.
    pub why: String,
    /// It cannot be told yet, and does not look so: at the pace so far it would not hold.
    pub unlikely: bool,
}

impl Watched {
    /// A watch that has seen nothing.
    pub fn new(watch: Watch, of_config: bool) -> Self {
        let tally = if let Measure::Lines(_, per) = &watch.measure { Some(Tally::new(*per)) } else { None };
        let reading = Reading { why: "not looked at yet".to_owned(), ..Reading::default() };
        Self { watch, of_config, judge: Judge::default(), tally, targets: Err("nothing is known yet".to_owned()), reading }
    }
}
