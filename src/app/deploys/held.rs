//! What was asked about deployments and what came of it. Bounded: what was looked at longest ago makes room.

use std::collections::BTreeMap;

use super::card::{Card, Part, Sample};
use crate::model::deploy::CommitRange;
use crate::model::ids::{AskId, DeploymentId, ServiceId};
use crate::model::log::LogLine;
use crate::model::metric::Series;
use crate::model::time::{Millis, Time};

/// Deployments whose card, last lines or commits are held. A card's lines are some hundred KiB.
const MOST: usize = 16;
/// A card whose later side still grows is made anew after this.
const GROWS: Millis = Millis::secs(15);
/// What could not be had is asked for again after this.
const AGAIN: Millis = Millis::secs(60);

/// What a question was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    Series(DeploymentId),
    Before(DeploymentId),
    After(DeploymentId),
    Tail(DeploymentId),
    Commits(Range),
}

/// A service, and two of its commits.
pub type Range = (ServiceId, String, String);

/// Something held, and when it was asked for last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held<T> {
    pub asked: Time,
    pub it: Part<T>,
}

impl<T> Held<T> {
    /// Whether it failed and may be tried again.
    fn stale(&self, now: Time) -> bool {
        matches!(self.it, Part::Failed(_)) && now.since(self.asked) >= AGAIN
    }
}

/// What a card is made from.
#[derive(Clone, Debug, Default)]
pub struct Study {
    pub asked: Time,
    /// Answers that have not come.
    pub out: usize,
    /// When it was asked for, nothing of the later side was still to come.
    pub closed: bool,
    pub series: Part<Vec<Series>>,
    pub before: Part<Sample>,
    pub after: Part<Sample>,
    pub card: Option<Card>,
}

impl Study {
    fn failed(&self) -> bool {
        matches!(self.series, Part::Failed(_)) || matches!(self.before, Part::Failed(_)) || matches!(self.after, Part::Failed(_))
    }

    /// Whether it has to be asked for again.
    pub fn due(&self, now: Time) -> bool {
        let age = now.since(self.asked);
        self.out == 0 && ((!self.closed && age >= GROWS) || (self.failed() && age >= AGAIN))
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct Deploys {
    pub(in crate::app) asked: BTreeMap<AskId, Want>,
    pub(in crate::app) studies: BTreeMap<DeploymentId, Study>,
    pub(in crate::app) tails: BTreeMap<DeploymentId, Held<Vec<LogLine>>>,
    pub(in crate::app) ranges: BTreeMap<Range, Held<CommitRange>>,
}

impl Deploys {
    /// The card of a deployment, if its data was asked for.
    pub fn card(&self, id: &DeploymentId) -> Option<&Card> {
        self.studies.get(id)?.card.as_ref()
    }

    /// The last lines of a deployment, oldest first, if they were asked for.
    pub fn tail(&self, id: &DeploymentId) -> Option<&Part<Vec<LogLine>>> {
        self.tails.get(id).map(|it| &it.it)
    }

    /// The commits between two, if they were asked for.
    pub fn range(&self, range: &Range) -> Option<&Part<CommitRange>> {
        self.ranges.get(range).map(|it| &it.it)
    }

    /// What failed may be asked for again: the link is back.
    pub fn retry(&mut self) {
        self.tails.retain(|_, it| !matches!(it.it, Part::Failed(_)));
        self.ranges.retain(|_, it| !matches!(it.it, Part::Failed(_)));
        self.studies.retain(|_, it| !it.failed());
    }

    pub(in crate::app) fn wants_tail(&self, id: &DeploymentId, now: Time) -> bool {
        self.tails.get(id).is_none_or(|it| it.stale(now))
    }

    pub(in crate::app) fn wants_range(&self, range: &Range, now: Time) -> bool {
        self.ranges.get(range).is_none_or(|it| it.stale(now))
    }

    /// Makes room: what was asked for longest ago goes, and an answer to it that still comes says nothing.
    pub(in crate::app) fn bound(&mut self) {
        fn oldest<K: Ord + Clone, T>(all: &mut BTreeMap<K, T>, asked: impl Fn(&T) -> Time) {
            while all.len() > MOST {
                let Some(key) = all.iter().min_by_key(|(_, it)| asked(it)).map(|(key, _)| key.clone()) else { return };
                all.remove(&key);
            }
        }
        oldest(&mut self.studies, |it| it.asked);
        oldest(&mut self.tails, |it| it.asked);
        oldest(&mut self.ranges, |it| it.asked);
    }
}
